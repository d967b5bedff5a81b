//! Every word of the lexicon, with the classes that it belongs to, and how a typed word finds it.

use aho_corasick::{AhoCorasick, MatchKind};
use rustc_hash::FxHashMap;

use super::slips::Slips;
use super::spelling;
use super::tokens;

/// A word's place in one class, with the topic it names there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// The class.
    pub(super) class: u16,
    /// The topic's number, or [`NO_TOPIC`].
    pub(super) topic: u16,
}

/// No topic.
pub(super) const NO_TOPIC: u16 = u16::MAX;

/// What is known about one word.
#[derive(Debug, Default)]
pub(super) struct Word {
    /// Its classes as a single word.
    pub(super) edges: Vec<Edge>,
    /// Phrases that begin with it, sorted: the words that follow, and the class.
    phrases: Vec<(Box<[u32]>, Edge)>,
    text: Box<str>,
    /// Whether misspellings of it are looked for.
    typos: bool,
}

/// The words that a typed word stands for: itself, a stem, or what it is a misspelling of.
pub(super) type Found = [Option<u32>; 4];

/// All words, complete.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: Vec<Word>,
    exact: FxHashMap<Box<str>, u32>,
    stems: FxHashMap<u32, Vec<u32>>,
    slips: Slips,
    sounds: FxHashMap<Box<str>, Vec<u32>>,
    dense: Option<AhoCorasick>,
    dense_ids: Vec<u32>,
}

/// Words being collected.
#[derive(Debug, Default)]
pub(super) struct Builder {
    words: Vec<Word>,
    exact: FxHashMap<Box<str>, u32>,
    stems: FxHashMap<u32, Vec<u32>>,
    stem_ids: FxHashMap<Box<str>, u32>,
}

impl Builder {
    /// Adds every word or phrase of a list: blanks separate, `_` is a blank inside a phrase, `(a|b|)` are
    /// alternatives, a final `*` is any ending, a leading `=` takes no misspellings.
    pub(super) fn add_list(&mut self, list: &str, edge: Option<Edge>, typos: bool) {
        for spec in list.split_whitespace() {
            let (spec, typos) = match spec.strip_prefix('=') {
                Some(spec) => (spec, false),
                None => (spec, typos),
            };
            for term in expand(spec) {
                self.add(&term.replace('_', " "), edge, typos);
            }
        }
    }

    /// Adds one word or phrase.
    pub(super) fn add(&mut self, term: &str, edge: Option<Edge>, typos: bool) {
        let stem = term.ends_with('*');
        let read = tokens::read(term.trim_end_matches('*'));
        let all_dense = read.tokens.len() > 1 && read.tokens.iter().all(|t| t.dense);
        if all_dense && !stem {
            // "구독 취소" is also written "구독취소".
            let joined: String = read.text.chars().filter(|c| *c != ' ').collect();
            self.add(&joined, edge, typos);
        }
        let last = read.tokens.len().saturating_sub(1);
        let ids: Vec<u32> = read
            .tokens
            .iter()
            .enumerate()
            .filter_map(|(at, t)| Some((at, read.text.get(t.start as usize..t.end as usize)?)))
            .map(|(at, text)| self.intern(text, stem && at == last, typos))
            .collect();
        let Some(edge) = edge else { return };
        let Some((first, rest)) = ids.split_first() else { return };
        let Some(word) = self.words.get_mut(*first as usize) else { return };
        if rest.is_empty() {
            if !word.edges.contains(&edge) {
                word.edges.push(edge);
            }
        } else if !word.phrases.iter().any(|(r, e)| **r == *rest && *e == edge) {
            word.phrases.push((rest.into(), edge));
        }
    }

    fn intern(&mut self, text: &str, stem: bool, typos: bool) -> u32 {
        let known = if stem { self.stem_ids.get(text) } else { self.exact.get(text) };
        let id = known.copied().unwrap_or_else(|| {
            let id = u32::try_from(self.words.len()).unwrap_or(u32::MAX);
            self.words.push(Word { text: text.into(), ..Word::default() });
            if stem {
                self.stem_ids.insert(text.into(), id);
                self.stems.entry(head(text)).or_default().push(id);
            } else {
                self.exact.insert(text.into(), id);
            }
            id
        });
        if let Some(word) = self.words.get_mut(id as usize) {
            word.typos |= typos && !stem;
        }
        id
    }

    /// Builds the tables.
    ///
    /// # Errors
    /// What the dictionary of unspaced scripts reports.
    pub(super) fn finish(mut self) -> Result<Vocabulary, aho_corasick::BuildError> {
        for (text, stem) in &self.stem_ids {
            // The stem alone is a form of the word too.
            if let Some(&exact) = self.exact.get(text)
                && let Some(edges) = self.words.get(*stem as usize).map(|w| w.edges.clone())
                && let Some(word) = self.words.get_mut(exact as usize)
            {
                word.edges.extend(edges.into_iter().filter(|e| !word.edges.contains(e)).collect::<Vec<_>>());
            }
        }
        self.words.iter_mut().for_each(|word| word.phrases.sort_unstable_by(|a, b| a.0.cmp(&b.0)));
        let mut slips: Vec<(u64, u32)> = Vec::new();
        let mut sounds: FxHashMap<Box<str>, Vec<u32>> = FxHashMap::default();
        let mut heard = String::new();
        let (mut dense_words, mut dense_ids) = (Vec::new(), Vec::new());
        for (word, id) in self.words.iter().zip(0_u32..) {
            if word.text.chars().next().is_some_and(super::fold::is_dense) {
                dense_words.push(&*word.text);
                dense_ids.push(id);
                continue;
            }
            let letters = word.text.chars().count();
            if !word.typos || letters < 4 {
                continue;
            }
            each_shorter(&word.text, |key| slips.push((key, id)));
            if spelling::sound(&word.text, &mut heard) {
                sounds.entry(heard.as_str().into()).or_default().push(id);
            }
        }
        let dense = if dense_words.is_empty() {
            None
        } else {
            Some(AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(dense_words)?)
        };
        Ok(Vocabulary {
            words: self.words,
            exact: self.exact,
            stems: self.stems,
            slips: Slips::new(slips),
            sounds,
            dense,
            dense_ids,
        })
    }
}

impl Word {
    /// The phrases whose second word is this one. Small words begin hundreds of phrases.
    pub(super) fn phrases_with(&self, second: u32) -> impl Iterator<Item = &(Box<[u32]>, Edge)> {
        let from = self.phrases.partition_point(|(rest, _)| rest.first() < Some(&second));
        self.phrases.iter().skip(from).take_while(move |(rest, _)| rest.first() == Some(&second))
    }
}

impl Vocabulary {
    /// What is known about a word.
    pub(super) fn word(&self, id: u32) -> Option<&Word> {
        self.words.get(id as usize)
    }

    /// The word as written, and the longest stems of it: those of one language must not hide those of another.
    pub(super) fn exact(&self, text: &str) -> Found {
        let mut found = [self.exact.get(text).copied(), None, None, None];
        let length = |id: u32| self.word(id).map_or(0, |w| w.text.len());
        for &id in self.stems.get(&head(text)).into_iter().flatten() {
            if !self.word(id).is_some_and(|w| text.starts_with(&*w.text)) {
                continue;
            }
            let mut id = id;
            for slot in found.iter_mut().skip(1) {
                match slot {
                    Some(longer) if length(*longer) >= length(id) => {}
                    Some(shorter) => id = std::mem::replace(shorter, id),
                    None => {
                        *slot = Some(id);
                        break;
                    }
                }
            }
        }
        found
    }

    /// The words that a word unknown to [`Self::exact`] may be a misspelling of.
    pub(super) fn misspelt(&self, text: &str) -> Found {
        // "stooop" may be a drawn out "stop" as well as "stoop": a run of three says nothing of the letters meant.
        let squeezed = |keep| spelling::squeeze(text, keep).map_or([None; 4], |word| self.exact(&word));
        let ([two, two_stem, ..], [one, one_stem, ..]) = (squeezed(2), squeezed(1));
        let plain = spelling::unleet(text).map_or([None; 4], |word| self.exact(&word));
        for found in [[two, two_stem, one, one_stem], plain] {
            if found.iter().any(Option::is_some) {
                return found;
            }
        }
        let mut found = [None; 4];
        let letters: Vec<char> = text.chars().collect();
        if !(4..=24).contains(&letters.len()) || letters.iter().all(char::is_ascii_digit) {
            return found;
        }
        let mut heard = String::new();
        if spelling::sound(text, &mut heard)
            && let Some(ids) = self.sounds.get(heard.as_str())
        {
            found.iter_mut().zip(ids).for_each(|(slot, id)| *slot = Some(*id));
            return found;
        }
        let mut free = 0;
        let mut word_letters: Vec<char> = Vec::with_capacity(24);
        each_shorter(text, |key| {
            for id in self.slips.get(key) {
                let Some(word) = self.words.get(id as usize) else { continue };
                word_letters.clear();
                word_letters.extend(word.text.chars());
                if !found.contains(&Some(id))
                    && spelling::is_slip(&letters, &word_letters)
                    && let Some(slot) = found.get_mut(free)
                {
                    *slot = Some(id);
                    free += 1;
                }
            }
        });
        found
    }

    /// Cuts a run without spaces into words: `(start, end, word)` in bytes, `None` for what is not in the lexicon.
    pub(super) fn segment(&self, run: &str, mut each: impl FnMut(usize, usize, Option<u32>)) {
        let mut done = 0;
        if let Some(dense) = &self.dense {
            for found in dense.find_iter(run) {
                if found.start() > done {
                    each(done, found.start(), None);
                }
                each(found.start(), found.end(), self.dense_ids.get(found.pattern().as_usize()).copied());
                done = found.end();
            }
        }
        if done < run.len() {
            each(done, run.len(), None);
        }
    }
}

/// The first bytes of a word, by which stems are found; a stem has at least that many.
fn head(text: &str) -> u32 {
    let mut bytes = text.bytes();
    (0..3).fold(0, |key, _| key << 8 | u32::from(bytes.next().unwrap_or(0)))
}

/// Calls with a key of the word and of every word that is one letter shorter. Keys are polynomials, so that
/// leaving a letter out costs no new pass over the word.
fn each_shorter(text: &str, mut with: impl FnMut(u64)) {
    const BASE: u64 = 0x0100_0000_01b3;
    let add = |hash: u64, byte: u8| hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
    let whole = text.bytes().fold(0, add);
    with(whole);
    // The power that belongs to what follows, from the end of the word to its start.
    let mut power = 1_u64;
    let mut tail = 0_u64;
    let mut after = '\0';
    let mut head = whole;
    for (at, c) in text.char_indices().rev() {
        let letter = text.get(at..at + c.len_utf8()).unwrap_or_default();
        let (own, own_power) = letter.bytes().fold((0, 1_u64), |(h, p), b| (add(h, b), p.wrapping_mul(BASE)));
        // head is the key of everything up to and with this letter; taking the letter off its end:
        head = head.wrapping_sub(own).wrapping_mul(inverse(own_power));
        // Leaving out either of two equal letters gives the same word.
        if c != after {
            with(head.wrapping_mul(power).wrapping_add(tail));
        }
        tail = own.wrapping_mul(power).wrapping_add(tail);
        power = power.wrapping_mul(own_power);
        after = c;
    }
}

/// The inverse of an odd number modulo 2^64, by Newton's method.
fn inverse(odd: u64) -> u64 {
    (0..5).fold(odd, |x, _| x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x))))
}

/// `mand(e|en|)` to `mande`, `manden`, `mand`. Several groups multiply, and groups nest.
pub(super) fn expand(spec: &str) -> Vec<String> {
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
    middles.flat_map(|middle| tails.iter().map(move |tail| format!("{before}{middle}{tail}"))).collect()
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

    #[test]
    fn finds_every_stem_of_a_word() {
        let mut builder = Builder::default();
        for (class, word) in (0_u16..).zip(["рекл*", "рекламн*", "реклам*", "реклама"])
        {
            builder.add(word, Some(Edge { class, topic: NO_TOPIC }), false);
        }
        let vocabulary = builder.finish().unwrap();
        let classes = |text: &str| {
            let words = vocabulary.exact(text).into_iter().flatten().filter_map(|id| vocabulary.word(id));
            words.flat_map(|w| &w.edges).map(|e| e.class).collect::<Vec<_>>()
        };
        assert_eq!(classes("рекламная"), [1, 2, 0]);
        assert_eq!(classes("реклама"), [3, 2, 0]);
    }
}
