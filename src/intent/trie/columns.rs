//! A clause as each language reads it: what a walk asks for at every step, side by side.

use std::ops::Range;

use super::super::class_set::ClassSet;
use super::super::span::{Group, Languages, NO_LANGUAGE};

/// What one language has at one word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cell<'t> {
    /// The word itself, what else begins there, digits.
    pub(super) groups: [Option<&'t Group>; 3],
    /// The marks of this word and of those behind it in the clause.
    pub(super) ahead: ClassSet,
}

/// Where a clause ends. There is a bit, so that it meets what needs no mark.
const END: Cell<'_> = Cell { groups: [None; 3], ahead: ClassSet::ONE };

/// The cells of a clause, from its end to some word.
#[derive(Debug)]
pub(super) struct Columns<'t> {
    end: usize,
    /// By the place of a language: its column and one, or 0 when no rule of it begins in the clause.
    columns: [u8; Languages::PLACES],
    width: usize,
    /// A row for the end, and one for each word from the last.
    cells: Vec<Cell<'t>>,
    /// By the place of a language: the marks of the clauses behind.
    behind: [ClassSet; Languages::PLACES],
}

impl<'t> Columns<'t> {
    /// For the clauses of a text, in the room of other cells.
    pub(super) fn new(cells: Vec<Cell<'t>>) -> Self {
        let behind = [ClassSet::ONE; Languages::PLACES];
        Self { end: 0, columns: [0; Languages::PLACES], width: 0, cells, behind }
    }

    /// The cells, for their room.
    pub(super) fn into_cells(self) -> Vec<Cell<'t>> {
        self.cells
    }

    /// Begins with a clause of so many words, and with the languages to be read.
    pub(super) fn reset(&mut self, clause: &Range<usize>, languages: Languages) {
        self.end = clause.end;
        self.columns = [0; Languages::PLACES];
        self.width = 0;
        for language in languages.iter() {
            if let Some(column) = self.columns.get_mut(Languages::place(language)) {
                self.width += 1;
                *column = u8::try_from(self.width).unwrap_or(0);
            }
        }
        self.cells.clear();
        self.cells.resize(self.width * (clause.len() + 1), END);
    }

    /// Takes what stands in a clause that the next one stands before.
    pub(super) fn pass(&mut self, groups: impl Iterator<Item = &'t Group>) {
        let Self { behind, .. } = self;
        groups.for_each(|group| {
            let place = behind.get_mut(Languages::place(group.language));
            place.into_iter().for_each(|own| *own = own.with(group.marks));
        });
    }

    /// The marks of the clauses behind, for a walk that takes the words of a language.
    #[inline]
    pub(super) fn behind(&self, language: u16) -> ClassSet {
        let at = |place: usize| self.behind.get(place).copied().unwrap_or_default();
        // Digits are of the last place, as are the languages that share it.
        let shared = at(Languages::place(NO_LANGUAGE));
        if Languages::is_alone(language) {
            at(Languages::place(language)).with(shared)
        } else {
            ClassSet::ANY
        }
    }

    /// Takes the word before those that are here. `each` gets the groups of languages that are read, with their columns and
    /// what stands behind the word; a language that cannot have a column has none, and anything may stand there.
    pub(super) fn add(
        &mut self,
        at: usize,
        groups: impl Iterator<Item = &'t Group>,
        mut each: impl FnMut(&'t Group, Option<usize>, ClassSet),
    ) {
        let begin = (self.end - at) * self.width;
        let Some((behind, rest)) = self.cells.split_at_mut_checked(begin) else { return };
        let behind = behind.get(begin - self.width..).unwrap_or_default();
        let row = rest.get_mut(..self.width).unwrap_or_default();
        row.iter_mut().zip(behind).for_each(|(cell, next)| cell.ahead = next.ahead);
        groups.for_each(|group| {
            let place = Languages::place(group.language);
            let column = usize::from(self.columns.get(place).copied().unwrap_or(0)).checked_sub(1);
            match column.and_then(|column| Some((row.get_mut(column)?, behind.get(column)?))) {
                Some((cell, next)) => {
                    cell.put(usize::from(cell.groups[0].is_some()), group);
                    each(group, column, next.ahead);
                }
                None if Languages::is_alone(group.language) => {}
                None => {
                    if group.language == NO_LANGUAGE {
                        row.iter_mut().for_each(|cell| cell.put(2, group));
                    }
                    each(group, None, ClassSet::ANY);
                }
            }
        });
    }

    /// Whether a word that is not before those that are here is one of the clause.
    #[inline]
    pub(super) fn holds(&self, at: usize) -> bool {
        at < self.end
    }

    /// What stands in a column at a word of the clause, or at its end.
    #[inline]
    pub(super) fn cell(&self, at: usize, column: usize) -> Option<&Cell<'t>> {
        self.cells.get((self.end.checked_sub(at)?) * self.width + column)
    }
}

impl<'t> Cell<'t> {
    fn put(&mut self, at: usize, group: &'t Group) {
        if let Some(place) = self.groups.get_mut(at) {
            *place = Some(group);
            self.ahead = self.ahead.with(group.marks);
        }
    }
}
