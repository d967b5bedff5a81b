//! Standard output: locked once, buffered, lines for people or one JSON object a line.

use std::{
    borrow::Cow,
    io::{self, BufWriter, StdoutLock, Write},
};

use serde::Serialize;

const BUFFER_BYTES: usize = 64 * 1024;

/// Where a command's output goes.
pub(super) struct Output {
    out: BufWriter<StdoutLock<'static>>,
    json: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { out: BufWriter::with_capacity(BUFFER_BYTES, io::stdout().lock()), json }
    }

    /// Whether objects are wanted.
    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// One object on its line.
    pub(super) fn object(&mut self, object: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }

    /// One line for people, without blanks at its end.
    pub(super) fn line(&mut self, line: impl AsRef<str>) -> io::Result<()> {
        self.out.write_all(line.as_ref().trim_end().as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// The object where objects are wanted, else the line.
    pub(super) fn either(
        &mut self,
        object: &impl Serialize,
        line: impl FnOnce() -> String,
    ) -> io::Result<()> {
        if self.json { self.object(object) } else { self.line(line()) }
    }

    /// The newest `limit` of `items`, or for people that there is none.
    pub(super) fn list<'a, T, L: Serialize>(
        &mut self,
        items: &'a [T],
        limit: usize,
        none: &str,
        line: impl Fn(&'a T) -> L,
        text: impl Fn(&L) -> String,
    ) -> io::Result<()> {
        if items.is_empty() && !self.json {
            self.line(none)?;
        }
        for item in items.iter().take(limit) {
            let line = line(item);
            self.either(&line, || text(&line))?;
        }
        self.flush()
    }

    /// Shows what was written so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Says something on standard error. Nobody may be listening there, which is no reason to stop.
pub(super) fn tell(message: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "baja: {message}");
}

/// A text from outside, safe to show on a terminal: what would move the cursor, or turn the line around, is
/// written as an escape.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let turns = |symbol: char| {
        symbol.is_control()
            || matches!(symbol, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(turns) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for symbol in text.chars() {
        if turns(symbol) { shown.extend(symbol.escape_default()) } else { shown.push(symbol) }
    }
    Cow::Owned(shown)
}

/// Unix milliseconds as RFC 3339 in UTC.
pub(super) fn time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| format!("{milliseconds} ms"), |time| format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_moves_the_cursor_is_shown() {
        assert_eq!(plain("¡baja!"), "¡baja!");
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb\\nc\\u{202e}d");
    }

    #[test]
    fn times_are_utc_and_never_fail() {
        assert_eq!(time(1_763_936_341_250), "2025-11-23T22:19:01.250Z");
        assert_eq!(time(i64::MAX), format!("{} ms", i64::MAX));
    }
}
