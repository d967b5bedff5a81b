//! `[ledger]`

use std::time::Duration;

use super::reader::Reader;

/// How much the ledger keeps, and how long. Suppressions never expire.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// How long a handled message id is remembered. At least the seven days for which Meta repeats a webhook.
    pub claim_ttl: Duration,
    /// Entries of the audit stream, per business.
    pub audit_max: u64,
    /// Entries of the stream of changes, per business.
    pub changes_max: u64,
    /// Unreadable items, per business.
    pub dead_letters_max: u64,
    /// Near-misses, per business; 0 keeps none.
    pub near_misses_max: u64,
    /// Finished confirmations, per business.
    pub outbox_finished_max: u64,
    /// How long the time of a lifted suppression is remembered.
    pub tombstone_ttl: Duration,
    /// Whether the person's words are kept as evidence.
    pub evidence_text: bool,
    /// Whether statuses teach which identifiers are one person's, as messages do.
    pub learn_from_statuses: bool,
}

impl LedgerSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            claim_ttl: reader.days("ledger.claim_ttl_days", 7..=365),
            audit_max: reader.number("ledger.audit_max", 1..=1_000_000_000),
            changes_max: reader.number("ledger.changes_max", 1..=1_000_000_000),
            dead_letters_max: reader.number("ledger.dead_letters_max", 1..=1_000_000),
            near_misses_max: reader.number("ledger.near_misses_max", 0..=1_000_000),
            outbox_finished_max: reader.number("ledger.outbox_finished_max", 1..=10_000_000),
            tombstone_ttl: reader.days("ledger.tombstone_ttl_days", 8..=3650),
            evidence_text: reader.flag("ledger.evidence_text"),
            learn_from_statuses: reader.flag("ledger.learn_from_statuses"),
        }
    }
}
