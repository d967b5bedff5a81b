//! Words being collected, and the tables that they become.

use aho_corasick::{AhoCorasick, BuildError, MatchKind};
use rustc_hash::FxHashMap;

use super::super::fold;
use super::super::index::{Id, Index, hash};
use super::super::slips::Slips;
use super::super::span::{Edge, Span, Special, Spoken};
use super::super::spelling;
use super::super::tokens;
use super::twice::Twice;
use super::{Entry, Phrase, Set, Vocabulary, Words, each_shorter, head, sound_key};

/// Words being collected.
#[derive(Debug, Default)]
pub(in super::super) struct Builder {
    texts: String,
    words: Vec<Collected>,
    exact: Index,
    stems: Index,
    edges: Vec<(Id, Edge)>,
    phrases: Vec<Collection>,
    /// The words of the phrases after their first.
    rests: Vec<Id>,
    /// The words that are looked for with two slips.
    twice: Vec<Id>,
}

#[derive(Debug, Clone, Copy)]
struct Collected {
    /// Where its text begins; it ends where the next begins.
    text: u32,
    stem: bool,
    /// Whether misspellings of it are looked for.
    typos: bool,
}

#[derive(Debug, Clone, Copy)]
struct Collection {
    first: Id,
    from: u32,
    count: u16,
    edge: Edge,
}

impl Builder {
    /// Adds every word or phrase of a list: blanks separate, `_` is a blank inside a phrase, `(a|b|)` are
    /// alternatives, a final `*` is any ending, a leading `=` takes no misspellings.
    pub(in super::super) fn add_list(&mut self, list: &str, edge: Option<Edge>, typos: bool) {
        for spec in list.split_whitespace() {
            let (spec, typos) = match spec.strip_prefix('=') {
                Some(spec) => (spec, false),
                None => (spec, typos),
            };
            for term in expand(spec) {
                self.add(&term, edge, typos);
            }
        }
    }

    /// Takes the words of a list, as they are in others, with two slips as well.
    pub(in super::super) fn add_twice(&mut self, list: &str) {
        for word in list.split_whitespace().flat_map(expand) {
            let read = tokens::read(&word);
            let id = self.intern(&read.text, false, true);
            self.twice.extend(id);
        }
    }

    /// Adds one word or phrase.
    pub(in super::super) fn add(&mut self, term: &str, edge: Option<Edge>, typos: bool) {
        let bare = term.trim_end_matches('*');
        let stem = bare.len() < term.len();
        // Most have nothing to be folded.
        if bare.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'_')) {
            return self.add_words(bare.split([' ', '_']).filter(|word| !word.is_empty()), stem, edge, typos);
        }
        let read = tokens::read(&bare.replace('_', " "));
        let all_dense = read.tokens.len() > 1 && read.tokens.iter().all(|t| t.dense);
        if all_dense && !stem {
            // "구독 취소" is also written "구독취소".
            let joined: String = read.text.chars().filter(|c| *c != ' ').collect();
            self.add(&joined, edge, typos);
        }
        let words = read.tokens.iter().filter_map(|t| read.text.get(t.start as usize..t.end as usize));
        self.add_words(words, stem, edge, typos);
    }

    fn add_words<'w>(
        &mut self,
        words: impl Iterator<Item = &'w str>,
        stem: bool,
        edge: Option<Edge>,
        typos: bool,
    ) {
        let from = self.rests.len();
        let (mut first, mut words) = (None, words.peekable());
        while let Some(text) = words.next() {
            let Some(id) = self.intern(text, stem && words.peek().is_none(), typos) else { continue };
            match first {
                None => first = Some(id),
                Some(_) => self.rests.push(id),
            }
        }
        let (Some(edge), Some(first)) = (edge, first) else {
            self.rests.truncate(from);
            return;
        };
        if self.rests.len() == from {
            self.edges.push((first, edge));
        } else {
            let count = u16::try_from(self.rests.len() - from).unwrap_or(u16::MAX);
            self.phrases.push(Collection { first, from: place(from), count, edge });
        }
    }

    fn text(&self, id: Id) -> &str {
        let at = id.get() as usize - 1;
        let from = self.words.get(at).map_or(0, |word| word.text as usize);
        let to = self.words.get(at + 1).map_or(self.texts.len(), |word| word.text as usize);
        self.texts.get(from..to).unwrap_or_default()
    }

    fn intern(&mut self, text: &str, stem: bool, typos: bool) -> Option<Id> {
        let key = hash(text);
        let index = if stem { &self.stems } else { &self.exact };
        let known = index.get(key, |id| self.text(id) == text);
        let id = match known {
            Some(id) => id,
            None => {
                self.words.push(Collected { text: place(self.texts.len()), stem, typos: false });
                self.texts.push_str(text);
                let id = Id::new(place(self.words.len()))?;
                let index = if stem { &mut self.stems } else { &mut self.exact };
                index.insert(key, id);
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
        let letters = |id: &Id| self.text(*id).chars().count();
        self.edges.iter().for_each(|(id, edge)| add(edge, letters(id)));
        for phrase in &self.phrases {
            let rest = self.rests.get(phrase.from as usize..).unwrap_or_default();
            let rest: usize = rest.iter().take(usize::from(phrase.count)).map(letters).sum();
            add(&phrase.edge, letters(&phrase.first) + rest);
        }
        common
    }

    fn ids(&self) -> impl Iterator<Item = (Id, Collected)> + '_ {
        self.words.iter().zip(1..).filter_map(|(word, id)| Some((Id::new(id)?, *word)))
    }

    /// Builds the tables.
    ///
    /// # Errors
    /// What the dictionary of unspaced scripts reports.
    pub(in super::super) fn finish(mut self, special: &Special) -> Result<Vocabulary, BuildError> {
        let words = self.flatten(special);
        let mut slips: Vec<(u64, Id)> = Vec::new();
        let mut sounds: Vec<(u64, Id)> = Vec::new();
        let mut heard = spelling::Sound::default();
        let (mut dense_words, mut dense_ids) = (Vec::new(), Vec::new());
        let mut by_head: Vec<(u32, std::cmp::Reverse<usize>, Id)> = Vec::new();
        for (id, word) in self.ids() {
            let text = words.text(id);
            if word.stem {
                by_head.push((head(text), std::cmp::Reverse(text.len()), id));
            }
            if text.chars().next().is_some_and(fold::is_dense) {
                dense_words.push(text);
                dense_ids.push(id);
                continue;
            }
            if !word.typos || text.chars().count() < 4 {
                continue;
            }
            each_shorter(text, |key| slips.push((key, id)));
            if heard.of(text) {
                sounds.push((sound_key(heard.as_bytes()), id));
            }
        }
        let dense = if dense_words.is_empty() {
            None
        } else {
            Some(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(dense_words)?)
        };
        let twice = Twice::new(self.twice.iter().map(|id| (*id, words.text(*id))));
        by_head.sort_unstable();
        let mut stems: FxHashMap<u32, (u32, u32)> = FxHashMap::default();
        for ((head, ..), at) in by_head.iter().zip(0..) {
            stems.entry(*head).or_insert((at, at)).1 = at + 1;
        }
        stems.shrink_to_fit();
        Ok(Vocabulary {
            words,
            exact: self.exact,
            stems,
            stem_ids: by_head.into_iter().map(|(.., id)| id).collect(),
            slips: Slips::new(slips),
            sounds: Slips::new(sounds),
            twice,
            dense,
            dense_ids,
        })
    }

    /// Lays classes and phrases out by word, each once.
    fn flatten(&mut self, special: &Special) -> Words {
        let mut out = Words { texts: std::mem::take(&mut self.texts), ..Words::default() };
        self.edges.sort_by_key(|(id, _)| *id);
        let range = |edges: &[(Id, Edge)], id: Id| {
            let from = edges.partition_point(|(other, _)| *other < id);
            let to = edges.partition_point(|(other, _)| *other <= id);
            (from, to)
        };
        let rests = &self.rests;
        let rest = |p: &Collection| {
            rests.get(p.from as usize..p.from as usize + usize::from(p.count)).unwrap_or_default()
        };
        self.phrases.sort_by(|a, b| (a.first, rest(a)).cmp(&(b.first, rest(b))));
        let mut phrases = self.phrases.iter().peekable();
        out.entries.reserve_exact(self.words.len() + 2);
        out.entries.push(Entry::default());
        let words = &self.words;
        let mut sets: FxHashMap<Vec<Span>, u32> = FxHashMap::default();
        out.sets.push(Set::default());
        let mut own: Vec<Span> = Vec::new();
        for (word, id) in words.iter().zip(1..).filter_map(|(word, id)| Some((word, Id::new(id)?))) {
            out.entries.push(Entry { text: word.text, set: 0, phrases: place(out.phrases.len()) });
            own.clear();
            let mut take = |id: Id| {
                let (from, to) = range(&self.edges, id);
                for (_, edge) in self.edges.get(from..to).unwrap_or_default() {
                    let span = special.span(*edge, 1);
                    if !own.contains(&span) {
                        own.push(span);
                    }
                }
            };
            take(id);
            if !word.stem {
                // The stem alone is a form of the word too.
                let end = words.get(id.get() as usize).map_or(out.texts.len(), |next| next.text as usize);
                let text = out.texts.get(word.text as usize..end).unwrap_or_default();
                let text_of = |id: Id| {
                    let at = id.get() as usize;
                    let from = words.get(at - 1).map_or(0, |w| w.text as usize);
                    let to = words.get(at).map_or(out.texts.len(), |w| w.text as usize);
                    out.texts.get(from..to).unwrap_or_default()
                };
                if let Some(stem) = self.stems.get(hash(text), |id| text_of(id) == text) {
                    take(stem);
                }
            }
            own.sort_by_key(|span| span.language);
            let set = match sets.get(&own) {
                Some(set) => *set,
                None if own.is_empty() => 0,
                None => {
                    let begun = place(out.groups.len());
                    out.groups.extend(special.groups(&own, place(out.spans.len())));
                    out.sets.push(Set {
                        groups: (begun, place(out.groups.len())),
                        spoken: Spoken::of(out.groups.get(begun as usize..).unwrap_or_default()),
                        filler: own.iter().any(|span| special.filler(span) > 0),
                    });
                    out.spans.extend_from_slice(&own);
                    sets.insert(own.clone(), place(out.sets.len() - 1));
                    place(out.sets.len() - 1)
                }
            };
            if let Some(entry) = out.entries.last_mut() {
                entry.set = set;
            }
            let begun = out.phrases.len();
            while let Some(phrase) = phrases.next_if(|phrase| phrase.first == id) {
                let all = rest(phrase);
                let Some((second, more)) = all.split_first() else { continue };
                // Sorted by their words: what has the same stands last.
                let same = |p: &&Phrase| {
                    let from = p.rest as usize;
                    p.second == second.get() && out.rests.get(from..from + usize::from(p.more)) == Some(more)
                };
                let mut known = out.phrases.get(begun..).unwrap_or_default().iter().rev().take_while(same);
                if known.any(|p| p.edge == phrase.edge) {
                    continue;
                }
                out.phrases.push(Phrase {
                    second: second.get(),
                    rest: place(out.rests.len()),
                    more: u16::try_from(more.len()).unwrap_or(u16::MAX),
                    edge: phrase.edge,
                });
                out.rests.extend_from_slice(more);
            }
        }
        out.entries.push(Entry { text: place(out.texts.len()), set: 0, phrases: place(out.phrases.len()) });
        out.texts.shrink_to_fit();
        out.sets.shrink_to_fit();
        out.spans.shrink_to_fit();
        out.groups.shrink_to_fit();
        out.phrases.shrink_to_fit();
        out.rests.shrink_to_fit();
        out
    }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// `mand(e|en|)` to `mande`, `manden`, `mand`. Several groups multiply, and groups nest.
pub(in super::super) fn expand(spec: &str) -> Vec<String> {
    let Some((before, rest)) = spec.split_once('(') else { return vec![spec.to_owned()] };
    let (mut depth, mut from, mut parts, mut tail) = (0_u32, 0, Vec::new(), "");
    for (at, c) in rest.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ')' | '|' if depth == 0 => {
                parts.push(rest.get(from..at).unwrap_or_default());
                from = at + 1;
                if c == ')' {
                    tail = rest.get(from..).unwrap_or_default();
                    break;
                }
            }
            _ => {}
        }
    }
    let tails = expand(tail);
    let middles = parts.into_iter().flat_map(expand);
    let mut all = Vec::new();
    for middle in middles {
        all.extend(tails.iter().map(|tail| [before, &middle, tail].concat()));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands_groups() {
        assert_eq!(expand("mand(e|en|)"), ["mande", "manden", "mand"]);
        assert_eq!(expand("(a|b(c|d))e(f|g)"), ["aef", "aeg", "bcef", "bceg", "bdef", "bdeg"]);
        assert_eq!(expand("plain"), ["plain"]);
    }
}
