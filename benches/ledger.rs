//! What an opt-out costs Redis: processor time, memory and waiting, through the ledger and without HTTP.
//!
//! Processor time is the server's own, so that other work on the machine blurs it less than a rate. Memory is
//! what the server says of each key once everybody is on the list: `PEOPLE=1000000 cargo bench --bench ledger`.
//! `BENCH_REDIS_URL` names another server, which must be empty: for example one that runs under callgrind.

#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that fails should panic, with its line"
)]

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use baja::{
    config::Settings,
    identity::Person,
    intent::Scope,
    ledger::{Act, Change, Evidence, JobKind, Ledger, Message},
    metrics::Metrics,
    startup::{Store, private_redis::PrivateRedis},
};
use redis::aio::MultiplexedConnection;

const ROUNDS: usize = 5;
const CALLS: usize = 300;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _server) = match std::env::var("BENCH_REDIS_URL") {
        Ok(url) => (url, None),
        Err(_) => {
            let server = PrivateRedis::start(folder.path(), None).await.unwrap();
            (server.url(), Some(server))
        }
    };
    let store = open(&url).await;
    let client = redis::Client::open(url).unwrap();
    // Emptying and sizing a full server takes as long as it takes.
    let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
    let mut redis = client.get_multiplexed_async_connection_with_config(&patient).await.unwrap();
    let size: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
    assert_eq!(size, 0, "the bench empties its Redis, and this one holds something");
    let mut people = People { next: 0, told: false };

    println!("redis-server's processor time for an opt-out of a newcomer, appendfsync always;");
    println!("medians of {ROUNDS} rounds of {CALLS} calls in turns\n");
    let sizes = [(1, false), (10, false), (100, false), (1, true), (10, true)];
    let mut costs = vec![Vec::new(); sizes.len()];
    for _ in 0..ROUNDS {
        for (place, (size, told)) in sizes.into_iter().enumerate() {
            people.told = told;
            costs[place].push(processor_time(&store.ledger, &mut redis, &mut people, size).await);
        }
    }
    for ((size, told), cost) in sizes.into_iter().zip(costs) {
        let message = if told { "with a confirmation" } else { "" };
        println!("{size:>4} in a call {message:<20} {:>7.1} µs each", median(cost) * 1e6);
    }

    people.told = false;
    let mut waits = Vec::new();
    for _ in 0..20 {
        let body = people.body(1000);
        let started = Instant::now();
        store.ledger.apply(&body).await.unwrap();
        waits.push(started.elapsed().as_secs_f64());
    }
    println!(
        "\n1,000 opt-outs in one body, ten calls in one round trip: {:.1} ms (median of 20)",
        median(waits) * 1e3
    );

    memory(&store.ledger, &mut redis, &mut people).await;
}

async fn open(url: &str) -> Store {
    // Longer than any test waits: a machine with other work stands still now and then.
    let settings = BTreeMap::from([
        ("BAJA_REDIS_URL", url),
        ("BAJA__REDIS__RESPONSE_TIMEOUT_MS", "5000"),
        ("BAJA__REDIS__BUDGET_MS", "6000"),
    ]);
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Store::open(&Settings::load(None, settings).unwrap(), &Arc::new(Metrics::new())).await.unwrap()
}

/// Seconds of the server's processor for one opt-out, `size` to a call, 64 calls on their way at a time.
async fn processor_time(
    ledger: &Ledger,
    redis: &mut MultiplexedConnection,
    people: &mut People,
    size: usize,
) -> f64 {
    let bodies: Vec<_> = (0..CALLS).map(|_| people.body(size)).collect();
    let before = used(redis).await;
    for bodies in bodies.chunks(64) {
        let calls = bodies.iter().map(|body| ledger.apply(body));
        futures_util::future::try_join_all(calls).await.unwrap();
    }
    (used(redis).await - before) / (CALLS * size) as f64
}

async fn used(redis: &mut MultiplexedConnection) -> f64 {
    let info: String = redis::cmd("INFO").arg("cpu").query_async(redis).await.unwrap();
    let seconds =
        |name: &str| info.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse::<f64>().unwrap();
    seconds("used_cpu_sys_main_thread:") + seconds("used_cpu_user_main_thread:")
}

/// Fills the list and says what the server holds of whom.
async fn memory(ledger: &Ledger, redis: &mut MultiplexedConnection, people: &mut People) {
    let wanted: usize = std::env::var("PEOPLE").map_or(100_000, |number| number.parse().unwrap());
    let _: () = redis::cmd("FLUSHALL").query_async(redis).await.unwrap();
    let empty = held(redis).await;
    people.next = 0;
    let started = Instant::now();
    while people.next < wanted {
        ledger.apply(&people.body(1000)).await.unwrap();
    }
    let took = started.elapsed();
    let whole = held(redis).await - empty;
    println!(
        "\nmemory for {} people with a phone in two spellings and a user id, listed in {:.0} s:",
        people.next,
        took.as_secs_f64()
    );
    let each = |bytes: f64| bytes / people.next as f64;
    let mut rest = whole;
    for (what, key) in [
        ("the set that senders ask", "suppressed"),
        ("records and links", "people"),
        ("evidence", "evidence"),
        ("changes (bounded)", "changes"),
        ("audit (bounded)", "audit"),
    ] {
        let mut ask = redis::cmd("MEMORY");
        ask.arg("USAGE").arg(format!("baja:{{default}}:{key}")).arg("SAMPLES").arg(1000);
        let bytes: Option<f64> = ask.query_async(redis).await.unwrap();
        let bytes = bytes.unwrap_or_default();
        rest -= bytes;
        println!("{what:<30} {:>7.0} bytes each", each(bytes));
    }
    println!("{:<30} {:>7.0} bytes each", "claims (for eight days)", each(rest));
    println!("{:<30} {:>7.0} bytes each", "all of it", each(whole));
}

async fn held(redis: &mut MultiplexedConnection) -> f64 {
    let info: String = redis::cmd("INFO").arg("memory").query_async(redis).await.unwrap();
    info.lines().find_map(|line| line.strip_prefix("used_memory_dataset:")).unwrap().parse().unwrap()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Invented people, each new.
struct People {
    next: usize,
    told: bool,
}

impl People {
    fn body(&mut self, size: usize) -> Vec<(&'static str, Change)> {
        (0..size).map(|_| ("default", self.stop())).collect()
    }

    fn stop(&mut self) -> Change {
        let number = self.next;
        self.next += 1;
        let phone = format!("54911{number:08}");
        let mut person = Person::new();
        person.add_text(&phone);
        person.add_text(&format!("AR.2041776883{number:010}"));
        let message_id = format!("wamid.HBgNNTQ5MTE1NTU1MDE0MhUCABEYEjRERUFEQkVFRkNBRkUwMTIzAA{number:08}");
        let message = self.told.then(|| Message {
            kind: JobKind::Stopped,
            phone_number_id: "770099887766554".to_owned(),
            to: phone,
            language: "es".to_owned(),
            quote: Some(message_id.clone()),
            expires_at: i64::MAX / 1_000_000,
        });
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
            message,
        }
    }
}
