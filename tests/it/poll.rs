//! Asking the Graph API how numbers and templates stand.

use std::{sync::Arc, time::Duration};

use baja::{
    cloud_api::{CloudApi, PlainHttp, Timeouts},
    insight::{Asked, History, NUMBER_QUALITY, Polled, Poller, Report},
    ledger::{Ledger, News},
    live::Live,
    metrics::{Metrics, PollOutcome},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param, query_param_contains, query_param_is_missing},
};

use crate::support::{
    app::App,
    store::{Store, ledger, options},
    wait::until,
    webhook::now,
};

const ACCOUNT: &str = "880011223344556";
const TOKEN: &str = "an-invented-access-token";
const HOUR: Duration = Duration::from_secs(3600);

/// A Graph API that is not Meta's, and somebody who asks it.
struct Stage {
    graph: MockServer,
    store: Store,
    ledger: Ledger,
    poller: Poller,
    business: Polled,
}

impl Stage {
    async fn start() -> Self {
        let (graph, store) = (MockServer::start().await, Store::start().await);
        let ledger = ledger(&[&store.server.url()], options());
        let (poller, business) = (poller(&store, &graph), business());
        Self { graph, store, ledger, poller, business }
    }

    /// What Meta answers from now on.
    async fn answer(&self, numbers: ResponseTemplate, templates: ResponseTemplate) {
        self.graph.reset().await;
        for (list, answer) in [("phone_numbers", numbers), ("message_templates", templates)] {
            let at = Mock::given(method("GET")).and(path(format!("/v26.0/{ACCOUNT}/{list}")));
            let known = at.and(header("authorization", format!("Bearer {TOKEN}")));
            known.and(query_param_is_missing("after")).respond_with(answer).mount(&self.graph).await;
        }
    }

    /// Asks, however short the last time is ago.
    async fn ask(&self) -> Asked {
        self.ledger.rest("acme", "poll", Duration::ZERO).await.unwrap();
        self.poller.take_turn(&self.business).await.unwrap().expect("it is our turn")
    }

    async fn news(&self) -> Vec<News> {
        self.ledger.news("acme", 0, 100).await.unwrap()
    }
}

fn poller(store: &Store, graph: &MockServer) -> Poller {
    let url = format!("{}/v26.0", graph.uri());
    let api = CloudApi::new(&url, Timeouts::default(), PlainHttp::LoopbackOnly).unwrap();
    let ledger = Arc::new(ledger(&[&store.server.url()], options()));
    Poller::new(ledger, Arc::new(Metrics::new()), api, Arc::new(Live::new(vec![business()])), HOUR)
}

fn business() -> Polled {
    Polled { slug: "acme".to_owned(), token: SecretString::from(TOKEN), waba_ids: vec![ACCOUNT.to_owned()] }
}

fn numbers(rating: &str) -> ResponseTemplate {
    ok(
        &json!({ "data": [{ "id": "770099887766554", "display_phone_number": "+1 555-765-4321", "status": "CONNECTED",
        "quality_rating": rating, "throughput": { "level": "STANDARD" },
        "whatsapp_business_manager_messaging_limit": "TIER_10K" }] }),
    )
}

fn template(id: &str, name: &str, status: &str, category: &str, score: &str) -> Value {
    json!({ "id": id, "name": name, "language": "es_MX", "status": status, "category": category,
        "quality_score": { "score": score, "date": 1_795_431_540 }, "rejected_reason": "NONE" })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn refused(code: i64) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({ "error": { "code": code, "message": "no" } }))
}

#[tokio::test]
async fn what_differs_becomes_news_and_what_was_there_before_is_not_new() {
    let stage = Stage::start().await;
    let promo = |status, category, score| template("1", "spring_promo", status, category, score);
    let first = json!({ "data": [promo("APPROVED", "UTILITY", "GREEN")] });
    stage.answer(numbers("GREEN"), ok(&first)).await;
    let asked = stage.ask().await;
    // Four of the number; that the template was there, its status and its score.
    assert_eq!((asked.news, asked.refused, asked.rest), (7, None, HOUR));
    assert_eq!(stage.ask().await.news, 0, "nothing has changed");

    let second = json!({ "data": [promo("PAUSED", "MARKETING", "RED"), template("2", "new_one", "APPROVED", "MARKETING", "UNKNOWN")] });
    stage.answer(numbers("YELLOW"), ok(&second)).await;
    assert_eq!(stage.ask().await.news, 5);
    stage.answer(numbers("GREEN"), ok(&second)).await;
    assert_eq!(stage.ask().await.news, 1, "green again is news again");

    let ratings: Vec<_> = stage.news().await.into_iter().filter(|one| one.about == NUMBER_QUALITY).collect();
    assert!(ratings.iter().all(|one| one.subject == "15557654321" && one.waba_id == ACCOUNT), "{ratings:?}");
    assert_eq!(
        ratings.iter().rev().map(|one| one.value.as_str()).collect::<Vec<_>>(),
        ["GREEN", "YELLOW", "GREEN"]
    );
    let templates = stage.ledger.templates("acme").await.unwrap();
    let promo = templates.iter().find(|one| one.name == "spring_promo").unwrap();
    assert_eq!(promo.status().unwrap().value, "PAUSED");
    assert_eq!(promo.quality().unwrap().value, "RED");
    assert_eq!(promo.category().unwrap().value, "MARKETING");
    // In a report only the second is new; of the first it says what changed, and what Meta holds against it.
    let history = History::read(&stage.ledger, "acme", 7, now() * 1000).await.unwrap();
    let report = Report::of(&history);
    let changes: Vec<_> = report
        .templates
        .iter()
        .map(|row| (row.name.as_str(), row.changes.iter().map(|change| change.kind).collect::<Vec<_>>()))
        .collect();
    assert_eq!(changes, [("new_one", vec!["added"]), ("spring_promo", vec!["category"])]);
    assert!(report.signals.iter().any(|signal| signal.value == "PAUSED"), "{:?}", report.signals);
}

#[tokio::test]
async fn long_lists_are_read_to_their_end_and_no_further() {
    let stage = Stage::start().await;
    let first = json!({ "data": [template("1", "one", "APPROVED", "UTILITY", "GREEN")],
        "paging": { "cursors": { "after": "NEXT" }, "next": "https://elsewhere.example/steal" } });
    stage.answer(ok(&json!({ "data": [] })), ok(&first)).await;
    let second = json!({ "data": [template("2", "two", "APPROVED", "UTILITY", "GREEN")], "paging": { "cursors": { "after": "END" } } });
    Mock::given(path(format!("/v26.0/{ACCOUNT}/message_templates")))
        .and(query_param("after", "NEXT"))
        .respond_with(ok(&second))
        .expect(1)
        .mount(&stage.graph)
        .await;
    assert_eq!(stage.ask().await.refused, None);
    let names: Vec<_> =
        stage.ledger.templates("acme").await.unwrap().into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["one", "two"]);
}

#[tokio::test]
async fn a_limit_is_respected_by_all_replicas() {
    let stage = Stage::start().await;
    let usage = r#"{"880011223344556":[{"type":"whatsapp","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":300}]}"#;
    let limited = refused(80_007).insert_header("x-business-use-case-usage", usage);
    stage.answer(limited, numbers("GREEN")).await;
    let asked = stage.ask().await;
    assert_eq!((asked.news, asked.rest), (0, Duration::from_secs(300 * 60)));
    assert!(asked.refused.unwrap().is_rate_limit());
    // One question, and none about templates behind it.
    assert_eq!(stage.graph.received_requests().await.unwrap().len(), 1);
    let other = poller(&stage.store, &stage.graph);
    assert_eq!(other.take_turn(&stage.business).await.unwrap(), None);
    other.look().await;
    assert_eq!(stage.graph.received_requests().await.unwrap().len(), 1);

    // Near the limit the rest is left to the confirmations.
    let near = numbers("GREEN")
        .insert_header("x-app-usage", r#"{"call_count":80,"total_time":1,"total_cputime":1}"#);
    stage.answer(near, refused(1)).await;
    let asked = stage.ask().await;
    assert_eq!((asked.news, asked.refused, asked.rest), (4, None, 2 * HOUR));
    assert_eq!(asked.outcome(), PollOutcome::Limited, "the templates were not asked for");
}

#[tokio::test]
async fn a_limit_counts_also_behind_another_refusal() {
    let stage = Stage::start().await;
    // The token may not see the numbers, and the question about templates was one too many.
    stage.answer(refused(200), refused(80_007)).await;
    let asked = stage.ask().await;
    assert!(asked.refused.unwrap().is_rate_limit(), "{asked:?}");
    assert_eq!((asked.rest, asked.outcome()), (4 * HOUR, PollOutcome::Limited));
}

/// A running service that asks this Graph API, as soon as it has asked for the first time.
async fn serving(store: Store, graph: &MockServer) -> App {
    let url = format!("{}/v26.0", graph.uri());
    let variables = [
        ("BAJA_GRAPH_URL", url.as_str()),
        ("BAJA__INSIGHT__POLL", "true"),
        ("BAJA__BUSINESS__ACME__WABA_IDS", ACCOUNT),
        // On a machine with much to do Redis takes longer than half a second, and the round would count as failed.
        ("BAJA__REDIS__CONNECT_TIMEOUT_MS", "10000"),
        ("BAJA__REDIS__RESPONSE_TIMEOUT_MS", "10000"),
        ("BAJA__REDIS__BUDGET_MS", "30000"),
    ];
    let app = App::on_store(store, &variables).await;
    until("a round", async || {
        let text = app.ask_operators("/metrics").await.body;
        let rounds = text.lines().filter(|line| line.starts_with("baja_polls_total{"));
        rounds.map(|line| line.rsplit_once(' ').unwrap().1).any(|count| count != "0").then_some(())
    })
    .await;
    app
}

#[tokio::test]
async fn a_running_service_asks_and_tells_what_came_of_it() {
    let limit = r#"{"880011223344556":[{"type":"whatsapp","call_count":100,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":300}]}"#;
    let limited = refused(80_007).insert_header("x-business-use-case-usage", limit);
    let expired =
        ResponseTemplate::new(401).set_body_json(json!({ "error": { "code": 190, "message": "no" } }));
    let cases = [
        ("answered", numbers("RED"), 2),
        ("limited", limited, 1),
        ("refused", expired, 2),
        ("failed", ResponseTemplate::new(503), 2),
        ("failed", ResponseTemplate::new(200).set_body_string("<html>"), 2),
    ];
    let each = cases.into_iter().map(async |(outcome, answer, questions)| {
        let stage = Stage::start().await;
        stage
            .answer(answer.clone(), if outcome == "answered" { ok(&json!({ "data": [] })) } else { answer })
            .await;
        let Stage { graph, store, ledger, .. } = stage;
        let before = now();
        let app = serving(store, &graph).await;
        assert_eq!(app.metric(&format!("baja_polls_total{{outcome=\"{outcome}\"}}")).await, 1.0, "{outcome}");
        // A refusal does not pass for an answer: the time stays that from which on it waits.
        let told = app.metric("baja_poll_timestamp_seconds{business=\"acme\"}").await;
        assert!(told >= before as f64 && told <= now() as f64, "{told}");
        let asked = graph.received_requests().await.unwrap();
        assert_eq!(asked.len(), questions, "{outcome}: {asked:?}");
        let ratings = ledger.accounts("acme").await.unwrap();
        let rating = ratings.iter().find(|one| one.about == NUMBER_QUALITY).map(|one| one.value.as_str());
        assert_eq!(rating, (outcome == "answered").then_some("RED"), "{outcome}");
        // Nobody else's turn has come, whatever came of this one.
        let turn = ledger.claim_turn("acme", "poll", HOUR).await.unwrap();
        assert!(!turn, "{outcome}: another replica would ask again");
        app.finish().await;
    });
    futures_util::future::join_all(each).await;
}

#[tokio::test]
async fn one_replica_asks_at_a_time() {
    let stage = Stage::start().await;
    stage.answer(numbers("GREEN"), ok(&json!({ "data": [] }))).await;
    let other = poller(&stage.store, &stage.graph);
    let (one, two) = tokio::join!(stage.poller.take_turn(&stage.business), other.take_turn(&stage.business));
    assert_eq!([one.unwrap(), two.unwrap()].iter().flatten().count(), 1);
    assert_eq!(stage.graph.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_version_without_the_limit_is_asked_without_it() {
    let stage = Stage::start().await;
    stage.answer(numbers("GREEN"), ok(&json!({ "data": [] }))).await;
    Mock::given(path(format!("/v26.0/{ACCOUNT}/phone_numbers")))
        .and(query_param_contains("fields", "messaging_limit"))
        .respond_with(refused(100))
        .with_priority(1)
        .expect(1)
        .mount(&stage.graph)
        .await;
    let asked = stage.ask().await;
    assert_eq!((asked.news, asked.refused), (4, None));
}

#[tokio::test]
async fn what_meta_refuses_costs_only_itself() {
    let stage = Stage::start().await;
    let templates = json!({ "data": [template("1", "one", "APPROVED", "UTILITY", "GREEN")] });
    stage.answer(refused(200), ok(&templates)).await;
    let asked = stage.ask().await;
    assert_eq!(asked.news, 3);
    assert!(asked.refused.is_some_and(|error| !error.is_rate_limit()));
    assert_eq!(asked.rest, HOUR);
}
