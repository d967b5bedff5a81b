//! The numbers that a command is about: arguments, or lines of standard input.

use std::io::{self, BufRead, BufReader, StdinLock};

use clap::Args;

use super::{Answer, Global, output::tell, progress::Progress};
use crate::identity::{Identifier, TypedError};

const BUFFER_BYTES: usize = 64 * 1024;

/// Whom a command is about.
#[derive(Args)]
pub(super) struct Numbers {
    /// Phone numbers or user ids, in any spelling. `-` reads them from standard input, one a line.
    #[arg(required = true, value_name = "NUMBER")]
    numbers: Vec<String>,
}

/// An identifier and how it was typed.
pub(super) struct Typed {
    pub(super) text: String,
    pub(super) identifier: Identifier,
}

impl Numbers {
    pub(super) fn read<'g>(self, global: &'g Global) -> NumberReader<'g> {
        NumberReader {
            arguments: self.numbers.into_iter().enumerate(),
            lines: None,
            country: global.country(),
            answer: Answer::Yes,
            progress: Progress::new("numbers"),
        }
    }
}

/// Hands the numbers out in batches.
pub(super) struct NumberReader<'g> {
    arguments: std::iter::Enumerate<std::vec::IntoIter<String>>,
    lines: Option<Lines>,
    country: Option<&'g str>,
    answer: Answer,
    progress: Progress,
}

struct Lines {
    input: BufReader<StdinLock<'static>>,
    read: usize,
}

impl NumberReader<'_> {
    /// Hands all numbers to `handle`, at most `at_most` at once. The answer is the worst one, and
    /// [`Answer::Failed`] when something could not be read.
    pub(super) async fn in_batches(
        mut self,
        at_most: usize,
        mut handle: impl AsyncFnMut(&[Typed]) -> anyhow::Result<Answer>,
    ) -> anyhow::Result<Answer> {
        let mut answer = Answer::Yes;
        loop {
            let batch = self.batch(at_most)?;
            if batch.is_empty() {
                return Ok(answer.max(self.answer));
            }
            answer = answer.max(handle(&batch).await?);
        }
    }

    /// The next numbers, at most `at_most`; empty at the end. Fewer when the rest has not come yet, so that a
    /// program that writes one line gets its answer. What cannot be read is told on standard error.
    fn batch(&mut self, at_most: usize) -> anyhow::Result<Vec<Typed>> {
        let mut batch = Vec::new();
        while batch.len() < at_most {
            if self.lines.as_ref().is_some_and(|lines| lines.input.buffer().is_empty()) && !batch.is_empty() {
                break;
            }
            let Some((place, text)) = self.next_text()? else { break };
            match Identifier::read_typed(&text, self.country) {
                Ok(identifier) => batch.push(Typed { text, identifier }),
                // It would be wrong for each of them.
                Err(error @ TypedError::Country) => return Err(error.into()),
                Err(error) => {
                    tell(format_args!("{place}: {error}"));
                    self.answer = Answer::Failed;
                }
            }
        }
        self.progress.advance(batch.len());
        Ok(batch)
    }

    /// The next text with its place, which is named instead of the text: errors end up in logs.
    fn next_text(&mut self) -> io::Result<Option<(String, String)>> {
        loop {
            if let Some(lines) = &mut self.lines {
                let mut line = Vec::new();
                if lines.input.read_until(b'\n', &mut line)? > 0 {
                    lines.read += 1;
                    let text = String::from_utf8_lossy(&line).trim().to_owned();
                    if text.is_empty() {
                        continue;
                    }
                    return Ok(Some((format!("line {} of standard input", lines.read), text)));
                }
                self.lines = None;
            }
            match self.arguments.next() {
                Some((_, text)) if text == "-" => {
                    let input = BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock());
                    self.lines = Some(Lines { input, read: 0 });
                }
                Some((index, text)) => return Ok(Some((format!("number {}", index + 1), text))),
                None => return Ok(None),
            }
        }
    }
}
