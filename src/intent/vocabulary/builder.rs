//! Words being collected, and the tables that they become.

use rustc_hash::FxHashMap;

use super::super::fold;
use super::super::index::{Id, Index, hash};
use super::super::slips::Slips;
use super::super::span::{Edge, Span, Special};
use super::super::spelling;
use super::super::tokens;
use super::dense::Dense;
use super::endings::{Endings, Numbering};
use super::flat::{Laying, Words};
use super::runs::Runs;
use super::term::{cut, each_term};
use super::twice::Twice;
use super::{Entry, Vocabulary, each_shorter, head, sound_key};

/// Words being collected.
#[derive(Debug, Default)]
pub(in super::super) struct Builder {
    texts: String,
    words: Vec<Collected>,
    exact: Index,
    stems: Index,
    edges: Vec<Chained<Edge>>,
    phrases: Vec<Chained<Collection>>,
    /// The words of the phrases after their first.
    rests: Vec<Id>,
    /// The words that are looked for with two slips.
    twice: Vec<Id>,
    /// The words of the term that is being added.
    term: Vec<Id>,
    last: Last,
}

/// The term that was added last: the next one often has the same words but for its end.
#[derive(Debug, Default)]
struct Last {
    text: String,
    typos: bool,
    /// Where each of its words but the last ends, the `_` included, and how many of `term` there are up to there.
    ends: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, Copy)]
struct Collected {
    /// Where its text begins; it ends where the next begins.
    text: u32,
    /// The last of its classes, and the last of the phrases that begin with it: places plus one, or 0.
    edges: u32,
    phrases: u32,
    stem: bool,
    /// Whether misspellings of it are looked for.
    typos: bool,
}

/// One of those of a word, and the place plus one of the one before.
#[derive(Debug, Clone, Copy)]
struct Chained<T> {
    one: T,
    before: u32,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Collection {
    /// Where its words after the first are.
    from: u32,
    count: u16,
    pub(super) edge: Edge,
}

impl Builder {
    /// Adds every word or phrase of a list: blanks separate, `_` is a blank inside a phrase, `(a|b|)` are
    /// alternatives, a final `*` is any ending, a leading `=` takes no misspellings.
    pub(in super::super) fn add_list(&mut self, list: &str, edge: Edge, typos: bool) {
        for spec in list.split_whitespace() {
            let (spec, typos) = match spec.strip_prefix('=') {
                Some(spec) => (spec, false),
                None => (spec, typos),
            };
            each_term(spec, |term| self.add(term, edge, typos));
        }
    }

    /// Takes the words of a list, as they are in others, with two slips as well.
    pub(in super::super) fn add_twice(&mut self, list: &str) {
        for spec in list.split_whitespace() {
            each_term(spec, |word| {
                let read = tokens::read(word);
                let id = self.intern(&read.text, false, true);
                self.twice.extend(id);
            });
        }
    }

    /// Adds one word or phrase.
    pub(in super::super) fn add(&mut self, term: &str, edge: Edge, typos: bool) {
        let bare = term.trim_end_matches('*');
        let stem = bare.len() < term.len();
        let mut left = bare.get(self.keep_of_last(bare, typos)..);
        while let Some(words) = left {
            let (word, after) = cut(words, b'_');
            self.take(word, stem && after.is_none(), typos);
            if let Some(after) = after {
                self.last.ends.push((bare.len() - after.len(), self.term.len()));
            }
            left = after;
        }
        let is_dense = |id: &Id| self.text(*id).chars().next().is_some_and(fold::is_dense);
        if !stem && self.term.len() > 1 && self.term.iter().all(is_dense) {
            // "구독 취소" is also written "구독취소".
            let joined: String = self.term.iter().map(|id| self.text(*id)).collect();
            if let Some(id) = self.intern(&joined, false, typos) {
                self.belong(id, edge);
            }
        }
        match self.term.as_slice() {
            [] => {}
            [word] => self.belong(*word, edge),
            [first, rest @ ..] => {
                let (first, count) = (*first, u16::try_from(rest.len()).unwrap_or(u16::MAX));
                let one = Collection { from: place(self.rests.len()), count, edge };
                self.rests.extend_from_slice(rest);
                if let Some(word) = self.words.get_mut(first.get() as usize - 1) {
                    self.phrases.push(Chained { one, before: word.phrases });
                    word.phrases = place(self.phrases.len());
                }
            }
        }
    }

    /// Leaves of the last term the words that `bare` begins with, and says where they end in it.
    fn keep_of_last(&mut self, bare: &str, typos: bool) -> usize {
        let last = &mut self.last;
        let alike = bare.bytes().zip(last.text.bytes()).take_while(|(one, other)| one == other).count();
        let alike = if typos == last.typos { alike } else { 0 };
        last.ends.truncate(last.ends.partition_point(|(end, _)| *end <= alike));
        let (end, words) = last.ends.last().copied().unwrap_or_default();
        self.term.truncate(words);
        last.text.truncate(end);
        last.text.push_str(bare.get(end..).unwrap_or_default());
        last.typos = typos;
        end
    }

    /// Puts a word in a class.
    fn belong(&mut self, word: Id, edge: Edge) {
        if let Some(word) = self.words.get_mut(word.get() as usize - 1) {
            self.edges.push(Chained { one: edge, before: word.edges });
            word.edges = place(self.edges.len());
        }
    }

    /// Takes a word as an author wrote it into the term that is being added.
    fn take(&mut self, written: &str, stem: bool, typos: bool) {
        if written.is_empty() {
            return;
        }
        // What is a word already is in its normal form, and most others have nothing to be folded.
        if !written.bytes().all(|byte| byte.is_ascii_lowercase()) && self.known(written, stem).is_none() {
            let read = tokens::read(written);
            let mut words = read.tokens.iter().peekable();
            while let Some(token) = words.next() {
                let text = read.text.get(token.start as usize..token.end as usize).unwrap_or_default();
                let id = self.intern(text, stem && words.peek().is_none(), typos);
                self.term.extend(id);
            }
        } else {
            let id = self.intern(written, stem, typos);
            self.term.extend(id);
        }
    }

    fn text(&self, id: Id) -> &str {
        let at = id.get() as usize - 1;
        let from = self.words.get(at).map_or(0, |word| word.text as usize);
        let to = self.words.get(at + 1).map_or(self.texts.len(), |word| word.text as usize);
        self.texts.get(from..to).unwrap_or_default()
    }

    fn known(&self, text: &str, stem: bool) -> Option<Id> {
        let index = if stem { &self.stems } else { &self.exact };
        index.get(hash(text), |id| self.text(id) == text)
    }

    fn intern(&mut self, text: &str, stem: bool, typos: bool) -> Option<Id> {
        let id = match self.known(text, stem) {
            Some(id) => id,
            None => {
                let text_at = place(self.texts.len());
                self.words.push(Collected { text: text_at, edges: 0, phrases: 0, stem, typos: false });
                self.texts.push_str(text);
                let id = Id::new(place(self.words.len()))?;
                let index = if stem { &mut self.stems } else { &mut self.exact };
                index.insert(hash(text), id);
                id
            }
        };
        if let Some(word) = self.words.get_mut(id.get() as usize - 1) {
            word.typos |= typos && !stem;
        }
        Some(id)
    }

    /// By class: how common its words are in texts, guessed from their lengths.
    pub(in super::super) fn commonness(&self, classes: usize) -> Vec<u64> {
        let mut common = vec![0_u64; classes];
        let mut add = |edge: &Edge, letters: usize| {
            if let Some(common) = common.get_mut(usize::from(edge.class)) {
                *common = common.saturating_add(1 << (40 - 2 * letters.min(20)));
            }
        };
        let counted: Vec<usize> = self.ids().map(|(id, _)| self.text(id).chars().count()).collect();
        let letters = |id: &Id| counted.get(id.get() as usize - 1).copied().unwrap_or(0);
        for (id, word) in self.ids() {
            let letters_of_first = letters(&id);
            chain(&self.edges, word.edges).for_each(|(_, edge)| add(&edge, letters_of_first));
            for (_, phrase) in chain(&self.phrases, word.phrases) {
                let rest: usize = phrase.rest(&self.rests).iter().map(letters).sum();
                add(&phrase.edge, letters_of_first + rest);
            }
        }
        common
    }

    fn ids(&self) -> impl Iterator<Item = (Id, Collected)> + '_ {
        self.words.iter().zip(1..).filter_map(|(word, id)| Some((Id::new(id)?, *word)))
    }

    /// Builds the tables.
    pub(in super::super) fn finish(mut self, special: &Special) -> Vocabulary {
        let (words, endings) = self.flatten(special);
        let mut slips: Vec<(u64, Id)> = Vec::new();
        let mut sounds: Vec<(u64, Id)> = Vec::new();
        let mut heard = spelling::Sound::default();
        let mut dense: Vec<Id> = Vec::new();
        let mut by_head: Vec<(u32, std::cmp::Reverse<usize>, Id)> = Vec::new();
        for (id, word) in self.ids() {
            let text = words.text(id);
            if word.stem {
                by_head.push((head(text.as_bytes()), std::cmp::Reverse(text.len()), id));
            }
            if text.chars().next().is_some_and(fold::is_dense) {
                dense.push(id);
                continue;
            }
            if !word.typos || text.chars().count() < 4 {
                continue;
            }
            each_shorter(text, |key| slips.push((key, id)));
            if heard.of(text.as_bytes()) {
                sounds.push((sound_key(heard.as_bytes()), id));
            }
        }
        let dense = Dense::new(dense, |id| words.bytes(id));
        let twice = Twice::new(self.twice.iter().map(|id| (*id, words.text(*id))));
        by_head.sort_unstable();
        let heads: Vec<u32> = by_head.iter().map(|(head, ..)| *head).collect();
        Vocabulary {
            words,
            endings,
            exact: self.exact.packed(),
            stems: by_head.into_iter().map(|(.., id)| Some(id)).collect(),
            stem_runs: Runs::new(&heads),
            slips: Slips::new(slips),
            sounds: Slips::new(sounds),
            twice,
            dense,
        }
    }

    /// Lays classes and phrases out by word, each once.
    fn flatten(&mut self, special: &Special) -> (Words, Endings) {
        let mut out = Laying::new(std::mem::take(&mut self.texts), self.words.len());
        let mut numbers: FxHashMap<Vec<Span>, u32> = FxHashMap::default();
        let (mut edges, mut phrases, mut endings) = (Vec::new(), Vec::new(), Numbering::new());
        for (id, word) in self.ids() {
            let mut take = |word: &Collected| {
                let begun = edges.len();
                edges.extend(chain(&self.edges, word.edges).map(|(_, edge)| edge));
                edges.get_mut(begun..).unwrap_or_default().reverse();
            };
            take(&word);
            if !word.stem {
                // The stem alone is a form of the word too.
                let text =
                    out.text_between(word.text, self.words.get(id.get() as usize).map(|next| next.text));
                let stem = self.stems.get(hash(text), |stem| {
                    let at = stem.get() as usize;
                    let from = self.words.get(at - 1).map_or(0, |word| word.text);
                    out.text_between(from, self.words.get(at).map(|next| next.text)) == text
                });
                stem.and_then(|stem| self.words.get(stem.get() as usize - 1)).into_iter().for_each(take);
            }
            let set = out.set_of(&edges, special, &mut numbers);
            edges.clear();
            out.entries.push(Entry { text: word.text, set, phrases: place(out.phrases.len()), endings: 0 });
            phrases.extend(chain(&self.phrases, word.phrases).map(|(_, phrase)| phrase));
            // In the order in which they were added.
            for phrase in phrases.drain(..).rev() {
                if let Some((second, more)) = phrase.rest(&self.rests).split_first() {
                    out.phrases.push(endings.number(*second, more, phrase.edge));
                }
            }
        }
        out.entries.push(Entry {
            text: place(out.texts.len()),
            phrases: place(out.phrases.len()),
            ..Entry::default()
        });
        out.finish(endings)
    }
}

impl Collection {
    pub(super) fn rest<'r>(&self, rests: &'r [Id]) -> &'r [Id] {
        let from = self.from as usize;
        rests.get(from..from + usize::from(self.count)).unwrap_or_default()
    }
}

/// Those of a word with their places, from the last to the first.
fn chain<T: Copy>(all: &[Chained<T>], last: u32) -> impl Iterator<Item = (u32, T)> + '_ {
    let mut at = last;
    std::iter::from_fn(move || {
        let place = at.checked_sub(1)?;
        let Chained { one, before } = all.get(place as usize)?;
        at = *before;
        Some((place, *one))
    })
}

pub(super) fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
