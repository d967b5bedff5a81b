//! The built binary under load, on loopback: answers a second on one core, side by side with a handler that
//! only takes the bytes, and with the same script called without HTTP.
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

#[path = "load/bodies.rs"]
mod bodies;
#[path = "load/client.rs"]
mod client;
#[path = "load/servers.rs"]
mod servers;
#[path = "load/store.rs"]
mod store;

use std::time::Duration;

use servers::Server;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;
const SERVER_CORE: &str = "0";
const OTHER_CORE: &str = "1";
const ROUND: Duration = Duration::from_secs(3);

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
    runtime.block_on(measure());
}

async fn measure() {
    println!(
        "server on core {SERVER_CORE}, generator and redis on core {OTHER_CORE}; {CONNECTIONS} connections;"
    );
    println!(
        "medians of {ROUNDS} rounds in turns, {} s each; redis with appendfsync always\n",
        ROUND.as_secs()
    );
    let redis = store::start().await;
    let bare = Server::bare().await;
    let baja = Server::baja(&redis.url()).await;

    let statuses = bodies::requests(20_000, bodies::status);
    let (bare_rate, baja_rate) = turns(&statuses, &bare, &baja).await;
    row("bare actix-web, status of 1 KB", bare_rate, None);
    row("baja, status of 1 KB", baja_rate, Some(("of bare", baja_rate / bare_rate)));

    let chats = bodies::requests(20_000, bodies::chat);
    let (bare_rate, baja_rate) = turns(&chats, &bare, &baja).await;
    row("bare actix-web, chat text of 600 B", bare_rate, None);
    row("baja, chat text of 600 B", baja_rate, Some(("of bare", baja_rate / bare_rate)));

    let mut direct = Vec::new();
    let mut served = Vec::new();
    for round in 0..ROUNDS {
        direct.push(store::apply_directly(&redis.url(), round, CONNECTIONS, ROUND).await);
        let stops = bodies::requests_from(round * 1_000_000, 150_000, bodies::stop);
        served.push(client::until_spent(&baja.address, &stops, CONNECTIONS, ROUND).await);
    }
    let (direct, served) = (median(direct), median(served));
    row("the script without HTTP, opt-outs", direct, None);
    row("baja, typed BAJA (one script each)", served, Some(("of the script", served / direct)));

    let mut batches = Vec::new();
    for round in 0..ROUNDS {
        let bodies = bodies::requests_from(round * 1_000_000, 30_000, bodies::batch);
        batches.push(client::until_spent(&baja.address, &bodies, CONNECTIONS, ROUND).await);
    }
    row("baja, batch of 100 with 10 opt-outs", median(batches), None);

    let idle = baja.resident_kib();
    let held = client::hold(&baja.address, 1000, &statuses).await;
    println!(
        "\nresident memory: {:.1} MiB before, {:.1} MiB with 1,000 connections open",
        mib(idle),
        mib(baja.resident_kib())
    );
    drop(held);
}

/// Answers a second of both, measured in turns.
async fn turns(requests: &[Vec<u8>], bare: &Server, baja: &Server) -> (f64, f64) {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        first.push(client::repeat(&bare.address, requests, CONNECTIONS, ROUND).await);
        second.push(client::repeat(&baja.address, requests, CONNECTIONS, ROUND).await);
    }
    (median(first), median(second))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn row(what: &str, rate: f64, ratio: Option<(&str, f64)>) {
    let ratio = ratio.map(|(of, ratio)| format!("{ratio:.2} {of}")).unwrap_or_default();
    println!("{what:<40} {rate:>9.0} /s   {ratio}");
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}
