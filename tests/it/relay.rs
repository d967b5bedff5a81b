//! Webhooks passed on to others: the same bytes, nothing lost, and never at the cost of an opt-out.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use baja::{
    ledger::RelayRevival,
    signature::{AppSecrets, HEADER, sign},
};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use crate::support::{
    app::{App, SECRET, SUPPRESSED},
    wait::until,
    webhook::{NUMBER, body, message, says, statuses, typed},
};

/// Somebody who gets the webhooks: a server that answers as it is told.
struct Target {
    server: MockServer,
    answer: Arc<Mutex<ResponseTemplate>>,
}

struct Answer(Arc<Mutex<ResponseTemplate>>);

impl Respond for Answer {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().clone()
    }
}

impl Target {
    async fn answering(status: u16) -> Self {
        let server = MockServer::start().await;
        let answer = Arc::new(Mutex::new(ResponseTemplate::new(status)));
        Mock::given(any()).respond_with(Answer(Arc::clone(&answer))).mount(&server).await;
        Self { server, answer }
    }

    fn answers(&self, answer: ResponseTemplate) {
        *self.answer.lock().unwrap() = answer;
    }

    fn url(&self) -> String {
        format!("{}/in?key=invented", self.server.uri())
    }

    async fn got(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// The bodies that it got, once there are at least `count`.
    async fn bodies(&self, count: usize) -> Vec<String> {
        until("the target has its bodies", async || {
            let got = self.got().await;
            (got.len() >= count).then_some(got)
        })
        .await
        .into_iter()
        .map(|request| String::from_utf8(request.body).unwrap())
        .collect()
    }
}

/// The service with one target `bot`.
async fn app(target: &Target, mode: &str, more: &[(&str, &str)]) -> App {
    let url = target.url();
    let mut variables = vec![("BAJA__RELAY__BOT__URL", url.as_str()), ("BAJA__RELAY__BOT__MODE", mode)];
    variables.extend(more);
    App::with(&variables).await
}

async fn empty_queue(app: &App) {
    until("the queue is empty", async || {
        let depth = app.ledger.relay_depth("bot").await.unwrap();
        (depth.entries == 0).then_some(())
    })
    .await;
}

fn status(recipient: &str, id: &str) -> String {
    statuses(&[
        json!({ "id": id, "status": "delivered", "recipient_id": recipient, "timestamp": "1795430400" }),
    ])
}

#[tokio::test]
async fn a_target_gets_the_same_bytes_with_a_signature_that_fits() {
    for mode in ["inline", "queued"] {
        let target = Target::answering(200).await;
        let app = app(&target, mode, &[]).await;
        // Blanks, escapes and half a surrogate pair: nothing of it may change.
        let body = says("34600000001", "wamid.A", "BAJA").replace("BAJA", "B\\u0041JA  \\ud83d") + "\n \t";
        let signature = sign(SECRET, body.as_bytes()).unwrap();
        let headers = [(HEADER, signature.as_str()), ("content-type", "application/json; charset=utf-8")];
        assert_eq!(app.post_with(&headers, &body).await.status, 200);
        assert_eq!(target.bodies(1).await, std::slice::from_ref(&body), "{mode}");
        let got = target.got().await;
        let signatures = got[0].headers.get_all(HEADER).iter().map(|value| value.as_bytes());
        assert!(AppSecrets::new([SECRET]).unwrap().verify(signatures, &got[0].body).is_ok(), "{mode}");
        assert_eq!(got[0].headers["content-type"], "application/json; charset=utf-8", "{mode}");
        assert!(got[0].headers.contains_key("x-baja-delivery"), "{mode}");
        app.finish().await;
    }
}

#[tokio::test]
async fn what_is_not_signed_is_passed_on_to_nobody() {
    let target = Target::answering(200).await;
    let app = app(&target, "inline", &[]).await;
    assert_eq!(app.post_with(&[], says("34600000001", "wamid.A", "BAJA")).await.status, 401);
    assert!(target.got().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn an_inline_target_decides_whether_meta_sends_it_again_but_not_whether_somebody_has_left() {
    let target = Target::answering(503).await;
    let app = app(&target, "inline", &[]).await;
    let answer = app.post(says("34600000001", "wamid.A", "BAJA")).await;
    assert_eq!((answer.status, answer.body.contains("not_passed_on")), (503, true));
    assert!(answer.headers.contains_key("retry-after"));
    assert!(app.has(SUPPRESSED, "34600000001").await);

    target.answers(ResponseTemplate::new(302).insert_header("location", target.url()));
    assert_eq!(app.post(status("34600000001", "wamid.B")).await.status, 503, "redirects are not followed");
    assert_eq!(target.got().await.len(), 2);

    target.answers(ResponseTemplate::new(200).set_body_bytes(vec![b'x'; 2 << 20]));
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    // What it will never take would come again for a week.
    target.answers(ResponseTemplate::new(400));
    assert_eq!(app.post(status("34600000001", "wamid.C")).await.status, 200);
    app.finish().await;
}

#[tokio::test]
async fn an_inline_target_that_hangs_is_not_waited_for_longer_than_its_time() {
    let target = Target::answering(200).await;
    target.answers(ResponseTemplate::new(200).set_delay(Duration::from_secs(60)));
    let app = app(&target, "inline", &[("BAJA__RELAY__BOT__TIMEOUT_MS", "100")]).await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 503);
    assert!(app.has(SUPPRESSED, "34600000001").await);
    app.finish().await;
}

#[tokio::test]
async fn a_dead_target_of_a_queue_costs_no_opt_out_and_gets_everything_when_it_is_back() {
    let target = Target::answering(500).await;
    let app = app(&target, "queued", &[]).await;
    let sent: Vec<String> =
        (0..5).map(|n| says(&format!("3460000000{n}"), &format!("wamid.{n}"), "BAJA")).collect();
    for body in &sent {
        assert_eq!(app.post(body).await.status, 200);
    }
    assert_eq!(app.members(SUPPRESSED).await.len(), 5);
    target.bodies(1).await;
    target.answers(ResponseTemplate::new(200));
    empty_queue(&app).await;
    for body in &sent {
        assert!(target.bodies(5).await.contains(body));
    }
    app.finish().await;
}

#[tokio::test]
async fn what_concerns_one_person_keeps_its_order_although_a_delivery_fails() {
    let target = Target::answering(500).await;
    let app = app(&target, "queued", &[]).await;
    let sent: Vec<String> = (0..6).map(|n| status("34600000001", &format!("wamid.{n}"))).collect();
    assert_eq!(app.post(&sent[0]).await.status, 200);
    target.bodies(1).await;
    for body in &sent[1..] {
        assert_eq!(app.post(body).await.status, 200);
    }
    target.answers(ResponseTemplate::new(200));
    empty_queue(&app).await;
    let mut got = target.bodies(7).await;
    got.dedup();
    assert_eq!(got, sent);
    let ids: Vec<_> = target.got().await.iter().map(|one| one.headers["x-baja-delivery"].clone()).collect();
    assert_eq!(ids[0], ids[1], "a repetition can be told by its id");
    app.finish().await;
}

#[tokio::test]
async fn what_a_target_refuses_for_good_is_kept_and_can_be_replayed_or_dropped() {
    let target = Target::answering(422).await;
    let app = app(&target, "queued", &[]).await;
    for n in 0..3 {
        assert_eq!(app.post(status("34600000001", &format!("wamid.{n}"))).await.status, 200);
    }
    let dead = until("three are dead", async || {
        let dead = app.ledger.relay_dead("bot", 10).await.unwrap();
        (dead.len() == 3).then_some(dead)
    })
    .await;
    assert_eq!((dead[0].reason.as_str(), dead[0].attempts), ("http_422", 1));
    assert_eq!(dead[2].passage.body, status("34600000001", "wamid.0").into_bytes());

    target.answers(ResponseTemplate::new(200));
    let ledger = &app.ledger;
    assert_eq!(ledger.relay_revive("bot", Some(&dead[2].id), RelayRevival::Drop).await.unwrap(), 1);
    assert_eq!(ledger.relay_revive("bot", None, RelayRevival::Replay).await.unwrap(), 2);
    assert_eq!(
        target.bodies(5).await[3..],
        [status("34600000001", "wamid.1"), status("34600000001", "wamid.2")]
    );
    empty_queue(&app).await;
    assert_eq!(ledger.relay_depth("bot").await.unwrap().dead, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_queue_never_outgrows_its_bounds_and_drops_the_oldest() {
    let target = Target::answering(500).await;
    let bounds = [("BAJA__RELAY__BOT__QUEUE_MAX", "10"), ("BAJA__RELAY__BOT__QUEUE_MIB", "4")];
    let app = app(&target, "queued", &bounds).await;
    for n in 0..25 {
        assert_eq!(app.post(status(&format!("346000000{n:02}"), &format!("wamid.{n}"))).await.status, 200);
    }
    let depth = app.ledger.relay_depth("bot").await.unwrap();
    assert_eq!((depth.entries, depth.dropped), (10, 15));
    // Three of 1.5 MB do not fit into 4 MiB.
    let long = |n| says("34600000001", &format!("wamid.L{n}"), &"x".repeat(1_500_000));
    let long: Vec<String> = (0..3).map(long).collect();
    for body in &long {
        assert_eq!(app.post(body).await.status, 200);
    }
    let depth = app.ledger.relay_depth("bot").await.unwrap();
    assert!(depth.bytes <= 4 << 20 && (1..=10).contains(&depth.entries), "{depth:?}");
    target.answers(ResponseTemplate::new(200));
    empty_queue(&app).await;
    assert!(target.bodies(1).await.contains(&long[2]), "the newest is kept");
    assert_eq!(app.ledger.relay_depth("bot").await.unwrap().bytes, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_filter_leaves_out_bodies_of_opt_outs_alone() {
    let target = Target::answering(200).await;
    let app = app(&target, "inline", &[("BAJA__RELAY__BOT__EVENTS", "not-opt-outs")]).await;
    for (words, id) in [("BAJA", "wamid.A"), ("hola, ¿a qué hora abren?", "wamid.B")] {
        assert_eq!(app.post(says("34600000001", id, words)).await.status, 200);
    }
    let got = target.bodies(1).await;
    assert!(got.len() == 1 && got[0].contains("wamid.B"), "{got:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_target_of_one_business_gets_nothing_of_another() {
    const OTHER: &str = "770099887766555";
    let target = Target::answering(200).await;
    let app = app(
        &target,
        "inline",
        &[("BAJA__RELAY__BOT__BUSINESSES", "acme"), ("BAJA__BUSINESS__SHOP__PHONE_NUMBER_IDS", OTHER)],
    )
    .await;
    let one = |number, id: &str| {
        let message = message(("34600000001", ""), id, 1_795_430_400, typed("hola"));
        (number, "messages", json!({ "messages": [message] }))
    };
    let ours = body(&[one(NUMBER, "wamid.A")]);
    for body in
        [body(&[one(OTHER, "wamid.B")]), body(&[one(NUMBER, "wamid.C"), one(OTHER, "wamid.D")]), ours.clone()]
    {
        assert_eq!(app.post(body).await.status, 200);
    }
    assert_eq!(target.bodies(1).await, [ours]);
    assert_eq!(app.metric("baja_relay_bodies_total{target=\"bot\",outcome=\"mixed\"}").await, 1.0);
    app.finish().await;
}

#[tokio::test]
async fn a_redis_that_is_away_makes_meta_keep_what_a_queue_cannot() {
    let target = Target::answering(200).await;
    let mut app = app(&target, "queued", &[("BAJA__REDIS__BUDGET_MS", "600")]).await;
    app.store().server.kill().await;
    let answer = app.post(status("34600000001", "wamid.A")).await;
    assert_eq!((answer.status, answer.body.contains("not_passed_on")), (503, true));
    app.store().server.restart().await.unwrap();
    until("the body gets through", async || {
        (app.post(status("34600000001", "wamid.A")).await.status == 200).then_some(())
    })
    .await;
    assert!(target.bodies(1).await.contains(&status("34600000001", "wamid.A")));
    app.finish().await;
}

#[tokio::test]
async fn two_replicas_deliver_once() {
    let target = Target::answering(200).await;
    let url = target.url();
    let variables = [("BAJA__RELAY__BOT__URL", url.as_str())];
    let app = App::with(&variables).await;
    let other = app.replica_with(&variables).await;
    let sent: Vec<String> =
        (0..40).map(|n| status(&format!("346000000{n:02}"), &format!("wamid.{n}"))).collect();
    for (n, body) in sent.iter().enumerate() {
        let replica = if n % 2 == 0 { &app } else { &other };
        assert_eq!(replica.post(body).await.status, 200);
    }
    empty_queue(&app).await;
    let mut got = target.bodies(40).await;
    got.sort();
    let mut wanted = sent;
    wanted.sort();
    assert_eq!(got, wanted);
    other.finish().await;
    app.finish().await;
}
