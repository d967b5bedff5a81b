//! Words by their text: an open-addressed table that holds nothing but a hash and a number.

use std::hash::Hasher;
use std::num::NonZeroU32;

use rustc_hash::FxHasher;

use super::blob::pack;
use super::table::Table;

/// A word's number, counted from 1, so that "no word" costs no room.
pub(super) type Id = NonZeroU32;

/// Hashes and words. The texts are the caller's: two words may share a hash.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// A power of two of slots, at most three in four of them taken; the word is 0 in those that are free.
    slots: Vec<(u32, u32)>,
    taken: usize,
}

impl Index {
    /// The word of that hash for which `is` holds.
    #[inline]
    pub(super) fn get(&self, hash: u32, is: impl Fn(Id) -> bool) -> Option<Id> {
        let taken = probe(hash, &self.slots).map_while(|(other, word)| Some((*other, Id::new(*word)?)));
        taken.filter(|(other, word)| *other == hash && is(*word)).map(|(_, word)| word).next()
    }

    /// The same words in half the room.
    pub(super) fn packed(self) -> Packed {
        // A lexicon of sixteen million words fills the memory before it comes here.
        let pack = |(hash, word): (u32, u32)| if word >> WORD == 0 { tag(hash) | word } else { 0 };
        Packed(self.slots.into_iter().map(pack).collect())
    }

    /// Adds a word that is not there yet.
    pub(super) fn insert(&mut self, hash: u32, word: Id) {
        if self.taken * 4 >= self.slots.len() * 3 {
            let larger = vec![(0, 0); (self.slots.len() * 2).max(16)];
            let old = std::mem::replace(&mut self.slots, larger);
            old.into_iter().filter(|(_, word)| *word > 0).for_each(|(hash, word)| self.place(hash, word));
        }
        self.place(hash, word.get());
        self.taken += 1;
    }

    fn place(&mut self, hash: u32, word: u32) {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if slot.1 == 0 {
                *slot = (hash, word);
                return;
            }
            at = (at + 1) & mask;
        }
    }
}

/// So many bits of a slot of a [`Packed`] are the word's number; the others are the highest of its hash.
const WORD: u32 = 24;

/// An [`Index`] that is complete.
#[derive(Debug)]
pub(super) struct Packed(Table<u32>);

pack!(Packed { 0 });

impl Packed {
    /// The word of that hash for which `is` holds; it may be asked of words of other hashes.
    #[inline]
    pub(super) fn get(&self, hash: u32, is: impl Fn(Id) -> bool) -> Option<Id> {
        let taken =
            probe(hash, &self.0).map_while(|slot| Some((tag(*slot), Id::new(slot & !tag(u32::MAX))?)));
        taken.filter(|(other, word)| *other == tag(hash) && is(*word)).map(|(_, word)| word).next()
    }
}

fn tag(hash: u32) -> u32 {
    hash >> WORD << WORD
}

/// The slots at which a hash may stand, the likeliest first.
#[inline]
pub(super) fn probe<T>(hash: u32, slots: &[T]) -> impl Iterator<Item = &T> {
    let mask = slots.len().wrapping_sub(1);
    let mut at = hash as usize;
    std::iter::from_fn(move || {
        let slot = slots.get(at & mask);
        at = at.wrapping_add(1);
        slot
    })
}

/// The hash of a text in an [`Index`].
#[inline]
pub(super) fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    let hash = hasher.finish();
    u32::try_from((hash ^ (hash >> 32)) & u64::from(u32::MAX)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_word_and_no_other() {
        let words: Vec<String> = (0..1000).map(|n| format!("word{n}")).collect();
        let mut index = Index::default();
        assert_eq!(index.get(hash("word1"), |_| true), None);
        for (word, id) in words.iter().zip(1..) {
            // Hashes that are all alike in their lower half, so that many collide.
            index.insert(hash(word) << 16, Id::new(id).unwrap());
        }
        for (word, id) in words.iter().zip(1..) {
            let found = index.get(hash(word) << 16, |id| words[id.get() as usize - 1] == *word);
            assert_eq!(found.map(Id::get), Some(id));
        }
        assert_eq!(index.get(hash("word1000") << 16, |id| words[id.get() as usize - 1] == "word1000"), None);
        let packed = index.packed();
        for (word, id) in words.iter().zip(1..) {
            let found = packed.get(hash(word) << 16, |id| words[id.get() as usize - 1] == *word);
            assert_eq!(found.map(Id::get), Some(id));
        }
        assert_eq!(packed.get(hash("word1000") << 16, |id| words[id.get() as usize - 1] == "word1000"), None);
        assert_eq!(Index::default().packed().get(7, |_| true), None);
    }
}
