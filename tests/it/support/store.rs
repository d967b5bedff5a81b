//! A `redis-server` of the test's own, and a ledger on it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use baja::{
    identity::Person,
    ledger::{Channel, InsightRules, Keyspace, Ledger, Limits, Observer, Options, OutboxRules, Topology},
    startup::private_redis::PrivateRedis,
};
use redis::aio::MultiplexedConnection;

use super::disk;

/// A server in a temporary folder; both end with this value.
pub struct Store {
    pub server: PrivateRedis,
    _folder: tempfile::TempDir,
}

impl Store {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = PrivateRedis::start(folder.path(), None).await.unwrap();
        Self { server, _folder: folder }
    }

    /// One whose disk the test can fill.
    pub async fn on_a_disk_that_can_be_full() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (program, data) = (disk::redis_program(folder.path()), folder.path().join("redis"));
        let server = PrivateRedis::start_program(program, &data, None).await.unwrap();
        Self { server, _folder: folder }
    }

    /// A connection of the test's own, as a sender would have.
    pub async fn sender(&self) -> MultiplexedConnection {
        redis::Client::open(self.server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
    }

    pub async fn members(&self, key: &str) -> Vec<String> {
        let mut members: Vec<String> =
            redis::cmd("SMEMBERS").arg(key).query_async(&mut self.sender().await).await.unwrap();
        members.sort();
        members
    }

    pub fn ledger(&self) -> Ledger {
        ledger(&[&self.server.url()], options())
    }
}

pub fn ledger(urls: &[&str], options: Options) -> Ledger {
    Ledger::new(urls, options, Arc::new(Unobserved)).unwrap()
}

/// One business `acme` with the topics `marketing` and `offers`, and everything as it is shipped.
pub fn options() -> Options {
    let keys = Keyspace::new("baja", "acme", None, [("marketing", None), ("offers", None)]);
    Options {
        topology: Topology::Single,
        limits: Limits {
            connect: Duration::from_millis(500),
            response: Duration::from_millis(500),
            budget: Duration::from_millis(1500),
        },
        prefix: "baja".to_owned(),
        businesses: BTreeMap::from([("acme".to_owned(), keys)]),
        claim_ttl: Duration::from_secs(8 * 24 * 3600),
        audit_max: 1000,
        changes_max: 1000,
        dead_letters_max: 100,
        near_misses_max: 100,
        tombstone_ttl: Duration::from_secs(30 * 24 * 3600),
        cooldown: Duration::from_secs(24 * 3600),
        wait: (0, Duration::from_millis(300)),
        outbox: OutboxRules {
            lease: Duration::from_secs(30),
            unknown_after: Duration::from_secs(120),
            resend_unknown: true,
            max_attempts: 12,
            finished_max: 100,
        },
        insight: InsightRules::default(),
        relays: BTreeMap::new(),
    }
}

pub fn person(texts: &[&str]) -> Person {
    let mut person = Person::new();
    texts.iter().for_each(|text| person.add_text(text));
    person
}

struct Unobserved;

impl Observer for Unobserved {
    fn operation(&self, _: Channel, _: Duration, _: bool) {}
    fn connected(&self) {}
    fn disconnected(&self, _: &'static str) {}
}
