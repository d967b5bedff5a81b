//! The tables of words, laid out flat.

use std::collections::hash_map::Entry as Entries;

use rustc_hash::FxHashMap;

use super::super::blob::pack;
use super::super::index::Id;
use super::super::span::{Edge, Group, Span, Special, Spoken};
use super::super::table::{self, Table};
use super::builder::place;
use super::endings::{Endings, Numbering};
use super::{Entry, Set};

/// Every word, by number. Number 0 is no word.
#[derive(Debug, Default)]
pub(super) struct Words {
    texts: Table<u8>,
    pub(super) entries: Table<Entry>,
    /// Number 0 is empty.
    pub(super) sets: Table<Set>,
    /// Those of the sets, each sorted by language, and of a language first those with which rules begin.
    pub(super) spans: Table<Span>,
    /// By language, for each set.
    pub(super) groups: Table<Group>,
    /// By their endings, for each word sorted.
    pub(super) phrases: Table<u32>,
}

pack!(Words { texts, entries, sets, spans, groups, phrases });

impl Words {
    #[inline]
    pub(super) fn bounds(&self, id: Id) -> Option<(&Entry, &Entry)> {
        match self.entries.get(id.get() as usize..) {
            Some([from, to, ..]) => Some((from, to)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn text(&self, id: Id) -> &str {
        table::text(self.bytes(id))
    }

    /// The text of a word in bytes, which is quicker to be had.
    #[inline]
    pub(super) fn bytes(&self, id: Id) -> &[u8] {
        self.bounds(id)
            .and_then(|(from, to)| self.texts.get(from.text as usize..to.text as usize))
            .unwrap_or_default()
    }
}

/// The same while they are laid out.
#[derive(Debug, Default)]
pub(super) struct Laying {
    pub(super) texts: String,
    pub(super) entries: Vec<Entry>,
    pub(super) sets: Vec<Set>,
    pub(super) phrases: Vec<u32>,
    spans: Vec<Span>,
    groups: Vec<Group>,
}

impl Laying {
    /// For words of these texts, of which there are so many.
    pub(super) fn new(texts: String, words: usize) -> Self {
        let mut entries = Vec::with_capacity(words + 2);
        entries.push(Entry::default());
        Self { texts, entries, sets: vec![Set::default()], ..Self::default() }
    }

    /// A text by where it begins and where the next begins.
    pub(super) fn text_between(&self, from: u32, to: Option<u32>) -> &str {
        let to = to.map_or(self.texts.len(), |to| to as usize);
        self.texts.get(from as usize..to).unwrap_or_default()
    }

    /// The number of the set of some classes, new or known. `numbers` are those that are known.
    pub(super) fn set_of(
        &mut self,
        edges: &[Edge],
        special: &Special,
        numbers: &mut FxHashMap<Vec<Span>, u32>,
    ) -> u32 {
        let mut own: Vec<Span> = Vec::with_capacity(edges.len());
        for edge in edges {
            let span = special.span(*edge, 1);
            if !own.contains(&span) {
                own.push(span);
            }
        }
        own.sort_by_key(|span| (span.language, special.is_inner(span.edge.class)));
        if own.is_empty() {
            return 0;
        }
        let next = place(self.sets.len());
        match numbers.entry(own) {
            Entries::Occupied(known) => *known.get(),
            Entries::Vacant(new) => {
                let own = new.key();
                let begun = self.groups.len();
                self.groups.extend(special.groups(own, place(self.spans.len())));
                let groups = self.groups.get(begun..).unwrap_or_default();
                self.sets.push(Set {
                    groups_from: place(begun),
                    groups: u16::try_from(groups.len()).unwrap_or(u16::MAX),
                    spoken: Spoken::of(groups),
                    filler: u16::from(own.iter().any(|span| special.filler(span) > 0)),
                });
                self.spans.extend_from_slice(own);
                *new.insert(next)
            }
        }
    }

    /// The tables.
    pub(super) fn finish(mut self, endings: Numbering) -> (Words, Endings) {
        let endings = self.sort_phrases(endings);
        let Self { texts, entries, sets, phrases, spans, groups } = self;
        let words = Words {
            texts: texts.into(),
            entries: entries.into(),
            sets: sets.into(),
            spans: spans.into(),
            groups: groups.into(),
            phrases: phrases.into(),
        };
        (words, endings)
    }

    /// Brings the phrases of each word into the order of their endings, each once, and says where the endings of each word begin.
    fn sort_phrases(&mut self, endings: Numbering) -> Endings {
        let mut begin = vec![None; self.entries.len()];
        let (endings, numbers) = endings.finish(|second, from| {
            begin.get_mut(second.get() as usize).into_iter().for_each(|place| *place = Some(from));
        });
        let mut next = place(numbers.len());
        for (entry, begin) in self.entries.iter_mut().zip(begin).rev() {
            next = begin.unwrap_or(next);
            entry.endings = next;
        }
        let before = std::mem::take(&mut self.phrases);
        let mut own = Vec::new();
        let mut entries = self.entries.iter_mut().peekable();
        while let Some(entry) = entries.next() {
            let to = entries.peek().map_or(before.len(), |next| next.phrases as usize);
            let numbered = before.get(entry.phrases as usize..to).unwrap_or_default();
            own.extend(numbered.iter().filter_map(|number| numbers.get(*number as usize).copied()));
            own.sort_unstable();
            own.dedup();
            entry.phrases = place(self.phrases.len());
            self.phrases.append(&mut own);
        }
        endings
    }
}
