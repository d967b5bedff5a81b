//! The built binary under load, on loopback: answers a second on one core, side by side with a handler that
//! only takes the bytes, and with the same script called without HTTP; how long answers take when requests come at
//! their own times; memory, and the time to start. `SOAK_MINUTES=60 cargo bench --bench load` does none of this, and
//! watches an hour of traffic instead; `ATTACKS=1 cargo bench --bench load` measures what honest webhooks wait while
//! somebody attacks.
//!
//! The server runs on the first core, the generator and Redis on the second. Everything that is compared is
//! measured in turns in one run, because machines drift; the medians and their ratios are printed.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that fails should panic, with its line"
)]

#[path = "load/attack.rs"]
mod attack;
#[path = "load/bodies.rs"]
mod bodies;
#[path = "load/client.rs"]
mod client;
#[path = "load/direct.rs"]
mod direct;
#[path = "load/figures.rs"]
mod figures;
#[path = "load/open_loop.rs"]
mod open_loop;
#[path = "load/people.rs"]
mod people;
#[path = "load/servers.rs"]
mod servers;
#[path = "load/soak.rs"]
mod soak;
#[path = "load/store.rs"]
mod store;

use std::time::{Duration, Instant};

use figures::{median, quantile};
use open_loop::{Kind, Mix, Plan};
use servers::{Resident, Server};
use store::Redis;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
const SERVER_CORE: &str = "0";
const OTHER_CORE: &str = "1";
const ROUND: Duration = Duration::from_secs(3);
const OPEN_LOOP: Duration = Duration::from_secs(20);
/// Where the people of each measurement begin, so that everybody who leaves is new.
const BATCHES: usize = 10_000_000;
const FULL_BATCHES: usize = 40_000;
const DIRECT: usize = 50_000_000;
const MIXED: usize = 70_000_000;

fn main() {
    if std::env::args().any(|argument| argument == "--bare-server") {
        return servers::run_bare();
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // `cargo test` builds and runs benches too; there is nothing to test here.
        return;
    }
    servers::pin_self(OTHER_CORE);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Ok(minutes) = std::env::var("SOAK_MINUTES") {
        runtime.block_on(soak::run(minutes.parse().unwrap()));
    } else if std::env::var("ATTACKS").is_ok() {
        runtime.block_on(attack::run());
    } else {
        runtime.block_on(measure());
    }
}

async fn measure() {
    println!(
        "server on core {SERVER_CORE}, generator and redis on core {OTHER_CORE}; {CONNECTIONS} connections;"
    );
    println!(
        "medians of {ROUNDS} rounds in turns, {} s each; redis with appendfsync always\n",
        ROUND.as_secs()
    );
    let redis = Redis::start().await;
    let bare = Server::bare();
    let baja = Server::baja(&redis.url).await;
    let fresh = baja.resident();

    let statuses = bodies::requests(20_000, bodies::status);
    compare("status of 1 KB", &statuses, &bare, &baja).await;
    compare("chat text of 600 B", &bodies::requests(20_000, bodies::chat), &bare, &baja).await;
    opt_outs(&redis, &baja).await;
    batches(&baja).await;
    mix(&baja);
    start_and_memory(&redis, &baja, fresh, &statuses).await;
}

/// Answers a second of both, measured in turns.
async fn compare(what: &str, requests: &[Vec<u8>], bare: &Server, baja: &Server) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(client::repeat(&bare.address, requests, CONNECTIONS, ROUND).await);
        second.push(client::repeat(&baja.address, requests, CONNECTIONS, ROUND).await);
    }
    let (first, second) = (median(first), median(second));
    row(&format!("bare actix-web, {what}"), first, None);
    row(&format!("baja, {what}"), second, Some(("of bare", second / first)));
}

async fn opt_outs(redis: &Redis, baja: &Server) {
    let (mut direct, mut served) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        direct.push(direct::opt_outs(redis, DIRECT + round * 1_000_000, CONNECTIONS, ROUND).await);
        let stops = bodies::requests_from(round * 1_000_000, 150_000, bodies::stop);
        served.push(client::until_spent(&baja.address, &stops, CONNECTIONS, ROUND).await);
    }
    let (direct, served) = (median(direct), median(served));
    row("the script without HTTP, opt-outs", direct, None);
    row("baja, typed BAJA (one script each)", served, Some(("of the script", served / direct)));
}

async fn batches(baja: &Server) {
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        // A hundred people each: the batches of a round must not reach those of the next.
        let first = BATCHES / 100 + round * 50_000;
        let bodies = bodies::requests_from(first, 10_000, bodies::batch);
        rates.push(client::until_spent(&baja.address, &bodies, CONNECTIONS, ROUND).await);
    }
    row("baja, batch of 100 with 10 opt-outs", median(rates), None);

    let mut waits = Vec::new();
    for body in bodies::requests_from(FULL_BATCHES, 20, bodies::full_batch) {
        let started = Instant::now();
        client::send(&baja.address, &body).await;
        waits.push(started.elapsed().as_secs_f64() * 1e3);
    }
    println!(
        "{:<40} {:>9.1} ms  worst of 20: {:.1} ms",
        "baja, body of 1,000 opt-outs, alone",
        median(waits.clone()),
        quantile(waits, 1.0)
    );
}

fn mix(baja: &Server) {
    let plan = Plan::new(Mix::META, OPEN_LOOP, 1, MIXED);
    let latencies = plan.send(&baja.address, CONNECTIONS);
    println!(
        "\nopen loop for {} s: {} statuses and {} messages a second, {} % of these opt-outs; answered {:.0} a second",
        OPEN_LOOP.as_secs(),
        Mix::META.statuses,
        Mix::META.inbound,
        Mix::META.opt_outs * 100.0,
        latencies.rate()
    );
    println!("ms from the time at which the request was due:   p50      p99    p99.9    worst");
    for (what, kinds) in [
        ("statuses", &[Kind::Status][..]),
        ("chats", &[Kind::Chat]),
        ("opt-outs", &[Kind::OptOut]),
        ("all of them", &Kind::ALL),
    ] {
        let [half, most, nearly, all] = [0.5, 0.99, 0.999, 1.0].map(|share| latencies.within(share, kinds));
        println!("{what:<44} {half:>7.2} {most:>8.2} {nearly:>8.2} {all:>8.2}");
    }
}

async fn start_and_memory(redis: &Redis, baja: &Server, fresh: Resident, requests: &[Vec<u8>]) {
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        starts.push(Server::baja(&redis.url).await.start.as_secs_f64() * 1e3);
    }
    println!("\nfrom the start of the process to /ready: {:.0} ms (median of {ROUNDS})", median(starts));
    println!("resident memory, MiB (of which not files):");
    memory("ready", fresh);
    memory("after all of the load above", baja.resident());
    for (how, variables) in [("", &[][..]), (", as shipped", &servers::SHIPPED[..])] {
        let idle = Server::baja_with(&redis.url, variables).await;
        memory(&format!("ready{how}"), idle.resident());
        let held = client::hold(&idle.address, 1000, requests).await;
        memory(&format!("1,000 connections open{how}"), idle.resident());
        drop(held);
    }
}

fn memory(when: &str, resident: Resident) {
    println!("{when:<40} {:>6.1} ({:.1})", resident.all, resident.anonymous);
}

fn row(what: &str, rate: f64, ratio: Option<(&str, f64)>) {
    let ratio = ratio.map(|(of, ratio)| format!("{ratio:.2} {of}")).unwrap_or_default();
    println!("{what:<40} {rate:>9.0} /s   {ratio}");
}
