//! All that is known of one person, found by any of their identifiers and without looking at anybody else's keys.

use std::collections::HashSet;

use super::{Breach, EntryId, JobId, Ledger, LedgerError, Record, StoredJob, StoredNearMiss, Trail};
use crate::identity::{Identifier, Person};

/// Near-misses that are told of, the newest.
const NEAR_MISSES: usize = 50;
/// Breaches that are looked through, the newest: they have no index by person.
const BREACHES: usize = 1000;
/// Audit entries that are looked through at a time, likewise.
const AUDIT: usize = 2000;

/// Who somebody is, and what they refuse. Personal data.
#[derive(Clone)]
pub struct Known {
    /// Everybody who was asked about, with all identifiers that are known to be theirs.
    pub person: Person,
    /// One, or none, or several when the identifiers are not known to be one person's.
    pub records: Vec<Record>,
    /// `all` and topics. The sets may know more than the records, from a list of before.
    pub refused: Vec<String>,
}

/// The same with everything that happened around them. Personal data.
#[derive(Clone)]
pub struct Dossier {
    /// Who, and what they refuse.
    pub known: Known,
    /// Their newest near-misses, newest first.
    pub near_misses: Vec<StoredNearMiss>,
    /// Messages that were sent to them against the list, of the newest thousand of anybody, newest first.
    pub breaches: Vec<Breach>,
    /// How many breaches of anybody were looked through for these.
    pub breaches_looked_through: usize,
    /// The last message that was queued for them, while it is kept.
    pub jobs: Vec<StoredJob>,
    /// What the newest part of the audit says of them.
    pub trail: Trail,
}

impl Known {
    /// Whether nothing names this person.
    pub fn is_nothing(&self) -> bool {
        self.records.is_empty() && self.refused.is_empty()
    }

    /// Every spelling of every identifier, as sets, jobs and audit entries may have it.
    pub fn names(&self) -> HashSet<String> {
        names_of(&self.person, &self.records)
    }
}

pub(super) fn names_of(person: &Person, records: &[Record]) -> HashSet<String> {
    let spellings = person.identifiers().iter().flat_map(Identifier::spellings);
    let spellings = spellings.map(|identifier| identifier.as_str().to_owned());
    spellings.chain(records.iter().flat_map(|record| record.members.iter().cloned())).collect()
}

impl Ledger {
    /// Who the owner of `identifiers` is, and what they refuse.
    pub async fn known(&self, business: &str, identifiers: &Person) -> Result<Known, LedgerError> {
        let (person, records) = self.everybody(business, identifiers).await?;
        let refused = self.refused_scopes(business, &person).await?;
        Ok(Known { person, records, refused })
    }

    /// The records behind `identifiers`, and these with all others that stand there.
    pub(super) async fn everybody(
        &self,
        business: &str,
        identifiers: &Person,
    ) -> Result<(Person, Vec<Record>), LedgerError> {
        let records = self.records(business, identifiers).await?;
        let more =
            records.iter().flat_map(|record| &record.canonical).filter_map(|one| Identifier::read(one));
        Ok((identifiers.identifiers().iter().cloned().chain(more).collect(), records))
    }

    /// All that is known of the owner of `identifiers`. Of the audit and of the breaches the newest entries are looked through, or
    /// those older than `before`; the trail says where to go on. A breach is in the audit as well, so that none is passed over.
    pub async fn dossier(
        &self,
        business: &str,
        identifiers: &Person,
        before: Option<&EntryId>,
    ) -> Result<Dossier, LedgerError> {
        let known = self.known(business, identifiers).await?;
        let names = known.names();
        let last_jobs = known.records.iter().filter_map(|record| JobId::parse(record.last_job.as_deref()?));
        let last_jobs: Vec<JobId> = last_jobs.collect();
        let (near_misses, mut breaches, jobs, trail) = tokio::try_join!(
            self.near_misses_of(business, &known.person, NEAR_MISSES),
            self.breaches(business, 0, before, BREACHES),
            self.jobs_by_id(business, &last_jobs),
            self.trail(business, &names, before, AUDIT),
        )?;
        let breaches_looked_through = breaches.len();
        breaches.retain(|breach| names.contains(&breach.identifier));
        Ok(Dossier { known, near_misses, breaches, breaches_looked_through, jobs, trail })
    }
}
