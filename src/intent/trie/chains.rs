//! A clause as each language reads it: what a walk asks for at every step, chained from word to word.

use std::ops::Range;

use super::super::class_set::ClassSet;
use super::super::lattice::Lattice;
use super::super::span::{Group, Languages, NO_LANGUAGE};

/// What one language has at one word. A word has several links where several groups of it are of the language.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'t> {
    /// The word.
    at: u32,
    /// The place of the link behind.
    next: u32,
    /// The word itself, or what else begins there.
    pub(super) group: &'t Group,
    /// The marks of this word and of those behind it in the clause.
    pub(super) ahead: ClassSet,
}

impl Link<'_> {
    /// The word.
    #[inline]
    pub(super) fn at(&self) -> usize {
        self.at as usize
    }
}

/// No link stands there.
const NONE: u32 = u32::MAX;

/// Where a clause ends. There is a mark, so that it meets what needs none.
static END: Link<'_> = Link { at: u32::MAX, next: NONE, group: &Group::NONE, ahead: ClassSet::ONE };

/// The links of a clause, from its end to some word.
#[derive(Debug)]
pub(super) struct Chains<'t> {
    /// The word behind the clause.
    end: usize,
    links: Vec<Link<'t>>,
    /// By the place of a language: its first link.
    heads: [u32; Languages::PLACES],
}

impl<'t> Chains<'t> {
    /// For the clauses of a text, in the room of other links.
    pub(super) fn new(links: Vec<Link<'t>>) -> Self {
        Self { end: 0, links, heads: [NONE; Languages::PLACES] }
    }

    /// The links, for their room.
    pub(super) fn into_links(self) -> Vec<Link<'t>> {
        self.links
    }

    /// Begins with the clause that ends before a word.
    pub(super) fn reset(&mut self, end: usize) {
        self.end = end;
        self.heads = [NONE; Languages::PLACES];
        self.links.clear();
    }

    /// Takes a group of the word before those that are here. Those of one word come from the last to the first, so that they
    /// are found in their order. Digits are of all `languages` that are read.
    #[inline]
    pub(super) fn add(&mut self, at: u32, group: &'t Group, languages: Languages) {
        if Languages::is_alone(group.language) {
            self.push(Languages::place(group.language), at, group);
        } else if group.language == NO_LANGUAGE {
            languages.places().for_each(|place| self.push(place, at, group));
        }
    }

    #[inline]
    fn push(&mut self, language: usize, at: u32, group: &'t Group) {
        if let Some(head) = self.heads.get_mut(language) {
            let next = std::mem::replace(head, place(self.links.len()));
            let ahead = self.links.get(next as usize).unwrap_or(&END).ahead.with(group.marks);
            self.links.push(Link { at, next, group, ahead });
        }
    }

    /// The first link of a language; `None` of one that has no place of its own.
    #[inline]
    pub(super) fn first(&self, language: u16) -> Option<&Link<'t>> {
        let head = self.heads.get(Languages::place(language)).filter(|_| Languages::is_alone(language));
        head.map(|head| self.link(*head))
    }

    #[inline]
    fn link(&self, place: u32) -> &Link<'t> {
        self.links.get(place as usize).unwrap_or(&END)
    }

    /// Of a link and those behind, the first that is not before a word.
    #[inline]
    pub(super) fn seek<'a>(&'a self, mut link: &'a Link<'t>, at: usize) -> &'a Link<'t> {
        while link.at() < at {
            link = self.link(link.next);
        }
        link
    }

    /// The links at a word, of one that is not behind it and those that follow.
    #[inline]
    pub(super) fn links_at<'a>(
        &'a self,
        link: &'a Link<'t>,
        at: usize,
    ) -> impl Iterator<Item = &'a Link<'t>> {
        self.links_within(link, at..at + 1)
    }

    /// The links at some words, of one that is not behind the first and those that follow.
    #[inline]
    pub(super) fn links_within<'a>(
        &'a self,
        link: &'a Link<'t>,
        words: Range<usize>,
    ) -> impl Iterator<Item = &'a Link<'t>> {
        let mut link = self.seek(link, words.start);
        std::iter::from_fn(move || {
            let own = link;
            link = self.link(link.next);
            (own.at() < words.end).then_some(own)
        })
    }

    /// The word behind the clause.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.end
    }
}

/// The marks of the clauses behind, which are asked for so seldom that they are only then put together.
#[derive(Debug)]
pub(super) struct Behind {
    /// The word from which on they are.
    from: usize,
    /// By the place of a language.
    marks: [ClassSet; Languages::PLACES],
}

impl Behind {
    /// At the end of a text of so many words.
    pub(super) fn new(end: usize) -> Self {
        Self { from: end, marks: [ClassSet::ONE; Languages::PLACES] }
    }

    /// The marks from a word on, which is not behind one that was asked about before, for a walk that takes the words of a
    /// language.
    pub(super) fn marks(&mut self, lattice: &Lattice<'_>, from: usize, language: u16) -> ClassSet {
        for at in from..self.from {
            for groups in lattice.slot(at).map(|slot| lattice.lists(slot)).unwrap_or_default() {
                for group in groups {
                    if let Some(own) = self.marks.get_mut(Languages::place(group.language)) {
                        *own = own.with(group.marks);
                    }
                }
            }
        }
        self.from = from;
        let at = |language: u16| self.marks.get(Languages::place(language)).copied().unwrap_or_default();
        if Languages::is_alone(language) { at(language).with(at(NO_LANGUAGE)) } else { ClassSet::ANY }
    }
}

/// A place in a list, or in a text.
pub(super) fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
