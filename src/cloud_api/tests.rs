//! The client against a server of its own: what it sends, and what it makes of every kind of answer.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;

const NUMBER: &str = "106540352242922";

fn timeouts(milliseconds: u64) -> Timeouts {
    let total = Duration::from_millis(milliseconds);
    Timeouts { total, connect: total / 2 }
}

fn client(base: &str) -> CloudApi {
    CloudApi::new(base, timeouts(5_000), PlainHttp::LoopbackOnly).unwrap()
}

fn token() -> SecretString {
    SecretString::from("EAA-test-token")
}

fn message(recipient: Recipient) -> Message {
    Message {
        recipient,
        quote: Some("wamid.TEST0001".into()),
        content: Content::Text("Listo.".into()),
        callback_data: "baja:0123456789abcdef0123456789abcdef".into(),
    }
}

fn to_a_phone() -> Message {
    message(Recipient::Phone("5491155550142".into()))
}

async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(template).expect(1).mount(&server).await;
    server
}

async fn result_of(template: ResponseTemplate) -> SendResult {
    let server = answering(template).await;
    client(&server.uri()).send(&token(), NUMBER, &to_a_phone()).await
}

/// A server of one connection that reads the request and then does as it is told.
async fn after_the_request<F, R>(then: F) -> String
where
    F: FnOnce(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v26.0", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\"}") {
            let mut part = [0; 4096];
            let read = connection.read(&mut part).await.unwrap();
            request.extend_from_slice(&part[..read]);
        }
        then(connection).await;
    });
    base
}

#[tokio::test]
async fn the_request_is_as_meta_wants_it() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path(format!("/v26.0/{NUMBER}/messages")))
        .and(header("authorization", "Bearer EAA-test-token"))
        .and(header("content-type", "application/json"))
        .and(body_json(json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "MX.900",
            "context": {"message_id": "wamid.TEST0001"}, "type": "text",
            "text": {"preview_url": false, "body": "Listo."},
            "biz_opaque_callback_data": "baja:0123456789abcdef0123456789abcdef"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"messages": [{"id": "wamid.OUT"}]})))
        .expect(2)
        .mount(&server)
        .await;
    for base in ["/v26.0", "/v26.0/"] {
        let api = client(&(server.uri() + base));
        let sent = api.send(&token(), NUMBER, &message(Recipient::Bsuid("MX.900".into()))).await;
        assert_eq!(sent, SendResult::Accepted { wamid: "wamid.OUT".into() });
    }
}

#[tokio::test]
async fn a_refusal_carries_code_status_and_wait() {
    let template = ResponseTemplate::new(429)
        .insert_header("retry-after", "9")
        .set_body_json(json!({"error": {"message": "(#130429) Rate limit hit", "code": 130_429}}));
    let refusal =
        Refusal { code: Some(130_429), http_status: 429, retry_after: Some(Duration::from_secs(9)) };
    assert_eq!(result_of(template).await, SendResult::Refused(refusal));
}

#[tokio::test]
async fn a_gateways_answer_and_a_malformed_success() {
    assert_eq!(result_of(ResponseTemplate::new(502)).await, SendResult::Unknown(InDoubt::ServerError));
    let html = ResponseTemplate::new(200).set_body_string("<html>");
    assert_eq!(result_of(html).await, SendResult::Unknown(InDoubt::MalformedSuccess));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere_else() {
    let elsewhere = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&elsewhere)
        .await;
    for status in [301, 302, 303, 307, 308] {
        let result =
            result_of(ResponseTemplate::new(status).insert_header("location", elsewhere.uri())).await;
        let refusal = Refusal { code: None, http_status: status, retry_after: None };
        assert_eq!(result, SendResult::Refused(refusal));
    }
}

#[tokio::test]
async fn no_answer_in_time_is_in_doubt() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).await;
    let api = CloudApi::new(&server.uri(), timeouts(100), PlainHttp::LoopbackOnly).unwrap();
    let result = api.send(&token(), NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::Unknown(InDoubt::Timeout));
}

#[tokio::test]
async fn a_refused_connection_was_surely_not_sent() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let result = client(&format!("http://{free}")).send(&token(), NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::NotSent(NotSent::Connect));
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_in_doubt() {
    let base = after_the_request(|connection| async move { drop(connection) }).await;
    let result = client(&base).send(&token(), NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::Unknown(InDoubt::Reset));

    let base = after_the_request(|connection| async move {
        connection.set_zero_linger().unwrap();
        drop(connection);
    })
    .await;
    let result = client(&base).send(&token(), NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::Unknown(InDoubt::Reset));
}

#[tokio::test]
async fn a_success_that_is_cut_off_is_in_doubt_and_a_refusal_is_not() {
    async fn cut_off(status: &'static str) -> SendResult {
        let base = after_the_request(move |mut connection| async move {
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 500\r\n\r\n{{\"mess");
            connection.write_all(head.as_bytes()).await.unwrap();
        })
        .await;
        client(&base).send(&token(), NUMBER, &to_a_phone()).await
    }
    assert_eq!(cut_off("200 OK").await, SendResult::Unknown(InDoubt::Reset));
    let refusal = Refusal { code: None, http_status: 400, retry_after: None };
    assert_eq!(cut_off("400 Bad Request").await, SendResult::Refused(refusal));
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let (counted, count) = tokio::sync::oneshot::channel();
    let base = after_the_request(|mut connection| async move {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n{\"messages\":[{\"id\":\"";
        connection.write_all(head).await.unwrap();
        let mut written: usize = 0;
        while connection.write_all(&[b'x'; 16 * 1024]).await.is_ok() {
            written += 16 * 1024;
        }
        counted.send(written).unwrap();
    })
    .await;
    let result = client(&base).send(&token(), NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::Unknown(InDoubt::MalformedSuccess));
    // What the sockets' buffers take, and no more.
    assert!(count.await.unwrap() < 100_000_000);
}

#[tokio::test]
async fn what_cannot_be_a_request_is_not_sent() {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any())
        .respond_with(ResponseTemplate::new(200))
        .expect(0)
        .mount(&server)
        .await;
    let api = client(&server.uri());
    for bad in ["", "..", "1/2", "1?x", "me", "1".repeat(33).as_str()] {
        let result = api.send(&token(), bad, &to_a_phone()).await;
        assert_eq!(result, SendResult::NotSent(NotSent::BadNumber), "{bad}");
    }
    let broken = SecretString::from("two\nlines");
    let result = api.send(&broken, NUMBER, &to_a_phone()).await;
    assert_eq!(result, SendResult::NotSent(NotSent::BadToken));
}

#[test]
fn only_a_safe_address_is_taken() {
    let new = |base: &str, plain| CloudApi::new(base, Timeouts::default(), plain);
    for good in
        ["https://graph.facebook.com/v26.0", "http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"]
    {
        assert!(new(good, PlainHttp::LoopbackOnly).is_ok(), "{good}");
    }
    for bad in ["http://graph.facebook.com/v26.0", "http://localhost.example.com", "ftp://127.0.0.1/"] {
        assert!(matches!(new(bad, PlainHttp::LoopbackOnly), Err(CloudApiError::NotSecure)), "{bad}");
    }
    assert!(new("http://gateway.example.com", PlainHttp::Anywhere).is_ok());
    for bad in ["https://u:p@example.com", "https://example.com/?a=1", "https://example.com/#a"] {
        assert!(matches!(new(bad, PlainHttp::LoopbackOnly), Err(CloudApiError::Extra)), "{bad}");
    }
    assert!(matches!(new("graph", PlainHttp::LoopbackOnly), Err(CloudApiError::NotAUrl)));
    let upside_down = Timeouts { total: Duration::from_secs(1), connect: Duration::from_secs(2) };
    let refused = CloudApi::new("https://example.com", upside_down, PlainHttp::LoopbackOnly);
    assert!(matches!(refused, Err(CloudApiError::Timeouts)));
}

#[test]
fn debug_shows_no_address() {
    let shown = format!("{:?}", client("http://127.0.0.1:9/v26.0"));
    assert!(!shown.contains("127.0.0.1"), "{shown}");
}
