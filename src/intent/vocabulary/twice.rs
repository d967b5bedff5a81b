//! Long words of weight, of which two slips are looked for.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::super::blob::pack;
use super::super::index::Id;
use super::super::spelling;
use super::super::table::Table;

/// Of shorter words two slips make too many others.
const LEAST_LETTERS: u16 = 8;

/// What tells most words apart without comparing them.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Letters {
    first: u16,
    count: u16,
    /// A bit for each letter that the word has.
    has: u32,
}

/// One such word.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Long {
    letters: Letters,
    id: Option<Id>,
}

/// The words by their first letters. They are few, so that those with the same first letter are looked at one by one,
/// and most fall out by their letters alone.
#[derive(Debug, Default)]
pub(super) struct Twice(Table<Long>);

pack!(Twice { 0 });

impl Twice {
    /// Takes those of the words that are long enough, and Latin.
    pub(super) fn new<'w>(words: impl Iterator<Item = (Id, &'w str)>) -> Self {
        let mut all: Vec<Long> =
            words.filter_map(|(id, text)| Some(Long { letters: Letters::of(text)?, id: Some(id) })).collect();
        all.sort_unstable_by_key(|word| (word.letters.first, word.id));
        Self(all.into())
    }

    /// The words that this one may be with two slips. The first letter is none of them: people see it, and
    /// "suscribirme" is two letters away from its opposite.
    pub(super) fn of<'t>(
        &'t self,
        text: &'t str,
        word: impl Fn(Id) -> &'t [u8] + 't,
    ) -> impl Iterator<Item = Id> + 't {
        let typed = Letters::of(text);
        let from = self.0.partition_point(|word| typed.is_none_or(|typed| word.letters.first < typed.first));
        let alike = self.0.get(from..).unwrap_or_default().iter();
        alike
            .take_while(move |word| typed.is_some_and(|typed| typed.first == word.letters.first))
            .filter(move |word| typed.is_some_and(|typed| typed.is_near(word.letters)))
            .filter_map(|word| word.id)
            .filter(move |id| spelling::is_two_slips(text.as_bytes(), word(*id)))
    }
}

impl Letters {
    /// `None` of a word that is short or not Latin.
    fn of(text: &str) -> Option<Self> {
        let first = text.bytes().next()?.into();
        let count = u16::try_from(text.len()).ok().filter(|count| *count >= LEAST_LETTERS)?;
        let bit = |byte: u8| byte.is_ascii_lowercase().then(|| 1_u32 << (byte - b'a'));
        let has = text.bytes().try_fold(0, |has, byte| Some(has | bit(byte)?))?;
        Some(Self { first, count, has })
    }

    /// A slip adds a letter, takes one, or makes one of another.
    fn is_near(self, other: Self) -> bool {
        self.count.abs_diff(other.count) <= 2 && (self.has ^ other.has).count_ones() <= 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_long_words_by_two_slips_and_no_others() {
        let words = ["unsubscribe", "notificaciones", "unfollow", "desuscribirme", "стопстоп", "short"];
        let id = |at: usize| Id::new(u32::try_from(at + 1).unwrap()).unwrap();
        let table = Twice::new(words.iter().enumerate().map(|(at, word)| (id(at), *word)));
        let text = |id: Id| words[id.get() as usize - 1];
        let found = |typed: &'static str| {
            table.of(typed, move |id| text(id).as_bytes()).map(text).collect::<Vec<_>>()
        };
        for (typed, word) in [
            ("ubsubscrbe", "unsubscribe"),
            ("unsubcsribee", "unsubscribe"),
            ("notifcacoines", "notificaciones"),
            ("desucribrme", "desuscribirme"),
        ] {
            assert_eq!(found(typed), [word], "{typed}");
        }
        // The opposite, three slips, other words, too short, not Latin.
        for typed in
            ["suscribirme", "subscribe", "ubsubcrbe", "modificaciones", "unsub", "shotr", "стпостпо", ""]
        {
            assert_eq!(found(typed), [""; 0], "{typed}");
        }
    }
}
