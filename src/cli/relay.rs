//! `baja relay`: what waits for the targets that webhooks are passed on to, and what was given up.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Answer, Global,
    list::open_ledger,
    output::{Output, plain, time},
};
use crate::ledger::{DeadErrand, RelayDepth, RelayRevival};

/// What `baja relay list --help` ends with.
const LIST_HELP: &str = "\
Exit codes:
  0  listed
  2  could not be asked";
/// What the help of the commands for dead bodies ends with.
const DEAD_HELP: &str = "\
Examples:
  baja relay dead chatbot
  baja relay dead chatbot --reveal --limit 1 --json
  baja relay replay chatbot 1795430400000-0
  baja relay replay chatbot --all

Exit codes:
  0  done
  1  there is no such body
  2  could not be done";

/// Look at what is passed on to others, and at what was given up.
#[derive(Subcommand)]
pub(super) enum Relay {
    /// What waits for each target.
    #[command(after_help = LIST_HELP)]
    List(ListTargets),
    /// The bodies for a target that were given up, the newest first.
    #[command(after_help = DEAD_HELP)]
    Dead(ListDead),
    /// Put bodies that were given up back into their queue.
    #[command(after_help = DEAD_HELP)]
    Replay(Revive),
    /// Throw away bodies that were given up.
    #[command(after_help = DEAD_HELP)]
    Drop(Revive),
}

#[derive(Args)]
pub(super) struct ListTargets {
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct ListDead {
    /// The target's name in the configuration.
    target: String,
    /// The newest so many.
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print the bodies themselves. They hold numbers and messages of people.
    #[arg(long)]
    reveal: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Revive {
    /// The target's name in the configuration.
    target: String,
    /// The body's id, as `dead` prints it.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// All of the target's.
    #[arg(long)]
    all: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct TargetLine<'a> {
    target: &'a str,
    waiting: u64,
    bytes: u64,
    oldest_seconds: u64,
    dropped: u64,
    dead: u64,
}

#[derive(Serialize)]
struct DeadLine<'a> {
    id: &'a str,
    queued: String,
    attempts: u32,
    reason: &'a str,
    bytes: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

#[derive(Serialize)]
struct RevivedLine<'a> {
    target: &'a str,
    result: &'static str,
    bodies: u64,
}

impl Relay {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        match self {
            Self::List(command) => list(command, global).await,
            Self::Dead(command) => dead(command, global).await,
            Self::Replay(command) => revive(command, RelayRevival::Replay, global).await,
            Self::Drop(command) => revive(command, RelayRevival::Drop, global).await,
        }
    }
}

async fn list(command: ListTargets, global: &Global) -> anyhow::Result<Answer> {
    let ledger = open_ledger(&global.settings()?).await?;
    let mut out = Output::new(command.json);
    let targets: Vec<_> = ledger.relay_targets().collect();
    if targets.is_empty() && !out.is_json() {
        out.line("No target has a queue; see [relay] in config/default.toml.")?;
    }
    for target in targets {
        let depth = ledger.relay_depth(target).await?;
        let line = TargetLine::new(target, &depth);
        out.either(&line, || line.to_text())?;
    }
    out.flush()?;
    Ok(Answer::Yes)
}

async fn dead(command: ListDead, global: &Global) -> anyhow::Result<Answer> {
    let ledger = open_ledger(&global.settings()?).await?;
    let mut out = Output::new(command.json);
    let dead = ledger.relay_dead(&command.target, command.limit.max(1)).await?;
    let none = "There is none: nothing for this target was given up.";
    out.list(&dead, command.limit, none, |one| DeadLine::new(one, command.reveal), DeadLine::to_text)?;
    Ok(Answer::Yes)
}

async fn revive(command: Revive, revival: RelayRevival, global: &Global) -> anyhow::Result<Answer> {
    let ledger = open_ledger(&global.settings()?).await?;
    let bodies = ledger.relay_revive(&command.target, command.id.as_deref(), revival).await?;
    let result = match revival {
        RelayRevival::Replay => "replayed",
        RelayRevival::Drop => "dropped",
    };
    let line = RevivedLine { target: &command.target, result, bodies };
    let mut out = Output::new(command.json);
    out.either(&line, || format!("{bodies} {result}"))?;
    out.flush()?;
    Ok(if bodies == 0 { Answer::No } else { Answer::Yes })
}

impl<'a> TargetLine<'a> {
    fn new(target: &'a str, depth: &RelayDepth) -> Self {
        Self {
            target,
            waiting: depth.entries,
            bytes: depth.bytes,
            oldest_seconds: depth.oldest.as_secs(),
            dropped: depth.dropped,
            dead: depth.dead,
        }
    }

    fn to_text(&self) -> String {
        format!(
            "{:<20}  {} waiting ({} KiB, the oldest for {} s)  {} given up  {} dropped for want of room",
            plain(self.target),
            self.waiting,
            self.bytes.div_ceil(1024),
            self.oldest_seconds,
            self.dead,
            self.dropped
        )
    }
}

impl<'a> DeadLine<'a> {
    fn new(dead: &'a DeadErrand, reveal: bool) -> Self {
        let body = &dead.passage.body;
        Self {
            id: &dead.id,
            queued: time(dead.queued_at),
            attempts: dead.attempts,
            reason: &dead.reason,
            bytes: body.len(),
            body: reveal.then(|| String::from_utf8_lossy(body).into_owned()),
        }
    }

    fn to_text(&self) -> String {
        let mut text = format!(
            "{:<20}  queued {}  {} attempts  {:<14}  {} bytes",
            plain(self.id),
            self.queued,
            self.attempts,
            plain(self.reason),
            self.bytes
        );
        if let Some(body) = &self.body {
            text.push_str("\n    ");
            text.push_str(&plain(body));
        }
        text
    }
}
