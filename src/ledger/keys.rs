//! Every key that the service writes, for one business.
//!
//! The contract with senders (`docs/senders.md`) is [`Keyspace::suppressed`], [`Keyspace::topic`],
//! [`Keyspace::heartbeat`] and [`Keyspace::changes`]; everything else is private. All keys of one business
//! carry the same hash tag, so that its scripts run in one slot of a Redis Cluster.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{config::hash_tag, intent::Scope};

/// HASH of the records of people, by the canonical spelling of one of their identifiers, and of links to them
/// by the others.
const PEOPLE: &str = "people";
/// HASH of what was said and done, by the field of [`PEOPLE`].
const EVIDENCE: &str = "evidence";
/// ZSET of fields of [`PEOPLE`] that hold no stop, by the time of their last write.
const TOMBSTONES: &str = "tombstones";
/// STRING per event that was handled, by a digest of its id, which would say whose it is; expires.
const CLAIM: &str = "claim:";
/// How many hexadecimal digits of the digest name a claim: 128 bits.
const CLAIM_DIGITS: usize = 32;
/// STRING without meaning, written before each wait for replicas: `lua/barrier.lua`.
const BARRIER: &str = "barrier";
/// STREAM of changes for senders that keep a copy.
const CHANGES: &str = "changes";
/// STREAM of everything that was decided.
const AUDIT: &str = "audit";
/// ZSET of outbox jobs by the time at which they are looked at next.
const OUTBOX_DUE: &str = "outbox:due";
/// HASH of outbox jobs.
const OUTBOX_JOBS: &str = "outbox:jobs";
/// ZSET of finished outbox jobs by the time of their end.
const OUTBOX_FINISHED: &str = "outbox:finished";
/// STREAM of items that could not be read.
const DEAD_LETTERS: &str = "dead";
/// STREAM of messages that senders tell of: public, see `docs/senders.md`.
const SENDS: &str = "sends";
/// HASH a day of sent messages by digest: `lua/insight/known.lua`. With `:words`, the HASH of their labels; with
/// `:last`, the HASH of the last template of each person; with `:marketing`, the HASH of when marketing was last
/// delivered to each.
const SENDS_OF: &str = "sends:";
/// HASH a day of counts: `lua/insight/tally.lua`.
const COUNTS_OF: &str = "counts:";
/// STREAM of messages that were sent against the list.
const BREACHES: &str = "breaches";
/// STREAM of what Meta tells of templates, numbers and the account; with `:seen`, the ZSET of digests of it.
const NEWS: &str = "news";
/// ZSET of alerts, by when each may be told again: `lua/alerts.lua`.
const ALERTS: &str = "alerts";
/// HASH of templates by id: `lua/news.lua`.
const TEMPLATES: &str = "templates";
/// HASH of the newest of each kind of news of an account or number.
const ACCOUNTS: &str = "accounts";
/// ZSET of sends that look like breaches and wait for their `sent` status.
const OPEN: &str = "sends:open";
/// HASH of opt-outs that answer a message of which nothing is known yet; with `:order`, the ZSET of their time.
const WAITING: &str = "sends:waiting";
/// HASH of the last entry that was taken, by stream.
const CURSORS: &str = "cursors";
/// HASH of near-misses by their id.
const NEAR_MISSES: &str = "near";
/// ZSET of the ids of near-misses, in the order of their writing.
const NEAR_MISSES_ORDER: &str = "near:order";
/// ZSET of `<canonical spelling> <id>`, all of one score: whose near-misses these are.
const NEAR_MISSES_PEOPLE: &str = "near:people";
/// STRING, unix milliseconds of the last verified webhook.
const HEARTBEAT: &str = "heartbeat";
/// SET of identifiers that refused everything; a topic's set adds `:<topic>`.
const SUPPRESSED: &str = "suppressed";

/// STRING without meaning, for each session of the operators' page that was ended before its time; expires. Of no business: `:`
/// is in no business's name.
const ENDED_SESSIONS: &str = "{page:sessions}:ended:";

/// The key of a session of the operators' page that was ended, under `prefix`.
pub(super) fn ended_session(prefix: &str, id: &str) -> String {
    format!("{prefix}:{ENDED_SESSIONS}{id}")
}

/// The keys of one business.
#[derive(Debug, Clone)]
pub struct Keyspace {
    private: String,
    suppressed: String,
    topics: BTreeMap<String, String>,
}

impl Keyspace {
    /// The keys for business `slug` under `prefix`. `suppressed_key` names an existing set of everybody;
    /// its own hash tag, or the whole key when it has none, then becomes the tag of all private keys.
    /// `topics` maps each topic to an existing set, or to `None` for our own.
    pub fn new<'a>(
        prefix: &str,
        slug: &str,
        suppressed_key: Option<&str>,
        topics: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Self {
        let tag = suppressed_key.map_or(slug, hash_tag);
        let private = format!("{prefix}:{{{tag}}}:");
        let suppressed = suppressed_key.map_or_else(|| format!("{private}{SUPPRESSED}"), str::to_owned);
        let topics = topics
            .into_iter()
            .map(|(topic, key)| {
                let own = || format!("{private}{SUPPRESSED}:{topic}");
                (topic.to_owned(), key.map_or_else(own, str::to_owned))
            })
            .collect();
        Self { private, suppressed, topics }
    }

    /// SET of who refused everything.
    pub fn suppressed(&self) -> &str {
        &self.suppressed
    }

    /// SET of who refused a topic; `None` for a topic that the business does not have.
    pub fn topic(&self, topic: &str) -> Option<&str> {
        self.topics.get(topic).map(String::as_str)
    }

    /// The topics with their sets, in the order of their names.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &str)> {
        self.topics.iter().map(|(topic, key)| (topic.as_str(), key.as_str()))
    }

    /// The sets that a sender of messages of `scope` asks: everybody's, and the topic's.
    pub fn sets_for(&self, scope: &Scope) -> Vec<&str> {
        let topic = match scope {
            Scope::All => None,
            Scope::Topic(topic) => self.topic(topic.as_str()),
        };
        [Some(self.suppressed()), topic].into_iter().flatten().collect()
    }

    /// STRING, unix milliseconds of the last verified webhook.
    pub fn heartbeat(&self) -> String {
        self.own(HEARTBEAT)
    }

    /// STREAM of changes for senders.
    pub fn changes(&self) -> String {
        self.own(CHANGES)
    }

    /// STREAM of everything that was decided.
    pub fn audit(&self) -> String {
        self.own(AUDIT)
    }

    /// STREAM of items that could not be read.
    pub fn dead_letters(&self) -> String {
        self.own(DEAD_LETTERS)
    }

    /// STREAM of messages that senders tell of.
    pub fn sends(&self) -> String {
        self.own(SENDS)
    }

    /// STREAM of messages that were sent against the list.
    pub fn breaches(&self) -> String {
        self.own(BREACHES)
    }

    /// The news, and what of it was seen.
    pub(super) fn news(&self) -> [String; 2] {
        [self.own(NEWS), format!("{}{NEWS}:seen", self.private)]
    }

    pub(super) fn alerts(&self) -> String {
        self.own(ALERTS)
    }

    pub(super) fn templates(&self) -> String {
        self.own(TEMPLATES)
    }

    pub(super) fn accounts(&self) -> String {
        self.own(ACCOUNTS)
    }

    pub(super) fn cursors(&self) -> String {
        self.own(CURSORS)
    }

    pub(super) fn open(&self) -> String {
        self.own(OPEN)
    }

    /// The waiting opt-outs, and their order.
    pub(super) fn waiting(&self) -> [String; 2] {
        [self.own(WAITING), format!("{}{WAITING}:order", self.private)]
    }

    /// The counts of a day, which is a number of days since 1970.
    pub(super) fn counts_of(&self, day: i64) -> String {
        format!("{}{COUNTS_OF}{day}", self.private)
    }

    /// What is known of the sends of a day: the messages, their words, the last template of each person, and when
    /// marketing was last delivered to each.
    pub(super) fn sends_of(&self, day: i64) -> [String; 4] {
        ["", ":words", ":last", ":marketing"].map(|part| format!("{}{SENDS_OF}{day}{part}", self.private))
    }

    /// HASH of when marketing was last delivered to each person on a day.
    pub(super) fn marketing_of(&self, day: i64) -> String {
        let [.., marketing] = self.sends_of(day);
        marketing
    }

    pub(super) fn people(&self) -> String {
        self.own(PEOPLE)
    }

    pub(super) fn evidence(&self) -> String {
        self.own(EVIDENCE)
    }

    pub(super) fn tombstones(&self) -> String {
        self.own(TOMBSTONES)
    }

    pub(super) fn claim(&self, event: &str) -> String {
        format!("{}{CLAIM}{}", self.private, digits_of(event, CLAIM_DIGITS))
    }

    pub(super) fn barrier(&self) -> String {
        self.own(BARRIER)
    }

    pub(super) fn outbox_due(&self) -> String {
        self.own(OUTBOX_DUE)
    }

    pub(super) fn outbox_jobs(&self) -> String {
        self.own(OUTBOX_JOBS)
    }

    pub(super) fn outbox_finished(&self) -> String {
        self.own(OUTBOX_FINISHED)
    }

    pub(super) fn near_misses(&self) -> String {
        self.own(NEAR_MISSES)
    }

    pub(super) fn near_misses_order(&self) -> String {
        self.own(NEAR_MISSES_ORDER)
    }

    pub(super) fn near_misses_people(&self) -> String {
        self.own(NEAR_MISSES_PEOPLE)
    }

    fn own(&self, name: &str) -> String {
        format!("{}{name}", self.private)
    }
}

/// The first hexadecimal digits of a text's SHA-256: a name for it that says nothing of what is in it.
pub(super) fn digits_of(text: &str, digits: usize) -> String {
    hex::encode(Sha256::digest(text.as_bytes())).chars().take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_with_senders_has_these_names() {
        let keys = Keyspace::new("baja", "acme", None, [("marketing", None)]);
        assert_eq!(keys.suppressed(), "baja:{acme}:suppressed");
        assert_eq!(keys.topic("marketing"), Some("baja:{acme}:suppressed:marketing"));
        assert_eq!(keys.heartbeat(), "baja:{acme}:heartbeat");
        assert_eq!(keys.changes(), "baja:{acme}:changes");
    }

    #[test]
    fn an_existing_key_lends_its_tag_or_itself() {
        let plain =
            Keyspace::new("baja", "acme", Some("wa:optout"), [("marketing", Some("{wa:optout}:promo"))]);
        assert_eq!(plain.suppressed(), "wa:optout");
        assert_eq!(plain.topic("marketing"), Some("{wa:optout}:promo"));
        assert_eq!(plain.audit(), "baja:{wa:optout}:audit");
        let tagged = Keyspace::new("baja", "acme", Some("app:{shop}:out"), []);
        assert_eq!(tagged.audit(), "baja:{shop}:audit");
    }
}
