//! `baja forget`: erases what is personal about somebody.

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::{Answer, Global, list::ListArgs, output::Output, patience::patiently};
use crate::{
    identity::{Identifier, Person},
    ledger::{Forgotten, Operator},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja forget --dry-run +5215512345678
  baja forget MX.9001 --note 'request 2026-114'

The suppression stays, as the law wants it: without it the person would be written to again. docs/compliance.md says
what is kept and why.

Exit codes:
  0  erased, or would be
  1  nothing to erase is known
  2  could not be done; run it again";

/// Erase what is personal about somebody, and leave them on the list.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Forget {
    /// A phone number or user id, in any spelling.
    number: String,
    /// Why, as in the number of the request; kept with the proof of the erasure, at most 256 characters. Name nobody here.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Tell what would be erased.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    business: &'a str,
    dry_run: bool,
    erased: Forgotten,
}

impl Forget {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let identifier = Identifier::read_typed(&self.number, global.country())
            .context("the number or user id cannot be read")?;
        let list = self.list.open(global).await?;
        let person: Person = [identifier].into_iter().collect();
        let operator = Operator { by: "", note: &self.note };
        let found =
            patiently(async || list.ledger.forget(&list.business, &person, operator, self.dry_run).await)
                .await?;
        let mut out = Output::new(self.json);
        if out.is_json() {
            out.object(&Line { business: &list.business, dry_run: self.dry_run, erased: found })?;
        } else {
            print(&found, self.dry_run, &mut out)?;
        }
        out.flush()?;
        Ok(if found.is_nothing() { Answer::No } else { Answer::Yes })
    }
}

fn print(found: &Forgotten, dry_run: bool, out: &mut Output) -> std::io::Result<()> {
    if found.is_nothing() {
        out.line("Nothing personal is stored of this person.")?;
    } else {
        out.line(if dry_run { "Would be erased:" } else { "Erased:" })?;
        for (what, count) in [
            ("records of somebody who refuses nothing", found.records_removed),
            ("pieces of evidence: words, message ids, quotes, notes", found.evidence),
            ("messages in the outbox, or their quotes", found.jobs),
            ("dead letters", found.dead_letters),
            ("texts that were nearly an opt-out", found.near_misses),
            ("notes of messages sent to the person", found.sends),
            ("audit entries, of which the bare facts stay", found.audit_entries),
        ] {
            if count > 0 {
                out.line(format!("{count:>6}  {what}"))?;
            }
        }
    }
    out.line(if found.refuses {
        "The person stays on the list: identifiers, scopes and times are kept."
    } else {
        "The person is on no list."
    })
}
