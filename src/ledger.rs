//! The list in Redis: the only part that speaks to the store.
//!
//! Every change of the list is made by one Lua script (`lua/*.lua`), atomic, idempotent by the event's claim
//! and ordered by the event's time, because an error does not mean that nothing was written. The changes of
//! one body share a call, which reads once, decides in memory, and writes once. Reads and the
//! outbox use a connection beside those of webhooks, so that a slow question never delays an opt-out.
//!
//! The keys, and which of them senders may rely on, are in [`Keyspace`]; what a person's record holds is in
//! `lua/prelude.lua`.

mod append_file;
mod arguments;
mod change;
mod connection;
mod connections;
mod dead_letters;
mod dossier;
mod durability;
mod error;
mod forget;
mod insight;
mod inspect;
mod keys;
mod members;
mod near_misses;
mod operator;
mod outbox;
mod relay;
mod scripts;
mod sessions;
mod source;
mod stream;
mod survey;
mod tenants;
mod trail;
mod walk;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

pub use append_file::AppendFile;
pub use change::{Act, Applied, Change, Evidence, Message, Outcome, Reply};
pub use connection::{Channel, Limits, Observer};
pub use dead_letters::DeadLetter;
pub use dossier::{Dossier, Known};
pub use durability::{Durability, Weakness};
pub use error::LedgerError;
pub use forget::Forgotten;
pub use insight::{
    BadDay, Breach, Day, DayCounts, Decisions, Dimension, Figure, Hours, InsightRules, MessageClass, News,
    Noted, Seen, SeenKind, Standing, TemplateRecord, Wanted,
};
pub use inspect::{Attribution, Record, Register, StoredEvidence, Verdict};
pub use keys::Keyspace;
pub use members::Members;
pub use near_misses::{
    Approval, NearMiss, NearMissAnswer, NearMissEnd, NearMissId, Rejection, StoredNearMiss,
};
pub use operator::{Decided, NOTE_CHARS, Operator, Way};
pub use outbox::{
    Depth, Job, JobId, JobKind, JobsPage, Lease, Revival, Revived, Settled, Settlement, Shelf, StoredJob,
};
pub use relay::{
    DeadErrand, Errand, ErrandEnd, LANES, Passage, RelayDepth, RelayKeys, RelayRevival, RelayRules,
};
pub use source::Topology;
pub use stream::EntryId;
pub use survey::Survey;
pub use trail::{AuditEntry, Trail};

use arguments::Arguments;
use connection::{Supervisor, read};
use connections::Connections;
use scripts::{Script, Scripts, Wait};
use tenants::Tenants;

use futures_util::future::try_join_all;

use crate::{identity::Person, live::Live};
use source::Source;

/// How many changes one call of the script takes: Redis does nothing else meanwhile.
const CALL: usize = 100;

/// Everything that the ledger is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// How the servers are arranged.
    pub topology: Topology,
    /// How long things may take.
    pub limits: Limits,
    /// What every key begins with.
    pub prefix: String,
    /// The keys of each business, by its slug; [`Ledger::set_businesses`] replaces them.
    pub businesses: BTreeMap<String, Keyspace>,
    /// How long an event is remembered by its id.
    pub claim_ttl: Duration,
    /// How many entries the audit stream keeps.
    pub audit_max: u64,
    /// How many entries the changes stream keeps.
    pub changes_max: u64,
    /// How many dead letters are kept.
    pub dead_letters_max: u64,
    /// How many near-misses are kept; 0 keeps none.
    pub near_misses_max: u64,
    /// How long a record without a stop is kept.
    pub tombstone_ttl: Duration,
    /// How long after a message no second one of its kind goes to the same person.
    pub cooldown: Duration,
    /// How many replicas must confirm a write, and how long they have; 0 asks none.
    pub wait: (u32, Duration),
    /// The outbox's rules.
    pub outbox: OutboxRules,
    /// How much is kept of sends and counts.
    pub insight: InsightRules,
    /// The queues of the relay, by the name of their target.
    pub relays: BTreeMap<String, RelayRules>,
}

/// How the outbox treats its jobs.
#[derive(Debug, Clone)]
pub struct OutboxRules {
    /// How long a worker holds a job.
    pub lease: Duration,
    /// How long a doubtful job waits for its status webhook.
    pub unknown_after: Duration,
    /// Whether it is then sent once more, or dropped.
    pub resend_unknown: bool,
    /// Leases before a job is given up.
    pub max_attempts: u32,
    /// How many finished jobs are kept to be looked at.
    pub finished_max: u64,
}

/// The list.
pub struct Ledger {
    options: Options,
    tenants: Live<Tenants>,
    scripts: Scripts,
    webhook: Connections,
    work: Supervisor,
}

impl Ledger {
    /// A ledger on these addresses. Connects when it is first used.
    pub fn new(urls: &[&str], options: Options, observer: Arc<dyn Observer>) -> Result<Self, LedgerError> {
        let scripts = Scripts::new();
        let sources: Arc<[String]> = scripts.sources().into();
        let supervisor = |channel| {
            let source = Source::new(urls, &options.topology, options.limits)?;
            let (limits, observer, sources) = (options.limits, Arc::clone(&observer), Arc::clone(&sources));
            Ok::<_, LedgerError>(Supervisor::new(source, limits, channel, observer, sources))
        };
        let webhook = Connections::new(|| supervisor(Channel::Webhook))?;
        let work = supervisor(Channel::Background)?;
        let tenants = Live::new(Tenants::new(options.businesses.clone()));
        Ok(Self { webhook, work, scripts, tenants, options })
    }

    /// The slugs of the businesses, as they are now.
    pub fn businesses(&self) -> Vec<String> {
        self.tenants.get().slugs()
    }

    /// The keys of a business, as they are now.
    pub fn keys(&self, business: &str) -> Result<Arc<Keyspace>, LedgerError> {
        self.tenants.get().keys(business).ok_or_else(|| LedgerError::NoBusiness(business.to_owned()))
    }

    /// Replaces the businesses. Calls under way keep the keys that they began with, and what was begun for a business
    /// that is gone can still be written.
    pub fn set_businesses(&self, businesses: BTreeMap<String, Keyspace>) {
        self.tenants.set(self.tenants.get().followed_by(businesses));
    }

    /// Writes changes, each with its business, in one round trip (on a cluster: one for each business).
    /// `Ok` means that every one of them is in Redis; after an error any of them may be, and all may be
    /// written again. Those of one business are applied in their order.
    pub async fn apply(&self, batch: &[(&str, Change)]) -> Result<Vec<Applied>, LedgerError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let mut applied: Vec<Option<Applied>> = vec![None; batch.len()];
        for groups in self.by_round_trip(batch) {
            let mut calls = groups
                .iter()
                .map(|(business, group)| {
                    let changes = group.iter().filter_map(|&index| Some(&batch.get(index)?.1));
                    self.apply_call(&self.scripts.apply, business, changes)
                })
                .collect::<Result<Vec<_>, _>>()?;
            if let (Some(_), Some((business, _))) = (self.wait(), groups.first()) {
                calls.push(self.scripts.barrier.call(vec![self.keys(business)?.barrier()], Vec::new()));
            }
            let replies = scripts::run_and_wait(self.webhook.next(), &calls, self.wait()).await?;
            for ((_, group), reply) in groups.into_iter().zip(replies) {
                for (index, answer) in group.into_iter().zip(answers(reply)?) {
                    if let Some(slot) = applied.get_mut(index) {
                        *slot = Some(answer);
                    }
                }
            }
        }
        applied.into_iter().collect::<Option<Vec<_>>>().ok_or(LedgerError::Record("outcome"))
    }

    /// Ties the identifiers of each of these people, off the path of any opt-out. Whoever refused something
    /// under one identifier is then listed under all; returns how many members that added.
    pub async fn learn(&self, business: &str, people: &[(Person, i64)]) -> Result<u64, LedgerError> {
        let link = |(person, at): &(Person, i64)| Change {
            person: person.clone(),
            act: Act::Link,
            at: *at,
            claim: None,
            evidence: Evidence { source: "link", ..Evidence::default() },
            message: None,
        };
        let mut added = 0;
        for people in people.chunks(CALL) {
            let changes: Vec<Change> = people.iter().map(link).collect();
            let call = self.apply_call(&self.scripts.learn, business, changes.iter())?;
            for reply in scripts::run(&self.work, &[call]).await? {
                added += answers(reply)?.iter().map(|answer| answer.stops).sum::<u64>();
            }
        }
        Ok(added)
    }

    /// Says that a verified webhook was handled, for senders that look at the heartbeat.
    pub async fn beat(&self, business: &str) -> Result<(), LedgerError> {
        let call = self.scripts.heartbeat.call(vec![self.keys(business)?.heartbeat()], Vec::new());
        scripts::run(&self.work, &[call]).await.map(drop)
    }

    /// Clears away at most `at_most` old records that hold no stop. Returns how many went.
    pub async fn sweep(&self, business: &str, at_most: usize) -> Result<u64, LedgerError> {
        let keys = self.keys(business)?;
        let args = vec![self.options.tombstone_ttl.as_millis().to_string(), at_most.to_string()];
        let call = self.scripts.janitor.call(vec![keys.people(), keys.evidence(), keys.tombstones()], args);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        read(replies.pop().ok_or(LedgerError::Record("reply"))?, "janitor")
    }

    /// Whether Redis answers on every connection, and knows the scripts afterwards.
    pub async fn ping(&self) -> Result<(), LedgerError> {
        let Some(business) = self.businesses().into_iter().next() else { return Ok(()) };
        let keys = self.keys(&business)?;
        // At once: where nothing answers, each is waited for.
        let asked = self.webhook.all().chain([&self.work]).map(|redis| {
            let call = self.scripts.look.call(vec![keys.people(), keys.evidence()], Vec::new());
            async move { scripts::run(redis, &[call]).await.map(drop) }
        });
        try_join_all(asked).await.map(drop)
    }

    fn apply_call<'s, 'c>(
        &self,
        script: &'s Script,
        business: &str,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<scripts::Call<'s>, LedgerError> {
        let Arguments { keys, args } = Arguments::new(&*self.keys(business)?, &self.options, changes)?;
        Ok(script.call(keys, args))
    }

    /// The indices of a batch by business, at most [`CALL`] to a call, the calls grouped so that each group may
    /// be one pipeline.
    fn by_round_trip<'b>(&self, batch: &[(&'b str, Change)]) -> Vec<Vec<(&'b str, Vec<usize>)>> {
        let mut businesses: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, (business, _)) in batch.iter().enumerate() {
            businesses.entry(business).or_default().push(index);
        }
        let trips = businesses.into_iter().map(|(business, indices)| {
            indices.chunks(CALL).map(|chunk| (business, chunk.to_vec())).collect::<Vec<_>>()
        });
        if self.options.topology == Topology::Cluster {
            trips.collect()
        } else {
            vec![trips.flatten().collect()]
        }
    }

    fn wait(&self) -> Option<Wait> {
        let (replicas, timeout) = self.options.wait;
        (replicas > 0).then_some(Wait { replicas, timeout })
    }
}

/// What `apply.lua` says of each change of a call.
fn answers(reply: redis::Value) -> Result<Vec<Applied>, LedgerError> {
    let answers: Vec<String> = read(reply, "outcome")?;
    let answers = answers.iter().map(|answer| Applied::read(answer));
    answers.collect::<Option<_>>().ok_or(LedgerError::Record("outcome"))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
