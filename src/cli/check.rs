//! `baja check`: may I send?

use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    list::{List, ListArgs},
    numbers::{Numbers, Typed},
    output::{Output, plain},
};
use crate::{identity::Identifier, intent::Scope, ledger::Verdict};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja check --topic marketing +5215512345678 MX.9001
  baja check --country MX 5512345678
  baja check --topic marketing --json - < audience.txt

Exit codes:
  0  all may be sent to
  1  at least one must not be sent to
  2  at least one could not be read or asked; the others are answered

What is not answered with yes must not be sent to.";

/// Numbers asked at once.
const BATCH: usize = 1000;

/// May I send? Ask the list about phone numbers or user ids, in any spelling of each.
///
/// Without --topic: whether anything at all may go. For a kind of message name its topic, since somebody may
/// have refused that alone.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Check {
    #[command(flatten)]
    numbers: Numbers,
    /// The kind of message, as in marketing.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    number: &'a str,
    identifier: &'a str,
    business: &'a str,
    /// What was asked.
    scope: &'a str,
    allowed: bool,
    /// The scopes that forbid it, and without `--topic` all topics that are refused too.
    refused: Vec<&'a str>,
}

impl Check {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let scope = list.scope(self.topic.as_deref())?;
        let mut out = Output::new(self.json);
        let numbers = self.numbers.read(global);
        numbers.in_batches(BATCH, async |batch| answer_batch(&list, &scope, batch, &mut out).await).await
    }
}

async fn answer_batch(
    list: &List,
    scope: &Scope,
    batch: &[Typed],
    out: &mut Output,
) -> anyhow::Result<Answer> {
    let identifiers: Vec<Identifier> = batch.iter().map(|typed| typed.identifier.clone()).collect();
    let verdicts = list.ledger.check(&list.business, scope, &identifiers).await?;
    let refusals = match scope {
        Scope::All => list.ledger.refused_topics(&list.business, &identifiers).await?,
        Scope::Topic(_) => vec![Vec::new(); batch.len()],
    };
    let asked = scope.to_string();
    let mut answer = Answer::Yes;
    for ((typed, verdict), topics) in batch.iter().zip(verdicts).zip(&refusals) {
        let mut refused: Vec<&str> = match verdict {
            Verdict::Allowed => Vec::new(),
            Verdict::RefusedAll => vec!["all"],
            Verdict::RefusedTopic => vec![&asked],
        };
        refused.extend(topics.iter().map(String::as_str));
        let allowed = verdict == Verdict::Allowed;
        if !allowed {
            answer = Answer::No;
        }
        let line = Line {
            number: &typed.text,
            identifier: typed.identifier.as_str(),
            business: &list.business,
            scope: &asked,
            allowed,
            refused,
        };
        out.either(&line, || line.to_text())?;
    }
    out.flush()?;
    Ok(answer)
}

impl Line<'_> {
    fn to_text(&self) -> String {
        let word = if self.allowed { "yes" } else { "no" };
        let why = match (self.allowed, self.refused.as_slice()) {
            (_, []) => String::new(),
            (false, ["all", ..]) => "refused everything".to_owned(),
            (false, topics) => format!("refused {}", topics.join(", ")),
            (true, topics) => format!("but not {}", topics.join(", ")),
        };
        format!("{word:<4} {:<22} {why}", plain(self.number))
    }
}
