//! A word or phrase of a class, where it stands in a text.

use super::class_set::ClassSet;

/// A word's place in one class, with the topic it names there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Edge {
    /// The class.
    pub(super) class: u16,
    /// The topic's number, or [`NO_TOPIC`].
    pub(super) topic: u16,
}

/// No topic.
pub(super) const NO_TOPIC: u16 = u16::MAX;

/// A word or phrase of a class that begins at a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Languages(u64);

/// Languages from this one on share a bit.
const SHARING: u16 = 63;

impl Languages {
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

    /// Adds those of another set.
    #[inline]
    pub(super) fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The languages of what begins at a word.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spoken {
    /// All.
    pub(super) languages: Languages,
    /// Those in which it is an anchor.
    pub(super) anchors: Languages,
}

impl Spoken {
    /// Those of groups.
    pub(super) fn of(groups: &[Group]) -> Self {
        let mut spoken = Self::default();
        for group in groups {
            spoken.languages.add(group.language);
            if group.anchors {
                spoken.anchors.add(group.language);
            }
        }
        spoken
    }
}

/// What is known about each class, by its number.
#[derive(Debug, Default)]
pub(super) struct Special {
    /// Whether it is the `filler` of some language.
    pub(super) fillers: Vec<bool>,
    /// Whether a rule begins with it.
    pub(super) begins: Vec<bool>,
    /// Whether it is one of the classes that its language's rules cannot do without.
    pub(super) anchors: Vec<bool>,
    /// Whether it is the `skip` or the `tail` of its language.
    pub(super) overlooked: Vec<bool>,
    /// Its language.
    pub(super) languages: Vec<u16>,
    /// The class `{number}`.
    pub(super) number: u16,
}

impl Group {
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

    /// Groups spans that are sorted by language and stand from `at` on in their list.
    pub(super) fn groups(&self, spans: &[Span], at: u32) -> impl Iterator<Item = Group> {
        let mut from = at;
        spans.chunk_by(|a, b| a.language == b.language).map(move |own| {
            let to = from + u32::try_from(own.len()).unwrap_or(u32::MAX);
            let language = own.first().map_or(NO_LANGUAGE, |span| span.language);
            let mut group =
                Group { language, from: std::mem::replace(&mut from, to), to, ..Group::default() };
            for span in own {
                let class = usize::from(span.edge.class);
                group.classes.add(span.edge.class);
                group.begins |= self.begins.get(class) == Some(&true);
                group.anchors |= self.anchors.get(class) == Some(&true);
                if self.overlooked.get(class) == Some(&true) {
                    group.overlooked |= 1 << span.len.min(15);
                }
            }
            group
        })
    }

    /// How many words the filler takes that the span is; 0 when it is none.
    pub(super) fn filler(&self, span: &Span) -> u16 {
        if self.fillers.get(usize::from(span.edge.class)) == Some(&true) { span.len } else { 0 }
    }
}

/// The spans of one language among those that begin at a word, which stand together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Group {
    /// The language, or [`NO_LANGUAGE`].
    pub(super) language: u16,
    /// Where they begin in the list that holds them.
    pub(super) from: u32,
    /// Where they end.
    pub(super) to: u32,
    /// Their classes, to be asked before they are looked at.
    pub(super) classes: ClassSet,
    /// A bit for each length of those that the language overlooks.
    pub(super) overlooked: u16,
    /// Whether a rule begins with one of them.
    pub(super) begins: bool,
    /// Whether one of them is an anchor.
    pub(super) anchors: bool,
}
