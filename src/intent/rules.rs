//! What each rule does when it fires, by its number.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, transmute, try_transmute};

use super::blob::pack;
use super::source::{Means, Reach};
use super::table::{self, Table};

/// A rule.
#[derive(Debug, Clone, Copy, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Compiled {
    /// Where its id ends among all; it begins where the one before ends.
    id_end: u32,
    /// The number of its language.
    pub(super) language: u16,
    /// The topic that it is about by itself, or [`NO_TOPIC`](super::span::NO_TOPIC).
    pub(super) topic: u16,
    /// One of the kinds below.
    kind: u16,
    /// The number of what it means, or of how far it reaches.
    what: u16,
}

/// What a rule does when it fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Says something; a firm one is not taken back by guards.
    Says(Means, bool),
    /// Takes back.
    TakesBack(Reach),
}

impl Compiled {
    const SAYS: u16 = 0;
    const SAYS_FIRMLY: u16 = 1;
    const TAKES_BACK: u16 = 2;

    fn new(id_end: u32, (language, topic): (u16, u16), effect: Effect) -> Self {
        let (kind, what) = match effect {
            Effect::Says(means, firm) => {
                (if firm { Self::SAYS_FIRMLY } else { Self::SAYS }, transmute!(means))
            }
            Effect::TakesBack(reach) => (Self::TAKES_BACK, transmute!(reach)),
        };
        Self { id_end, language, topic, kind, what }
    }

    /// What it does; `None` of what is no rule.
    #[inline]
    pub(super) fn effect(&self) -> Option<Effect> {
        match self.kind {
            Self::TAKES_BACK => try_transmute!(self.what).ok().map(Effect::TakesBack),
            kind => {
                try_transmute!(self.what).ok().map(|means| Effect::Says(means, kind == Self::SAYS_FIRMLY))
            }
        }
    }
}

/// All rules.
#[derive(Debug)]
pub(super) struct Rules {
    all: Table<Compiled>,
    /// Their ids, one after another.
    ids: Table<u8>,
}

pack!(Rules { all, ids });

impl Rules {
    /// A rule by its number.
    #[inline]
    pub(super) fn get(&self, rule: u32) -> Option<&Compiled> {
        self.all.get(rule as usize)
    }

    /// The id of a rule.
    pub(super) fn id(&self, rule: u32) -> Option<&str> {
        let from = rule.checked_sub(1).and_then(|before| self.get(before)).map_or(0, |rule| rule.id_end);
        self.ids.get(from as usize..self.get(rule)?.id_end as usize).map(table::text)
    }
}

/// Rules that are being numbered.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    all: Vec<Compiled>,
    ids: String,
}

impl Numbering {
    /// The number of the next rule; `None` when there are no more.
    pub(super) fn next(&self) -> Option<u32> {
        u32::try_from(self.all.len()).ok()
    }

    /// Adds the next rule, by the parts of its id, with its language and topic. `None` when there is no more room for ids.
    pub(super) fn add(&mut self, id: [&str; 3], about: (u16, u16), effect: Effect) -> Option<()> {
        self.ids.extend(id);
        let id_end = u32::try_from(self.ids.len()).ok()?;
        self.all.push(Compiled::new(id_end, about, effect));
        Some(())
    }

    /// The rules.
    pub(super) fn finish(self) -> Rules {
        Rules { all: self.all.into(), ids: self.ids.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_keep_what_they_do_and_are_called() {
        let effects = [
            Effect::Says(Means::Stop, false),
            Effect::Says(Means::Keep, true),
            Effect::TakesBack(Reach::Match),
            Effect::TakesBack(Reach::Text),
        ];
        let mut numbering = Numbering::default();
        for (effect, name) in effects.into_iter().zip(["a", "be", "ñ", ""]) {
            numbering.add(["xx", "/", name], (7, 9), effect).unwrap();
        }
        let rules = numbering.finish();
        let effect = |rule: u32| rules.get(rule).and_then(Compiled::effect);
        assert_eq!([0, 1, 2, 3].map(effect), effects.map(Some));
        assert_eq!(
            [0, 1, 2, 3, 4].map(|rule| rules.id(rule)),
            [Some("xx/a"), Some("xx/be"), Some("xx/ñ"), Some("xx/"), None]
        );
        let strange = Compiled { what: 99, ..*rules.get(0).unwrap() };
        assert_eq!(strange.effect(), None);
    }
}
