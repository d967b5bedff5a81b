//! `baja dead-letters`: what came in and could not be read.

use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Answer, Global,
    list::ListArgs,
    output::{Output, plain, time},
};
use crate::{
    ingest::Reread,
    ledger::{DeadLetter, EntryId, Operator},
    startup::Rereading,
};

/// What `--help` ends with.
const AGAIN_HELP: &str = "\
Examples:
  baja dead-letters again 1790000000000-0
  baja dead-letters again 1790000000000-0 1790000000000-1 --note 'after the upgrade'

Worth doing after an upgrade. What can be read now acts by its own time and once, and is no dead letter any more. A single item
does not say which number was written to, so nobody is sent a message for it.

Exit codes:
  0  all were read
  1  at least one still cannot be read, and stays, or is not there
  2  could not be asked";

/// What `--help` ends with.
const DROP_HELP: &str = "\
Example:
  baja dead-letters drop 1790000000000-0 --note 'from a test'

Exit codes:
  0  all are gone now
  1  at least one was not there
  2  could not be asked";

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja dead-letters list
  baja dead-letters list --reveal --limit 1 --json

Exit codes:
  0  listed
  2  could not be asked";

/// Look at what came in and could not be read, read it again, drop it.
#[derive(Subcommand)]
pub(super) enum DeadLetters {
    /// List them, the newest first.
    List(ListLetters),
    /// Read some once more, and do what they ask for.
    #[command(after_help = AGAIN_HELP)]
    Again(Chosen),
    /// Take some away that nobody needs.
    #[command(after_help = DROP_HELP)]
    Drop(Chosen),
}

/// Some of them, and why.
#[derive(Args)]
pub(super) struct Chosen {
    /// Ids as `dead-letters list` shows them.
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Why; kept in the audit, at most 256 characters.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
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

#[derive(Serialize)]
struct DoneLine<'a> {
    id: &'a str,
    /// `read`, `still_broken`, `gone` or `dropped`.
    result: &'static str,
    /// How many changes of the list it asked for, of one that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<usize>,
}

impl DeadLetters {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        match self {
            Self::List(command) => command.run(global).await,
            Self::Again(chosen) => chosen.read_again(global).await,
            Self::Drop(chosen) => chosen.drop_them(global).await,
        }
    }
}

impl ListLetters {
    async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let letters = list.ledger.dead_letters(&list.business, None, self.limit.max(1)).await?;
        let mut out = Output::new(self.json);
        let none = "There is none: everything that came in could be read.";
        out.list(&letters, self.limit, none, |letter| Line::new(letter, self.reveal), Line::to_text)?;
        Ok(Answer::Yes)
    }
}

impl Chosen {
    /// The ids: all are read before anything is done.
    fn ids(&self) -> anyhow::Result<Vec<EntryId>> {
        let read = |id: &String| {
            EntryId::parse(id).with_context(|| {
                format!(
                    "{:?} is no id; give one of `baja dead-letters list`, as in 1790000000000-0",
                    plain(id)
                )
            })
        };
        self.ids.iter().map(read).collect()
    }

    fn operator(&self) -> Operator<'_> {
        Operator { by: "", note: &self.note }
    }

    async fn read_again(self, global: &Global) -> anyhow::Result<Answer> {
        let (ids, settings) = (self.ids()?, global.settings()?);
        let list = self.list.open_with(&settings).await?;
        let reading = Rereading::new(&settings, Arc::clone(&list.ledger))?;
        let read = async {
            let (mut out, mut answer) = (Output::new(self.json), Answer::Yes);
            for id in &ids {
                let reread = reading.ingest.read_again(&list.business, id, self.operator()).await?;
                let changes = match reread {
                    Reread::Read { changes } => Some(changes),
                    Reread::StillBroken | Reread::Gone => None,
                };
                if changes.is_none() {
                    answer = Answer::No;
                }
                let line = DoneLine { id: id.as_str(), result: reread.as_str(), changes };
                out.either(&line, || line.to_text())?;
                out.flush()?;
            }
            Ok(answer)
        };
        let answer = read.await;
        // Also of those before one that failed.
        reading.finish().await;
        answer
    }

    async fn drop_them(self, global: &Global) -> anyhow::Result<Answer> {
        let ids = self.ids()?;
        let list = self.list.open(global).await?;
        let (mut out, mut answer) = (Output::new(self.json), Answer::Yes);
        for id in &ids {
            let was_there = list.ledger.drop_dead_letter(&list.business, id, false, self.operator()).await?;
            if !was_there {
                answer = Answer::No;
            }
            let result = if was_there { "dropped" } else { "gone" };
            let line = DoneLine { id: id.as_str(), result, changes: None };
            out.either(&line, || line.to_text())?;
            out.flush()?;
        }
        Ok(answer)
    }
}

impl DoneLine<'_> {
    fn to_text(&self) -> String {
        let words = match (self.result, self.changes) {
            ("read", Some(0)) => "read: it changes nothing on the list".to_owned(),
            ("read", Some(1)) => "read: one change is done".to_owned(),
            ("read", Some(changes)) => format!("read: {changes} changes are done"),
            ("still_broken", _) => "still cannot be read, and stays".to_owned(),
            ("dropped", _) => "dropped".to_owned(),
            _ => "not there any more".to_owned(),
        };
        format!("{}  {words}", self.id)
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
        let (kind, reason) = (plain(self.kind), plain(self.reason));
        let mut text = format!("{:<17}  {:<24}  {kind:<14}  {reason}", self.id, self.time);
        if let Some(raw) = self.raw {
            text.push_str("\n    ");
            text.push_str(&plain(raw));
        }
        text
    }
}
