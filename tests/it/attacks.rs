//! Hostile requests against the real binary, each with the answer that it gets. `docs/security.md` says against whom.

mod bodies;
mod corpora;
mod deliveries;
mod flood;
mod injection;
mod requests;

use std::net::SocketAddr;

use baja::{access::NewToken, http::stand_in::StandIn, signature::sign};

use crate::support::{
    binary::Binary,
    raw,
    store::Store,
    webhook::{NUMBER, says},
};

const SECRET: &str = "an-invented-app-secret";
const OLD_SECRET: &str = "an-invented-older-secret";
const TOKEN: &str = "an-invented-verify-token";
const SUPPRESSED: &str = "baja:{acme}:suppressed";

/// The binary under attack, on a Redis of its own.
struct Target {
    binary: Binary,
    public: SocketAddr,
    operators: SocketAddr,
    store: Store,
    graph: StandIn,
    /// A token of the API that may do everything.
    token: NewToken,
}

impl Target {
    async fn start() -> Self {
        let (store, graph) = (Store::start().await, StandIn::start().unwrap());
        let (url, graph_url) = (store.server.url(), graph.url());
        let token = NewToken::random();
        let (hash, secrets) = (token.hash().to_string(), format!("{SECRET},{OLD_SECRET}"));
        let variables = [
            ("BAJA_APP_SECRET", secrets.as_str()),
            ("BAJA_VERIFY_TOKEN", TOKEN),
            ("BAJA_ACCESS_TOKEN", "an-invented-access-token"),
            ("BAJA_REDIS_URL", &url),
            ("BAJA_GRAPH_URL", &graph_url),
            ("BAJA_LISTEN", "127.0.0.1:0"),
            ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
            ("BAJA__SERVER__WORKERS", "2"),
            ("BAJA__SERVER__BODY_TIMEOUT_MS", "2000"),
            ("BAJA__SERVER__HEADER_TIMEOUT_MS", "2000"),
            ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", NUMBER),
            ("BAJA__ACCESS__DESK__SHA256", &hash),
            ("BAJA__ACCESS__DESK__ROLE", "write"),
            ("BAJA__ACCESS__DESK__REVEAL", "true"),
        ];
        let binary = Binary::start(&[], &variables);
        let (public, operators) = (binary.address("webhook").await, binary.address("operators").await);
        Self { binary, public, operators, store, graph, token }
    }

    /// Who is on the list, in order.
    async fn suppressed(&self) -> Vec<String> {
        self.store.members(SUPPRESSED).await
    }

    /// Posts a signed body, alone on its connection; the status.
    async fn deliver(&self, body: &[u8]) -> u16 {
        let head = format!("{}Content-Length: {}\r\n", signed(body), body.len());
        let answer = raw::exchange(self.public, &post(&head, body)).await;
        *statuses(&answer).first().unwrap_or_else(|| panic!("no answer: {answer}"))
    }

    /// Says that the service has come through: it still does its work, and has not panicked.
    async fn finish(mut self) {
        let honest = "34699999999";
        assert_eq!(self.deliver(says(honest, "wamid.HONEST", "BAJA").as_bytes()).await, 200);
        assert!(self.suppressed().await.contains(&honest.to_owned()));
        let log = self.binary.stop();
        assert!(!log.contains("a panic"), "{log}");
        self.graph.stop().await;
    }
}

/// The line of the header that signs `body`.
fn signed(body: &[u8]) -> String {
    format!("X-Hub-Signature-256: {}\r\n", sign(SECRET, body).unwrap())
}

/// The last request of its connection: these lines of headers, and a body as it is.
fn post(headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("POST /webhook HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// The statuses of the answers on a connection.
fn statuses(answers: &str) -> Vec<u16> {
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}
