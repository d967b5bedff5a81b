//! What an operator decides, from the command line, the API or a page.

use serde::Serialize;

use super::{Act, Change, Evidence, Ledger, LedgerError, Outcome, Verdict};
use crate::{
    clock::unix_millis,
    identity::{Identifier, Person},
    intent::{Scope, Topic},
};

/// Numbers written at once. Each is one change of a script, so that nobody is ever half done.
const BATCH: usize = 100;
/// What is kept of a note, characters.
pub const NOTE_CHARS: usize = 256;

/// Who decides, and why.
#[derive(Debug, Clone, Copy, Default)]
pub struct Operator<'a> {
    /// The name of the token; empty for the command line.
    pub by: &'a str,
    /// Why; kept as evidence up to [`NOTE_CHARS`].
    pub note: &'a str,
}

impl Operator<'_> {
    /// What an audit entry says of who did it, as JSON.
    pub(super) fn event(&self) -> Result<String, LedgerError> {
        #[derive(Serialize)]
        struct Event<'a> {
            source: &'static str,
            #[serde(skip_serializing_if = "str::is_empty")]
            by: &'a str,
            #[serde(skip_serializing_if = "String::is_empty")]
            note: String,
        }
        let event = Event { source: "operator", by: self.by, note: self.kept_note() };
        serde_json::to_string(&event).map_err(|_| LedgerError::Record("operator"))
    }

    /// What is kept of the note.
    pub(super) fn kept_note(&self) -> String {
        self.note.trim().chars().take(NOTE_CHARS).collect()
    }
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// On the list.
    Suppress,
    /// Off it.
    Resume,
}

/// What came of a decision about one identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// What the list did.
    pub outcome: Outcome,
    /// What it answers now.
    pub verdict: Verdict,
}

impl Decided {
    /// Whether messages of the scope may go now.
    pub fn allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }

    /// `suppressed` or `resumed` when the list changed, `already` when it said so before, `refused` when it does not
    /// say what was wanted, as where another scope still forbids what was resumed.
    pub fn word(&self, way: Way) -> &'static str {
        match (way, self.outcome) {
            _ if self.allowed() != (way == Way::Resume) => "refused",
            (Way::Suppress, Outcome::Applied) => "suppressed",
            (Way::Resume, Outcome::Applied) => "resumed",
            _ => "already",
        }
    }
}

impl Ledger {
    /// Puts each of `identifiers` on the list, or takes it off. It outlasts what is known, whatever its time. In order;
    /// after an error some may be written, and all may be written again.
    pub async fn decide(
        &self,
        business: &str,
        way: Way,
        scope: &Scope,
        operator: Operator<'_>,
        identifiers: &[Identifier],
    ) -> Result<Vec<Decided>, LedgerError> {
        let mut decided = Vec::with_capacity(identifiers.len());
        for batch in identifiers.chunks(BATCH) {
            let outcomes = match way {
                Way::Suppress => self.suppress(business, scope, operator, batch).await?,
                Way::Resume => {
                    let act = Act::ForceStart(scope.clone());
                    self.write(business, &act, operator, batch, unix_millis()).await?
                }
            };
            let verdicts = self.check(business, scope, batch).await?;
            let both = outcomes.into_iter().zip(verdicts);
            decided.extend(both.map(|(outcome, verdict)| Decided { outcome, verdict }));
        }
        Ok(decided)
    }

    async fn suppress(
        &self,
        business: &str,
        scope: &Scope,
        operator: Operator<'_>,
        batch: &[Identifier],
    ) -> Result<Vec<Outcome>, LedgerError> {
        let act = Act::Stop(scope.clone());
        let mut outcomes = self.write(business, &act, operator, batch, unix_millis()).await?;
        // What is known may be from a clock ahead of ours. An operator's word outlasts it: at equal times the
        // stop wins.
        for (identifier, outcome) in batch.iter().zip(&mut outcomes) {
            if *outcome == Outcome::Older {
                let person: Person = [identifier.clone()].into_iter().collect();
                let records = self.records(business, &person).await?;
                let starts =
                    records.iter().flat_map(|record| record.registers.values()).filter_map(|one| one.start);
                let at = starts.fold(unix_millis(), |newest, start| newest.max(start as i64));
                let again =
                    self.write(business, &act, operator, std::slice::from_ref(identifier), at).await?;
                *outcome = again.first().copied().unwrap_or(*outcome);
            }
        }
        Ok(outcomes)
    }

    async fn write(
        &self,
        business: &str,
        act: &Act,
        operator: Operator<'_>,
        batch: &[Identifier],
        at: i64,
    ) -> Result<Vec<Outcome>, LedgerError> {
        let note = operator.kept_note();
        let changes: Vec<(&str, Change)> = batch
            .iter()
            .map(|identifier| {
                let by = operator.by.to_owned();
                let evidence = Evidence { source: "operator", note: note.clone(), by, ..Evidence::default() };
                let person = [identifier.clone()].into_iter().collect();
                let change = Change { person, act: act.clone(), at, claim: None, evidence, message: None };
                (business, change)
            })
            .collect();
        Ok(self.apply(&changes).await?.into_iter().map(|one| one.outcome).collect())
    }

    /// For each of `identifiers` the topics that it refuses by themselves.
    pub async fn refused_topics(
        &self,
        business: &str,
        identifiers: &[Identifier],
    ) -> Result<Vec<Vec<String>>, LedgerError> {
        let mut refused = vec![Vec::new(); identifiers.len()];
        for (topic, _) in self.keys(business)?.topics() {
            let scope = Topic::parse(topic).map(Scope::Topic).map_err(|_| LedgerError::Record("topic"))?;
            let verdicts = self.check(business, &scope, identifiers).await?;
            for (topics, verdict) in refused.iter_mut().zip(verdicts) {
                if verdict == Verdict::RefusedTopic {
                    topics.push(topic.to_owned());
                }
            }
        }
        Ok(refused)
    }
}
