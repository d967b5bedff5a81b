//! Decisions, counted from the audit stream: an entry is written there in the same script as the decision itself, so
//! that none is missed however the service ends, and taken from there once, with the cursor in the same script.

use serde::{Deserialize, Serialize};

use super::Cursor;
use crate::{
    ledger::{
        Ledger, LedgerError,
        connection::read,
        scripts,
        stream::{Entry, entries, time_of},
    },
    payload::Labels,
};

/// Beside the cursors: up to which entry of the audit nothing is missing but what an erasure took.
const WHOLE: &str = "audit:whole";

/// What came of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decisions {
    /// Entries that were looked at; 0 when there was none, or another replica took them.
    pub taken: usize,
    /// Opt-outs among them.
    pub opt_outs: u64,
    /// Opt-outs that became known only because a message failed with 131050.
    pub missed: u64,
}

/// What an audit entry holds beside its own fields.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    source: String,
    rule: String,
    language: String,
    message_id: String,
    quoted: String,
    reference: String,
    reason: String,
}

/// An entry as `count.lua` reads it; what is empty is left out.
#[derive(Serialize)]
struct Wire {
    act: String,
    scope: String,
    result: String,
    person: String,
    t: i64,
    t_text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    kind: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    rule: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    quoted: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    template: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    topic: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    campaign: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'static str>,
}

impl Wire {
    fn new((id, fields): &Entry) -> Self {
        let of = |wanted: &str| {
            let found = fields.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        // An entry of another form is counted by what can be read of it.
        let event: Event = serde_json::from_str(&of("event")).unwrap_or_default();
        let refused = event.source == "refused";
        let labels = match event.reference.as_str() {
            "" => Labels::default(),
            data if refused => Labels::read(data),
            reference => Labels::read_reference(reference),
        };
        let how = (!labels.is_empty()).then_some(if refused { "callback" } else { "button" });
        let time = of("time");
        let reason = if of("act") == "message" { of("reason") } else { event.reason };
        Self {
            act: of("act"),
            scope: of("scope"),
            result: of("result"),
            person: of("person"),
            t: time.parse().unwrap_or_else(|_| time_of(id)),
            t_text: time,
            kind: of("kind"),
            source: event.source,
            rule: event.rule,
            language: event.language,
            reason,
            // A refused message answers for itself.
            quoted: if refused { event.message_id } else { event.quoted },
            template: labels.template,
            topic: labels.topic,
            campaign: labels.campaign,
            how,
        }
    }
}

impl Ledger {
    /// Counts what was decided since it was last asked, at most a hundred entries.
    pub async fn count_decisions(&self, business: &str) -> Result<Decisions, LedgerError> {
        let key = self.keys(business)?.audit();
        let from = self.cursor(business, "audit").await?;
        let entries = self.stream_after(&key, &from).await?;
        let Some((last, _)) = entries.last() else { return Ok(Decisions::default()) };
        let gap = self.is_trimmed_beyond(business, &from).await?;
        if gap {
            tracing::warn!("the audit stream was trimmed before it was counted; raise ledger.audit_max");
        }
        let cursor = Cursor { stream: Some("audit"), from, to: last.clone(), gap };
        let wires: Vec<Wire> = entries.iter().map(Wire::new).collect();
        let items = wires
            .iter()
            .map(|wire| serde_json::to_string(wire).map_err(|_| LedgerError::Record("audit")))
            .collect::<Result<Vec<_>, _>>()?;
        let times = wires.iter().map(|wire| wire.t);
        let call = self.insight_call(&self.scripts.count, business, times, &cursor, 0, items)?;
        let mut replies = scripts::run(&self.work, &[call]).await?;
        let reply = replies.pop().ok_or(LedgerError::Record("reply"))?;
        let (word, opt_outs, missed): (String, u64, u64) = read(reply, "count")?;
        let taken = if word == "done" { entries.len() } else { 0 };
        Ok(Decisions { taken, opt_outs, missed })
    }

    /// Whether entries of the audit after `from` are gone without having been counted: the oldest that is left is newer, and it
    /// is not an erasure that took those before it (`forget.lua`).
    async fn is_trimmed_beyond(&self, business: &str, from: &str) -> Result<bool, LedgerError> {
        if from == super::BEGINNING {
            return Ok(false);
        }
        let mut command = redis::cmd("XRANGE");
        command.arg(self.keys(business)?.audit()).arg("-").arg("+").arg("COUNT").arg(1);
        let oldest = entries(self.work.command(command).await?)?;
        let Some((oldest, _)) = oldest.first().filter(|(id, _)| order(id) > order(from)) else {
            return Ok(false);
        };
        // Asked afterwards: an erasure in between has moved it on.
        Ok(order(oldest) > order(&self.cursor(business, WHOLE).await?))
    }
}

fn order(id: &str) -> (u64, u64) {
    let (time, number) = id.split_once('-').unwrap_or((id, "0"));
    (time.parse().unwrap_or(0), number.parse().unwrap_or(0))
}
