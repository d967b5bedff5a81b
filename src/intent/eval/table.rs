//! A table of phrases with what they should come out as.
//!
//! It is TSV with a heading: text, language, expected (`stop`, `stop:topic`, `start`, `help`, `none`),
//! difficulty, note. Escapes such as `\n` and `\u202a` are decoded; `accept=stop` in the note means that a plain
//! stop is right too, and `topic=…` names the topic.

/// One line of the table.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase {
    /// The text, escapes decoded.
    pub text: String,
    /// Its language.
    pub language: String,
    /// What it should come out as.
    pub expected: Expected,
    /// `plain`, `typo`, `sentence`, `trap` …
    pub difficulty: String,
}

/// What a phrase should come out as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// A stop to everything.
    Stop,
    /// A stop to a topic.
    Topic {
        /// The topic as the table names it.
        topic: String,
        /// A stop to everything is right too.
        or_all: bool,
    },
    /// A start.
    Start,
    /// A request for help.
    Help,
    /// Nothing of ours.
    None,
}

/// A table that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadTable {
    line: usize,
    problem: &'static str,
}

/// Reads a table.
///
/// # Errors
/// [`BadTable`] with the number of the line.
pub fn read(tsv: &str) -> Result<Vec<Phrase>, BadTable> {
    let mut phrases = Vec::new();
    for (at, line) in tsv.lines().enumerate().skip(1).filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |problem| BadTable { line: at + 1, problem };
        let mut cells = line.split('\t');
        let (Some(text), Some(language), Some(expected), Some(difficulty)) =
            (cells.next(), cells.next(), cells.next(), cells.next())
        else {
            return Err(bad("write text, language, expected and difficulty with tabs between"));
        };
        let note = cells.next().unwrap_or_default();
        let expected = match expected {
            "stop" => Expected::Stop,
            "stop:topic" => Expected::Topic {
                topic: note
                    .split_once("topic=")
                    .map(|(_, rest)| rest.split([';']).next().unwrap_or_default())
                    .map(|topic| topic.replace("accept=stop", "").trim().to_owned())
                    .unwrap_or_default(),
                or_all: note.contains("accept=stop"),
            },
            "start" => Expected::Start,
            "help" => Expected::Help,
            "none" => Expected::None,
            _ => return Err(bad("expected is stop, stop:topic, start, help or none")),
        };
        let text =
            unescape(text).ok_or_else(|| bad("an escape is \\n, \\t, \\\\ or \\u and four hex digits"))?;
        phrases.push(Phrase {
            text,
            language: language.to_owned(),
            expected,
            difficulty: difficulty.to_owned(),
        });
    }
    Ok(phrases)
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '\\' => out.push('\\'),
            'u' => {
                let digits: String = chars.by_ref().take(4).collect();
                out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
            }
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_escapes_and_notes() {
        let table = "text\tlanguage\texpected\tdifficulty\tnote\n\\u202astop\\n\ten\tstop\tplain\t\n\
                     no ads\ten\tstop:topic\tsentence\ttopic=price alerts accept=stop; x\n";
        let phrases = read(table).unwrap();
        assert_eq!(phrases[0].text, "\u{202a}stop\n");
        assert_eq!(phrases[1].expected, Expected::Topic { topic: "price alerts".into(), or_all: true });
        assert!(read("text\nx\ten\tmaybe\tplain").is_err());
        assert!(read("text\n\\x\ten\tstop\tplain").is_err());
    }
}
