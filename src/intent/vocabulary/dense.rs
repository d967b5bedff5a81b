//! The words of scripts that are written without spaces, and how a run of letters is cut into them.

use rustc_hash::FxHashMap;

use super::super::index::Id;

/// One such word.
#[derive(Debug, Clone, Copy)]
struct Word {
    id: Id,
    /// The longest other word that it begins with: its place plus one, or 0.
    beginning: u32,
}

/// The words, sorted by their texts.
#[derive(Debug, Default)]
pub(super) struct Dense {
    words: Vec<Word>,
    /// By first letter: where the words with it begin and end.
    first: FxHashMap<char, (u32, u32)>,
}

impl Dense {
    /// Takes words by their numbers. Of those with the same text the first counts.
    pub(super) fn new<'t>(mut ids: Vec<Id>, text: impl Fn(Id) -> &'t str) -> Self {
        ids.sort_unstable_by_key(|id| (text(*id), *id));
        ids.dedup_by_key(|id| text(*id));
        let mut out = Self { words: Vec::with_capacity(ids.len()), first: FxHashMap::default() };
        // The words that the one before begins with, itself last: of those that begin this one too, the longest.
        let mut open: Vec<(u32, &str)> = Vec::new();
        for (id, at) in ids.into_iter().zip(0..) {
            let own = text(id);
            while open.pop_if(|(_, shorter)| !own.starts_with(*shorter)).is_some() {}
            out.words.push(Word { id, beginning: open.last().map_or(0, |(place, _)| place + 1) });
            open.push((at, own));
            if let Some(letter) = own.chars().next() {
                out.first.entry(letter).or_insert((at, at)).1 = at + 1;
            }
        }
        out.first.shrink_to_fit();
        out
    }

    /// The longest word that a text begins with, and its length in bytes.
    pub(super) fn longest<'t>(&self, run: &str, text: impl Fn(Id) -> &'t str) -> Option<(Id, usize)> {
        let (from, to) = *self.first.get(&run.chars().next()?)?;
        let alike = self.words.get(from as usize..to as usize)?;
        // What a text begins with is not behind it in the order, and all between the two begin with it too.
        let mut at = from as usize + alike.partition_point(|word| text(word.id) <= run);
        loop {
            let word = self.words.get(at.checked_sub(1)?)?;
            let own = text(word.id);
            if run.starts_with(own) {
                return Some((word.id, own.len()));
            }
            at = word.beginning as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_longest_word_that_begins_a_run() {
        let words = ["不要", "不", "不要再发", "要", "发", "不要再送了", "不"];
        let id = |at: usize| Id::new(u32::try_from(at + 1).unwrap()).unwrap();
        let text = |id: Id| words[id.get() as usize - 1];
        let dense = Dense::new((0..words.len()).rev().map(id).collect(), text);
        let longest = |run: &str| dense.longest(run, text);
        assert_eq!(longest("不要再发了"), Some((id(2), 12)));
        // Two words lie between the run and the one that begins it.
        assert_eq!(longest("不要再送"), Some((id(0), 6)));
        assert_eq!(longest("不再"), Some((id(1), 3)), "the first of two that are alike");
        assert_eq!(longest("发"), Some((id(4), 3)));
        assert_eq!(longest("再不要"), None);
        assert_eq!(longest("亅"), None);
        assert_eq!(longest(""), None);
        // A word before the first one of a letter is no beginning.
        assert_eq!(Dense::new(vec![id(2)], text).longest("不", text), None);
    }
}
