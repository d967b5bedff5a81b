//! What the audit tells of somebody.

use std::collections::HashSet;

use serde::Deserialize;

use super::{
    EntryId, Ledger, LedgerError,
    stream::{Entry, time_of},
};

/// An entry of the audit, without whose it is. What it does not say is empty.
#[derive(Clone, Default)]
pub struct AuditEntry {
    /// When it was written, unix milliseconds.
    pub written_at: i64,
    /// When what it tells of happened, unix milliseconds.
    pub at: i64,
    /// What was done: `stop`, `start`, `message`, `near-miss`, `outbox_retry`, `breach`, `forget` …; of an entry that was
    /// stripped by an erasure the act that it had.
    pub act: String,
    /// Whether an erasure has stripped it.
    pub erased: bool,
    /// On which scope.
    pub scope: String,
    /// What came of it.
    pub result: String,
    /// Why, in a word.
    pub reason: String,
    /// What kind of message or item it is about.
    pub kind: String,
    /// Where it came from.
    pub source: String,
    /// The rule that fired.
    pub rule: String,
    /// Which operator.
    pub by: String,
    /// That operator's note.
    pub note: String,
}

/// A part of the audit, of it what tells of one person.
#[derive(Clone, Default)]
pub struct Trail {
    /// Newest first.
    pub entries: Vec<AuditEntry>,
    /// How many entries of anybody were looked through.
    pub looked_through: usize,
    /// Where to go on; `None` at the beginning of what is kept.
    pub next: Option<EntryId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    source: String,
    rule: String,
    by: String,
    note: String,
}

impl Ledger {
    /// Looks through the newest `depth` entries of the audit, or those older than `before`, for what is about one of `names`.
    pub(super) async fn trail(
        &self,
        business: &str,
        names: &HashSet<String>,
        before: Option<&EntryId>,
        depth: usize,
    ) -> Result<Trail, LedgerError> {
        let page = self.newest_entries(&self.keys(business)?.audit(), before, 0, depth).await?;
        let looked_through = page.len();
        let next = page.last().filter(|_| looked_through == depth).and_then(|(id, _)| EntryId::parse(id));
        let is_theirs = |(_, fields): &Entry| {
            fields.iter().any(|(name, value)| name == "person" && names.contains(value))
        };
        let entries = page.into_iter().filter(is_theirs).map(AuditEntry::new).collect();
        Ok(Trail { entries, looked_through, next })
    }
}

impl AuditEntry {
    fn new((id, fields): Entry) -> Self {
        let written_at = time_of(&id);
        let mut entry = Self { written_at, at: written_at, ..Self::default() };
        let mut of = String::new();
        for (name, value) in fields {
            match name.as_str() {
                "act" => entry.act = value,
                "of" => of = value,
                "scope" => entry.scope = value,
                "result" => entry.result = value,
                "reason" => entry.reason = value,
                "kind" => entry.kind = value,
                "time" => entry.at = value.parse().unwrap_or(written_at),
                "event" => {
                    let event: Event = serde_json::from_str(&value).unwrap_or_default();
                    (entry.source, entry.rule) = (event.source, event.rule);
                    (entry.by, entry.note) = (event.by, event.note);
                }
                _ => {}
            }
        }
        if entry.act == "erased" {
            (entry.act, entry.erased) = (of, true);
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(fields: &[(&str, &str)]) -> AuditEntry {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AuditEntry::new(("1790000000000-3".to_owned(), fields))
    }

    #[test]
    fn an_entry_tells_what_it_was_before_it_was_erased_and_who_did_it() {
        let stop = entry(&[
            ("act", "erased"),
            ("of", "stop"),
            ("scope", "all"),
            ("time", "1780000000000"),
            ("event", r#"{"source":"operator","by":"desk","note":"by telephone"}"#),
        ]);
        assert_eq!((stop.act.as_str(), stop.erased, stop.at), ("stop", true, 1_780_000_000_000));
        assert_eq!(
            (stop.source.as_str(), stop.by.as_str(), stop.note.as_str()),
            ("operator", "desk", "by telephone")
        );
        let sent = entry(&[("act", "message"), ("event", "not JSON")]);
        assert_eq!((sent.at, sent.by.as_str(), sent.erased), (1_790_000_000_000, "", false));
    }
}
