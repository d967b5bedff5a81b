//! `baja dead-letters`: what came in and could not be read.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Answer, Global,
    list::ListArgs,
    output::{Output, plain, time},
};
use crate::ledger::DeadLetter;

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja dead-letters list
  baja dead-letters list --reveal --limit 1 --json

Exit codes:
  0  listed
  2  could not be asked";

/// Look at what came in and could not be read.
#[derive(Subcommand)]
pub(super) enum DeadLetters {
    /// List them, the newest first.
    List(ListLetters),
}

#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct ListLetters {
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print the items themselves. They hold numbers and messages of people.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    time: String,
    kind: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
}

impl DeadLetters {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let Self::List(command) = self;
        let list = command.list.open(global).await?;
        let letters = list.ledger.dead_letters(&list.business, None, command.limit.max(1)).await?;
        let mut out = Output::new(command.json);
        let none = "There is none: everything that came in could be read.";
        out.list(&letters, command.limit, none, |letter| Line::new(letter, command.reveal), Line::to_text)?;
        Ok(Answer::Yes)
    }
}

impl<'a> Line<'a> {
    fn new(letter: &'a DeadLetter, reveal: bool) -> Self {
        Self {
            id: &letter.id,
            time: time(letter.written_at()),
            kind: &letter.kind,
            reason: &letter.reason,
            raw: reveal.then_some(letter.raw.as_str()),
        }
    }

    fn to_text(&self) -> String {
        let mut text = format!("{:<24}  {:<14}  {}", self.time, plain(self.kind), plain(self.reason));
        if let Some(raw) = self.raw {
            text.push_str("\n    ");
            text.push_str(&plain(raw));
        }
        text
    }
}
