//! `baja show`: all that is known of somebody.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    list::ListArgs,
    output::{Output, plain, time},
};
use crate::{
    identity::{Identifier, Person},
    ledger::{Attribution, Record, StoredEvidence},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja show +5215512345678
  baja show --json MX.9001

Exit codes:
  0  something is known
  1  nothing is known
  2  could not be read or asked";

/// Show all that is known of somebody.
///
/// Who they are, what they refuse, and why: every piece of evidence with its time, the words used, the message
/// answered, the rule, the operator's note. Personal data: for those who may see it.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Show {
    /// A phone number or user id, in any spelling.
    number: String,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// From here on, when something was written is told beside when it happened, milliseconds.
const LATE_MS: f64 = 2000.0;

#[derive(Serialize)]
struct Known<'a> {
    number: &'a str,
    business: &'a str,
    /// `all` and topics.
    refused: &'a [String],
    /// One, unless the identifiers are not known to be one person's.
    people: Vec<Somebody<'a>>,
}

#[derive(Serialize)]
struct Somebody<'a> {
    identifiers: &'a [String],
    spellings: &'a [String],
    /// The newest stop and start by scope; `marketing@settings` is what was set in WhatsApp's settings.
    decisions: BTreeMap<&'a str, Decisions>,
    /// Identifiers that were given up, and when.
    abandoned: BTreeMap<&'a str, String>,
    /// Oldest first.
    evidence: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Decisions {
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

#[derive(Serialize)]
struct Entry<'a> {
    time: String,
    written: String,
    act: &'a str,
    scope: &'a str,
    /// Whether it changed the list.
    applied: bool,
    #[serde(skip)]
    came_late: bool,
    source: &'a str,
    /// Where an import came from.
    #[serde(skip_serializing_if = "str::is_empty")]
    origin: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rule: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    rules_version: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    language: &'a str,
    /// `question` or `marketing`, where what came before made it a stop.
    #[serde(skip_serializing_if = "str::is_empty")]
    context: &'a str,
    /// The person's own words.
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone_number_id: &'a str,
    /// The message that was answered.
    #[serde(skip_serializing_if = "str::is_empty")]
    quoted: &'a str,
    /// The campaign or template.
    #[serde(skip_serializing_if = "str::is_empty")]
    reference: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    /// The message that provoked an opt-out, as its sender calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provoked_by: Option<&'a Attribution>,
    #[serde(skip)]
    provocation: String,
    /// Which operator.
    #[serde(skip_serializing_if = "str::is_empty")]
    by: &'a str,
}

impl Show {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let identifier = Identifier::read_typed(&self.number, global.country())
            .context("the number or user id cannot be read")?;
        let list = self.list.open(global).await?;
        let asked: Person = [identifier].into_iter().collect();
        let found = list.ledger.known(&list.business, &asked).await?;
        let known = Known {
            number: &self.number,
            business: &list.business,
            refused: &found.refused,
            people: found.records.iter().map(Somebody::new).collect(),
        };
        let mut out = Output::new(self.json);
        if out.is_json() {
            out.object(&known)?
        } else {
            known.print(&mut out)?
        }
        out.flush()?;
        let nothing = known.people.is_empty() && known.refused.is_empty();
        Ok(if nothing { Answer::No } else { Answer::Yes })
    }
}

impl<'a> Somebody<'a> {
    fn new(record: &'a Record) -> Self {
        let decisions = record.registers.iter().map(|(name, register)| {
            let decisions =
                Decisions { stop: register.stop.map(stored_time), start: register.start.map(stored_time) };
            (name.as_str(), decisions)
        });
        let abandoned = record.abandoned.iter().map(|(one, at)| (one.as_str(), stored_time(*at)));
        Self {
            identifiers: &record.canonical,
            spellings: &record.members,
            decisions: decisions.collect(),
            abandoned: abandoned.collect(),
            evidence: record.evidence.iter().map(Entry::new).collect(),
        }
    }

    fn print(&self, out: &mut Output) -> std::io::Result<()> {
        out.line(format!("known as     {}", plain(&self.identifiers.join(", "))))?;
        out.line(format!("spelled      {}", plain(&self.spellings.join(", "))))?;
        for (one, at) in &self.abandoned {
            out.line(format!("given up     {} at {at}", plain(one)))?;
        }
        for (name, decisions) in &self.decisions {
            let scope = match name.split_once('@') {
                Some((scope, _)) => format!("{scope} in WhatsApp's settings"),
                None => (*name).to_owned(),
            };
            let newest = [("stop", &decisions.stop), ("start", &decisions.start)];
            let times = newest.iter().filter_map(|(word, at)| Some(format!("{word} {}", at.as_ref()?)));
            out.line(format!("newest       {}: {}", plain(&scope), times.collect::<Vec<_>>().join(", ")))?;
        }
        for entry in &self.evidence {
            let effect = if entry.applied { "" } else { " (changed nothing)" };
            out.line("")?;
            out.line(format!("{}  {} {}{effect}", entry.time, plain(entry.act), plain(entry.scope)))?;
            for (name, value) in entry.facts() {
                if !value.is_empty() {
                    out.line(format!("    {name:<16} {}", plain(value)))?;
                }
            }
            if entry.came_late {
                out.line(format!("    {:<16} {}", "written", entry.written))?;
            }
        }
        Ok(())
    }
}

impl<'a> Entry<'a> {
    fn new(stored: &'a StoredEvidence) -> Self {
        Self {
            time: stored_time(stored.at),
            written: stored_time(stored.written_at),
            act: &stored.act,
            scope: &stored.scope,
            applied: stored.applied == 1,
            came_late: (stored.written_at - stored.at).abs() >= LATE_MS,
            source: &stored.source,
            origin: &stored.origin,
            rule: &stored.rule,
            rules_version: &stored.rules_version,
            language: &stored.language,
            context: &stored.context,
            text: &stored.text,
            reason: &stored.reason,
            message_id: &stored.message_id,
            phone_number_id: &stored.phone_number_id,
            quoted: &stored.quoted,
            reference: &stored.reference,
            note: &stored.note,
            provoked_by: stored.provoked_by.as_ref(),
            provocation: stored.provoked_by.as_ref().map(provocation).unwrap_or_default(),
            by: &stored.by,
        }
    }

    /// What is told below its first line.
    fn facts(&self) -> [(&'static str, &str); 15] {
        [
            ("source", self.source),
            ("from", self.origin),
            ("said", self.text),
            ("reason", self.reason),
            ("note", self.note),
            ("by", self.by),
            ("rule", self.rule),
            ("rules version", self.rules_version),
            ("language", self.language),
            ("because of", self.context),
            ("answering", self.quoted),
            ("reference", self.reference),
            ("provoked by", &self.provocation),
            ("message id", self.message_id),
            ("to number id", self.phone_number_id),
        ]
    }
}

impl Known<'_> {
    fn print(&self, out: &mut Output) -> std::io::Result<()> {
        out.line(format!("asked about  {}", plain(self.number)))?;
        out.line(format!("business     {}", self.business))?;
        let refused = if self.refused.is_empty() { "nothing".to_owned() } else { self.refused.join(", ") };
        out.line(format!("refuses      {refused}"))?;
        match (self.people.as_slice(), self.refused.is_empty()) {
            ([], true) => out.line("Nothing is known: no event and no entry of any list names this person."),
            ([], false) => {
                out.line("No evidence: the entry was in the set before, or was put there by another program.")
            }
            (people, _) => {
                for somebody in people {
                    out.line("")?;
                    somebody.print(out)?;
                }
                Ok(())
            }
        }
    }
}

/// The labels of a message and how they are known, for people.
fn provocation(by: &Attribution) -> String {
    let labels = [("template", &by.template), ("topic", &by.topic), ("campaign", &by.campaign)];
    let named: Vec<_> = labels
        .iter()
        .filter(|(_, label)| !label.is_empty())
        .map(|(name, label)| format!("{name} {label}"))
        .collect();
    format!("{} (known by: {})", named.join(", "), by.how)
}

/// Times are stored as JSON numbers, unix milliseconds, far below 2^53; the cast saturates.
fn stored_time(milliseconds: f64) -> String {
    time(milliseconds as i64)
}
