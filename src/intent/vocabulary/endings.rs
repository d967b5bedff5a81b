//! How phrases go on after their first word. Every way to say no goes on with "more messages": each ending is kept once.

use rustc_hash::FxHashMap;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::super::blob::pack;
use super::super::index::Id;
use super::super::span::Edge;
use super::super::table::Table;
use super::builder::place;

/// What follows the first word of phrases, and what they are.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(in super::super) struct Ending {
    /// The words after the second, by their number.
    rest: u32,
    /// The class.
    pub(in super::super) edge: Edge,
}

/// All endings, sorted by the second word of their phrases.
#[derive(Debug, Default)]
pub(super) struct Endings {
    all: Table<Ending>,
    /// The words of the rests, one after another, and where each ends; number 0 is none.
    words: Table<Option<Id>>,
    ends: Table<u32>,
}

pack!(Endings { all, words, ends });

impl Endings {
    /// An ending by its number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Ending> {
        self.all.get(number as usize)
    }

    /// The words of an ending after the second.
    #[inline]
    pub(super) fn rest(&self, ending: &Ending) -> &[Option<Id>] {
        let ends = ending.rest.checked_sub(1).and_then(|before| self.ends.get(before as usize..));
        match ends {
            Some([from, to, ..]) => self.words.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Endings that are being numbered.
#[derive(Debug)]
pub(super) struct Numbering {
    all: Vec<Ending>,
    /// As in [`Endings`].
    words: Vec<Option<Id>>,
    ends: Vec<u32>,
    /// The second word of each.
    seconds: Vec<Id>,
    rests: FxHashMap<Vec<Id>, u32>,
    numbers: FxHashMap<(Id, u32, Edge), u32>,
}

impl Numbering {
    pub(super) fn new() -> Self {
        Self {
            all: Vec::new(),
            words: Vec::new(),
            ends: vec![0],
            seconds: Vec::new(),
            rests: FxHashMap::default(),
            numbers: FxHashMap::default(),
        }
    }

    /// The number, for now, of an ending of these words after the first.
    pub(super) fn number(&mut self, second: Id, more: &[Id], edge: Edge) -> u32 {
        let rest = match self.rests.get(more) {
            Some(rest) => *rest,
            None if more.is_empty() => 0,
            None => {
                let rest = place(self.ends.len());
                self.words.extend(more.iter().copied().map(Some));
                self.ends.push(place(self.words.len()));
                self.rests.insert(more.to_vec(), rest);
                rest
            }
        };
        let Self { all, seconds, .. } = self;
        *self.numbers.entry((second, rest, edge)).or_insert_with(|| {
            all.push(Ending { rest, edge });
            seconds.push(second);
            place(all.len() - 1)
        })
    }

    /// Sorts them: the endings, and the final number of each by its number until now. Calls with each second word and the number
    /// of the first ending that begins with it.
    pub(super) fn finish(self, mut each: impl FnMut(Id, u32)) -> (Endings, Vec<u32>) {
        let Self { all, words, ends, seconds, .. } = self;
        let mut order: Vec<(Id, u32)> = seconds.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut numbers = vec![0; order.len()];
        let mut last = None;
        for ((second, before), now) in order.iter().zip(0..) {
            numbers.get_mut(*before as usize).into_iter().for_each(|number| *number = now);
            if last.replace(*second) != Some(*second) {
                each(*second, now);
            }
        }
        let sorted = order.iter().filter_map(|(_, before)| all.get(*before as usize).copied()).collect();
        (Endings { all: sorted, words: words.into(), ends: ends.into() }, numbers)
    }
}
