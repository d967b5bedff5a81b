//! Text to words and clauses.

use std::borrow::Cow;

use super::fold::{BARE_U, compose, expand, fold, is_bare_u, is_dense, is_word, needs_compatibility, unmix};

/// Pattern work looks at this many characters of a text.
pub const MAX_CHARS: usize = 4096;

/// The longest word kept whole, in letters. No language of the lexicon comes near it. Not in bytes: letters of another
/// script may yet take the place of some.
const MAX_WORD: usize = 96;

/// A normalised text: folded words with one blank between them and `,` where a clause ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folded {
    /// The text; also what [`normalize`] returns.
    pub(super) text: String,
    /// Its words in order.
    pub(super) tokens: Vec<Token>,
}

/// One word of a [`Folded`] text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// Where it begins in the text, in bytes.
    pub(super) start: u32,
    /// Where it ends.
    pub(super) end: u32,
    /// The number of its clause.
    pub(super) clause: u32,
    /// Whether it is a run of a script that is written without spaces.
    pub(super) dense: bool,
}

/// The text as the rules see it: case, accents, width, invisible characters, punctuation and repeated blanks
/// folded away. Idempotent.
#[must_use]
pub fn normalize(text: &str) -> String {
    read(text).text
}

/// Reads a text into words and clauses.
pub(super) fn read(text: &str) -> Folded {
    read_into(text, Vec::new())
}

/// [`read`], with room for the words from a text before.
pub(super) fn read_into(text: &str, tokens: Vec<Token>) -> Folded {
    let mut folded = read_once(text, tokens);
    // Dropping a sign can bring marks together that compose: rare, and never more than a few times.
    for _ in 0..3 {
        match compose(&folded.text) {
            Cow::Owned(again) if again != folded.text => folded = read_once(&again, folded.tokens),
            _ => break,
        }
    }
    folded
}

fn read_once(text: &str, tokens: Vec<Token>) -> Folded {
    // A text of no more bytes has no more characters.
    let end = if text.len() > MAX_CHARS { text.char_indices().nth(MAX_CHARS) } else { None };
    let capped = end.and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    let mut reader = Reader::new(capped.len(), tokens);
    if !take(capped, &mut reader, false) {
        reader = Reader::new(capped.len(), reader.out.tokens);
        take(&compose(capped), &mut reader, true);
    }
    reader.finish()
}

/// Takes all of a text; `false` when it has to be composed first.
fn take(text: &str, reader: &mut Reader, is_composed: bool) -> bool {
    // Lower-cased as a whole as far as it is plain, which is cheaper than letter by letter.
    let text = text.to_ascii_lowercase();
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut before = ' ';
    while let Some(&byte) = bytes.get(at) {
        // Most letters of most texts are plain: a run of them needs none of what follows.
        let begun = at;
        let mut last = byte;
        while let Some(&next) = bytes.get(at).filter(|byte| is_plain(**byte)) {
            (last, at) = (next, at + 1);
        }
        if at > begun {
            reader.plain(text.get(begun..at).unwrap_or_default());
            before = char::from(last);
            continue;
        }
        if byte == b' ' {
            reader.end_word();
            (before, at) = (' ', at + 1);
            continue;
        }
        let mut chars = text.get(at..).unwrap_or_default().chars();
        let Some(c) = chars.next() else { break };
        at += c.len_utf8();
        if !is_composed && needs_compatibility(c) {
            return false;
        }
        // Looked up only for the few signs whose meaning hangs on what follows.
        let after = || {
            let mut rest = chars.clone();
            rest.find_map(|next| if next == ' ' { Some(' ') } else { fold(next) }).unwrap_or(' ')
        };
        if let Some(pair) = expand(c) {
            pair.into_iter().for_each(|c| reader.letter(c));
        } else if let Some(folded) = fold(c) {
            match sign(folded) {
                Sign::Letter => {
                    reader.letter(folded);
                    reader.bare_u |= is_bare_u(c);
                }
                Sign::Blank => reader.end_word(),
                Sign::Break => reader.end_clause(),
                Sign::Leet if after().is_ascii_alphanumeric() => reader.leet(folded),
                Sign::Leet => reader.end_word(),
                Sign::Dot if before.is_ascii_digit() && after().is_ascii_digit() => reader.end_word(),
                Sign::Dot => reader.end_clause(),
                Sign::Dash if before == ' ' && after() == ' ' => reader.end_clause(),
                Sign::Dash => reader.end_word(),
                Sign::Joiner if is_word(before) && is_word(after()) => {}
                Sign::Joiner => reader.end_word(),
                Sign::Apostrophe => {
                    if !is_word(before) || !is_word(after()) || !reader.joins(chars.clone().filter_map(fold))
                    {
                        reader.end_word();
                    }
                }
            }
            before = folded;
        }
    }
    true
}

/// Whether a byte is a lower-case ASCII letter or a digit.
#[inline]
fn is_plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).is_some_and(|plain| *plain)
}

/// By byte, see [`is_plain`].
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let (mut rest, mut byte): (&mut [bool], u8) = (&mut plain, 0);
    while let [first, others @ ..] = rest {
        *first = matches!(byte, b'a'..=b'z' | b'0'..=b'9');
        byte = byte.wrapping_add(1);
        rest = others;
    }
    plain
};

enum Sign {
    Letter,
    Blank,
    Break,
    Dot,
    Dash,
    Apostrophe,
    Joiner,
    Leet,
}

fn sign(c: char) -> Sign {
    if is_word(c) {
        return Sign::Letter;
    }
    match c {
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Sign::Break,
        '$' | '@' => Sign::Leet,
        '.' | ',' => Sign::Dot,
        '-' | '\u{2010}' | '\u{2011}' => Sign::Dash,
        '\'' | '`' | '´' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{2032}' | '\u{5f3}' | '\u{5f4}' => {
            Sign::Apostrophe
        }
        '·' => Sign::Joiner,
        '"'
        | '*'
        | '_'
        | '~'
        | '/'
        | '\\'
        | '&'
        | '+'
        | '='
        | '#'
        | '%'
        | '^'
        | '|'
        | '<'
        | '>'
        | '«'
        | '»'
        | '\u{201a}'..='\u{201f}'
        | '\u{2039}'
        | '\u{203a}'
        | '\u{300c}'..='\u{300f}'
        | '\u{5be}'
        | '°'
        | 'º'
        | 'ª' => Sign::Blank,
        c if c.is_whitespace() || c.is_control() => Sign::Blank,
        _ => Sign::Break,
    }
}

/// What an English contraction ends in; elsewhere an apostrophe parts two words ("m'écrire").
const CONTRACTIONS: [&str; 6] = ["t", "s", "re", "ve", "ll", "d"];

struct Reader {
    out: Folded,
    start: Option<usize>,
    /// How many letters the word has so far.
    letters: usize,
    clause: u32,
    broken: bool,
    dense: bool,
    /// Whether the word has Greek or Cyrillic letters, some of which look like Latin ones.
    twins: bool,
    bare_u: bool,
}

impl Reader {
    fn new(bytes: usize, mut tokens: Vec<Token>) -> Self {
        tokens.clear();
        Self {
            out: Folded { text: String::with_capacity(bytes + 8), tokens },
            start: None,
            letters: 0,
            clause: 0,
            broken: false,
            dense: false,
            twins: false,
            bare_u: false,
        }
    }

    fn letter(&mut self, c: char) {
        // Two of the one Thai vowel look like the other, and are typed for it.
        if c == 'เ' && self.start.is_some() && self.out.text.ends_with('เ') {
            self.out.text.pop();
            self.out.text.push('แ');
            return;
        }
        let dense = !c.is_ascii() && is_dense(c);
        if self.start.is_some() && (dense != self.dense || (!dense && self.letters >= MAX_WORD)) {
            self.end_word();
        }
        self.begin(dense);
        self.letters += 1;
        self.twins |= matches!(c, '\u{370}'..='\u{52f}');
        self.out.text.push(c);
    }

    /// Takes a sign that stands for a letter because one follows it: it goes to the word of that one when words are cut.
    fn leet(&mut self, c: char) {
        if self.letters + 1 >= MAX_WORD {
            self.end_word();
        }
        self.letter(c);
    }

    /// Takes a run of lower-case ASCII letters and digits, as [`Self::letter`] takes each.
    fn plain(&mut self, mut run: &str) {
        while !run.is_empty() {
            let begun = if self.start.is_some() && !self.dense { self.letters } else { 0 };
            if self.start.is_some() && (self.dense || begun >= MAX_WORD) {
                self.end_word();
                continue;
            }
            let (now, later) = run.split_at_checked(MAX_WORD - begun).unwrap_or((run, ""));
            self.begin(false);
            self.letters += now.len();
            self.out.text.push_str(now);
            run = later;
        }
    }

    fn begin(&mut self, dense: bool) {
        if self.start.is_none() {
            if !self.out.text.is_empty() {
                if self.broken {
                    self.out.text.push(',');
                    self.clause += 1;
                }
                self.out.text.push(' ');
            }
            self.broken = false;
            self.start = Some(self.out.text.len());
            self.letters = 0;
            self.dense = dense;
            self.twins = false;
            self.bare_u = false;
        }
    }

    fn end_word(&mut self) {
        let Some(start) = self.start.take() else { return };
        if self.twins
            && let Some(one_script) =
                self.out.text.get(start..).filter(|word| !word.contains(['$', '@'])).and_then(unmix)
        {
            self.out.text.truncate(start);
            self.out.text.push_str(&one_script);
        }
        if self.bare_u && self.out.text.get(start..) == Some(BARE_U.0) {
            self.out.text.truncate(start);
            self.out.text.push_str(BARE_U.1);
        }
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.out.tokens.push(Token {
            start: position(start),
            end: position(self.out.text.len()),
            clause: self.clause,
            dense: self.dense,
        });
    }

    fn end_clause(&mut self) {
        self.end_word();
        self.broken = true;
    }

    /// Whether an apostrophe joins: in "don't", in "i'm", and in scripts other than Latin.
    fn joins(&self, following: impl Iterator<Item = char>) -> bool {
        let word = self.start.and_then(|start| self.out.text.get(start..)).unwrap_or_default();
        if !word.is_ascii() {
            return true;
        }
        let next: String = following.take_while(|&c| is_word(c)).take(4).collect();
        // "d'arrêter", "l'altro", "qu'on" are two words; "he'd", "can't", "I'm" are one.
        (word.len() > 1 || word == "i")
            && (CONTRACTIONS.contains(&next.as_str()) || (word == "i" && next == "m"))
    }

    fn finish(mut self) -> Folded {
        self.end_word();
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_one_of_what_looks_different() {
        for (text, want) in [
            ("  ¡¡STOP!!  ", "stop"),
            ("*AFMELDEN*", "afmelden"),
            ("Hola,\n BÁJA…", "hola, baja"),
            ("don't I'm d'arrêter m’écrire", "dont im d arreter m ecrire"),
            ("Cancel·leu l'ofici", "cancelleu l ofici"),
            ("opt-out — now", "opt out, now"),
            ("$top 12.50", "$top 12 50"),
            ("stop من فضلكم", "stop من فضلكم"),
            ("请stop吧", "请 stop 吧"),
            ("\u{202a}CTOП\u{202c}", "стоп"),
            ("ไม่เอาเเล้ว", "ไม่เอาแล้ว"),
            ("もぅ送らなぃで", "もう送らないで"),
            ("no 🙏 más", "no, mas"),
            ("Đúng, dùng ĐỪNG dừng", "dungs, dungs dung dung"),
            // Greek letters take the place of the Latin ones, and two bytes each.
            (&format!("Σ{}", "E".repeat(60)), &format!("σ{}", "ε".repeat(60))),
            (&format!("{}@a", "x".repeat(95)), &format!("{} @a", "x".repeat(95))),
            ("", ""),
        ] {
            assert_eq!(normalize(text), want);
            assert_eq!(normalize(&normalize(text)), want, "not idempotent: {text}");
        }
    }
}
