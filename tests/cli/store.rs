//! A `redis-server` of the test's own, and the list of business `default` on it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use baja::{
    config::Settings,
    ledger::{Act, Change, Channel, Evidence, Keyspace, Ledger, Limits, Message, Observer},
    startup::{ledger_options, private_redis::PrivateRedis},
};

use crate::binary::{Baja, Said};

pub struct Store {
    pub server: PrivateRedis,
    pub folder: tempfile::TempDir,
}

impl Store {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = PrivateRedis::start(folder.path(), None).await.unwrap();
        Self { server, folder }
    }

    /// A command on this list.
    pub fn baja(&self, arguments: &[&str]) -> Baja {
        Baja::new(arguments).env("BAJA_REDIS_URL", self.server.url())
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.baja(arguments).run()
    }

    /// The list as the service has it.
    pub fn ledger(&self) -> Ledger {
        let settings = Settings::load(None, std::iter::empty()).unwrap();
        self.ledger_within(ledger_options(&settings).limits)
    }

    /// The same, for one who has much to write on a busy machine.
    pub fn patient_ledger(&self) -> Ledger {
        self.ledger_within(Limits {
            connect: Duration::from_secs(10),
            response: Duration::from_secs(30),
            budget: Duration::from_secs(60),
        })
    }

    fn ledger_within(&self, limits: Limits) -> Ledger {
        let settings = Settings::load(None, std::iter::empty()).unwrap();
        let keys = Keyspace::new("baja", "default", None, [("marketing", None)]);
        let mut options = ledger_options(&settings);
        options.limits = limits;
        options.businesses = BTreeMap::from([("default".to_owned(), keys)]);
        Ledger::new(&[&self.server.url()], options, Arc::new(Unobserved)).unwrap()
    }

    /// Writes an event as the service does.
    pub async fn event(&self, who: &[&str], act: Act, at: i64, evidence: Evidence, message: Option<Message>) {
        let mut person = baja::identity::Person::new();
        who.iter().for_each(|one| person.add_text(one));
        let change = Change { person, act, at, claim: None, evidence, message };
        self.ledger().apply(&[("default", change)]).await.unwrap();
    }
}

pub struct Unobserved;

impl Observer for Unobserved {
    fn operation(&self, _: Channel, _: Duration, _: bool) {}
    fn connected(&self) {}
    fn disconnected(&self, _: &'static str) {}
}
