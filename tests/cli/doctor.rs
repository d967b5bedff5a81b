//! `doctor`, against a Graph API that is not Meta's, a Redis that is real, and an address of its own.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

use crate::{
    binary::{Baja, Said},
    store::Store,
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const VERIFY: &str = "fedcba9876543210fedcba9876543210";
const APP: &str = "100200300400500";
const ACCOUNT: &str = "880011223344556";
const NUMBER: &str = "770099887766554";

fn token() -> String {
    format!("EAA{}", "b".repeat(60))
}

/// The Graph API as it answers about a sound account; a test changes what it needs to.
fn sound(address: &str) -> BTreeMap<&'static str, Value> {
    BTreeMap::from([
        (
            "debug_token",
            json!({ "data": { "app_id": APP, "is_valid": true, "expires_at": 0,
                "scopes": ["whatsapp_business_messaging", "whatsapp_business_management"],
                "granular_scopes": [{ "scope": "whatsapp_business_management", "target_ids": [ACCOUNT] }] } }),
        ),
        (
            "subscriptions",
            json!({ "data": [{ "object": "whatsapp_business_account", "callback_url": address, "active": true,
                "fields": [{ "name": "messages" }, { "name": "user_preferences" }, { "name": "standby" }] }] }),
        ),
        (
            "subscribed_apps",
            json!({ "data": [{ "whatsapp_business_api_data": { "id": APP, "name": "Invented" } }] }),
        ),
        (
            "phone_numbers",
            json!({ "data": [{ "id": NUMBER, "verified_name": "Invented", "name_status": "APPROVED",
                "status": "CONNECTED", "quality_rating": "GREEN", "throughput": { "level": "STANDARD" },
                "webhook_configuration": { "application": address } }] }),
        ),
    ])
}

/// Serves these answers, each exactly once and to the right token only, and the address.
async fn serve(server: &MockServer, answers: &BTreeMap<&'static str, Value>) {
    let (bearer, app) = (format!("Bearer {}", token()), format!("Bearer {APP}|{SECRET}"));
    for (name, answer) in answers {
        let (at, who) = match *name {
            "debug_token" => ("/debug_token".to_owned(), &bearer),
            "subscriptions" => (format!("/{APP}/subscriptions"), &app),
            name => (format!("/{ACCOUNT}/{name}"), &bearer),
        };
        let status = if answer.get("error").is_some() { 400 } else { 200 };
        Mock::given(method("GET"))
            .and(path(at))
            .and(header("authorization", who.as_str()))
            .respond_with(ResponseTemplate::new(status).set_body_json(answer))
            .expect(1)
            .mount(server)
            .await;
    }
    Mock::given(method("GET"))
        .and(path("/webhook"))
        .and(query_param("hub.mode", "subscribe"))
        .respond_with(
            ResponseTemplate::new(403).set_body_json(json!({ "error": { "code": "bad_verify_token" } })),
        )
        .mount(server)
        .await;
}

fn doctor(store: &Store, server: &MockServer, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let arguments = [&["doctor", "--json"], arguments].concat();
    let mut command = store
        .baja(&arguments)
        .env("BAJA_APP_SECRET", SECRET)
        .env("BAJA_VERIFY_TOKEN", VERIFY)
        .env("BAJA_ACCESS_TOKEN", token())
        .env("BAJA_GRAPH_URL", server.uri())
        .env("BAJA__REDIS__REQUIRE_DURABLE", "true");
    for (name, value) in variables {
        command = command.env(name, value);
    }
    tokio::task::block_in_place(|| command.run())
}

/// The findings that are not as they should be, as `check subject status`.
fn amiss(said: &Said) -> Vec<String> {
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    let wrong = said.objects().into_iter().filter(|finding| finding["status"] != "ok");
    let mut lines: Vec<_> = wrong
        .map(|finding| {
            assert!(finding["status"] == "unchecked" || finding["advice"].is_string(), "{finding}");
            ["check", "subject", "status"].map(|name| text(&finding, name)).join(" ")
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_deployment_has_no_problem_and_every_check_is_told() {
    let (store, server) = (Store::start().await, MockServer::start().await);
    let address = format!("{}/webhook", server.uri());
    serve(&server, &sound(&address)).await;
    let said = doctor(&store, &server, &[], &[]);
    // A Redis without a limit, and an address without TLS, are what a test has.
    assert_eq!(amiss(&said), ["address.certificate - unchecked", "redis.memory - warning"], "{said:?}");
    assert_eq!(said.code, 0);
    let told: Vec<_> = said.objects().iter().map(|one| one["check"].as_str().unwrap().to_owned()).collect();
    for check in [
        "configuration",
        "secrets.app_secret",
        "secrets.verify_token",
        "secrets.access_token",
        "redis.reach",
        "redis.version",
        "redis.persistence",
        "redis.eviction",
        "redis.memory",
        "redis.replication",
        "redis.clock",
        "redis.rights",
        "meta.token",
        "meta.permissions",
        "meta.app_secret",
        "meta.callback",
        "meta.fields",
        "meta.subscribed",
        "meta.number",
        "meta.quality",
        "meta.throughput",
        "address.reach",
    ] {
        assert!(told.iter().any(|one| one == check), "{check} is not told: {told:?}");
    }
    for secret in [SECRET, VERIFY, &token()] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{said:?}");
    }
    server.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_at_meta_is_told_with_what_to_do() {
    let (store, server) = (Store::start().await, MockServer::start().await);
    let address = format!("{}/webhook", server.uri());
    let mut answers = sound(&address);
    let data = &mut answers.get_mut("debug_token").unwrap()["data"];
    data["expires_at"] = json!(jiff_now() + 5 * 86_400 + 60);
    data["scopes"] = json!(["whatsapp_business_management"]);
    let subscription = &mut answers.get_mut("subscriptions").unwrap()["data"][0];
    subscription["callback_url"] = json!("https://bot.invalid/hook?key=canary");
    subscription["fields"] = json!([{ "name": "messages" }]);
    let app = &mut answers.get_mut("subscribed_apps").unwrap()["data"][0];
    app["override_callback_uri"] = json!(address);
    let numbers = &mut answers.get_mut("phone_numbers").unwrap()["data"];
    numbers[0]["quality_rating"] = json!("RED");
    numbers[0]["status"] = json!("FLAGGED");
    numbers[0]["webhook_configuration"]["phone_number"] = json!("https://other.invalid/hook");
    numbers.as_array_mut().unwrap().push(json!({ "id": "770099887766000", "status": "CONNECTED" }));
    serve(&server, &answers).await;
    // A number that is configured and that Meta does not know.
    Mock::given(path("/123"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({ "error": { "code": 100 } })))
        .expect(1)
        .mount(&server)
        .await;
    let numbers = format!("{NUMBER},123");
    let said = doctor(
        &store,
        &server,
        &["--url", &address],
        &[("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", &numbers), ("BAJA__BUSINESS__ACME__WABA_IDS", ACCOUNT)],
    );
    assert_eq!(
        amiss(&said),
        [
            "address.certificate - unchecked",
            &format!("meta.callback {APP} problem"),
            &format!("meta.fields {APP} problem"),
            &format!("meta.fields {APP} warning"),
            &format!("meta.number {NUMBER} warning"),
            "meta.numbers 123 problem",
            "meta.numbers 770099887766000 warning",
            &format!("meta.override {NUMBER} warning"),
            &format!("meta.override {ACCOUNT} warning"),
            "meta.permissions acme problem",
            &format!("meta.quality {NUMBER} problem"),
            "meta.token acme problem",
            "redis.memory - warning",
        ],
        "{said:?}"
    );
    assert_eq!(said.code, 1);
    assert!(said.out.contains("https://bot.invalid/hook") && !said.out.contains("canary"), "{said:?}");
    server.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_or_an_app_secret_that_meta_refuses_is_a_problem_of_that_alone() {
    let store = Store::start().await;
    let refused = json!({ "error": { "code": 190, "message": "invented" } });
    let server = MockServer::start().await;
    let address = format!("{}/webhook", server.uri());
    serve(&server, &BTreeMap::from([("debug_token", refused.clone())])).await;
    let said = doctor(&store, &server, &["--url", &address], &[]);
    assert_eq!(
        amiss(&said),
        ["address.certificate - unchecked", "meta.token default problem", "redis.memory - warning"],
        "{said:?}"
    );
    assert_eq!(said.code, 1);
    server.verify().await;

    let server = MockServer::start().await;
    let address = format!("{}/webhook", server.uri());
    let mut answers = sound(&address);
    answers.insert("subscriptions", refused);
    serve(&server, &answers).await;
    let said = doctor(&store, &server, &["--url", &address], &[]);
    assert_eq!(
        amiss(&said),
        [
            "address.certificate - unchecked",
            &format!("meta.app_secret {APP} problem"),
            "redis.memory - warning"
        ],
        "{said:?}"
    );
    server.verify().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_and_without_redis_it_says_what_it_could_not_look_at() {
    let (mut store, server) = (Store::start().await, MockServer::start().await);
    let said = doctor(&store, &server, &["--offline"], &[]);
    assert_eq!(
        amiss(&said),
        ["address - unchecked", "meta - unchecked", "redis.memory - warning"],
        "{said:?}"
    );
    assert_eq!(said.code, 0);
    assert_eq!(doctor(&store, &server, &["--offline", "--strict"], &[]).code, 1);
    assert!(server.received_requests().await.unwrap().is_empty());

    // A Redis that forgets.
    let mut redis =
        redis::Client::open(store.server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    for (name, value) in
        [("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru"), ("maxmemory", "1mb")]
    {
        let _: () =
            redis::cmd("CONFIG").arg("SET").arg(name).arg(value).query_async(&mut redis).await.unwrap();
    }
    let said = doctor(&store, &server, &["--offline"], &[("BAJA__REDIS__WAIT_REPLICAS", "1")]);
    let problems: Vec<_> = amiss(&said).into_iter().filter(|line| line.ends_with("problem")).collect();
    assert_eq!(
        problems,
        [
            "redis.eviction - problem",
            "redis.memory - problem",
            "redis.persistence - problem",
            "redis.replication - problem"
        ],
        "{said:?}"
    );
    store.server.kill().await;
    let said = doctor(&store, &server, &["--offline"], &[]);
    assert_eq!(
        amiss(&said),
        ["address - unchecked", "meta - unchecked", "redis.reach - problem"],
        "{said:?}"
    );
    assert_eq!(said.code, 1);
}

#[test]
fn a_configuration_that_is_wrong_is_a_finding_for_each_key() {
    let said = Baja::new(&["doctor", "--json"])
        .env("BAJA__REDIS__MODE", "canary-mode")
        .env("BAJA_LISTEN", "canary-address")
        .run();
    let amiss = amiss(&said);
    assert!(amiss.contains(&"configuration redis.mode problem".to_owned()), "{amiss:?}");
    assert!(amiss.contains(&"configuration server.listen problem".to_owned()), "{amiss:?}");
    assert!(amiss.contains(&"redis - unchecked".to_owned()), "{amiss:?}");
    assert!(!said.out.contains("canary"), "{said:?}");
    assert_eq!(said.code, 1);
}

/// Unix seconds.
fn jiff_now() -> i64 {
    jiff::Timestamp::now().as_second()
}
