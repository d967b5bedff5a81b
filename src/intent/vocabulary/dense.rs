//! The words of scripts that are written without spaces, and how a run of letters is cut into them.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::super::blob::pack;
use super::super::index::Id;
use super::super::table::Table;
use super::head;
use super::runs::Runs;

/// One such word.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Word {
    id: Option<Id>,
    /// The longest other word that it begins with: its place plus one, or 0.
    beginning: u32,
}

/// The words, sorted by their texts.
#[derive(Debug, Default)]
pub(super) struct Dense {
    words: Table<Word>,
    /// By what they begin with: one letter of nearly all such scripts.
    runs: Runs,
}

pack!(Dense { words, runs });

impl Dense {
    /// Takes words by their numbers. Of those with the same text the first counts.
    pub(super) fn new<'t>(mut ids: Vec<Id>, text: impl Fn(Id) -> &'t [u8]) -> Self {
        ids.sort_unstable_by_key(|id| (text(*id), *id));
        ids.dedup_by_key(|id| text(*id));
        let mut words = Vec::with_capacity(ids.len());
        let runs = Runs::new(&ids.iter().map(|id| head(text(*id))).collect::<Vec<_>>());
        // The words that the one before begins with, itself last: of those that begin this one too, the longest.
        let mut open: Vec<(u32, &[u8])> = Vec::new();
        for (id, at) in ids.into_iter().zip(0..) {
            let own = text(id);
            while open.pop_if(|(_, shorter)| !own.starts_with(shorter)).is_some() {}
            words.push(Word { id: Some(id), beginning: open.last().map_or(0, |(place, _)| place + 1) });
            open.push((at, own));
        }
        Self { words: words.into(), runs }
    }

    /// The longest word that a text begins with, and its length in bytes.
    pub(super) fn longest<'t>(&self, run: &str, text: impl Fn(Id) -> &'t [u8]) -> Option<(Id, usize)> {
        let run = run.as_bytes();
        let (from, to) = self.runs.get(head(run));
        let text = |word: &Word| word.id.map(&text).unwrap_or_default();
        let alike = self.words.get(from..to).filter(|alike| !alike.is_empty())?;
        // What a text begins with is not behind it in the order, and all between the two begin with it too.
        let mut at = from + alike.partition_point(|word| text(word) <= run);
        loop {
            let word = self.words.get(at.checked_sub(1)?)?;
            let own = text(word);
            if run.starts_with(own) {
                return Some((word.id?, own.len()));
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
        let text = |id: Id| words[id.get() as usize - 1].as_bytes();
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
