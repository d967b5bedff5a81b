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

/// One part of a pattern after alternatives and options have been laid out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// A class by name.
    Class(String),
    /// Words written in the pattern itself, as a list.
    Words(String),
    /// Up to so many words.
    Gap(u8),
    /// Up to so many words across clauses.
    Leap(u8),
    /// Not one of these next.
    Not(Vec<Part>),
    /// One to three words that name a topic.
    Free,
}

/// What an end of a pattern must meet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Edge {
    /// Nothing.
    #[default]
    Anywhere,
    /// The start or end of a clause.
    Clause,
    /// The start or end of the text.
    Text,
}

impl Edge {
    /// What suffices where either of two would do.
    pub(super) fn looser(self, other: Self) -> Self {
        match (self, other) {
            (Self::Text, Self::Text) => Self::Text,
            (Self::Anywhere, _) | (_, Self::Anywhere) => Self::Anywhere,
            _ => Self::Clause,
        }
    }
}

/// A pattern, laid out: every sequence of parts that it stands for.
#[derive(Debug)]
pub(super) struct Laid {
    /// Where it must begin.
    pub(super) start: Edge,
    /// Where it must end.
    pub(super) end: Edge,
    /// The sequences.
    pub(super) sequences: Vec<Vec<Part>>,
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
pub(super) fn parse(pattern: &str) -> Result<Laid, GrammarError> {
    let mut laid = Laid { start: Edge::Anywhere, end: Edge::Anywhere, sequences: vec![Vec::new()] };
    for written in pattern.split_whitespace() {
        match written {
            "<" => laid.start = Edge::Clause,
            "<<" => laid.start = Edge::Text,
            ">" => laid.end = Edge::Clause,
            ">>" => laid.end = Edge::Text,
            _ => {
                let (written, optional) = match written.strip_suffix('?') {
                    Some(inner) => (inner, true),
                    None => (written, false),
                };
                let choices = choices(written)?;
                let mut next = if optional { laid.sequences.clone() } else { Vec::new() };
                for sequence in &laid.sequences {
                    for choice in &choices {
                        let mut longer = sequence.clone();
                        longer.push(choice.clone());
                        next.push(longer);
                    }
                }
                if next.len() > MAX_SEQUENCES {
                    return Err(GrammarError::TooMany);
                }
                laid.sequences = next;
            }
        }
    }
    laid.sequences.sort();
    laid.sequences.dedup();
    // An optional part may leave a gap open: that way to write it matches nothing.
    laid.sequences.retain(|sequence| !has_open_gap(sequence));
    if laid.sequences.is_empty() {
        return Err(GrammarError::OpenGap);
    }
    let anchored = |s: &Vec<Part>| matches!(s.first(), Some(Part::Class(_) | Part::Words(_)));
    if laid.sequences.iter().all(anchored) { Ok(laid) } else { Err(GrammarError::NoAnchor) }
}

fn has_open_gap(sequence: &[Part]) -> bool {
    let is_gap = |part: &Part| matches!(part, Part::Gap(_) | Part::Leap(_));
    sequence.last().is_some_and(is_gap) || sequence.windows(2).any(|two| two.iter().all(is_gap))
}

fn choices(written: &str) -> Result<Vec<Part>, GrammarError> {
    if let Some(inner) = written.strip_prefix('!') {
        return Ok(vec![Part::Not(choices(inner)?)]);
    }
    if let Some(inner) = written.strip_prefix('{') {
        let names = inner.strip_suffix('}').ok_or_else(|| GrammarError::Unclosed(written.to_owned()))?;
        let part = |name: &str| if name == "free" { Part::Free } else { Part::Class(name.to_owned()) };
        return Ok(names.split('|').map(part).collect());
    }
    if written.matches('(').count() != written.matches(')').count() {
        return Err(GrammarError::Unclosed(written.to_owned()));
    }
    match written {
        ".." => Ok(vec![Part::Gap(3)]),
        "..." => Ok(vec![Part::Leap(12)]),
        _ => {
            let (count, part): (_, fn(u8) -> Part) = match written.strip_prefix("...") {
                Some(count) => (count, Part::Leap),
                None => match written.strip_prefix("..") {
                    Some(count) => (count, Part::Gap),
                    None => return Ok(vec![Part::Words(written.to_owned())]),
                },
            };
            match count.parse() {
                Ok(count @ 1..=9) => Ok(vec![part(count)]),
                _ => Err(GrammarError::Gap(written.to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out_options_and_alternatives() {
        let laid = parse("< {neg} {me}? {send|contact} >").unwrap();
        assert_eq!((laid.start, laid.end), (Edge::Clause, Edge::Clause));
        assert_eq!(laid.sequences.len(), 4);
        assert_eq!(parse("(en_paz|tranquil(o|a))").unwrap().sequences.len(), 1);
        assert_eq!(parse("a ..2 !{x|y} b").unwrap().sequences[0].len(), 4);
        assert_eq!(parse("a ...2 b").unwrap().sequences[0][1], Part::Leap(2));
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
