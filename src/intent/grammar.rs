//! The small language in which patterns and guards are written.
//!
//! | written | matches |
//! | --- | --- |
//! | `word` | that word, or a misspelling of it |
//! | `(a\|b_c)`, `a(b\|c)` | one of these words or phrases; groups may nest |
//! | `{class}`, `{a\|b}` | a word or phrase of the class, or of one of the classes |
//! | `{topic}` | a topic's synonym; the rule's scope becomes that topic |
//! | `{free}` | one to three words up to the end of the clause; they name the topic |
//! | `{number}` | a word of digits |
//! | `x?` | x, or nothing |
//! | `..` `..5` | up to three, or five, words of the same clause |
//! | `...` `...2` | up to twelve words, or two, across clauses |
//! | `!x` | nothing; the next word that counts is not x |
//! | `<` `<<` | at the start: the clause, or the text, begins here |
//! | `>` `>>` | at the end: the clause, or the text, ends here |
//!
//! Words of the class `filler` (greetings, thanks, politeness) of any language, and of the classes `skip` and
//! `tail` of the pattern's own language, may stand between two parts of a pattern. `<` and `>` overlook fillers,
//! and `>` also overlooks `tail`.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// One part of a pattern after alternatives and options have been laid out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<'p> {
    /// A class by name.
    Class(&'p str),
    /// Words written in the pattern itself, as a list.
    Words(&'p str),
    /// Up to so many words.
    Gap(u8),
    /// Up to so many words across clauses.
    Leap(u8),
    /// Not one of these next.
    Not(Vec<Part<'p>>),
    /// One to three words that name a topic.
    Free,
}

/// What an end of a pattern must meet: the more, the larger.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, FromBytes, Immutable, IntoBytes, KnownLayout,
)]
#[repr(transparent)]
pub(super) struct Edge(u16);

impl Edge {
    /// Nothing.
    pub(super) const ANYWHERE: Self = Self(0);
    /// The start or end of a clause.
    pub(super) const CLAUSE: Self = Self(1);
    /// The start or end of the text.
    pub(super) const TEXT: Self = Self(2);
}

/// A pattern, laid out: every sequence of parts that it stands for.
#[derive(Debug)]
pub(super) struct Laid<'p> {
    /// Where it must begin.
    pub(super) start: Edge,
    /// Where it must end.
    pub(super) end: Edge,
    /// Its parts, each once and in order.
    pub(super) parts: Vec<Part<'p>>,
    /// The sequences, of the places of their parts.
    pub(super) sequences: Vec<Vec<usize>>,
}

/// More sequences than this are an author's mistake.
const MAX_SEQUENCES: usize = 512;

/// What is wrong with a pattern.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// A brace or parenthesis that is never closed.
    #[error("close the bracket of {0:?}")]
    Unclosed(String),
    /// Nothing to hold on to at the start.
    #[error("begin with a word or a class, not with a gap, a negation or a free topic")]
    NoAnchor,
    /// Too many optional parts.
    #[error("it stands for more than {MAX_SEQUENCES} sequences: use fewer optional parts or split it")]
    TooMany,
    /// A gap is a number from 1 to 9.
    #[error("write a gap as `..`, `..1` to `..9`, `...` or `...1` to `...9`, not {0:?}")]
    Gap(String),
    /// Words between nothing and nothing.
    #[error("write a word or a class after each gap; a larger gap instead of two, and none at the end")]
    OpenGap,
}

/// Reads a pattern.
///
/// # Errors
/// [`GrammarError`] says what to change.
pub(super) fn parse(pattern: &str) -> Result<Laid<'_>, GrammarError> {
    let (mut start, mut end) = (Edge::ANYWHERE, Edge::ANYWHERE);
    // What may stand at each place, by the place; nothing is one of the choices when the place is optional.
    let mut choices: Vec<(Part<'_>, usize)> = Vec::new();
    let mut places: Vec<Vec<Option<usize>>> = Vec::new();
    for written in pattern.split_whitespace() {
        match written {
            "<" => start = Edge::CLAUSE,
            "<<" => start = Edge::TEXT,
            ">" => end = Edge::CLAUSE,
            ">>" => end = Edge::TEXT,
            _ => {
                let (written, none) = match written.strip_suffix('?') {
                    Some(inner) => (inner, Some(None)),
                    None => (written, None),
                };
                each_choice(written, |part| choices.push((part, places.len())))?;
                places.push(none.into_iter().collect());
            }
        }
    }
    choices.sort_unstable();
    let mut parts: Vec<Part<'_>> = Vec::with_capacity(choices.len());
    for (part, place) in choices {
        if parts.last() != Some(&part) {
            parts.push(part);
        }
        places.get_mut(place).into_iter().for_each(|own| own.push(Some(parts.len() - 1)));
    }
    let mut sequences = sequences(&places)?;
    sequences.sort_unstable();
    sequences.dedup();
    // An optional part may leave a gap open: that way to write it matches nothing.
    sequences.retain(|sequence| !has_open_gap(sequence, &parts));
    if sequences.is_empty() {
        return Err(GrammarError::OpenGap);
    }
    let is_anchor = |part: &usize| matches!(parts.get(*part), Some(Part::Class(_) | Part::Words(_)));
    if !sequences.iter().all(|sequence| sequence.first().is_some_and(is_anchor)) {
        return Err(GrammarError::NoAnchor);
    }
    Ok(Laid { start, end, parts, sequences })
}

/// Every way to take one choice at each place.
fn sequences(places: &[Vec<Option<usize>>]) -> Result<Vec<Vec<usize>>, GrammarError> {
    let all = places.iter().try_fold(1_usize, |all, place| all.checked_mul(place.len()));
    let all = all.filter(|all| *all <= MAX_SEQUENCES).ok_or(GrammarError::TooMany)?;
    let one = |number: usize| {
        let mut left = number;
        let mut chosen = Vec::with_capacity(places.len());
        for place in places {
            chosen.extend(place.get(left % place.len()).copied().flatten());
            left /= place.len();
        }
        chosen
    };
    Ok((0..all).map(one).collect())
}

fn has_open_gap(sequence: &[usize], parts: &[Part<'_>]) -> bool {
    let is_gap = |part: &usize| matches!(parts.get(*part), Some(Part::Gap(_) | Part::Leap(_)));
    sequence.last().is_some_and(is_gap) || sequence.windows(2).any(|two| two.iter().all(is_gap))
}

fn each_choice<'p>(written: &'p str, mut with: impl FnMut(Part<'p>)) -> Result<(), GrammarError> {
    if let Some(inner) = written.strip_prefix('!') {
        let mut parts = Vec::new();
        each_plain(inner, |part| parts.push(part))?;
        with(Part::Not(parts));
        return Ok(());
    }
    each_plain(written, with)
}

/// The choices of what is no negation.
fn each_plain<'p>(written: &'p str, mut with: impl FnMut(Part<'p>)) -> Result<(), GrammarError> {
    if let Some(inner) = written.strip_prefix('{') {
        let names = inner.strip_suffix('}').ok_or_else(|| GrammarError::Unclosed(written.to_owned()))?;
        names.split('|').for_each(|name| with(if name == "free" { Part::Free } else { Part::Class(name) }));
        return Ok(());
    }
    let count = |sign: u8| written.bytes().filter(|byte| *byte == sign).count();
    if count(b'(') != count(b')') {
        return Err(GrammarError::Unclosed(written.to_owned()));
    }
    let gap = |count: &str| match count.parse() {
        Ok(count @ 1..=9) => Ok(count),
        _ => Err(GrammarError::Gap(written.to_owned())),
    };
    with(match written.strip_prefix("..").map(|count| (count, count.strip_prefix('.'))) {
        None => Part::Words(written),
        Some(("", _)) => Part::Gap(3),
        Some((_, Some(""))) => Part::Leap(12),
        Some((_, Some(count))) => Part::Leap(gap(count)?),
        Some((count, None)) => Part::Gap(gap(count)?),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_options_and_alternatives() {
        let laid = parse("< {neg} {me}? {send|contact} >").unwrap();
        assert_eq!((laid.start, laid.end), (Edge::CLAUSE, Edge::CLAUSE));
        assert_eq!(laid.sequences.len(), 4);
        assert_eq!(parse("(en_paz|tranquil(o|a))").unwrap().sequences.len(), 1);
        assert_eq!(parse("a ..2 !{x|y} b").unwrap().sequences[0].len(), 4);
        let leap = parse("a ...2 b").unwrap();
        assert_eq!(leap.parts[leap.sequences[0][1]], Part::Leap(2));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(parse(".. {neg}").unwrap_err(), GrammarError::NoAnchor);
        assert_eq!(parse("{neg}? {free}").unwrap_err(), GrammarError::NoAnchor);
        assert!(matches!(parse("{neg").unwrap_err(), GrammarError::Unclosed(_)));
        assert!(matches!(parse("a ..x b").unwrap_err(), GrammarError::Gap(_)));
        assert!(matches!(parse("a ...10 b").unwrap_err(), GrammarError::Gap(_)));
        for open in ["a ..2", "a ... >", "a ..1 ..2 b", "a .. ...3 b", "a ..2 (b|c) .."] {
            assert_eq!(parse(open).unwrap_err(), GrammarError::OpenGap, "{open}");
        }
        assert_eq!(parse("a ..1 b? ..2 c").unwrap().sequences.len(), 1);
        assert_eq!(parse(&"a? ".repeat(10).replace('a', "{a|b|c}")).unwrap_err(), GrammarError::TooMany);
    }
}
