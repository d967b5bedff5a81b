//! The public listener: handshake, refusals, and bodies of every shape.

use baja::signature::{HEADER, sign};
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{
    app::{ACCESS_TOKEN, App, OTHER_TOKEN, SECRET, SUPPRESSED, TOKEN},
    raw,
    wait::until,
    webhook::{body, change, message, messages, now, says, typed},
};

#[tokio::test]
async fn the_handshake_echoes_the_challenge_for_a_known_token_and_nothing_else() {
    let app = App::start().await;
    for token in [TOKEN, OTHER_TOKEN] {
        let answer = app.handshake(token, "1158201444").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    }
    // Byte for byte, whatever a browser would make of it.
    for (sent, echoed) in [("%3Cscript%3E+%26%C3%B1%00", "<script> &ñ\0"), ("007", "007"), ("a%2Bb", "a+b")]
    {
        let answer = app.handshake(TOKEN, sent).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, echoed));
    }
    for token in ["", "wrong", &TOKEN[1..], &format!("{TOKEN}x"), &format!("{TOKEN},{OTHER_TOKEN}")] {
        let answer = app.handshake(token, "1158201444").await;
        assert_eq!(answer.status, 403, "{token}");
        assert!(!answer.body.contains("1158201444"));
        assert!(answer.body.contains("\"bad_verify_token\""));
    }
    let long = "1".repeat(2000);
    let refused = [
        "/webhook".to_owned(),
        format!("/webhook?hub.mode=subscribe&hub.verify_token={TOKEN}"),
        format!("/webhook?hub.mode=subscribe&hub.challenge=1&hub_verify_token={TOKEN}"),
        format!("/webhook?hub.mode=unsubscribe&hub.challenge=1&hub.verify_token={TOKEN}"),
        format!("/webhook?hub.mode=subscribe&hub.challenge=&hub.verify_token={TOKEN}"),
        format!("/webhook?hub.mode=subscribe&hub.challenge={long}&hub.verify_token={TOKEN}"),
    ];
    for path in refused {
        let answer = app.get(&path).await;
        assert_eq!((answer.status, answer.body.contains("\"bad_handshake\"")), (400, true), "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_public_listener_serves_the_webhook_and_nothing_else() {
    let app = App::start().await;
    for path in ["/", "/metrics", "/live", "/ready", "/webhook/", "/Webhook", "/webhook/x", "//webhook"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.body, r#"{"error":{"code":"not_found","message":"there is nothing here"}}"#);
        assert_eq!(answer.headers["content-type"], "application/json");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let request = format!("{method} /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = raw::exchange(app.public, request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 405 "), "{method}: {answer}");
        assert!(answer.contains("\"method_not_allowed\""), "{method}: {answer}");
    }
    for path in ["/live", "/ready", "/metrics"] {
        assert_eq!(app.ask_operators(path).await.status, 200, "{path}");
    }
    assert_eq!(app.ask_operators("/webhook").await.status, 404);
    app.finish().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_length_and_as_it_comes() {
    let app = App::with(&[("BAJA__SERVER__HEADER_TIMEOUT_MS", "1000")]).await;
    let limit = 3_211_264;
    let announced = format!("POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", limit + 1);
    let answer = raw::exchange(app.public, announced.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"body_too_large\""), "{answer}");

    let mut chunked = b"POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..=limit / 65_536 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend(std::iter::repeat_n(b' ', 65_536));
        chunked.extend_from_slice(b"\r\n");
    }
    let answer = raw::exchange(app.public, &chunked).await;
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("\"body_too_large\""), "{answer}");

    // The largest that Meta sends is no trouble.
    let words = "á".repeat(3 * 1024 * 1024 / 2 - 1000);
    let items = [
        message(("34600000001", ""), "wamid.A", now(), typed(&words)),
        message(("34600000002", ""), "wamid.B", now(), typed("BAJA")),
    ];
    assert_eq!(app.post(messages(&items)).await.status, 200);
    assert!(app.has(SUPPRESSED, "34600000002").await);
    app.finish().await;
}

#[tokio::test]
async fn a_body_or_a_head_that_does_not_come_is_not_waited_for() {
    let times = [("BAJA__SERVER__BODY_TIMEOUT_MS", "200"), ("BAJA__SERVER__HEADER_TIMEOUT_MS", "1000")];
    let app = App::with(&times).await;
    let mut slow = TcpStream::connect(app.public).await.unwrap();
    slow.write_all(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").await.unwrap();
    let answer = raw::read(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"body_timeout\""), "{answer}");

    // Behind another on the same connection, whose bytes came together with its own.
    let whole = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
    let part = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
    let mut behind = TcpStream::connect(app.public).await.unwrap();
    behind.write_all([whole, whole, part].concat().as_bytes()).await.unwrap();
    let answer = raw::read(&mut behind).await;
    assert_eq!(answer.matches("HTTP/1.1 401 ").count(), 2, "{answer}");
    assert!(answer.contains("HTTP/1.1 408 ") && answer.contains("\"body_timeout\""), "{answer}");

    let mut slower = TcpStream::connect(app.public).await.unwrap();
    slower.write_all(b"POST /webhook HTTP/1.1\r\nHo").await.unwrap();
    let answer = raw::read(&mut slower).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
    app.finish().await;
}

#[tokio::test]
async fn large_bodies_wait_their_turn_and_small_ones_do_not_wait_for_them() {
    let limits = [("BAJA__SERVER__LARGE_BODIES", "1"), ("BAJA__SERVER__BODY_TIMEOUT_MS", "60000")];
    let app = App::with(&limits).await;
    let head = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
    let mut holder = TcpStream::connect(app.public).await.unwrap();
    holder.write_all(head.as_bytes()).await.unwrap();
    holder.write_all(&[b' '; 150_000]).await.unwrap();
    let small = messages(&[message(("34600000002", ""), "wamid.B", now(), typed("BAJA"))]);
    assert_eq!(app.post(small).await.status, 200);
    assert!(app.has(SUPPRESSED, "34600000002").await);
    drop(holder);
    let large = messages(&[
        message(("34600000001", ""), "wamid.A", now(), typed(&"x".repeat(200_000))),
        message(("34600000003", ""), "wamid.C", now(), typed("BAJA")),
    ]);
    assert_eq!(app.post(large).await.status, 200);
    assert!(app.has(SUPPRESSED, "34600000003").await);
    app.finish().await;
}

#[tokio::test]
async fn no_answer_keeps_a_connection_for_a_body_that_never_ends() {
    let app = App::with(&[("BAJA__SERVER__HEADER_TIMEOUT_MS", "1000")]).await;
    let query = format!("hub.mode=subscribe&hub.challenge=1&hub.verify_token={TOKEN}");
    let requests = [
        ("POST /x".to_owned(), 404),
        ("PUT /webhook".to_owned(), 405),
        ("GET /webhook".to_owned(), 400),
        (format!("GET /webhook?{query}"), 200),
        ("POST /webhook".to_owned(), 415),
    ];
    let refused = requests.iter().map(async |(line, status)| {
        let head = "Host: x\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked";
        let request = format!("{line} HTTP/1.1\r\n{head}\r\n\r\n10000\r\n");
        let answer = raw::exchange(app.public, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {answer}");
    });
    futures_util::future::join_all(refused).await;
    app.finish().await;
}

#[tokio::test]
async fn a_compressed_body_is_refused_because_its_bytes_are_not_the_signed_ones() {
    let app = App::start().await;
    let body = says("34600000001", "wamid.A", "BAJA");
    let signature = sign(SECRET, body.as_bytes()).unwrap();
    for (encoding, status) in [("gzip", 415), ("br", 415), ("deflate", 415), ("identity", 200)] {
        let headers = [(HEADER, signature.as_str()), ("content-encoding", encoding)];
        assert_eq!(app.post_with(&headers, &body).await.status, status, "{encoding}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_batch_of_a_thousand_opt_outs_is_in_redis_before_its_200() {
    // With patience: a machine that is busy is not what this is about.
    let app = App::with(&[
        ("BAJA__CONFIRM__ENABLED", "false"),
        ("BAJA__REDIS__RESPONSE_TIMEOUT_MS", "20000"),
        ("BAJA__REDIS__BUDGET_MS", "30000"),
    ])
    .await;
    let items: Vec<_> = (0..1000)
        .map(|index| {
            let number = format!("34600{index:06}");
            message((&number, ""), &format!("wamid.{index}"), now(), typed("BAJA"))
        })
        .collect();
    assert_eq!(app.post(messages(&items)).await.status, 200);
    assert_eq!(app.redis::<usize>(&["SCARD", SUPPRESSED]).await, 1000);
    app.finish().await;
}

#[tokio::test]
async fn the_dashboards_test_button_writes_nothing() {
    // Even for who owns its number by mistake.
    let app = App::with(&[("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", "123456123")]).await;
    let item = message(("16315551181", ""), "wamid.TEST", now(), typed("STOP"));
    let test = body(&[("123456123", "messages", json!({ "messages": [item] }))]);
    let test = test.replace("880011223344556", "0");
    assert_eq!(app.post(test).await.status, 200);
    assert_eq!(app.metric(r#"baja_events_total{kind="test_button"}"#).await, 1.0);
    assert_eq!(app.redis::<u64>(&["DBSIZE"]).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn an_unknown_number_is_counted_and_ignored() {
    let app = App::start().await;
    let item = |id| message(("34600000001", ""), id, now(), typed("BAJA"));
    let foreign = body(&[("990000000000001", "messages", json!({ "messages": [item("wamid.A")] }))]);
    assert_eq!(app.post(foreign).await.status, 200);
    assert_eq!(app.metric(r#"baja_events_total{kind="unknown_number"}"#).await, 1.0);
    assert_eq!(app.redis::<u64>(&["DBSIZE"]).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn each_business_has_its_own_list() {
    let other = "660000000000042";
    let app = App::with(&[("BAJA__BUSINESS__OTHER__PHONE_NUMBER_IDS", other)]).await;
    let item = |id, words| json!({ "messages": [message(("34600000001", ""), id, now(), typed(words))] });
    let both = [
        (crate::support::webhook::NUMBER, "messages", item("wamid.A", "hola")),
        (other, "messages", item("wamid.B", "BAJA")),
    ];
    assert_eq!(app.post(body(&both)).await.status, 200);
    assert!(!app.has(SUPPRESSED, "34600000001").await);
    assert!(app.has("baja:{other}:suppressed", "34600000001").await);
    until("its confirmation", async || {
        let jobs = app.ledger.jobs("other", 10).await.unwrap();
        jobs.iter().any(|job| job.state == "sent").then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_service_stops() {
    let mut app = App::start().await;
    let body = says("34600000001", "wamid.A", "BAJA");
    let signature = sign(SECRET, body.as_bytes()).unwrap();
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: x\r\n{HEADER}: {signature}\r\nContent-Length: {}\r\n\
         Expect: 100-continue\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(app.public).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    // The service has the head, and says so, before it is told to stop.
    until("the request is under way", async || {
        (app.metric("baja_webhooks_in_flight").await == 1.0).then_some(())
    })
    .await;
    let (public, operators) = (app.public, app.operators);
    let rest = async {
        until("no new connections", async || TcpStream::connect(public).await.is_err().then_some(())).await;
        stream.write_all(body.as_bytes()).await.unwrap();
        raw::read(&mut stream).await
    };
    let ((), answer) = tokio::join!(app.stop(), rest);
    assert!(answer.contains("HTTP/1.1 200 OK"), "{answer}");
    assert!(TcpStream::connect(operators).await.is_err());
    assert!(app.has(SUPPRESSED, "34600000001").await);
    // Told to stop, it still sent what was in the outbox, or left it for the next one.
    let open = app.ledger.depth("acme").await.unwrap().iter().map(|state| state.jobs).sum();
    app.finish_with_open(open).await;
}

#[tokio::test]
async fn what_is_wrong_is_told_in_small_json_without_anything_internal() {
    let app = App::start().await;
    let answers = [
        app.post_with(&[], "x").await,
        app.handshake("wrong", "1").await,
        app.get("/webhook").await,
        app.get("/x").await,
    ];
    for answer in answers {
        let json: Value = serde_json::from_str(&answer.body).unwrap();
        let error = json["error"].as_object().unwrap();
        assert_eq!(error.keys().collect::<Vec<_>>(), ["code", "message"]);
        for secret in [SECRET, TOKEN, ACCESS_TOKEN, "redis", "127.0.0.1"] {
            assert!(!answer.body.contains(secret), "{}", answer.body);
        }
    }
    app.finish().await;
}

/// A body of many kinds, into which [`any_json_anywhere_is_never_a_5xx`] puts what does not belong.
fn template() -> Value {
    let who = ("5215512340001", "MX.900");
    let kind = json!({ "type": "interactive", "context": { "from": "1", "id": "wamid.OUT", "forwarded": false },
        "interactive": { "type": "list_reply", "list_reply": { "id": "optout:offers|x", "title": "Salir", "description": "" },
            "nfm_reply": { "name": "flow", "response_json": "{\"a\":\"BAJA\"}" } } });
    let value = json!({
        "contacts": [{ "profile": { "name": "Invented" }, "wa_id": who.0, "user_id": who.1 }],
        "messages": [message(who, "wamid.A", now(), kind), message(who, "wamid.B", now(), typed("BAJA"))],
        "statuses": [{ "id": "wamid.OUT", "status": "failed", "timestamp": "1795431260", "recipient_id": "34600000001",
            "biz_opaque_callback_data": "baja:x", "errors": [{ "code": 131_050 }] }],
        "user_preferences": [{ "wa_id": "34600000002", "category": "marketing_messages", "value": "stop", "timestamp": 1 }],
        "history": [{ "metadata": {}, "threads": [{ "id": "34600000003", "messages": [message(who, "wamid.H", 1, typed("Baja"))] }] }],
        "standby": { "messages": [message(who, "wamid.S", now(), typed("stop"))] },
    });
    serde_json::from_str(&change("messages", value)).unwrap()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "BAJA",
            "optout",
            "MX.1",
            "34600000009",
            "user_changed_number",
            "marketing"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{0,12}", inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// Puts `with` in the place of the value with this number, counted from the outermost.
fn replace(value: &mut Value, place: &mut usize, with: &Value) {
    if *place == 0 {
        *value = with.clone();
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, place, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, place, with)),
        _ => {}
    }
}

#[test]
fn any_json_anywhere_is_never_a_5xx() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let app = runtime.block_on(App::with(&[("BAJA__CONFIRM__ENABLED", "false")]));
    let mutations = prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4);
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(mutations in mutations)| {
        let mut body = template();
        for (index, with) in &mutations {
            let mut place = index.index(size(&body));
            replace(&mut body, &mut place, with);
        }
        let answer = runtime.block_on(app.post(body.to_string()));
        prop_assert_eq!(answer.status, 200);
    });
    runtime.block_on(app.finish());
}
