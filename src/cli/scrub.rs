//! `baja scrub`: takes off an audience whoever must not be sent to.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    atomic::{Sink, Sinks, real},
    list::{List, ListArgs},
    output::tell,
    patience::patiently,
    progress::FileProgress,
    table::{Input, Row, Table, TableArgs},
};
use crate::{
    identity::{Identifier, TypedError},
    intent::Scope,
    ledger::Verdict,
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja scrub audience.csv --topic marketing --column phone -o allowed.csv --rejected rejected.csv
  baja scrub --topic marketing --country MX < audience.csv > allowed.csv

Rows are kept byte for byte. Rejected rows get one more column, `reason`: refused_all, refused_<topic> or unreadable.

Exit codes:
  0  done, whatever was taken off
  1  done, but at least one number could not be read; its row is rejected, unless --keep-unreadable
  2  could not be done; no file was written";

/// Rows asked about at once.
const BATCH: usize = 1000;
/// The topic of messages that have none.
const NO_TOPIC: &str = "all";

/// Take off a table of any size whoever must not be sent to.
///
/// Reads CSV as spreadsheets and databases write it, in any spelling of the numbers. Files appear whole or not at
/// all.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Scrub {
    /// The table; `-` is standard input.
    #[arg(value_name = "AUDIENCE", default_value = "-")]
    audience: PathBuf,
    /// The kind of message that is to be sent, as in marketing; `all` for messages without one.
    #[arg(long, value_name = "TOPIC")]
    topic: String,
    #[command(flatten)]
    table: TableArgs,
    /// Where the rows go that may be sent to; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// Where the others go, with the reason.
    #[arg(long, value_name = "FILE")]
    rejected: Option<PathBuf>,
    /// Keep rows whose number cannot be read among those that may be sent to.
    #[arg(long)]
    keep_unreadable: bool,
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
    allowed: u64,
    refused_all: u64,
    refused_topic: u64,
    unreadable: u64,
    topic: String,
}

/// Rows with their identifiers; both are used again for the next ones.
#[derive(Default)]
struct Batch {
    rows: Vec<Row>,
    used: usize,
    /// Of the rows that can be read, in their order.
    identifiers: Vec<Identifier>,
    /// For each row whether it can be read.
    readable: Vec<bool>,
}

struct Reader<'g> {
    table: Table,
    column: usize,
    country: Option<&'g str>,
}

struct Writer {
    allowed: Sink,
    rejected: Option<Sink>,
    delimiter: u8,
    keep_unreadable: bool,
    summary: Summary,
}

impl Scrub {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let topic = Some(self.topic.as_str()).filter(|topic| *topic != NO_TOPIC);
        let scope = list.scope(topic)?;
        let input = Input::open(&self.audience)?;
        let progress = FileProgress::new(input.length);
        let table = Table::open(input, &self.table)?;
        let column = table.number_column(&self.table)?;
        let sinks = Sinks::new()?;
        let inputs: &[&Path] = &[&self.audience];
        let mut targets = vec![sinks.open(&self.output, inputs)?];
        if let Some(rejected) = &self.rejected {
            if real(rejected) == real(&self.output) {
                anyhow::bail!("--rejected and --output are one file; name two");
            }
            targets.push(sinks.open(rejected, inputs)?);
        }
        let mut targets = targets.into_iter();
        let (Some(allowed), rejected) = (targets.next(), targets.next()) else {
            anyhow::bail!("there is nowhere to write to");
        };
        let mut writer = Writer {
            allowed,
            rejected,
            delimiter: table.delimiter,
            keep_unreadable: self.keep_unreadable,
            summary: Summary { topic: scope.to_string(), ..Summary::default() },
        };
        if let Some(header) = &table.header {
            writer.header(header)?;
        }
        let reader = Reader { table, column, country: global.country() };
        pass(&list, &scope, reader, &mut writer, &progress).await?;
        drop(progress);
        let summary = writer.summary;
        sinks.finish([Some(writer.allowed), writer.rejected].into_iter().flatten().collect())?;
        self.tell(&summary)?;
        Ok(if summary.unreadable > 0 { Answer::No } else { Answer::Yes })
    }

    /// Tells what came of it, where the rows do not go.
    fn tell(&self, summary: &Summary) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(summary)? } else { summary.to_text() };
        if self.output == Path::new("-") {
            if self.json {
                // Nobody may be listening there, which is no reason to fail.
                let _ = writeln!(io::stderr(), "{text}");
            } else {
                tell(text);
            }
        } else {
            writeln!(io::stdout(), "{text}")?;
        }
        Ok(())
    }
}

/// Passes every row on. While Redis answers about some rows, the next are read.
async fn pass(
    list: &List,
    scope: &Scope,
    mut reader: Reader<'_>,
    writer: &mut Writer,
    progress: &FileProgress,
) -> anyhow::Result<()> {
    let (mut current, mut next) = (Batch::default(), Batch::default());
    reader.fill(&mut current)?;
    while current.used > 0 {
        let asked = patiently(async || list.ledger.check(&list.business, scope, &current.identifiers).await);
        let read = async {
            // The question goes out first.
            tokio::task::yield_now().await;
            reader.fill(&mut next)
        };
        let (verdicts, read) = tokio::join!(asked, read);
        read?;
        writer.batch(&current, &verdicts?)?;
        progress.advance(current.used, current.bytes());
        std::mem::swap(&mut current, &mut next);
    }
    Ok(())
}

impl Reader<'_> {
    fn fill(&mut self, batch: &mut Batch) -> anyhow::Result<()> {
        batch.used = 0;
        batch.identifiers.clear();
        batch.readable.clear();
        while batch.used < BATCH {
            if batch.rows.len() == batch.used {
                batch.rows.push(Row::default());
            }
            let Some(row) = batch.rows.get_mut(batch.used) else { break };
            if !self.table.next(row)? {
                break;
            }
            match Identifier::read_typed(&row.cell(self.column), self.country) {
                Ok(identifier) => {
                    batch.identifiers.push(identifier);
                    batch.readable.push(true);
                }
                // It would be wrong for every row.
                Err(error @ TypedError::Country) => return Err(error.into()),
                Err(_) => batch.readable.push(false),
            }
            batch.used += 1;
        }
        Ok(())
    }
}

impl Batch {
    fn bytes(&self) -> usize {
        self.rows.iter().take(self.used).map(|row| row.raw.len()).sum()
    }
}

impl Writer {
    fn header(&mut self, header: &Row) -> io::Result<()> {
        self.allowed.write_all(&header.raw)?;
        self.reject(header, "reason")
    }

    fn batch(&mut self, batch: &Batch, verdicts: &[Verdict]) -> io::Result<()> {
        let mut verdicts = verdicts.iter();
        for (row, readable) in batch.rows.iter().zip(&batch.readable) {
            // A row without an answer is not sent to.
            let verdict = if *readable { verdicts.next() } else { None };
            self.summary.rows += 1;
            match verdict {
                Some(Verdict::Allowed) => self.allow(row)?,
                Some(Verdict::RefusedAll) => {
                    self.summary.refused_all += 1;
                    self.reject(row, "refused_all")?;
                }
                Some(Verdict::RefusedTopic) => {
                    self.summary.refused_topic += 1;
                    let reason = format!("refused_{}", self.summary.topic);
                    self.reject(row, &reason)?;
                }
                None => {
                    self.summary.unreadable += 1;
                    if self.keep_unreadable {
                        self.allow(row)?;
                    } else {
                        self.reject(row, "unreadable")?;
                    }
                }
            }
        }
        Ok(())
    }

    fn allow(&mut self, row: &Row) -> io::Result<()> {
        self.summary.allowed += 1;
        self.allowed.write_all(&row.raw)
    }

    /// The row with one more column.
    fn reject(&mut self, row: &Row, reason: &str) -> io::Result<()> {
        let Some(out) = &mut self.rejected else { return Ok(()) };
        let length = row.raw.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (cells, end) = row.raw.split_at(row.raw.len() - length);
        out.write_all(cells)?;
        out.write_all(&[self.delimiter])?;
        out.write_all(reason.as_bytes())?;
        out.write_all(if end.is_empty() { b"\n" } else { end })
    }
}

impl Summary {
    fn to_text(&self) -> String {
        let Self { rows, allowed, refused_all, refused_topic, unreadable, topic } = self;
        let of_topic =
            if topic == NO_TOPIC { String::new() } else { format!(", {refused_topic} refused {topic}") };
        format!(
            "{rows} rows: {allowed} may be sent to, {refused_all} refused everything{of_topic}, \
             {unreadable} whose number cannot be read"
        )
    }
}
