//! How long each view of the operators' page takes when there is much: a million suppressions, a year of counters, full
//! streams. The service answers over HTTP on the loopback, with a private Redis, as a browser would see it.
//!
//! `SUPPRESSIONS` and `ROUNDS` say how many.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that fails should panic, with its line"
)]

#[path = "load/figures.rs"]
mod figures;
#[path = "page/filling.rs"]
mod filling;
#[path = "load/store.rs"]
#[allow(dead_code, reason = "only the server and its ledger are needed here")]
mod store;
#[path = "page/visitor.rs"]
mod visitor;

use std::time::{Duration, Instant};

use baja::{access::NewToken, config::Settings, http::stand_in::StandIn, startup::Application};
use figures::{median, quantile};
use store::Redis;
use visitor::Visitor;

/// What every view is meant to take at most, milliseconds.
const GOAL: f64 = 50.0;

/// Each view with its name.
const VIEWS: [(&str, &str); 14] = [
    ("overview, 28 days", ""),
    ("overview, a year", "?days=365"),
    ("templates, 7 days", "/templates"),
    ("templates, 90 days", "/templates?days=90"),
    ("one template, 90 days", "/templates/one?name=template_7&days=90"),
    ("numbers", "/numbers"),
    ("a person", "/person"),
    ("near-misses", "/near-misses"),
    ("near-misses, open", "/near-misses?state=open"),
    ("breaches", "/breaches"),
    ("outbox", "/outbox"),
    ("outbox, finished", "/outbox?finished=true"),
    ("dead letters", "/dead-letters"),
    ("health", "/health"),
];

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure());
}

/// A number from the environment.
fn number_of(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap())
}

async fn measure() {
    let (suppressions, rounds) = (number_of("SUPPRESSIONS", 1_000_000), number_of("ROUNDS", 200));
    let redis = Redis::start().await;
    let filled = filling::fill(&redis, suppressions).await;
    println!("{filled}\n");

    let (graph, token) = (StandIn::start().unwrap(), NewToken::random());
    let settings = [
        ("BAJA_APP_SECRET", "an-invented-app-secret"),
        ("BAJA_VERIFY_TOKEN", "an-invented-verify-token"),
        ("BAJA_ACCESS_TOKEN", "an-invented-access-token"),
        ("BAJA_REDIS_URL", &redis.url),
        ("BAJA_GRAPH_URL", &graph.url()),
        ("BAJA_LISTEN", "127.0.0.1:0"),
        ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
        ("BAJA__SERVER__WORKERS", "1"),
        ("BAJA__CONFIRM__WORKER", "false"),
        ("BAJA__ACCESS__DESK__SHA256", &token.hash().to_string()),
        ("BAJA__ACCESS__DESK__ROLE", "write"),
        ("BAJA__ACCESS__DESK__REVEAL", "true"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let application = Application::build(&Settings::load(None, settings.into_iter()).unwrap()).await.unwrap();
    let operators = application.operators_address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let service = tokio::spawn(application.run(async {
        let _ = stopped.await;
    }));

    let mut visitor = Visitor::new(operators);
    visitor.sign_in(token.token()).await;
    visitor.look_up(filling::PERSON).await;
    for (_, path) in VIEWS {
        visitor.ready(path).await;
    }
    let mut times = vec![Vec::with_capacity(rounds); VIEWS.len()];
    // In turns, so that a busy moment of the machine is nobody's alone, and over some time, so that the reports behind the
    // views are made anew meanwhile.
    for _ in 0..rounds {
        for (place, (_, path)) in VIEWS.iter().enumerate() {
            let begun = Instant::now();
            visitor.get(path).await;
            times[place].push(begun.elapsed().as_secs_f64() * 1e3);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    println!("{:<24}{:>9}{:>9}{:>9}   ms, of {rounds} each", "view", "p50", "p99", "longest");
    let mut slow = Vec::new();
    for ((name, _), times) in VIEWS.iter().zip(times) {
        let [half, most, longest] =
            [median(times.clone()), quantile(times.clone(), 0.99), quantile(times, 1.0)];
        println!("{name:<24}{half:>9.1}{most:>9.1}{longest:>9.1}");
        if most >= GOAL {
            slow.push(*name);
        }
    }
    match slow.as_slice() {
        [] => println!("\nall below {GOAL} ms at p99"),
        slow => println!("\nNOT below {GOAL} ms at p99: {}", slow.join("; ")),
    }
    stop.send(()).unwrap();
    service.await.unwrap().unwrap();
    graph.stop().await;
}
