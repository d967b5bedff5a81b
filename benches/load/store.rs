//! Redis, and the ledger on it without HTTP in front.

use std::{
    cell::Cell,
    collections::BTreeMap,
    ops::Deref,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use baja::{
    config::Settings,
    identity::Person,
    intent::Scope,
    ledger::{Act, Change, Evidence, Ledger},
    metrics::Metrics,
    startup::{Store, private_redis::PrivateRedis},
};
use tokio::task::LocalSet;

pub struct Redis {
    server: PrivateRedis,
    _folder: tempfile::TempDir,
}

impl Deref for Redis {
    type Target = PrivateRedis;

    fn deref(&self) -> &PrivateRedis {
        &self.server
    }
}

pub async fn start() -> Redis {
    let folder = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start(folder.path(), None).await.unwrap();
    Redis { server, _folder: folder }
}

/// Calls the script that a typed opt-out calls, with as many in flight; calls a second.
pub async fn apply_directly(url: &str, round: usize, in_flight: usize, time: Duration) -> f64 {
    let env = BTreeMap::from([("BAJA_REDIS_URL", url)]);
    let env = env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = Settings::load(None, env).unwrap();
    let store = Store::open(&settings, &Arc::new(Metrics::new())).await.unwrap();
    let done = Rc::new(Cell::new(0usize));
    let started = Instant::now();
    let local = LocalSet::new();
    for _ in 0..in_flight {
        let (ledger, done): (Arc<Ledger>, _) = (Arc::clone(&store.ledger), Rc::clone(&done));
        local.spawn_local(async move {
            while started.elapsed() < time {
                let number = done.replace(done.get() + 1) + round * 1_000_000 + 50_000_000;
                ledger.apply(&[("default", stop(number))]).await.unwrap();
            }
        });
    }
    local.await;
    done.get() as f64 / started.elapsed().as_secs_f64()
}

fn stop(number: usize) -> Change {
    let mut person = Person::new();
    person.add_text(&format!("54911{number:08}"));
    person.add_text(&format!("AR.2041776883{number:010}"));
    let message_id = format!("wamid.DIRECT{number:012}");
    Change {
        person,
        act: Act::Stop(Scope::All),
        at: 1_795_430_400_000,
        claim: Some(format!("770099887766554:{message_id}")),
        evidence: Evidence {
            source: "text",
            rule: "es/keyword/baja".to_owned(),
            rules_version: "0.1.0".to_owned(),
            language: "es".to_owned(),
            message_id,
            phone_number_id: "770099887766554".to_owned(),
            text: "BAJA".to_owned(),
            ..Evidence::default()
        },
        message: None,
    }
}
