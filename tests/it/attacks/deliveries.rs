//! Deliveries that are not signed as they should be, or are framed so that two readers could see two requests.
//! Each asks for an opt-out of a number of its own, which is on the list afterwards only where the answer says so.

use baja::signature::sign;
use futures_util::future::join_all;

use super::{OLD_SECRET, SECRET, Target, post, signed, statuses};
use crate::support::{raw::exchange, webhook::says};

/// A body, and what is said about it.
struct Delivery {
    body: String,
    /// `X-Hub-Signature-256: sha256=…`, with its line's end.
    signed: String,
    /// `Content-Length: …`, with its line's end.
    length: String,
    /// The 64 digits.
    digits: String,
}

/// What it is, how it goes over the wire, and the statuses that come back on its connection.
type Row = (&'static str, fn(&Delivery) -> Vec<u8>, &'static [u16]);

const SIGNATURES: &[Row] = &[
    ("a good one", |d| with(d, &d.signed), &[200]),
    ("none", |d| with(d, ""), &[401]),
    ("an empty one", |d| with(d, "X-Hub-Signature-256: \r\n"), &[401]),
    ("of another secret", |d| with(d, &header(&sign("a guess", d.body.as_bytes()).unwrap())), &[401]),
    (
        "of an older secret that is still configured",
        |d| with(d, &header(&sign(OLD_SECRET, d.body.as_bytes()).unwrap())),
        &[200],
    ),
    ("of another body", |d| with(d, &signed(b"{}")), &[401]),
    ("of the body with a line feed more", |d| with(d, &signed(format!("{}\n", d.body).as_bytes())), &[401]),
    ("a digit short", |d| with(d, &header(&format!("sha256={}", &d.digits[1..]))), &[401]),
    ("half of it", |d| with(d, &header(&format!("sha256={}", &d.digits[..32]))), &[401]),
    ("a digit too many", |d| with(d, &header(&format!("sha256={}0", d.digits))), &[401]),
    ("in upper case", |d| with(d, &header(&format!("sha256={}", d.digits.to_uppercase()))), &[401]),
    ("with its prefix in upper case", |d| with(d, &header(&format!("SHA256={}", d.digits))), &[401]),
    ("without its prefix", |d| with(d, &header(&d.digits)), &[401]),
    ("two headers, both good", |d| with(d, &d.signed.repeat(2)), &[401]),
    ("two headers, the first good", |d| with(d, &format!("{}{}", d.signed, signed(b"{}"))), &[401]),
    ("two headers, the second good", |d| with(d, &format!("{}{}", signed(b"{}"), d.signed)), &[401]),
    ("two in one header", |d| with(d, &header(&format!("sha256={0},sha256={0}", d.digits))), &[401]),
    (
        "SHA-1 alone, in its old header",
        |d| with(d, "X-Hub-Signature: sha1=0123456789abcdef0123456789abcdef01234567\r\n"),
        &[401],
    ),
    (
        "SHA-1 in the new header",
        |d| with(d, &header("sha1=0123456789abcdef0123456789abcdef01234567")),
        &[401],
    ),
    ("under another name", |d| with(d, &d.signed.replace("-256", "_256")), &[401]),
    ("in lower-case letters of the name", |d| with(d, &d.signed.to_lowercase()), &[200]),
    ("in the query", |d| at(d, &format!("/webhook?x-hub-signature-256=sha256={}", d.digits)), &[401]),
    (
        "in a trailer",
        |d| {
            post(
                "Transfer-Encoding: chunked\r\nTrailer: X-Hub-Signature-256\r\n",
                format!("{:x}\r\n{}\r\n0\r\n{}\r\n", d.body.len(), d.body, d.signed).as_bytes(),
            )
        },
        &[401],
    ),
    ("folded over two lines", |d| with(d, &d.signed.replace("sha256=", "\r\n sha256=")), &[400]),
    ("with a NUL in it", |d| with(d, &d.signed.replace("sha256=", "sha256=\0")), &[400]),
    ("with a blank before the colon", |d| with(d, &d.signed.replace(':', " :")), &[400]),
];

const FRAMINGS: &[Row] = &[
    ("chunked", |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), &chunks(d, "")), &[200]),
    (
        "chunked, a byte a chunk",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), &bytewise(d)),
        &[200],
    ),
    (
        "chunked with an extension",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), &chunks(d, ";a=b")),
        &[200],
    ),
    ("two lengths that differ", |d| with(d, &format!("{}Content-Length: 1\r\n", d.signed)), &[400]),
    ("two lengths that agree", |d| with(d, &format!("{}{}", d.signed, d.length)), &[400]),
    (
        "two lengths in one header",
        |d| framed(d, &format!("Content-Length: {0}, {0}\r\n", d.body.len())),
        &[400],
    ),
    ("a length with a plus", |d| framed(d, &format!("Content-Length: +{}\r\n", d.body.len())), &[400]),
    ("a negative length", |d| framed(d, "Content-Length: -1\r\n"), &[400]),
    ("a length in hexadecimal", |d| framed(d, &format!("Content-Length: 0x{:x}\r\n", d.body.len())), &[400]),
    ("a length beyond all numbers", |d| framed(d, "Content-Length: 99999999999999999999999\r\n"), &[400]),
    ("a length beyond the limit", |d| framed(d, "Content-Length: 4000000000\r\n"), &[413]),
    ("a length that is too short", |d| framed(d, "Content-Length: 10\r\n"), &[401, 400]),
    (
        "a length that is too long",
        |d| framed(d, &format!("Content-Length: {}\r\n", d.body.len() + 1)),
        &[408],
    ),
    ("no length, no chunks", |d| framed(d, ""), &[401, 400]),
    (
        "length and chunks, and a request behind them",
        |d| smuggled(d, "HTTP/1.1", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
        &[400],
    ),
    (
        "chunks and length, and a request behind them",
        |d| smuggled(d, "HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        &[400],
    ),
    (
        "chunks in HTTP/1.0, and a request behind them",
        |d| {
            smuggled(
                d,
                "HTTP/1.0",
                "Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            )
        },
        &[400],
    ),
    ("chunks of another name", |d| framed(d, "Transfer-Encoding: xchunked\r\n"), &[400]),
    ("chunks and more", |d| framed(d, "Transfer-Encoding: gzip, chunked\r\n"), &[400]),
    ("chunks twice", |d| framed(d, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), &[400]),
    ("chunks with a blank before the colon", |d| framed(d, "Transfer-Encoding : chunked\r\n"), &[400]),
    ("chunks behind a vertical tab", |d| framed(d, "Transfer-Encoding: \x0bchunked\r\n"), &[400]),
    (
        "a chunk's size that is none",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), b"zz\r\n{}\r\n0\r\n\r\n"),
        &[400],
    ),
    (
        "a negative chunk's size",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), b"-1\r\n{}\r\n0\r\n\r\n"),
        &[400],
    ),
    (
        "a chunk's size beyond all numbers",
        |d| {
            post(
                &format!("Transfer-Encoding: chunked\r\n{}", d.signed),
                b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
            )
        },
        &[400],
    ),
    (
        "a chunk without its end",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), b"2\r\n{}0\r\n\r\n"),
        &[400],
    ),
    (
        "chunks that stop half-way",
        |d| post(&format!("Transfer-Encoding: chunked\r\n{}", d.signed), b"ff\r\n{}"),
        &[408],
    ),
    ("compressed", |d| with(d, &format!("{}Content-Encoding: gzip\r\n", d.signed)), &[415]),
    ("compressed by the transfer", |d| framed(d, "Transfer-Encoding: gzip\r\n"), &[400]),
    (
        "an upgrade to another protocol",
        |d| with(d, &format!("{}Upgrade: websocket\r\nConnection: Upgrade\r\n", d.signed)),
        &[408],
    ),
];

/// With a length and these lines.
fn with(delivery: &Delivery, lines: &str) -> Vec<u8> {
    post(&format!("{}{lines}", delivery.length), delivery.body.as_bytes())
}

/// Signed, and framed by these lines.
fn framed(delivery: &Delivery, lines: &str) -> Vec<u8> {
    post(&format!("{}{lines}", delivery.signed), delivery.body.as_bytes())
}

fn header(value: &str) -> String {
    format!("X-Hub-Signature-256: {value}\r\n")
}

fn at(delivery: &Delivery, path: &str) -> Vec<u8> {
    let request = String::from_utf8(with(delivery, "")).unwrap();
    request.replacen("/webhook", path, 1).into_bytes()
}

fn chunks(delivery: &Delivery, extension: &str) -> Vec<u8> {
    format!("{:x}{extension}\r\n{}\r\n0\r\n\r\n", delivery.body.len(), delivery.body).into_bytes()
}

fn bytewise(delivery: &Delivery) -> Vec<u8> {
    let chunks: String = delivery.body.chars().map(|byte| format!("1\r\n{byte}\r\n")).collect();
    format!("{chunks}0\r\n\r\n").into_bytes()
}

/// An empty body in chunks, which a reader by length takes for the beginning of something else, and then the delivery.
fn smuggled(delivery: &Delivery, version: &str, lines: &str) -> Vec<u8> {
    let outer = format!("POST /webhook {version}\r\nHost: x\r\n{lines}\r\n0\r\n\r\n");
    [outer.into_bytes(), with(delivery, &delivery.signed)].concat()
}

/// Sends every row on a connection of its own and compares what comes back, and who is on the list then.
async fn run(rows: &[Row]) {
    let target = Target::start().await;
    let mut opted_out = Vec::new();
    let exchanges = rows.iter().enumerate().map(|(index, (name, request, expected))| {
        let number = format!("34600{index:06}");
        let body = says(&number, &format!("wamid.{index}"), "BAJA");
        let signature = sign(SECRET, body.as_bytes()).unwrap();
        let digits = signature.strip_prefix("sha256=").unwrap().to_owned();
        let length = format!("Content-Length: {}\r\n", body.len());
        let request = request(&Delivery { signed: header(&signature), length, digits, body });
        if expected.contains(&200) {
            opted_out.push(number);
        }
        async move {
            let answer = exchange(target.public, &request).await;
            (statuses(&answer) != *expected).then(|| format!("{name}: {answer}"))
        }
    });
    let exchanges: Vec<_> = exchanges.collect();
    let wrong: Vec<_> = join_all(exchanges).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(target.suppressed().await, opted_out);
    target.finish().await;
}

#[tokio::test]
async fn only_the_right_signature_in_the_right_place_changes_anything() {
    run(SIGNATURES).await;
}

#[tokio::test]
async fn a_request_that_two_readers_could_frame_differently_is_refused_and_is_the_last_of_its_connection() {
    run(FRAMINGS).await;
}
