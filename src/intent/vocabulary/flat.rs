//! The tables of words, laid out flat.

use std::collections::hash_map::Entry as Entries;

use rustc_hash::FxHashMap;

use super::super::index::Id;
use super::super::span::{Edge, Group, Span, Special, Spoken};
use super::builder::{Collection, place};
use super::{Entry, Phrase, Set};

/// Every word, by number. Number 0 is no word.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) texts: String,
    pub(super) entries: Vec<Entry>,
    /// Number 0 is empty.
    pub(super) sets: Vec<Set>,
    /// Those of the sets, each sorted by language, and of a language first those with which rules begin.
    pub(super) spans: Vec<Span>,
    /// By language, for each set.
    pub(super) groups: Vec<Group>,
    pub(super) phrases: Vec<Phrase>,
    /// The words with which phrases end, one after another, and where each ending ends; number 0 is none.
    pub(super) rests: Vec<Id>,
    pub(super) rest_ends: Vec<u32>,
}

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
        self.bounds(id)
            .and_then(|(from, to)| self.texts.get(from.text as usize..to.text as usize))
            .unwrap_or_default()
    }

    /// The text of a word in bytes, which is quicker to be had.
    #[inline]
    pub(super) fn bytes(&self, id: Id) -> &[u8] {
        self.bounds(id)
            .and_then(|(from, to)| self.texts.as_bytes().get(from.text as usize..to.text as usize))
            .unwrap_or_default()
    }

    /// The words with which a phrase ends, by their number.
    #[inline]
    pub(super) fn rest(&self, number: u32) -> &[Id] {
        let ends = number.checked_sub(1).and_then(|before| self.rest_ends.get(before as usize..));
        match ends {
            Some([from, to, ..]) => self.rests.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
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
                self.sets.push(Set {
                    groups: (place(begun), place(self.groups.len())),
                    spoken: Spoken::of(self.groups.get(begun..).unwrap_or_default()),
                    filler: own.iter().any(|span| special.filler(span) > 0),
                });
                self.spans.extend_from_slice(own);
                *new.insert(next)
            }
        }
    }

    /// Adds the phrases that begin with one word, each once. They come with their places in the order in which they were
    /// added, and their words are in `rests`. `known` are the words with which phrases end, where they are in the lexicon.
    pub(super) fn add_phrases(
        &mut self,
        phrases: &mut [(u32, Collection)],
        rests: &[Id],
        known: &mut FxHashMap<Vec<Id>, u32>,
    ) {
        phrases.sort_unstable_by(|(at, one), (other_at, other)| {
            (one.rest(rests), at).cmp(&(other.rest(rests), other_at))
        });
        for alike in phrases.chunk_by(|(_, one), (_, next)| one.rest(rests) == next.rest(rests)) {
            let Some((second, more)) = alike.first().and_then(|(_, one)| one.rest(rests).split_first())
            else {
                continue;
            };
            // Phrases end in the same words: every way to say no goes on with "more messages".
            let rest = match known.get(more) {
                Some(rest) => *rest,
                None if more.is_empty() => 0,
                None => {
                    if self.rest_ends.is_empty() {
                        self.rest_ends.push(0);
                    }
                    let rest = place(self.rest_ends.len());
                    self.rests.extend_from_slice(more);
                    self.rest_ends.push(place(self.rests.len()));
                    known.insert(more.to_vec(), rest);
                    rest
                }
            };
            let begun = self.phrases.len();
            for (_, Collection { edge, .. }) in alike {
                if self.phrases.get(begun..).unwrap_or_default().iter().all(|known| known.edge != *edge) {
                    self.phrases.push(Phrase { second: second.get(), rest, edge: *edge });
                }
            }
        }
    }
}
