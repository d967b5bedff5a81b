//! What an opt-out costs Redis: processor time, memory and waiting, through the ledger and without HTTP.
//!
//! Processor time is the server's own, so that other work on the machine blurs it less than a rate. Memory is
//! what the server says of each key once everybody is on the list: `PEOPLE=1000000 cargo bench --bench ledger`.
//! `BENCH_REDIS_URL` names another server, which must be empty: for example one that runs under callgrind.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that fails should panic, with its line"
)]

#[path = "load/bodies.rs"]
#[allow(dead_code, reason = "the ids of these people are enough here")]
mod bodies;
#[path = "load/figures.rs"]
mod figures;
#[path = "load/people.rs"]
mod people;
#[path = "load/store.rs"]
mod store;

use std::time::Instant;

use baja::ledger::Ledger;
use figures::median;
use people::Leaving;
use redis::aio::MultiplexedConnection;
use store::{Redis, info};

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
    let server = Redis::start().await;
    let store = server.open().await;
    let mut redis = server.connect().await;
    let size: u64 = redis::cmd("DBSIZE").query_async(&mut redis).await.unwrap();
    assert_eq!(size, 0, "the bench empties its Redis, and this one holds something");
    let mut people = Leaving::from(0);

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

/// Seconds of the server's processor for one opt-out, `size` to a call, 64 calls on their way at a time.
async fn processor_time(
    ledger: &Ledger,
    redis: &mut MultiplexedConnection,
    people: &mut Leaving,
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
    let system = info(redis, "cpu", "used_cpu_sys_main_thread").await;
    system + info(redis, "cpu", "used_cpu_user_main_thread").await
}

/// Fills the list and says what the server holds of whom.
async fn memory(ledger: &Ledger, redis: &mut MultiplexedConnection, people: &mut Leaving) {
    let wanted: usize = std::env::var("PEOPLE").map_or(100_000, |number| number.parse().unwrap());
    let _: () = redis::cmd("FLUSHALL").query_async(redis).await.unwrap();
    // It changes nothing of the memory, and ten million people need 20 GB of disk.
    let off = ["SET", "appendonly", "no"];
    let _: () = redis::cmd("CONFIG").arg(&off).query_async(redis).await.unwrap();
    let empty = held(redis).await;
    people.next = 0;
    let started = Instant::now();
    while people.next < wanted {
        ledger.apply(&people.body(1000)).await.unwrap();
    }
    let took = started.elapsed();
    let whole = held(redis).await - empty;
    println!(
        "\nmemory for {} people with a phone in two spellings and a user id, listed in {:.0} s without a file:",
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
    info(redis, "memory", "used_memory_dataset").await
}
