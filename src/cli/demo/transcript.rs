//! What the reader sees: plain text in 100 columns, with colours on a terminal.

use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};

use super::stage::Stage;

/// Columns at most.
const WIDTH: usize = 100;
/// Where the text of a line begins, after its label.
const INDENT: usize = 15;

/// Writes the transcript.
pub(super) struct Transcript<W> {
    out: W,
    colours: bool,
}

impl<W: Write> Transcript<W> {
    /// A transcript that goes to `out`.
    pub(super) fn new(out: W, colours: bool) -> Self {
        Self { out, colours }
    }

    /// What runs, and where.
    pub(super) fn opening(&mut self, stage: &Stage) -> io::Result<()> {
        let bold = Style::new().bold();
        self.styled(bold, "baja: everybody who asks to be left alone, is")?;
        writeln!(self.out)?;
        for (name, where_it_is) in stage.addresses() {
            self.line(name, &where_it_is)?;
        }
        self.note("All people, numbers and secrets here are invented. Each case posts one webhook over HTTP.")
    }

    /// Begins a case.
    pub(super) fn heading(&mut self, number: usize, title: &str) -> io::Result<()> {
        writeln!(self.out)?;
        self.styled(Style::new().bold(), &format!("{number:>2}  {title}"))
    }

    /// A remark.
    pub(super) fn note(&mut self, text: &str) -> io::Result<()> {
        for part in wrap(text, WIDTH - 4) {
            self.styled(Style::new().dimmed(), &format!("    {part}"))?;
        }
        Ok(())
    }

    /// A fact after its label, wrapped.
    pub(super) fn line(&mut self, label: &str, text: &str) -> io::Result<()> {
        let mut label = label;
        for part in wrap(text, WIDTH - INDENT) {
            writeln!(self.out, "    {label:<11}{part}")?;
            label = "";
        }
        Ok(())
    }

    /// Ends a case.
    pub(super) fn verdict(&mut self, misses: &[String]) -> io::Result<()> {
        if misses.is_empty() {
            return self.styled(AnsiColor::Green.on_default(), "    as expected");
        }
        let red = AnsiColor::Red.on_default().bold();
        misses.iter().try_for_each(|miss| self.styled(red, &format!("    NOT AS EXPECTED: {miss}")))
    }

    /// Ends it all.
    pub(super) fn closing(&mut self, cases: usize, failed: &[String]) -> io::Result<()> {
        writeln!(self.out)?;
        if failed.is_empty() {
            let text = format!("All {cases} cases went as expected.");
            return self.styled(AnsiColor::Green.on_default().bold(), &text);
        }
        let red = AnsiColor::Red.on_default().bold();
        self.styled(red, "Not as expected:")?;
        failed.iter().try_for_each(|miss| self.styled(red, &format!("  {miss}")))
    }

    /// Begins what is to be looked at.
    pub(super) fn heading_of_page(&mut self) -> io::Result<()> {
        writeln!(self.out)?;
        self.styled(Style::new().bold(), "The operators' page")
    }

    fn styled(&mut self, style: Style, text: &str) -> io::Result<()> {
        if self.colours { writeln!(self.out, "{style}{text}{style:#}") } else { writeln!(self.out, "{text}") }
    }
}

/// Lines of at most `width` characters, broken after a blank or a comma; a longer word is broken anywhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut length = 0;
    for word in text.split_inclusive([' ', ',']) {
        let count = word.trim_end().chars().count();
        if length + count > width && length > 0 {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            length = 0;
        }
        for character in word.chars() {
            if length == width && character != ' ' {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            line.push(character);
            length += 1;
        }
    }
    if !line.trim().is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_blanks_and_commas_and_loses_nothing() {
        let text =
            r#"{"a":"uno dos tres","b":["cuatro","cinco"],"c":"0123456789012345678901234567890123456789"}"#;
        let lines = wrap(text, 20);
        assert!(lines.iter().all(|line| line.chars().count() <= 20), "{lines:?}");
        let bare = |text: &str| text.replace(' ', "");
        assert_eq!(bare(&lines.concat()), bare(text));
        assert_eq!(wrap("ñandú ñandú", 5), ["ñandú", "ñandú"]);
        assert!(wrap("", 20).is_empty());
    }

    #[test]
    fn lines_fit_and_colours_are_only_for_terminals() {
        let mut out = Vec::new();
        let mut transcript = Transcript::new(&mut out, false);
        transcript.heading(1, "Something").unwrap();
        transcript.line("in", &"0123456789 ".repeat(40)).unwrap();
        transcript.note(&"0123456789 ".repeat(40)).unwrap();
        transcript.verdict(&["it did not".to_owned()]).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.lines().all(|line| line.len() <= WIDTH), "{out}");
        assert!(!out.contains('\u{1b}') && out.contains("NOT AS EXPECTED: it did not"));
    }
}
