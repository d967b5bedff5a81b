//! `baja breaches`: who was sent to against the list.

use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    list::ListArgs,
    output::{Output, plain, time},
};
use crate::{
    clock::unix_millis,
    identity::masked,
    ledger::{Breach, Day},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja breaches
  baja breaches --days 1 --reveal --json

Exit codes:
  0  there was none
  1  there was at least one
  2  could not be asked";

/// Who was sent to although they had refused it: senders that do not ask the list.
///
/// The newest first. What counts as a breach is in docs/insights.md.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Breaches {
    /// Those found today and in the days before it, so many days in all (UTC).
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print whole numbers and the ids of messages, which hold the number.
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
    /// The id of the entry.
    id: &'a str,
    sent: String,
    found: String,
    /// Since when the list said no; `null` when nobody knows, as of a list from before.
    since: Option<String>,
    identifier: String,
    /// The scope that they had refused.
    scope: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    template: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    topic: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    campaign: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    category: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
}

impl Breaches {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let today = Day::of(unix_millis());
        let from = today.plus(1 - i64::from(self.days)).begins();
        let found = list.ledger.breaches(&list.business, from, None, self.limit.max(1)).await?;
        let mut out = Output::new(self.json);
        let none = "There is none: nobody was sent to against the list.";
        out.list(&found, self.limit, none, |breach| Line::new(breach, self.reveal), Line::to_text)?;
        Ok(if found.is_empty() { Answer::Yes } else { Answer::No })
    }
}

impl<'a> Line<'a> {
    fn new(breach: &'a Breach, reveal: bool) -> Self {
        Self {
            id: &breach.id,
            sent: time(breach.sent_at),
            found: time(breach.found_at),
            since: breach.since.map(time),
            identifier: masked(&breach.identifier, reveal),
            scope: &breach.scope,
            template: &breach.template,
            topic: &breach.topic,
            campaign: &breach.campaign,
            category: &breach.category,
            message_id: reveal.then_some(breach.message_id.as_str()),
        }
    }

    fn to_text(&self) -> String {
        let refused = match &self.since {
            Some(since) => format!("refused {} since {since}", plain(self.scope)),
            None => format!("refused {} since nobody knows when", plain(self.scope)),
        };
        let labels = [("template", self.template), ("topic", self.topic), ("campaign", self.campaign)];
        let labels: String = labels
            .iter()
            .filter(|(_, label)| !label.is_empty())
            .map(|(name, label)| format!("  {name} {}", plain(label)))
            .collect();
        let message = self.message_id.map(|id| format!("\n    {}", plain(id))).unwrap_or_default();
        format!("{}  {:<16}  {refused}{labels}{message}", self.sent, plain(&self.identifier))
    }
}
