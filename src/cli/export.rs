//! `baja export`: the list with its evidence, to take elsewhere and to prove.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{
    Answer, Global,
    atomic::{Sink, Sinks},
    list::{List, ListArgs},
    output::{tell, time},
    patience::patiently,
    progress::Progress,
    spreadsheet,
    table::extension,
};
use crate::ledger::{Record, StoredEvidence};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja export -o optouts.csv
  baja export --format jsonl --scope marketing | gzip > marketing.jsonl.gz

`baja import` reads both formats. Personal data: for those who may see it.

Exit codes:
  0  done
  2  could not be done; no file was written";

/// Write the list with its evidence to a file.
///
/// One row for each person and each thing that they refuse: who, what, since when, and why. Persons' own words and
/// message ids are not in it.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Export {
    /// Where it goes; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// How it is written; without it as the file's name says, else CSV.
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Only what refuses this: `all`, or a topic as in marketing.
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    #[command(flatten)]
    list: ListArgs,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated, with a header.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// As the file's name says.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match extension(path).as_str() {
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// A row; the names are columns, and stable.
#[derive(Debug, Default, Serialize)]
struct Entry<'a> {
    identifier: &'a str,
    /// The other identifiers of the same person, with blanks between.
    also: String,
    /// `all`, a topic, or `marketing@settings` for what was set in WhatsApp's own settings.
    scope: &'a str,
    /// Always `stop`.
    act: &'static str,
    /// Empty when nobody knows: the entry stood in the set without evidence.
    time: String,
    source: &'a str,
    rule: &'a str,
    language: &'a str,
    reason: &'a str,
    reference: &'a str,
    note: &'a str,
}

/// The source of members that no record explains.
const UNEXPLAINED: &str = "list";

impl Export {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        if let Some(scope) = self.scope.as_deref().filter(|scope| *scope != "all") {
            list.scope(Some(scope))?;
        }
        let format = self.format.or_else(|| Format::of(&self.output)).unwrap_or(Format::Csv);
        let sinks = Sinks::new()?;
        let mut writer = Writer::new(sinks.open(&self.output, &[])?, format);
        let progress = Progress::new("rows");
        self.people(&list, &mut writer, &progress).await?;
        self.unexplained(&list, &mut writer, &progress).await?;
        drop(progress);
        let rows = writer.rows;
        sinks.finish(vec![writer.into_sink()?])?;
        let summary = format!("{rows} rows");
        if self.output == Path::new("-") {
            tell(summary)
        } else {
            writeln!(io::stdout(), "{summary}")?
        }
        Ok(Answer::Yes)
    }

    fn wants(&self, scope: &str) -> bool {
        self.scope.as_deref().is_none_or(|wanted| wanted == scope)
    }

    async fn people(&self, list: &List, writer: &mut Writer, progress: &Progress) -> anyhow::Result<()> {
        let mut cursor = 0;
        loop {
            let (next, records) =
                patiently(async || list.ledger.people_page(&list.business, cursor).await).await?;
            for record in &records {
                let Some((identifier, also)) = record.canonical.split_first() else { continue };
                for (register, stop) in record.refuses() {
                    let scope = register.split_once('@').map_or(register, |(scope, _)| scope);
                    if !self.wants(scope) {
                        continue;
                    }
                    let why = evidence(record, scope, stop);
                    writer.row(&Entry {
                        identifier,
                        also: also.join(" "),
                        scope: register,
                        act: "stop",
                        // Stored as a JSON number, far below 2^53; the cast saturates. 1 stands for not known.
                        time: if stop > 1.0 { time(stop as i64) } else { String::new() },
                        source: why.map_or("", StoredEvidence::first_source),
                        rule: why.map_or("", |why| &why.rule),
                        language: why.map_or("", |why| &why.language),
                        reason: why.map_or("", |why| &why.reason),
                        reference: why.map_or("", |why| &why.reference),
                        note: why.map_or("", |why| &why.note),
                    })?;
                    progress.advance(1);
                }
            }
            cursor = next;
            if cursor == 0 {
                return Ok(());
            }
        }
    }

    /// Members that only the sets know.
    async fn unexplained(&self, list: &List, writer: &mut Writer, progress: &Progress) -> anyhow::Result<()> {
        let scopes = std::iter::once("all").chain(list.topics().iter().map(String::as_str));
        for scope in scopes.filter(|scope| self.wants(scope)) {
            let mut cursor = 0;
            loop {
                let (next, members) =
                    patiently(async || list.ledger.unexplained_page(&list.business, scope, cursor).await)
                        .await?;
                for identifier in &members {
                    let entry =
                        Entry { identifier, scope, act: "stop", source: UNEXPLAINED, ..Entry::default() };
                    writer.row(&entry)?;
                    progress.advance(1);
                }
                cursor = next;
                if cursor == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What put somebody on the list at this time; the newest where several did.
fn evidence<'r>(record: &'r Record, scope: &str, stop: f64) -> Option<&'r StoredEvidence> {
    let of_scope =
        |one: &&StoredEvidence| one.scope == scope && matches!(one.act.as_str(), "stop" | "reason");
    let mut newest = record.evidence.iter().rev().filter(of_scope);
    newest.find(|one| one.at == stop)
}

struct Writer {
    out: Out,
    rows: u64,
}

enum Out {
    Csv(Box<csv::Writer<Sink>>),
    Jsonl(Sink),
}

impl Writer {
    fn new(sink: Sink, format: Format) -> Self {
        let out = match format {
            Format::Csv => Out::Csv(Box::new(csv::Writer::from_writer(sink))),
            Format::Jsonl => Out::Jsonl(sink),
        };
        Self { out, rows: 0 }
    }

    fn row(&mut self, entry: &Entry<'_>) -> anyhow::Result<()> {
        match &mut self.out {
            Out::Csv(out) => {
                if self.rows == 0 {
                    out.write_record(COLUMNS)?;
                }
                let also = spreadsheet::escape(&entry.also);
                let cells = [
                    entry.identifier,
                    &also,
                    entry.scope,
                    entry.act,
                    &entry.time,
                    entry.source,
                    entry.rule,
                    entry.language,
                    entry.reason,
                    entry.reference,
                    entry.note,
                ];
                out.write_record(cells.map(|cell| spreadsheet::escape(cell).into_owned()))?;
            }
            Out::Jsonl(out) => {
                serde_json::to_writer(&mut *out, entry)?;
                out.write_all(b"\n")?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn into_sink(self) -> anyhow::Result<Sink> {
        match self.out {
            Out::Csv(mut out) => {
                if self.rows == 0 {
                    out.write_record(COLUMNS)?;
                }
                match out.into_inner() {
                    Ok(sink) => Ok(sink),
                    Err(error) => bail!("the rows cannot be written: {}", error.error()),
                }
            }
            Out::Jsonl(sink) => Ok(sink),
        }
    }
}

/// The header.
const COLUMNS: [&str; 11] = [
    "identifier",
    "also",
    "scope",
    "act",
    "time",
    "source",
    "rule",
    "language",
    "reason",
    "reference",
    "note",
];
