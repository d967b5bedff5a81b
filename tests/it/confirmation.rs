//! What goes out, to whom, in which language, and what becomes of it when nobody knows whether it did.

use std::time::Duration;

use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::support::{
    app::{ACCESS_TOKEN, App, SUPPRESSED},
    wait::until,
    webhook::{NUMBER, button, list_reply, message, messages, now, says, statuses, typed},
};

#[tokio::test]
async fn it_goes_to_who_wrote_from_the_number_written_to_and_quotes_the_message() {
    let app = App::start().await;
    app.post(messages(&[message(("5215512340001", "MX.900"), "wamid.A", now(), typed("BAJA"))])).await;
    app.post(messages(&[message(("", "MX.901"), "wamid.B", now(), typed("sair"))])).await;
    let sent = app.sent().await;
    assert_eq!(sent.len(), 2);
    let (by_number, by_id) = (&sent[0].body, &sent[1].body);
    assert_eq!((by_number["to"].as_str(), by_number.get("recipient")), (Some("+5215512340001"), None));
    assert_eq!((by_id["recipient"].as_str(), by_id.get("to")), (Some("MX.901"), None));
    assert_eq!(by_number["context"]["message_id"], "wamid.A");
    assert!(sent.iter().all(|message| message.phone_number_id == NUMBER && message.authorized));
    let jobs = app.jobs().await;
    let ids: Vec<_> = jobs.iter().map(|job| format!("baja:{}", job.id.as_str())).collect();
    assert_eq!(
        [&by_number["biz_opaque_callback_data"], &by_id["biz_opaque_callback_data"]],
        [&ids[0], &ids[1]]
    );
    app.finish().await;
}

#[tokio::test]
async fn it_speaks_the_language_of_the_words_that_were_used() {
    let app = App::start().await;
    let said = [
        ("34600000001", typed("BAJA"), "no te enviaremos"),
        ("34600000002", typed("sair"), "não enviaremos"),
        ("34600000003", typed("please stop texting me"), "we will not send"),
        ("34600000004", button("Stop promotions", "OPTOUT|c"), "we will not send"),
        // The way back, and the row that takes it back at once, in the language of that person.
        ("34600000001", typed("ALTA"), "volverás a recibir"),
        ("34600000002", list_reply("optin|undo", "Foi engano"), "você voltará a receber"),
    ];
    for (second, (number, kind, expected)) in said.into_iter().enumerate() {
        let item = message((number, ""), &format!("wamid.{second}"), now() - 60 + second as i64, kind);
        app.post(messages(&[item])).await;
        let sent = app.sent().await;
        let body = &sent.last().unwrap().body;
        let text = body.pointer("/interactive/body/text").or(body.pointer("/text/body")).unwrap();
        assert!(text.as_str().unwrap().contains(expected), "{text} should contain {expected}");
    }
    assert_eq!(app.members(SUPPRESSED).await, ["34600000003", "34600000004"]);
    app.finish().await;
}

/// A Cloud API that answers too late for anybody to know, and how often it is to be asked.
async fn slow_api(times: u64) -> MockServer {
    let api = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/v26.0/{NUMBER}/messages")))
        .and(header("authorization", format!("Bearer {ACCESS_TOKEN}")))
        .respond_with(ResponseTemplate::new(200).set_delay(Duration::from_secs(5)))
        .expect(times)
        .mount(&api)
        .await;
    api
}

#[tokio::test]
async fn a_send_that_nobody_knows_about_is_settled_by_its_status_and_not_repeated() {
    let api = slow_api(1).await;
    let url = format!("{}/v26.0", api.uri());
    let variables = [
        ("BAJA_GRAPH_URL", url.as_str()),
        ("BAJA__CLOUD_API__TIMEOUT_MS", "200"),
        ("BAJA__CLOUD_API__CONNECT_TIMEOUT_MS", "100"),
    ];
    let app = App::with(&variables).await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    until("a doubt", async || (app.jobs().await[0].state == "unknown").then_some(())).await;
    let requests = api.received_requests().await.unwrap();
    let request: Value = serde_json::from_slice(&requests[0].body).unwrap();
    let status = json!({ "id": "wamid.OUT", "status": "sent", "timestamp": now().to_string(),
        "recipient_id": "34600000001", "biz_opaque_callback_data": request["biz_opaque_callback_data"] });
    assert_eq!(app.post(statuses(&[status])).await.status, 200);
    until("the doubt is over", async || (app.jobs().await[0].state == "sent").then_some(())).await;
    assert!(app.has(SUPPRESSED, "34600000001").await);
    app.finish().await;
}

#[tokio::test]
async fn a_doubt_that_lasts_is_sent_once_more_and_then_given_up() {
    let api = slow_api(2).await;
    let url = format!("{}/v26.0", api.uri());
    let variables = [
        ("BAJA_GRAPH_URL", url.as_str()),
        ("BAJA__CLOUD_API__TIMEOUT_MS", "200"),
        ("BAJA__CLOUD_API__CONNECT_TIMEOUT_MS", "100"),
        ("BAJA__CONFIRM__UNKNOWN_AFTER_S", "1"),
    ];
    let app = App::with(&variables).await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    until("it is given up", async || (app.jobs().await[0].state == "dropped").then_some(())).await;
    assert_eq!(app.jobs().await[0].reason.as_deref(), Some("outcome_unknown"));
    assert!(app.has(SUPPRESSED, "34600000001").await);
    app.finish().await;
}
