//! Words that mean something of themselves.

use super::blob::pack;
use super::decision::{Action, Scope};
use super::source::{LanguageFile, Means};
use super::table::Table;

/// Words and phrases of some languages that say the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keywords {
    /// In their normal form, sorted, one after another.
    texts: Table<u8>,
    /// Where each ends.
    ends: Table<u32>,
}

pack!(Keywords { texts, ends });

impl Keywords {
    /// The keywords of some files that say this, as far as `counts` has them.
    pub(super) fn of(files: &[LanguageFile], action: &Action, counts: impl Fn(&str) -> bool) -> Self {
        let wanted = match action {
            Action::Stop(Scope::All) => Means::Stop,
            Action::Start(Scope::All) => Means::Start,
            _ => return Self::default(),
        };
        let spoken = files.iter().flat_map(LanguageFile::spoken);
        let mut words: Vec<String> = spoken
            .filter(|keyword| keyword.means == wanted)
            .map(|keyword| keyword.word.replace('-', " "))
            .collect();
        words.retain(|word| counts(word));
        words.sort_unstable();
        words.dedup();
        let mut end = 0;
        let ends = words.iter().map(|word| {
            end += word.len();
            u32::try_from(end).unwrap_or(u32::MAX)
        });
        Self { ends: ends.collect(), texts: words.concat().into() }
    }

    /// Whether a word or phrase, in its normal form, is one of them.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        let own = |at: usize| {
            let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end);
            let to = self.ends.get(at).map_or(from, |end| *end);
            self.texts.get(from as usize..to as usize).unwrap_or_default()
        };
        let (mut from, mut to) = (0, self.ends.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            if own(middle) < word.as_bytes() { from = middle + 1 } else { to = middle }
        }
        from < self.ends.len() && own(from) == word.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_keyword_is_one_and_nothing_else_is() {
        let file = "language = 'qaa'\n[[keywords]]\naction = 'stop'\nwords = 'zevot_mul abra nun(a|o) nun'\n\
                    [[keywords]]\naction = 'start'\nwords = 'dorvix'";
        let files = [toml::from_str(file).unwrap()];
        let of = |action: Action| Keywords::of(&files, &action, |word| word != "nuno");
        let stop = of(Action::Stop(Scope::All));
        for word in ["zevot mul", "abra", "nuna", "nun"] {
            assert!(stop.has(word), "{word}");
        }
        for word in ["", "zevot", "abr", "abranun", "dorvix", "nuno", "zz", "a"] {
            assert!(!stop.has(word), "{word}");
        }
        assert!(of(Action::Start(Scope::All)).has("dorvix"));
        assert_eq!(of(Action::Help), Keywords::default());
        assert!(!Keywords::default().has(""));
    }
}
