//! `baja near-misses`: texts that were likely an opt-out and not surely one.

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Answer, Global,
    list::ListArgs,
    output::{Output, plain, tell, time},
};
use crate::{
    identity::masked,
    ledger::{Approval, NearMissId, Operator, Rejection, StoredNearMiss},
};

/// What `--help` ends with.
const LIST_HELP: &str = "\
Examples:
  baja near-misses list
  baja near-misses list --open --limit 20 --json
  baja near-misses list --texts | baja lexicon diff - ./words-new

The object of --json has id, time, state, text, normalized, decision, rule, language, scope, asked and identifiers; once
it has ended ended_at, by and note. States: open, yes (the person tapped a stop), no (tapped that messages may go on),
approved, rejected.

Exit codes:
  0  listed
  2  could not be asked";

/// What `--help` ends with.
const APPROVE_HELP: &str = "\
Example:
  baja near-misses approve 7c1f09aa52d3e418 --note 'she says so below'

The stop counts from the time of the text: somebody who came back since stays. Sends no confirmation.

Exit codes:
  0  the person is on the list
  1  they are not: they answered no, or decided otherwise later
  2  could not be done, or there is no such near-miss";

/// What `--help` ends with.
const REJECT_HELP: &str = "\
Example:
  baja near-misses reject 7c1f09aa52d3e418 --note 'about an order'

Changes nothing on the list.

Exit codes:
  0  rejected
  1  it ended with a stop before
  2  could not be done, or there is no such near-miss";

/// How many are read at once.
const PAGE: usize = 1000;
/// How many are listed when nothing is said.
const USUAL: usize = 50;

/// Look at texts that were likely an opt-out and not surely one, and decide them.
#[derive(Subcommand)]
pub(super) enum NearMisses {
    /// List them, the newest first.
    List(ListNear),
    /// Take one for a stop: the person is suppressed, with the text as evidence.
    Approve(Approve),
    /// Take one for no stop.
    Reject(Reject),
}

#[derive(Args)]
#[command(after_help = LIST_HELP)]
pub(super) struct ListNear {
    /// The newest so many: 50, or with --texts all of them.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only those that have not ended.
    #[arg(long)]
    open: bool,
    /// Print the texts alone, one a line, for `baja lexicon diff`.
    #[arg(long, conflicts_with_all = ["json", "reveal"])]
    texts: bool,
    /// Show whole numbers.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = APPROVE_HELP)]
pub(super) struct Approve {
    #[command(flatten)]
    word: Word,
}

#[derive(Args)]
#[command(after_help = REJECT_HELP)]
pub(super) struct Reject {
    #[command(flatten)]
    word: Word,
}

/// An operator's word about one.
#[derive(Args)]
struct Word {
    /// Which: its id in the list.
    id: String,
    /// Why; kept, at most 256 characters.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    time: String,
    state: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    normalized: &'a str,
    decision: &'a str,
    rule: &'a str,
    language: &'a str,
    scope: &'a str,
    /// Whether the person was sent the question.
    asked: bool,
    identifiers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    by: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
}

impl NearMisses {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        match self {
            Self::List(command) => command.run(global).await,
            Self::Approve(command) => command.run(global).await,
            Self::Reject(command) => command.run(global).await,
        }
    }
}

impl ListNear {
    async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let mut left = self.limit.unwrap_or(if self.texts { usize::MAX } else { USUAL });
        let mut out = Output::new(self.json);
        let (mut below, mut told) = (None, 0usize);
        while left > 0 {
            let page = list.ledger.near_misses(&list.business, below, PAGE).await?;
            let Some(last) = page.last() else { break };
            below = Some(last.place);
            let wanted = page.iter().filter(|one| !self.open || one.near_miss.ended.is_none());
            for stored in wanted.take(left) {
                self.tell(stored, &mut out)?;
                told += 1;
                left -= 1;
            }
            out.flush()?;
        }
        if told == 0 && !out.is_json() && !self.texts {
            out.line("There is none.")?;
        }
        out.flush()?;
        Ok(Answer::Yes)
    }

    fn tell(&self, stored: &StoredNearMiss, out: &mut Output) -> std::io::Result<()> {
        if self.texts {
            let text = one_line(&stored.near_miss.text);
            return if text.is_empty() { Ok(()) } else { out.line(text) };
        }
        let line = Line::new(stored, self.reveal);
        out.either(&line, || line.to_text())
    }
}

/// The text as one line that means the same: a line break ends a clause, as a full stop does.
fn one_line(text: &str) -> String {
    let lines =
        text.split(['\n', '\r', '\u{2028}', '\u{2029}']).map(str::trim).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join(". ");
    text.chars().map(|symbol| if symbol.is_control() { ' ' } else { symbol }).collect()
}

impl Word {
    fn id(&self) -> anyhow::Result<NearMissId> {
        NearMissId::parse(&self.id).context("an id is 16 hexadecimal digits; see `baja near-misses list`")
    }

    fn operator(&self) -> Operator<'_> {
        Operator { by: "", note: &self.note }
    }
}

impl Approve {
    async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let word = &self.word;
        let list = word.list.open(global).await?;
        let approval = list.ledger.approve_near_miss(&list.business, &word.id()?, word.operator()).await?;
        let (answer, said) = match approval {
            Approval::Suppressed(_) => (Answer::Yes, "approved: the person is on the list"),
            Approval::Already => (Answer::Yes, "already: it had ended with a stop"),
            Approval::Outdated => {
                (Answer::No, "approved, but the person decided otherwise later; see `baja show`")
            }
            Approval::AnsweredNo => (
                Answer::No,
                "not approved: the person answered no; `baja suppress` if they say otherwise now",
            ),
            Approval::Unknown => return Ok(unknown()),
        };
        let mut out = Output::new(false);
        out.line(said)?;
        out.flush()?;
        Ok(answer)
    }
}

impl Reject {
    async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let word = &self.word;
        let list = word.list.open(global).await?;
        let rejection = list.ledger.reject_near_miss(&list.business, &word.id()?, word.operator()).await?;
        let (answer, said) = match rejection {
            Rejection::Rejected => (Answer::Yes, "rejected"),
            Rejection::Already => (Answer::Yes, "already: it was rejected before"),
            Rejection::Stopped => {
                (Answer::No, "not rejected: it ended with a stop; `baja resume` takes that back")
            }
            Rejection::Unknown => return Ok(unknown()),
        };
        let mut out = Output::new(false);
        out.line(said)?;
        out.flush()?;
        Ok(answer)
    }
}

fn unknown() -> Answer {
    tell("there is no near-miss of this id; the oldest go when there are too many");
    Answer::Failed
}

impl<'a> Line<'a> {
    fn new(stored: &'a StoredNearMiss, reveal: bool) -> Self {
        let near_miss = &stored.near_miss;
        // Times are stored as JSON numbers far below 2^53; the casts saturate.
        Self {
            id: stored.id.as_str(),
            time: time(near_miss.at as i64),
            state: near_miss.state(),
            text: &near_miss.text,
            normalized: &near_miss.normalized,
            decision: &near_miss.decision,
            rule: &near_miss.rule,
            language: &near_miss.language,
            scope: &near_miss.scope,
            asked: near_miss.asked == 1,
            identifiers: near_miss.canonical.iter().map(|one| masked(one, reveal)).collect(),
            ended_at: near_miss.ended_at.map(|at| time(at as i64)),
            by: &near_miss.by,
            note: &near_miss.note,
        }
    }

    fn to_text(&self) -> String {
        let asked = if self.asked { "asked" } else { "" };
        let who = self.identifiers.join(", ");
        format!(
            "{}  {}  {:<8}  {asked:<5}  {:<14}  {:<28}  {}",
            self.id,
            self.time,
            self.state,
            plain(&who),
            plain(self.rule),
            plain(self.text)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_is_one_line_with_the_same_clauses() {
        assert_eq!(one_line("hola\r\n\nno me interesa\t ya"), "hola. no me interesa  ya");
        assert_eq!(one_line("\n"), "");
    }
}
