//! Redis goes away, stands still, forgets its scripts or is demoted, and comes back.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::support::{
    app::{App, SUPPRESSED},
    store::Store,
    wait::until,
    webhook::{message, messages, now, says, statuses, typed},
};

/// The budget for Redis is 1.5 s; the rest is for a machine with other things to do.
const ANSWERED_WITHIN: Duration = Duration::from_millis(2500);

fn chat(id: &str) -> String {
    messages(&[message(("34600999999", ""), id, now(), typed("hola, ¿dónde está mi pedido?"))])
}

fn status() -> String {
    statuses(&[
        json!({ "id": "wamid.OUT", "status": "read", "timestamp": now().to_string(), "recipient_id": "34600999999" }),
    ])
}

/// Delivers a body as Meta does: again and again until there is a 200.
async fn deliver(app: &App, body: &str) {
    until("a 200", async || {
        let answer = app.post(body).await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_store_is_cut_off_and_back_in_the_middle() {
    let mut app = App::start().await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    app.sent().await;
    assert_eq!(app.ask_operators("/ready").await.status, 200);

    app.store().server.kill().await;
    let body = says("34600000002", "wamid.B", "BAJA");
    for _ in 0..3 {
        let started = Instant::now();
        let answer = app.post(&body).await;
        assert_eq!(answer.status, 503);
        assert_eq!(answer.headers["retry-after"], "5");
        assert!(answer.body.contains("\"store_unavailable\""), "{}", answer.body);
        assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
    }
    // Nobody opts in or out in these.
    assert_eq!(app.post(status()).await.status, 200);
    assert_eq!(app.post(chat("wamid.C")).await.status, 200);
    assert_eq!(app.post("broken").await.status, 200);
    let ready = app.ask_operators("/ready").await;
    assert_eq!((ready.status, ready.headers.contains_key("retry-after")), (503, true));
    assert_eq!(app.ask_operators("/live").await.status, 200);

    app.store().server.restart().await.unwrap();
    deliver(&app, &body).await;
    assert_eq!(app.members(SUPPRESSED).await, ["34600000001", "34600000002"]);
    // What nobody waited for was kept meanwhile.
    assert_eq!(app.dead_letters(1).await[0].raw, "broken");
    until("readiness", async || (app.ask_operators("/ready").await.status == 200).then_some(())).await;
    assert_eq!(app.sent().await.len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_redis_that_stands_still_costs_a_503_in_time_and_no_restart() {
    let mut app = App::start().await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    app.sent().await;
    let process = app.store().server.process().unwrap().to_string();
    let signal =
        |name: &str| assert!(Command::new("kill").args([name, &process]).status().unwrap().success());
    signal("-STOP");
    let bodies: Vec<_> = (0..8).map(|n| says("34600000002", &format!("wamid.B{n}"), "BAJA")).collect();
    // One after the other, and several at once.
    let started = Instant::now();
    assert_eq!(app.post(&bodies[0]).await.status, 503);
    assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
    let started = Instant::now();
    let answers = futures_util::future::join_all(bodies.iter().map(|body| app.post(body))).await;
    assert!(started.elapsed() < ANSWERED_WITHIN, "{:?}", started.elapsed());
    assert!(answers.iter().all(|answer| answer.status == 503));
    let started = Instant::now();
    assert_eq!(app.post(chat("wamid.C")).await.status, 200);
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    signal("-CONT");
    for body in &bodies {
        deliver(&app, body).await;
    }
    assert!(app.has(SUPPRESSED, "34600000002").await);
    app.finish().await;
}

#[tokio::test]
async fn scripts_that_redis_forgot_are_told_again() {
    let app = App::start().await;
    for round in 0..3 {
        let _: () = app.redis(&["SCRIPT", "FLUSH"]).await;
        let items: Vec<_> = (0..5)
            .map(|index| {
                let number = format!("34600000{round}0{index}");
                message((&number, ""), &format!("wamid.{number}"), now(), typed("BAJA"))
            })
            .collect();
        assert_eq!(app.post(messages(&items)).await.status, 200);
    }
    assert_eq!(app.members(SUPPRESSED).await.len(), 15);
    app.finish().await;
}

#[tokio::test]
async fn a_replica_takes_no_opt_out_and_a_primary_does_again() {
    let app = App::start().await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    app.sent().await;
    let primary = Store::start().await;
    let _: () = app.redis(&["REPLICAOF", "127.0.0.1", &primary.server.port().to_string()]).await;
    let body = says("34600000002", "wamid.B", "BAJA");
    for _ in 0..5 {
        assert_eq!(app.post(&body).await.status, 503);
    }
    assert_eq!(app.post(chat("wamid.C")).await.status, 200);
    let _: () = app.redis(&["REPLICAOF", "NO", "ONE"]).await;
    deliver(&app, &body).await;
    assert!(app.has(SUPPRESSED, "34600000002").await);
    app.finish().await;
}
