//! `baja import`: opt-outs that were said elsewhere.

mod row;
mod source;

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;

use self::{
    row::{Defaults, Refusal, parse_time},
    source::Source,
};
use super::{
    Answer, Global,
    atomic::{Sink, Sinks},
    export::Format,
    list::{List, ListArgs},
    output::{Output, tell, time},
    patience::patiently,
    progress::FileProgress,
    table::{Input, TableArgs},
};
use crate::{
    clock::unix_millis,
    identity::{Identifier, TypedError},
    intent::Scope,
    ledger::{Act, Change, Outcome, Verdict},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja import optouts.csv --country MX --dry-run
  baja import optouts.csv --country MX --source 'call centre' --rejected refused.csv
  baja import - --format jsonl < optouts.jsonl

Columns: identifier (or phone, number …), also, scope, act, time, source, rule, language, reason, reference, note. Only the
first is needed. A row without a scope refuses everything. A row without a time counts as said when the file was last
changed, at the latest moment that it can have been; a return (act `start`) needs a time.

The newest decision wins, so an import never undoes a newer opt-out, and the same file twice changes nothing. Nobody is
sent a confirmation.

Exit codes:
  0  every row was taken, or would be
  1  at least one was refused; the others are done
  2  could not be done to the end; run it again, what is done changes nothing";

/// Rows written at once.
const BATCH: usize = 500;
/// Refused rows that are told without a report.
const TOLD: u64 = 20;

/// Put opt-outs that were said elsewhere on the list, from CSV or JSONL.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Import {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// How it is written; without it as the file's name says, else CSV.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// What rows without a scope refuse: `all`, or a topic.
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    scope: String,
    /// Where rows without a source come from, as in 'call centre'; kept as evidence.
    #[arg(long, value_name = "TEXT", default_value = "")]
    source: String,
    /// When rows without a time were said, at the latest. Without it, when the file was last changed.
    #[arg(long, value_name = "TIME")]
    time: Option<String>,
    /// Read everything and tell what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Write refused rows there: line and reason, as CSV.
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    list: ListArgs,
    /// Print the summary as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
struct Summary {
    rows: u64,
    /// Rows that changed the list, or would.
    applied: u64,
    /// Rows that the list said already.
    already: u64,
    /// Rows that something newer outlasts.
    older: u64,
    /// Rows that were imported before.
    duplicate: u64,
    refused: u64,
    dry_run: bool,
}

/// Where refused rows are told.
struct Report {
    out: Option<Sink>,
    refused: u64,
}

impl Import {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let now = unix_millis();
        let defaults = Defaults {
            topics: list.topics(),
            scope: &self.scope,
            source: &self.source,
            time: self.time(now)?,
            now,
            country: global.country(),
        };
        if self.scope != "all" {
            list.scope(Some(&self.scope))?;
        }
        let input = Input::open(&self.file)?;
        let progress = FileProgress::new(input.length);
        let mut source = match self.format.or_else(|| Format::of(&self.file)).unwrap_or(Format::Csv) {
            Format::Csv => Source::csv(input, &self.table)?,
            Format::Jsonl => Source::jsonl(input),
        };
        let sinks = Sinks::new()?;
        let mut report = Report { out: None, refused: 0 };
        if let Some(path) = &self.rejected {
            let mut out = sinks.open(path, &[&self.file])?;
            out.write_all(b"line,reason\n")?;
            report.out = Some(out);
        }
        let mut summary = Summary { dry_run: self.dry_run, ..Summary::default() };
        let mut batch: Vec<(&str, Change)> = Vec::with_capacity(BATCH);
        let mut more = true;
        while more {
            let mut bytes = 0;
            let mut rows = 0;
            while batch.len() < BATCH && more {
                let Some(found) = source.next()? else {
                    more = false;
                    break;
                };
                (rows, bytes) = (rows + 1, bytes + found.bytes);
                match found.cells.and_then(|cells| row::read(&cells, &defaults)) {
                    Ok(change) => batch.push((&list.business, change)),
                    Err(Refusal::Identifier(error @ TypedError::Country)) => return Err(error.into()),
                    Err(refusal) => report.refuse(found.line, &refusal)?,
                }
            }
            summary.rows += rows as u64;
            if self.dry_run {
                would(&list, &batch, &mut summary).await?;
            } else {
                let read = summary.rows;
                write(&list, &batch, &mut summary).await.with_context(|| {
                    format!("not everything of the first {read} rows is written; run it again")
                })?;
            }
            batch.clear();
            progress.advance(rows, bytes);
        }
        drop(progress);
        summary.refused = report.refused;
        sinks.finish(report.out.into_iter().collect())?;
        let mut out = Output::new(self.json);
        out.either(&summary, || summary.to_text())?;
        out.flush()?;
        Ok(if summary.refused > 0 { Answer::No } else { Answer::Yes })
    }

    /// When rows without a time were said, at the latest.
    fn time(&self, now: i64) -> anyhow::Result<i64> {
        if let Some(text) = &self.time {
            let at = parse_time(text, true)
                .context("--time takes RFC 3339, a date, or unix seconds or milliseconds")?;
            if at > now {
                bail!("--time is in the future ({}); give the time of the list", time(at));
            }
            return Ok(at);
        }
        // Nothing in a file was said after it was last changed. It stays the same when it is imported again.
        let changed = std::fs::metadata(&self.file).and_then(|known| known.modified()).ok();
        let since =
            changed.filter(|_| self.file != Path::new("-")).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(since.and_then(|since| i64::try_from(since.as_millis()).ok()).map_or(now, |at| at.min(now)))
    }
}

async fn write(list: &List, batch: &[(&str, Change)], summary: &mut Summary) -> anyhow::Result<()> {
    for applied in patiently(async || list.ledger.apply(batch).await).await? {
        match applied.outcome {
            Outcome::Applied => summary.applied += 1,
            Outcome::Already => summary.already += 1,
            Outcome::Older => summary.older += 1,
            Outcome::Duplicate | Outcome::Unasked => summary.duplicate += 1,
        }
    }
    Ok(())
}

/// What the list says now about what the rows want. Times are not compared.
async fn would(list: &List, batch: &[(&str, Change)], summary: &mut Summary) -> anyhow::Result<()> {
    let mut by_scope: Vec<(Scope, bool, Vec<Identifier>)> = Vec::new();
    for (_, change) in batch {
        let (scope, starts) = match &change.act {
            Act::Stop(scope) => (scope.clone(), false),
            Act::ImportedStart(scope) => (scope.clone(), true),
            act => (list.scope(Some("marketing"))?, *act == Act::SettingsResume),
        };
        let Some(identifier) = change.person.identifiers().first().cloned() else { continue };
        match by_scope.iter_mut().find(|(known, way, _)| *known == scope && *way == starts) {
            Some((.., identifiers)) => identifiers.push(identifier),
            None => by_scope.push((scope, starts, vec![identifier])),
        }
    }
    for (scope, starts, identifiers) in by_scope {
        for verdict in
            patiently(async || list.ledger.check(&list.business, &scope, &identifiers).await).await?
        {
            if (verdict == Verdict::Allowed) == starts { summary.already += 1 } else { summary.applied += 1 }
        }
    }
    Ok(())
}

impl Report {
    fn refuse(&mut self, line: u64, refusal: &Refusal) -> anyhow::Result<()> {
        self.refused += 1;
        match &mut self.out {
            Some(out) => {
                let mut row = csv::Writer::from_writer(Vec::new());
                row.write_record([&line.to_string(), &refusal.to_string()])?;
                out.write_all(&row.into_inner()?)?;
            }
            None if self.refused <= TOLD => tell(format_args!("line {line}: {refusal}")),
            None if self.refused == TOLD + 1 => tell("more rows are refused; --rejected FILE tells all"),
            None => {}
        }
        Ok(())
    }
}

impl Summary {
    fn to_text(&self) -> String {
        let Self { rows, applied, already, older, duplicate, refused, dry_run } = self;
        if *dry_run {
            return format!(
                "{rows} rows: {applied} would change the list, {already} are on it as they say, {refused} refused"
            );
        }
        format!(
            "{rows} rows: {applied} changed the list, {already} were known, {older} are older than what is known, \
             {duplicate} were imported before, {refused} refused"
        )
    }
}
