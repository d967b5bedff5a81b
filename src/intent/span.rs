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

impl Span {
    /// Whether it is of the language, or one of the two is of none.
    #[inline]
    pub(super) fn speaks(&self, language: u16) -> bool {
        self.language == language || language == NO_LANGUAGE || self.language == NO_LANGUAGE
    }
}

/// What is known about each class, by its number.
#[derive(Debug, Default)]
pub(super) struct Special {
    /// Whether it is the `filler` of some language.
    pub(super) fillers: Vec<bool>,
    /// Its language.
    pub(super) languages: Vec<u16>,
    /// The class `{number}`.
    pub(super) number: u16,
}

impl Special {
    /// The span of a word or phrase.
    pub(super) fn span(&self, edge: Edge, len: u16) -> Span {
        let language = self.languages.get(usize::from(edge.class)).copied().unwrap_or(NO_LANGUAGE);
        Span { edge, len, language }
    }

    /// How many words the filler takes that the span is; 0 when it is none.
    pub(super) fn filler(&self, span: &Span) -> u16 {
        if self.fillers.get(usize::from(span.edge.class)) == Some(&true) { span.len } else { 0 }
    }
}

/// What some spans amount to, to be asked before they are looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    /// Their classes.
    pub(super) classes: ClassSet,
    /// A bit for each of their languages, shared by those beyond 64.
    languages: u64,
}

impl Summary {
    /// Adds a span.
    #[inline]
    pub(super) fn add(&mut self, span: &Span) {
        self.classes.add(span.edge.class);
        self.languages |= bit(span.language);
    }

    /// Adds what others amount to.
    #[inline]
    pub(super) fn join(&mut self, other: Self) {
        self.classes = self.classes.and(other.classes);
        self.languages |= other.languages;
    }

    /// Whether one of them may be of the language.
    #[inline]
    pub(super) fn speaks(&self, language: u16) -> bool {
        self.languages & bit(language) != 0
    }
}

/// All bits for none.
#[inline]
fn bit(language: u16) -> u64 {
    if language == NO_LANGUAGE { u64::MAX } else { 1 << (language & 63) }
}
