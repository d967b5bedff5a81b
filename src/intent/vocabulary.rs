//! Every word of the lexicon, with the classes that it belongs to, and how a typed word finds it.
//!
//! The tables are flat: texts in one string, classes and phrases in one list each, and a word is three places in
//! them. There are a hundred thousand words in thirty languages, and each would else cost four allocations.

mod builder;
mod dense;
mod endings;
mod flat;
mod runs;
mod term;
mod twice;

pub(super) use builder::Builder;
pub(super) use term::each_term;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::blob::pack;
use super::index::{Id, Packed, hash};
use super::slips::Slips;
use super::span::{Group, Span, Spoken};
use super::spelling;
use super::table::{self, Table};
use dense::Dense;
pub(super) use endings::Ending;
use endings::Endings;
use flat::Words;
use runs::Runs;
use twice::Twice;

/// The words that a typed word stands for: itself, a stem, or what it is a misspelling of.
pub(super) type Found = [Option<Id>; 4];

/// Nothing that the lexicon knows.
pub(super) const NOTHING: Found = [None; 4];

/// Where what is known about a word begins; text, phrases and endings end where the next word's begin.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Entry {
    text: u32,
    set: u32,
    /// The endings of the phrases that begin with it.
    phrases: u32,
    /// The endings that begin with it: the phrases of which it is the second word.
    endings: u32,
}

/// The classes that a word has by itself. Most words share theirs with all others of their list.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Set {
    /// The languages of its groups.
    pub(super) spoken: Spoken,
    /// Where its groups begin in the lexicon's, and how many there are: one a language.
    pub(super) groups_from: u32,
    pub(super) groups: u16,
    /// 1 when one of them is a filler.
    pub(super) filler: u16,
}

/// The set of what the lexicon does not know.
static NO_CLASSES: Set = Set { spoken: Spoken::NONE, groups_from: 0, groups: 0, filler: 0 };

/// All words, complete.
#[derive(Debug)]
pub(super) struct Vocabulary {
    words: Words,
    endings: Endings,
    exact: Packed,
    /// Of those that begin alike the longest first.
    stems: Table<Option<Id>>,
    stem_runs: Runs,
    slips: Slips,
    sounds: Slips,
    twice: Twice,
    dense: Dense,
}

pack!(Vocabulary { words, endings, exact, stems, stem_runs, slips, sounds, twice, dense });

impl Vocabulary {
    /// The number of a word's set: its classes as a single word.
    #[inline]
    pub(super) fn alone(&self, id: Id) -> u32 {
        self.words.entries.get(id.get() as usize).map_or(0, |entry| entry.set)
    }

    /// A set by its number.
    #[inline]
    pub(super) fn set(&self, number: u32) -> &Set {
        self.words.sets.get(number as usize).unwrap_or(&NO_CLASSES)
    }

    /// The groups of a set, sorted by language.
    #[inline]
    pub(super) fn groups(&self, set: &Set) -> &[Group] {
        let from = set.groups_from as usize;
        self.words.groups.get(from..from + usize::from(set.groups)).unwrap_or_default()
    }

    /// The spans of a set, sorted by language.
    pub(super) fn spans(&self, number: u32) -> &[Span] {
        let groups = self.groups(self.set(number));
        let (from, to) = (groups.first().map_or(0, |g| g.from), groups.last().map_or(0, |g| g.to));
        self.words.spans.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The spans of all words, in which groups have their places.
    #[inline]
    pub(super) fn all_spans(&self) -> &[Span] {
        &self.words.spans
    }

    /// The phrases that begin with a word, by the numbers of their endings. Small words begin hundreds.
    #[inline]
    pub(super) fn phrases(&self, first: Id) -> &[u32] {
        let bounds = self.words.bounds(first);
        let all =
            bounds.and_then(|(from, to)| self.words.phrases.get(from.phrases as usize..to.phrases as usize));
        all.unwrap_or_default()
    }

    /// Of the phrases that begin with a word, the endings that go on with another.
    #[inline]
    pub(super) fn going_on_with(&self, phrases: &[u32], second: Id) -> impl Iterator<Item = &Ending> {
        let (from, to) = self.words.bounds(second).map_or((0, 0), |(own, next)| (own.endings, next.endings));
        // Most words are the second of no phrase.
        let begin = if from < to { phrases.partition_point(|ending| *ending < from) } else { phrases.len() };
        let later = phrases.get(begin..).unwrap_or_default();
        later.iter().take_while(move |ending| **ending < to).filter_map(|ending| self.endings.get(*ending))
    }

    /// The words of a phrase after its second.
    #[inline]
    pub(super) fn rest(&self, ending: &Ending) -> &[Option<Id>] {
        self.endings.rest(ending)
    }

    /// The word as written, and the longest stems of it: those of one language must not hide those of another.
    #[inline]
    pub(super) fn exact(&self, text: &str) -> Found {
        let mut found =
            [self.exact.get(hash(text), |id| self.words.bytes(id) == text.as_bytes()), None, None, None];
        let (from, to) = self.stem_runs.get(head(text.as_bytes()));
        if from < to {
            let stems = self.stems.get(from..to).unwrap_or_default().iter().flatten();
            let fitting = stems.filter(|id| text.as_bytes().starts_with(self.words.bytes(**id)));
            found.iter_mut().skip(1).zip(fitting).for_each(|(slot, id)| *slot = Some(*id));
        }
        found
    }

    /// The words that a word unknown to [`Self::exact`] may be a misspelling of.
    pub(super) fn misspelt(&self, text: &str) -> Found {
        // "stooop" may be a drawn out "stop" as well as "stoop": a run of three says nothing of the letters meant.
        if spelling::has_run(text) {
            let squeezed = |keep| spelling::squeeze(text, keep).map_or(NOTHING, |word| self.exact(&word));
            let ([two, two_stem, ..], [one, one_stem, ..]) = (squeezed(2), squeezed(1));
            let found = [two, two_stem, one, one_stem];
            if found != NOTHING {
                return found;
            }
        }
        let plain = spelling::unleet(text).map_or(NOTHING, |word| self.exact(&word));
        if plain != NOTHING {
            return plain;
        }
        let mut letters = Letters::default();
        if !letters.set(text.as_bytes())
            || !(4..=24).contains(&letters.as_slice().len())
            || text.bytes().all(|b| b.is_ascii_digit())
        {
            return NOTHING;
        }
        let heard = self.heard(text);
        if heard != NOTHING {
            return heard;
        }
        let mut found = NOTHING;
        let mut free = 0;
        let mut word_letters = Letters::default();
        each_shorter(text, |key| {
            if free == found.len() {
                return;
            }
            for id in self.slips.get(key) {
                if !found.contains(&Some(id))
                    && word_letters.set(self.words.bytes(id))
                    && spelling::is_slip(letters.as_slice(), word_letters.as_slice())
                    && let Some(slot) = found.get_mut(free)
                {
                    *slot = Some(id);
                    free += 1;
                }
            }
        });
        if found == NOTHING {
            let alike = self.twice.of(text, |id| self.words.bytes(id));
            found.iter_mut().zip(alike).for_each(|(slot, id)| *slot = Some(id));
        }
        found
    }

    /// The words that sound like this one.
    fn heard(&self, text: &str) -> Found {
        let mut found = NOTHING;
        let mut heard = spelling::Sound::default();
        if heard.of(text.as_bytes()) {
            let mut other = spelling::Sound::default();
            let alike = self
                .sounds
                .get(sound_key(heard.as_bytes()))
                .filter(|id| other.of(self.words.bytes(*id)) && other.as_bytes() == heard.as_bytes());
            found.iter_mut().zip(alike).for_each(|(slot, id)| *slot = Some(id));
        }
        found
    }

    /// Cuts a run without spaces into words: `(start, end, word)` in bytes, `None` for what is not in the lexicon.
    pub(super) fn segment(&self, run: &str, mut each: impl FnMut(usize, usize, Option<Id>)) {
        let (mut unknown, mut at) = (0, 0);
        while let Some(rest) = run.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((id, length)) = self.dense.longest(rest, |id| self.words.bytes(id)) else {
                at += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            if unknown < at {
                each(unknown, at, None);
            }
            each(at, at + length, Some(id));
            at += length;
            unknown = at;
        }
        if unknown < run.len() {
            each(unknown, run.len(), None);
        }
    }
}

/// The longest word that a misspelling may stand for, in letters.
const MOST_LETTERS: usize = 25;

/// The letters of a word, without an allocation.
#[derive(Default)]
struct Letters {
    letters: [char; MOST_LETTERS],
    count: usize,
}

impl Letters {
    /// Takes a word; `false` when it is longer than any that a misspelling is looked for of.
    fn set(&mut self, word: &[u8]) -> bool {
        // Most words are plain, and need not be read as letters of any script.
        if word.is_ascii() {
            self.take(word.iter().copied().map(char::from))
        } else {
            self.take(table::text(word).chars())
        }
    }

    #[inline]
    fn take(&mut self, letters: impl Iterator<Item = char>) -> bool {
        self.count = 0;
        for letter in letters {
            let Some(slot) = self.letters.get_mut(self.count) else { return false };
            *slot = letter;
            self.count += 1;
        }
        true
    }

    fn as_slice(&self) -> &[char] {
        self.letters.get(..self.count).unwrap_or_default()
    }
}

fn sound_key(heard: &[u8]) -> u64 {
    heard.iter().fold(0, |key: u64, byte| key.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(*byte)))
}

/// A number of its own for the first bytes of a word, by which stems are found; a stem has at least that many.
#[inline]
fn head(text: &[u8]) -> u32 {
    let [a, b, c] = match *text {
        [a, b, c, ..] => [a, b, c],
        [a, b] => [a, b, 0],
        [a] => [a, 0, 0],
        [] => [0; 3],
    };
    // An odd factor leaves different ones different, and the table goes by the lowest bits.
    u32::from_be_bytes([0, a, b, c]).wrapping_mul(0x9e37_79b1).swap_bytes()
}

/// Calls with a key of the word and of every word that is one letter shorter. Keys are polynomials, so that
/// leaving a letter out costs no new pass over the word.
fn each_shorter(text: &str, mut with: impl FnMut(u64)) {
    const BASE: u64 = 0x0100_0000_01b3;
    const INVERSE: u64 = inverse(BASE);
    let term = |byte: u8| u64::from(byte) + 1;
    let whole = text.bytes().fold(0, |key: u64, byte| key.wrapping_mul(BASE).wrapping_add(term(byte)));
    with(whole);
    // The key of what stands before a letter, and that of what follows with the power that belongs to it; from the end.
    let (mut head, mut tail, mut power) = (whole, 0_u64, 1_u64);
    let (mut letter, mut letter_power, mut after) = (0_u64, 1_u64, 0);
    for byte in text.bytes().rev() {
        head = head.wrapping_sub(term(byte)).wrapping_mul(INVERSE);
        letter = letter.wrapping_add(term(byte).wrapping_mul(letter_power));
        letter_power = letter_power.wrapping_mul(BASE);
        if byte & 0xc0 == 0x80 {
            // The letter's first byte is still to come.
            continue;
        }
        // Leaving out either of two equal letters gives the same word.
        if letter != after {
            with(head.wrapping_mul(power).wrapping_add(tail));
        }
        tail = letter.wrapping_mul(power).wrapping_add(tail);
        power = power.wrapping_mul(letter_power);
        (letter, letter_power, after) = (0, 1, letter);
    }
}

/// The inverse of an odd number modulo 2^64, by Newton's method.
const fn inverse(odd: u64) -> u64 {
    let (mut x, mut round) = (odd, 0);
    while round < 5 {
        x = x.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(x)));
        round += 1;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::span::{Edge, NO_TOPIC, Special};

    #[test]
    fn finds_every_stem_of_a_word() {
        let mut builder = Builder::default();
        for (class, word) in (0_u16..).zip(["рекл*", "рекламн*", "реклам*", "реклама"])
        {
            builder.add(word, Edge { class, topic: NO_TOPIC }, false);
        }
        let vocabulary = builder.finish(&Special::default());
        let classes = |text: &str| {
            let words = vocabulary.exact(text).into_iter().flatten();
            words
                .flat_map(|id| vocabulary.spans(vocabulary.alone(id)))
                .map(|s| s.edge.class)
                .collect::<Vec<_>>()
        };
        assert_eq!(classes("рекламная"), [1, 2, 0]);
        assert_eq!(classes("реклама"), [3, 2, 0]);
    }
}
