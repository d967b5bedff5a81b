//! A word or phrase of a class, where it stands in a text.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::blob::pack;
use super::class_set::{ClassSet, ClassSets};
use super::table::Table;

/// A word's place in one class, with the topic it names there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Edge {
    /// The class.
    pub(super) class: u16,
    /// The topic's number, or [`NO_TOPIC`].
    pub(super) topic: u16,
}

/// No topic.
pub(super) const NO_TOPIC: u16 = u16::MAX;

/// A word or phrase of a class that begins at a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Span {
    /// Class and topic.
    pub(super) edge: Edge,
    /// Its length in words.
    pub(super) len: u16,
    /// The class's language, or [`NO_LANGUAGE`].
    pub(super) language: u16,
}

/// No language: digits.
pub(super) const NO_LANGUAGE: u16 = u16::MAX;

/// A set of languages in one number. Those beyond its bits share the last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Languages(u64);

/// Languages from this one on share a place.
const SHARING: u16 = 63;

impl Languages {
    /// So many places there are.
    pub(super) const PLACES: usize = SHARING as usize + 1;

    /// The place of a language, for what is kept by language.
    #[inline]
    pub(super) fn place(language: u16) -> usize {
        usize::from(language.min(SHARING))
    }

    /// Whether a language may be among them.
    #[inline]
    pub(super) fn has(self, language: u16) -> bool {
        self.0 >> language.min(SHARING) & 1 != 0
    }

    /// Adds a language.
    #[inline]
    pub(super) fn add(&mut self, language: u16) {
        self.0 |= 1 << language.min(SHARING);
    }

    /// The place that languages share.
    pub(super) const SHARED: Self = Self(1 << SHARING);

    /// Whether there are none.
    #[inline]
    pub(super) fn are_none(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both sets.
    #[inline]
    pub(super) fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those of one set or the other.
    #[inline]
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a language has a place of its own.
    #[inline]
    pub(super) fn is_alone(language: u16) -> bool {
        language < SHARING
    }

    /// Their places.
    #[inline]
    pub(super) fn places(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let place = (left != 0).then_some(left.trailing_zeros() as usize);
            left &= left.wrapping_sub(1);
            place
        })
    }

    /// The group of a language, where these are the languages of groups that are sorted by it.
    #[inline]
    pub(super) fn group_of(self, groups: &[Group], language: u16) -> &[Group] {
        if !self.has(language) {
            return &[];
        }
        let before = self.0 & ((1 << language.min(SHARING)) - 1);
        let mut at = before.count_ones() as usize;
        // Of those that share a place, it may be a later one.
        while groups.get(at).is_some_and(|group| group.language < language) {
            at += 1;
        }
        groups.get(at..=at).filter(|found| found.iter().all(|g| g.language == language)).unwrap_or_default()
    }
}

/// The languages of what begins at a word.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Spoken {
    /// All.
    pub(super) languages: Languages,
    /// Those in which a rule begins with it.
    pub(super) begins: Languages,
    /// Those in which it is an anchor of rules.
    pub(super) anchors: Languages,
}

impl Spoken {
    /// None.
    pub(super) const NONE: Self =
        Self { languages: Languages(0), begins: Languages(0), anchors: Languages(0) };

    /// Those of groups.
    pub(super) fn of(groups: &[Group]) -> Self {
        let mut spoken = Self::default();
        for group in groups {
            spoken.languages.add(group.language);
            if group.roots > 0 {
                spoken.begins.add(group.language);
            }
            if group.anchors != 0 {
                spoken.anchors.add(group.language);
            }
        }
        spoken
    }

    /// Those of one or the other.
    #[inline]
    pub(super) fn with(self, other: Self) -> Self {
        Self {
            languages: self.languages.with(other.languages),
            begins: self.begins.with(other.begins),
            anchors: self.anchors.with(other.anchors),
        }
    }
}

/// Where a class stands in rules.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Standing {
    /// Its bit in the sets of what is needed and what is ahead.
    pub(super) mark: u16,
    /// The number of what rules need that begin with it within a text, as [`Group::needs`]; 0 when none begins with it.
    pub(super) needs: u16,
    /// 1 when rules begin with it.
    pub(super) begins: u16,
    /// 1 when it is one of the classes without which no rule of its language begins.
    pub(super) anchors: u16,
}

/// Where all classes stand, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Standings {
    /// By class.
    pub(super) classes: Table<Standing>,
    /// What rules need, by the number in [`Standing::needs`].
    pub(super) needs: ClassSets,
}

pack!(Standings { classes, needs });

/// What is known about each class, by its number.
#[derive(Debug, Default)]
pub(super) struct Special {
    /// 1 when it is the `filler` of some language.
    pub(super) fillers: Table<u8>,
    /// Where it stands in rules.
    pub(super) standings: Standings,
    /// 1 when it is the `skip` or the `tail` of its language.
    pub(super) overlooked: Table<u8>,
    /// Its language.
    pub(super) languages: Table<u16>,
    /// The class `{number}`.
    pub(super) number: u16,
}

pack!(Special { fillers, standings, overlooked, languages, number });

impl Group {
    /// Of no spans.
    pub(super) const NONE: Self = Self {
        classes: ClassSet::NONE,
        marks: ClassSet::NONE,
        needs: ClassSet::NONE,
        from: 0,
        to: 0,
        language: NO_LANGUAGE,
        overlooked: 0,
        roots: 0,
        anchors: 0,
    };

    /// Whether it is of the language, or one of the two is of none.
    #[inline]
    pub(super) fn speaks(&self, language: u16) -> bool {
        self.language == language || language == NO_LANGUAGE || self.language == NO_LANGUAGE
    }
}

impl Special {
    /// The span of a word or phrase.
    pub(super) fn span(&self, edge: Edge, len: u16) -> Span {
        let language = self.languages.get(usize::from(edge.class)).copied().unwrap_or(NO_LANGUAGE);
        Span { edge, len, language }
    }

    /// Whether no rule begins with a class.
    pub(super) fn is_inner(&self, class: u16) -> bool {
        self.standings.classes.get(usize::from(class)).is_none_or(|standing| standing.begins == 0)
    }

    /// Groups spans that are sorted by language and stand from `at` on in their list.
    pub(super) fn groups(&self, spans: &[Span], at: u32) -> impl Iterator<Item = Group> {
        let mut from = at;
        spans.chunk_by(|a, b| a.language == b.language).map(move |own| {
            let to = from + u32::try_from(own.len()).unwrap_or(u32::MAX);
            let language = own.first().map_or(NO_LANGUAGE, |span| span.language);
            let mut group =
                Group { language, from: std::mem::replace(&mut from, to), to, ..Group::default() };
            for (span, place) in own.iter().zip(1..) {
                let class = usize::from(span.edge.class);
                group.classes.add(span.edge.class);
                let standing = self.standings.classes.get(class).copied().unwrap_or_default();
                group.marks.add(standing.mark);
                if standing.begins != 0 {
                    group.roots = place;
                    group.needs = group.needs.with(self.standings.needs.get(standing.needs));
                }
                group.anchors |= standing.anchors;
                if self.overlooked.get(class) == Some(&1) {
                    group.overlooked |= 1 << span.len.min(15);
                }
            }
            group
        })
    }

    /// How many words the filler takes that the span is; 0 when it is none.
    pub(super) fn filler(&self, span: &Span) -> u16 {
        if self.is_filler(span.edge.class) { span.len } else { 0 }
    }

    /// Whether a class is the `filler` of some language.
    pub(super) fn is_filler(&self, class: u16) -> bool {
        self.fillers.get(usize::from(class)) == Some(&1)
    }
}

/// The spans of one language among those that begin at a word, which stand together.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct Group {
    /// Their classes, to be asked before they are looked at.
    pub(super) classes: ClassSet,
    /// Their marks.
    pub(super) marks: ClassSet,
    /// None of the rules that begin with one of them within a text fires unless one of these marks is ahead in the clause.
    pub(super) needs: ClassSet,
    /// Where they begin in the list that holds them.
    pub(super) from: u32,
    /// Where they end.
    pub(super) to: u32,
    /// The language, or [`NO_LANGUAGE`].
    pub(super) language: u16,
    /// A bit for each length of those that the language overlooks.
    pub(super) overlooked: u16,
    /// Rules begin with one of the first so many of them, and with none of the others.
    pub(super) roots: u16,
    /// 1 when one of them is an anchor of rules.
    pub(super) anchors: u16,
}
