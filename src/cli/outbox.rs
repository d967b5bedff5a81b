//! `baja outbox`: the confirmations that wait, and what became of the others.

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{
    Answer, Global,
    list::{List, ListArgs},
    output::{Output, plain, time},
};
use crate::{
    identity::masked,
    ledger::{JobId, Operator, Revival, Revived, StoredJob},
};

/// What `--help` ends with.
const RETRY_HELP: &str = "\
Examples:
  baja outbox retry 0123456789abcdef0123456789abcdef
  baja outbox retry --all --state dropped

--all means: all that are due, unknown or dropped. Sending an unknown one again may bring the person a second message.
Of more than 20,000 the oldest are done; run it again for the rest.

Exit codes:
  0  all will be sent
  1  at least one will not: it is not there, was sent, or its 24-hour window has closed
  2  could not be asked";

/// What `--help` ends with.
const DROP_HELP: &str = "\
Examples:
  baja outbox drop 0123456789abcdef0123456789abcdef
  baja outbox drop --all --state due

--all means: all that are due or unknown. Of more than 20,000 the oldest are done; run it again for the rest.

Exit codes:
  0  none will be sent
  1  at least one was sent before, or is not there
  2  could not be asked";

/// What `--help` ends with.
const LIST_HELP: &str = "\
Examples:
  baja outbox list
  baja outbox list --state dropped --limit 500 --json

Exit codes:
  0  listed
  2  could not be asked";

/// Confirmations that one command looks at, at the most: what Redis hands over well within its time.
const MOST: usize = 20_000;

/// Look at the confirmations, send them again, drop them.
#[derive(Subcommand)]
pub(super) enum Outbox {
    /// List confirmations, the newest last.
    List(ListJobs),
    /// Send confirmations now, also those that were given up, while their 24-hour window is open.
    #[command(after_help = RETRY_HELP)]
    Retry(Revive),
    /// Never send these confirmations. The suppression stays.
    #[command(after_help = DROP_HELP)]
    Drop(Revive),
}

/// The state of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum State {
    /// Waits to be sent, now or later.
    Due,
    /// Is being sent.
    Leased,
    /// May have been accepted; waits for Meta's word.
    Unknown,
    /// Accepted by Meta.
    Sent,
    /// Given up; the reason stands beside.
    Dropped,
}

#[derive(Args)]
#[command(after_help = LIST_HELP)]
pub(super) struct ListJobs {
    /// Only those in this state.
    #[arg(long)]
    state: Option<State>,
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Show whole numbers and message ids, not the last four characters. A message id holds the number.
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Revive {
    /// Ids as `outbox list` shows them.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// Every confirmation that this makes sense for.
    #[arg(long)]
    all: bool,
    /// With --all: only those in this state.
    #[arg(long, requires = "all")]
    state: Option<State>,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    state: &'a str,
    kind: &'a str,
    scope: &'a str,
    to: String,
    phone_number_id: &'a str,
    language: &'a str,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Holds the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    queued: String,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
}

#[derive(Serialize)]
struct RevivedLine<'a> {
    id: &'a str,
    /// `done`, `absent`, `sent` or `closed`.
    result: &'static str,
}

impl Outbox {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        match self {
            Self::List(command) => command.run(global).await,
            Self::Retry(command) => command.run(global, Revival::Retry).await,
            Self::Drop(command) => command.run(global, Revival::Drop).await,
        }
    }
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Leased => "leased",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Dropped => "dropped",
        }
    }
}

impl ListJobs {
    async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let mut jobs = list.ledger.jobs(&list.business, MOST).await?;
        jobs.retain(|job| self.state.is_none_or(|state| job.state == state.as_str()));
        let older = jobs.len().saturating_sub(self.limit);
        let mut out = Output::new(self.json);
        if !out.is_json() {
            out.line(format!(
                "{:<32}  {:<7}  {:<7}  {:<12}  {:<9}  {:<24}  reason",
                "id", "state", "kind", "scope", "to", "queued"
            ))?;
        }
        for job in jobs.iter().skip(older) {
            let line = Line::new(job, self.reveal);
            out.either(&line, || line.to_text())?;
        }
        if older > 0 && !out.is_json() {
            out.line(format!("… and {older} older ones; --limit {} shows all", jobs.len()))?;
        }
        out.flush()?;
        Ok(Answer::Yes)
    }
}

impl Revive {
    async fn run(self, global: &Global, how: Revival) -> anyhow::Result<Answer> {
        // All ids are read before anything is done.
        let ids = self.ids.iter().map(|id| {
            JobId::parse(id).with_context(|| {
                format!("{:?} is no id; give the 32 hexadecimal digits of `baja outbox list`", plain(id))
            })
        });
        let ids: Vec<JobId> = ids.collect::<anyhow::Result<_>>()?;
        let list = self.list.open(global).await?;
        let ids = if self.all { chosen(&list, how, self.state).await? } else { ids };
        let mut out = Output::new(self.json);
        let mut answer = Answer::Yes;
        for id in &ids {
            let revived = list.ledger.revive(&list.business, id, how, Operator::default()).await?;
            if revived != Revived::Done {
                answer = Answer::No;
            }
            let line = RevivedLine { id: id.as_str(), result: revived.as_str() };
            out.either(&line, || line.to_text(how, revived))?;
            out.flush()?;
        }
        if ids.is_empty() && !out.is_json() {
            out.line("There is none that this makes sense for.")?;
            out.flush()?;
        }
        Ok(answer)
    }
}

/// The ids that `--all` means.
async fn chosen(list: &List, how: Revival, state: Option<State>) -> anyhow::Result<Vec<JobId>> {
    let sensible: &[State] = match how {
        Revival::Retry => &[State::Due, State::Unknown, State::Dropped],
        Revival::Drop => &[State::Due, State::Unknown],
    };
    let states = match &state {
        None => sensible,
        Some(state) if sensible.contains(state) => std::slice::from_ref(state),
        Some(_) => {
            let names: Vec<_> = sensible.iter().map(|state| state.as_str()).collect();
            bail!("this makes no sense for that state; choose one of: {}", names.join(", "));
        }
    };
    let jobs = list.ledger.jobs(&list.business, MOST).await?;
    let wanted = jobs.into_iter().filter(|job| states.iter().any(|state| job.state == state.as_str()));
    Ok(wanted.map(|job| job.id).collect())
}

impl<'a> Line<'a> {
    fn new(job: &'a StoredJob, reveal: bool) -> Self {
        Self {
            id: job.id.as_str(),
            state: &job.state,
            kind: job.kind.as_str(),
            scope: &job.scope,
            to: masked(&job.to, reveal),
            phone_number_id: &job.phone_number_id,
            language: &job.language,
            attempts: job.attempts,
            reason: job.why(),
            message_id: job.message_id().filter(|_| reveal),
            queued: time(job.made_at),
            expires: time(job.expires_at),
            finished: job.finished_at.map(time),
            quote: job.quote.as_deref().filter(|_| reveal),
        }
    }

    fn to_text(&self) -> String {
        let attempts = match self.attempts {
            0 => String::new(),
            1 => "1 attempt".to_owned(),
            several => format!("{several} attempts"),
        };
        let remarks: Vec<&str> = [self.reason.or(self.message_id).unwrap_or_default(), &attempts]
            .into_iter()
            .filter(|one| !one.is_empty())
            .collect();
        let line = format!(
            "{}  {:<7}  {:<7}  {:<12}  {:<9}  {:<24}  {}",
            self.id,
            self.state,
            self.kind,
            self.scope,
            self.to,
            self.queued,
            remarks.join(", ")
        );
        plain(&line).into_owned()
    }
}

impl RevivedLine<'_> {
    fn to_text(&self, how: Revival, revived: Revived) -> String {
        let words = match (revived, how) {
            (Revived::Done, Revival::Retry) => "will be sent now",
            (Revived::Done, Revival::Drop) => "will not be sent",
            (Revived::Absent, _) => "not done: no such confirmation",
            (Revived::Sent, _) => "not done: it was sent",
            (Revived::Closed, _) => "not done: its 24-hour window has closed",
        };
        format!("{}  {words}", self.id)
    }
}
