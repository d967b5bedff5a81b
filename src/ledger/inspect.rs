//! Questions to the list: may I send, what is known, what changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Ledger, LedgerError,
    connection::{read, refuse_error},
    scripts,
};
use crate::{
    identity::{Identifier, Person},
    intent::Scope,
};

/// All that is stored of somebody. Personal data.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// Version of the form.
    pub v: u32,
    /// Canonical spellings of every identifier.
    #[serde(rename = "c", default)]
    pub canonical: Vec<String>,
    /// Every spelling, as it stands in the sets.
    #[serde(rename = "m", default)]
    pub members: Vec<String>,
    /// Times of the newest stop and start by register.
    #[serde(rename = "r", default)]
    pub registers: BTreeMap<String, Register>,
    /// What was said and done, oldest first.
    #[serde(skip_deserializing, rename = "evidence")]
    pub evidence: Vec<StoredEvidence>,
    /// Identifiers that were given up, and when.
    #[serde(rename = "ab", default)]
    pub abandoned: BTreeMap<String, f64>,
    /// The id of the last message that was queued for them.
    #[serde(rename = "j", default, skip_serializing)]
    pub last_job: Option<String>,
}

/// The newest decisions about one register, unix milliseconds.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
pub struct Register {
    /// Newest stop.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<f64>,
    /// Newest start.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub start: Option<f64>,
}

/// One piece of evidence as it is stored.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredEvidence {
    /// Time of the event, unix milliseconds.
    #[serde(rename = "t")]
    pub at: f64,
    /// Time of the write by the clock of Redis, unix milliseconds.
    #[serde(rename = "w")]
    pub written_at: f64,
    /// What was done: `stop`, `start`, `reason`, `move` …
    pub act: String,
    /// On which scope.
    pub scope: String,
    /// 1 when it changed the list.
    #[serde(rename = "ap")]
    pub applied: u8,
    /// Where it came from.
    pub source: String,
    /// Of what was imported: where that came from.
    pub origin: String,
    /// The rule that fired.
    pub rule: String,
    /// The version of the rules.
    pub rules_version: String,
    /// The language of the rule.
    pub language: String,
    /// What made a stop of words that alone are none: `question`, which they answer, or `marketing`, which they follow.
    pub context: String,
    /// The message's id.
    pub message_id: String,
    /// The number that was written to.
    pub phone_number_id: String,
    /// The message that was answered.
    pub quoted: String,
    /// The campaign or template.
    pub reference: String,
    /// Why they leave.
    pub reason: String,
    /// The person's words.
    pub text: String,
    /// An operator's note.
    pub note: String,
    /// Which operator.
    pub by: String,
    /// The message that provoked it.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    pub provoked_by: Option<Attribution>,
}

/// Which message provoked an opt-out, as its sender calls it. What is not known is empty.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attribution {
    /// The template.
    pub template: String,
    /// The topic.
    pub topic: String,
    /// The campaign.
    pub campaign: String,
    /// How that is known: `button`, `callback`, `context`, `late` or `last`.
    pub how: String,
}

impl StoredEvidence {
    /// Where it came from at first.
    pub fn first_source(&self) -> &str {
        if self.origin.is_empty() { &self.source } else { &self.origin }
    }
}

/// Whether messages of a scope may go to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// On no list that covers the scope.
    Allowed,
    /// Refused everything.
    RefusedAll,
    /// Refused the topic.
    RefusedTopic,
}

impl Record {
    pub(super) fn read(record: &str, lines: &str) -> Result<Self, LedgerError> {
        let mut record: Self = serde_json::from_str(record).map_err(|_| LedgerError::Record("record"))?;
        record.evidence = lines
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|_| LedgerError::Record("evidence")))
            .collect::<Result<Vec<StoredEvidence>, _>>()?;
        record.evidence.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.written_at.total_cmp(&b.written_at)));
        Ok(record)
    }
}

impl Ledger {
    /// Whether messages of `scope` may go to each of `identifiers`, asked in every spelling, in one round
    /// trip a thousand. For [`Scope::All`], whether anything at all may go.
    pub async fn check(
        &self,
        business: &str,
        scope: &Scope,
        identifiers: &[Identifier],
    ) -> Result<Vec<Verdict>, LedgerError> {
        const BATCH: usize = 1000;
        let keys = self.keys(business)?;
        let sets = keys.sets_for(scope);
        let mut verdicts = Vec::with_capacity(identifiers.len());
        for batch in identifiers.chunks(BATCH) {
            let spellings: Vec<Vec<String>> = batch
                .iter()
                .map(|identifier| identifier.spellings().iter().map(|one| one.as_str().to_owned()).collect())
                .collect();
            let commands = sets
                .iter()
                .map(|set| {
                    let mut command = redis::cmd("SMISMEMBER");
                    command.arg(*set).arg(spellings.concat());
                    command
                })
                .collect();
            let mut answers = Vec::new();
            for reply in self.work.pipeline(commands).await? {
                answers.push(read::<Vec<bool>>(refuse_error(reply)?, "membership")?.into_iter());
            }
            for forms in &spellings {
                let mut verdict = Verdict::Allowed;
                for (index, answer) in answers.iter_mut().enumerate() {
                    // Every answer is taken, so that the next identifier finds its own.
                    let member = answer.by_ref().take(forms.len()).filter(|one| *one).count() > 0;
                    if member && verdict == Verdict::Allowed {
                        verdict = if index == 0 { Verdict::RefusedAll } else { Verdict::RefusedTopic };
                    }
                }
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    }

    /// The scopes that somebody refuses, by any spelling of any of their identifiers.
    pub async fn refused_scopes(&self, business: &str, person: &Person) -> Result<Vec<String>, LedgerError> {
        let keys = self.keys(business)?;
        let members: Vec<String> = person
            .identifiers()
            .iter()
            .flat_map(Identifier::spellings)
            .map(|identifier| identifier.as_str().to_owned())
            .collect();
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let sets: Vec<(&str, &str)> =
            std::iter::once(("all", keys.suppressed())).chain(keys.topics()).collect();
        let commands = sets
            .iter()
            .map(|(_, set)| {
                let mut command = redis::cmd("SMISMEMBER");
                command.arg(*set).arg(&members);
                command
            })
            .collect();
        let mut refused = Vec::new();
        for ((scope, _), reply) in sets.iter().zip(self.work.pipeline(commands).await?) {
            if read::<Vec<bool>>(refuse_error(reply)?, "membership")?.contains(&true) {
                refused.push((*scope).to_owned());
            }
        }
        Ok(refused)
    }

    /// The records of somebody: one, or none, or several when the identifiers are not known to be one
    /// person's.
    pub async fn records(&self, business: &str, person: &Person) -> Result<Vec<Record>, LedgerError> {
        let keys = self.keys(business)?;
        let canonical = person
            .identifiers()
            .iter()
            .map(|identifier| identifier.canonical().as_str().to_owned())
            .collect();
        let call = self.scripts.look.call(vec![keys.people(), keys.evidence()], canonical);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        let found: Vec<(String, String)> =
            read(replies.pop().ok_or(LedgerError::Record("reply"))?, "record")?;
        found.iter().map(|(record, lines)| Record::read(record, lines)).collect()
    }
}
