use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Api, at, json_of, refusal, whole};
use crate::support::{
    app::{App, SUPPRESSED},
    raw::{exchange, read},
    wait::DEADLINE,
    webhook::says,
};

#[tokio::test]
async fn without_a_configured_token_the_api_is_shut_and_says_how_to_open_it() {
    let app = App::start().await;
    for path in ["/api/v1/businesses", "/api/v1/nothing"] {
        let answer = app.operators_request(Method::GET, path, &[("authorization", "Bearer x")], None).await;
        assert_eq!(refusal(&answer), (403, "api_shut".to_owned()));
        assert!(answer.body.contains("baja token new"), "{answer:?}");
    }
    // The description and the probes are open.
    assert_eq!(app.ask_operators("/api/v1/openapi.json").await.status, 200);
    assert_eq!(app.ask_operators("/ready").await.status, 200);
    // Nothing of it is on the public listener.
    assert_eq!(app.get("/api/v1/businesses").await.status, 404);
    app.finish().await;
}

#[tokio::test]
async fn a_token_opens_what_it_is_for_and_nothing_else() {
    let api = Api::start().await;
    let path = "/api/v1/businesses";
    let missing = api.app.ask_operators(path).await;
    assert_eq!(refusal(&missing), (401, "token_missing".to_owned()));
    assert_eq!(missing.headers["www-authenticate"], "Bearer realm=\"baja\"");
    for authorization in ["", "Basic YTpi", &api.read, &format!("Bearer{}", api.read)] {
        let headers = [("authorization", authorization)];
        let answer = api.app.operators_request(Method::GET, path, &headers, None).await;
        assert_eq!(refusal(&answer), (401, "token_missing".to_owned()), "{authorization:?}");
    }
    let wrong = api.get("baja_nonsense", path).await;
    assert_eq!(refusal(&wrong), (401, "token_unknown".to_owned()));
    let lower = [("authorization", format!("bearer {}", api.read))];
    let lower = [(lower[0].0, lower[0].1.as_str())];
    assert_eq!(api.app.operators_request(Method::GET, path, &lower, None).await.status, 200);

    let slugs = |answer: &Value| {
        answer["businesses"].as_array().unwrap().iter().map(|one| one["slug"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(slugs(&json_of(&api.get(&api.read, path).await)), [json!("acme"), json!("other")]);
    assert_eq!(slugs(&json_of(&api.get(&api.other, path).await)), [json!("other")]);

    // Reading is not writing.
    for what in ["suppress", "resume"] {
        let answer = api.post(&api.read, &at(what), whole(&["34600000001"])).await;
        assert_eq!(refusal(&answer), (403, "read_only".to_owned()), "{what}");
    }
    for what in ["approve", "reject"] {
        let answer =
            api.post(&api.read, &at(&format!("near-misses/0000000000000000/{what}")), json!({})).await;
        assert_eq!(refusal(&answer), (403, "read_only".to_owned()), "{what}");
    }
    // What one may not see is as unknown as what is not there.
    let posts = ["check", "suppress", "resume", "evidence", "near-misses/0000000000000000/approve"];
    for what in posts {
        let body = match what {
            "evidence" => json!({ "number": "34600000001" }),
            _ if what.starts_with("near") => json!({}),
            _ => whole(&["34600000001"]),
        };
        let hidden = api.post(&api.other, &at(what), body.clone()).await;
        let absent = api.post(&api.other, &format!("/api/v1/businesses/absent/{what}"), body).await;
        assert_eq!(refusal(&hidden), (404, "unknown_business".to_owned()), "{what}");
        assert_eq!(hidden.body, absent.body, "{what}");
    }
    for what in ["suppressions", "near-misses"] {
        assert_eq!(refusal(&api.get(&api.other, &at(what)).await), (404, "unknown_business".to_owned()));
    }
    assert!(api.app.members(SUPPRESSED).await.is_empty());
    let own = api.post(&api.other, "/api/v1/businesses/other/suppress", whole(&["34600000001"])).await;
    assert_eq!(own.status, 200, "{own:?}");
    assert!(api.app.has("baja:{other}:suppressed", "34600000001").await);
    assert!(api.app.members(SUPPRESSED).await.is_empty());
    api.finish().await;
}

#[tokio::test]
async fn guessing_is_slowed_down_before_the_token_is_looked_at() {
    let api = Api::start().await;
    let path = "/api/v1/businesses";
    for _ in 0..10 {
        assert_eq!(api.get("baja_guess", path).await.status, 401);
    }
    let limited = api.get("baja_guess", path).await;
    assert_eq!(refusal(&limited), (429, "too_many_failures".to_owned()));
    let wait: u64 = limited.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=7).contains(&wait), "{wait}");
    assert_eq!(api.get(&api.read, path).await.status, 429, "a guess that is right would be no slower");
    for (outcome, count) in [("unauthorized", 10.0), ("limited", 2.0)] {
        assert_eq!(api.app.metric(&format!("baja_api_requests_total{{outcome=\"{outcome}\"}}")).await, count);
    }
    // The probes go on.
    assert_eq!(api.app.ask_operators("/ready").await.status, 200);
    api.finish().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place_and_without_its_content() {
    let api = Api::start().await;
    let raw = async |path: &str, body: &str| {
        api.ask(Method::POST, &api.desk, &at(path), Some(body.to_owned())).await
    };
    for (path, body, code) in [
        ("check", "", "bad_json"),
        ("check", "{", "bad_json"),
        ("check", r#"{"numbers":["34600000001"],"topics":"canary"}"#, "bad_json"),
        ("check", r#"{"numbers":"canary"}"#, "bad_json"),
        ("check", r#"{"numbers":[]}"#, "how_many"),
        ("check", r#"{"numbers":["34600000001"],"topic":"canary"}"#, "unknown_topic"),
        ("check", r#"{"numbers":["34600000001"],"country":"canary"}"#, "bad_country"),
        ("evidence", r#"{"number":"canary"}"#, "bad_number"),
        ("evidence", r#"{"number":"34600000001","country":"canary"}"#, "bad_country"),
    ] {
        let answer = raw(path, body).await;
        assert_eq!(refusal(&answer), (400, code.to_owned()), "{body}");
        assert!(!answer.body.contains("canary"), "{answer:?}");
    }
    let note = "ñ".repeat(257);
    let answer =
        api.post(&api.desk, &at("suppress"), json!({ "numbers": ["34600000001"], "note": note })).await;
    assert_eq!(refusal(&answer), (400, "long_note".to_owned()));
    for query in ["limit=0", "limit=5001", "limit=x", "cursor=x", "page=2"] {
        let answer = api.get(&api.read, &at(&format!("suppressions?{query}"))).await;
        assert_eq!(refusal(&answer), (400, "bad_query".to_owned()), "{query}");
    }
    for query in ["state=gone", "limit=1001"] {
        let answer = api.get(&api.read, &at(&format!("near-misses?{query}"))).await;
        assert_eq!(refusal(&answer), (400, "bad_query".to_owned()), "{query}");
    }
    assert_eq!(refusal(&api.get(&api.read, &at("check")).await), (405, "method_not_allowed".to_owned()));
    assert_eq!(refusal(&api.get(&api.read, &at("nothing")).await), (404, "not_found".to_owned()));
    let garbled = api.post(&api.read, "/api/v1/businesses/%ff/check", whole(&["34600000001"])).await;
    assert_eq!(refusal(&garbled).0, 404);
    api.finish().await;
}

/// The head of a chunked POST with this token, whose body never ends.
fn endless(path: &str, token: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: baja\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"num\r\n"
    )
}

#[tokio::test]
async fn no_unread_body_keeps_a_connection_of_the_operators_listener() {
    let api = Api::with(&[("BAJA__SERVER__BODY_TIMEOUT_MS", "150")]).await;
    for (path, token, status) in [
        ("/live", "", "404"),
        ("/metrics", "", "404"),
        ("/nothing", "", "404"),
        ("/api/v1/openapi.json", "", "405"),
        ("/api/v1/businesses", "", "401"),
        ("/api/v1/businesses", "baja_nonsense", "401"),
        ("/api/v1/businesses/acme/check", api.read.as_str(), "408"),
    ] {
        // The test fails here when the connection stays open.
        let answer = exchange(api.app.operators, endless(path, token).as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    // One that goes on sending is not read on either.
    let mut stream = TcpStream::connect(api.app.operators).await.unwrap();
    stream.write_all(endless("/live", "").as_bytes()).await.unwrap();
    let mut first = [0; 16];
    stream.read_exact(&mut first).await.unwrap();
    let writing = async {
        while stream.write_all(b"5\r\nabcde\r\n").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, writing).await.is_ok(), "it is read for ever");
    let _ = read(&mut stream).await;
    api.finish().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_compressed_is_refused() {
    let api = Api::start().await;
    let large = format!("{{\"numbers\":[\"{}\"]}}", " ".repeat(1024 * 1024));
    let answer = api.ask(Method::POST, &api.read, &at("check"), Some(large)).await;
    assert_eq!(refusal(&answer), (413, "body_too_large".to_owned()));
    let authorization = format!("Bearer {}", api.read);
    let headers = [("authorization", authorization.as_str()), ("content-encoding", "gzip")];
    let answer = api.app.operators_request(Method::POST, &at("check"), &headers, Some("x".to_owned())).await;
    assert_eq!(refusal(&answer), (415, "content_encoding".to_owned()));
    api.finish().await;
}

#[tokio::test]
async fn while_redis_is_away_the_caller_is_told_to_come_back() {
    let mut api = Api::start().await;
    api.app.post(says("34600000001", "wamid.A", "hola")).await;
    api.app.store().server.kill().await;
    for (path, body) in [
        ("check", whole(&["34600000001"])),
        ("suppress", whole(&["34600000001"])),
        ("evidence", json!({ "number": "34600000001" })),
        ("near-misses/0000000000000000/approve", json!({})),
    ] {
        let answer = api.post(&api.desk, &at(path), body).await;
        assert_eq!(refusal(&answer), (503, "store_unavailable".to_owned()), "{path}");
        assert_eq!(answer.headers["retry-after"], "5");
    }
    for path in ["suppressions", "near-misses"] {
        assert_eq!(refusal(&api.get(&api.desk, &at(path)).await), (503, "store_unavailable".to_owned()));
    }
    api.app.store().server.restart().await.unwrap();
    api.finish().await;
}
