//! The real service on a Redis of its own, with a Cloud API that is not Meta's.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use baja::{
    config::Settings,
    http::stand_in::{Sent, StandIn},
    ledger::{Channel, DeadLetter, Ledger, Observer, StoredJob},
    signature::{HEADER, sign},
    startup::{Application, StartError, ledger_options},
};
use redis::{AsyncConnectionConfig, FromRedisValue, aio::MultiplexedConnection};
use reqwest::{RequestBuilder, header::HeaderMap};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    store::Store,
    wait::{DEADLINE, LONG, until},
    webhook::NUMBER,
};

pub const SECRET: &str = "an-invented-app-secret";
pub const OLD_SECRET: &str = "an-invented-older-secret";
pub const TOKEN: &str = "an-invented-verify-token";
pub const OTHER_TOKEN: &str = "another-invented-token";
pub const ACCESS_TOKEN: &str = "an-invented-access-token";

pub const SUPPRESSED: &str = "baja:{acme}:suppressed";
pub const MARKETING: &str = "baja:{acme}:suppressed:marketing";
pub const OFFERS: &str = "baja:{acme}:suppressed:offers";

/// A running service. It ends with [`App::finish`], which fails the test when a message is left in the outbox;
/// so does forgetting to call it.
pub struct App {
    pub public: SocketAddr,
    pub operators: SocketAddr,
    pub ledger: Ledger,
    store: Option<Store>,
    api: Option<StandIn>,
    redis: String,
    client: reqwest::Client,
    running: Option<Running>,
}

struct Running {
    stop: oneshot::Sender<()>,
    service: JoinHandle<Result<(), StartError>>,
}

/// An answer over HTTP.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl App {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables over those of every test.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        Self::on_store(Store::start().await, variables).await
    }

    /// On a store that the test has prepared.
    pub async fn on_store(store: Store, variables: &[(&str, &str)]) -> Self {
        let mut app = Self::on(&store.server.url(), variables).await;
        app.store = Some(store);
        app
    }

    /// Another replica on the same Redis.
    pub async fn replica(&self) -> Self {
        self.replica_with(&[]).await
    }

    /// Another replica with these variables of its own.
    pub async fn replica_with(&self, variables: &[(&str, &str)]) -> Self {
        Self::on(&self.redis, variables).await
    }

    async fn on(redis: &str, variables: &[(&str, &str)]) -> Self {
        let api = StandIn::start().unwrap();
        let settings = settings(redis, &api.url(), variables);
        let application = Application::build(&settings).await.unwrap();
        let (public, operators) = (application.public_address(), application.operators_address());
        let (stop, stopped) = oneshot::channel();
        let service = tokio::spawn(application.run(async {
            let _ = stopped.await;
        }));
        let ledger = Ledger::new(&[redis], ledger_options(&settings), Arc::new(Unobserved)).unwrap();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let (redis, running) = (redis.to_owned(), Some(Running { stop, service }));
        Self { public, operators, ledger, store: None, api: Some(api), redis, client, running }
    }

    pub fn store(&mut self) -> &mut Store {
        self.store.as_mut().unwrap()
    }

    /// Posts a body signed with the app secret.
    pub async fn post(&self, body: impl AsRef<[u8]>) -> Answer {
        let signature = sign(SECRET, body.as_ref()).unwrap();
        self.post_with(&[(HEADER, &signature)], body).await
    }

    /// Posts a body with these headers and no others of its own.
    pub async fn post_with(&self, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut request = self.client.post(format!("http://{}/webhook", self.public));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.body(body.as_ref().to_vec())).await
    }

    /// Asks the public listener for a path.
    pub async fn get(&self, path: &str) -> Answer {
        answer(self.client.get(format!("http://{}{path}", self.public))).await
    }

    /// Meta's question with this token and challenge, both as they stand in the query.
    pub async fn handshake(&self, token: &str, challenge: &str) -> Answer {
        let query = format!("hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={token}");
        self.get(&format!("/webhook?{query}")).await
    }

    /// Asks the operators' listener for a path.
    pub async fn ask_operators(&self, path: &str) -> Answer {
        answer(self.client.get(format!("http://{}{path}", self.operators))).await
    }

    /// Asks the operators' listener with these headers, and this body as JSON.
    pub async fn operators_request(
        &self,
        method: reqwest::Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answer {
        let mut request = self.client.request(method, format!("http://{}{path}", self.operators));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        answer(request).await
    }

    /// The value of a line of `/metrics`; 0 when there is none.
    pub async fn metric(&self, line: &str) -> f64 {
        let text = self.ask_operators("/metrics").await.body;
        let value = text.lines().find_map(|each| each.strip_prefix(line)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// A connection of the test's own.
    pub async fn sender(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.redis.as_str()).unwrap();
        // A busy machine is no reason to fail.
        let patient = AsyncConnectionConfig::new().set_response_timeout(Some(LONG));
        client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
    }

    /// Runs a Redis command on a connection of the test's own.
    pub async fn redis<T: FromRedisValue>(&self, words: &[&str]) -> T {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.sender().await).await.unwrap()
    }

    pub async fn members(&self, set: &str) -> Vec<String> {
        let mut members: Vec<String> = self.redis(&["SMEMBERS", set]).await;
        members.sort();
        members
    }

    pub async fn has(&self, set: &str, member: &str) -> bool {
        self.redis(&["SISMEMBER", set, member]).await
    }

    /// The dead letters, once there are at least `count`.
    pub async fn dead_letters(&self, count: usize) -> Vec<DeadLetter> {
        until("dead letters", async || {
            let letters = self.ledger.dead_letters("acme", None, 1000).await.unwrap();
            (letters.len() >= count).then_some(letters)
        })
        .await
    }

    pub async fn jobs(&self) -> Vec<StoredJob> {
        self.ledger.jobs("acme", 10_000).await.unwrap()
    }

    /// What the Cloud API has accepted, once nothing is left to be sent.
    pub async fn sent(&self) -> Vec<Sent> {
        until("an empty outbox", async || {
            let depth = self.ledger.depth("acme").await.unwrap();
            depth.iter().all(|state| state.jobs == 0).then_some(())
        })
        .await;
        self.api.as_ref().unwrap().messages()
    }

    /// Stops the service as a signal would, and waits for it.
    pub async fn stop(&mut self) {
        let Running { stop, service } = self.running.take().unwrap();
        let _ = stop.send(());
        tokio::time::timeout(DEADLINE, service).await.expect("it stops in time").unwrap().unwrap();
    }

    /// Ends the test: every message that was queued has been sent or given up, with its reason.
    pub async fn finish(self) {
        self.sent().await;
        self.finish_with_open(0).await;
    }

    /// Ends a test in which so many messages stay open because of what it did.
    pub async fn finish_with_open(mut self, open: u64) {
        if self.running.is_some() {
            self.stop().await;
        }
        if self.store.is_some() {
            let depth = self.ledger.depth("acme").await.unwrap();
            assert_eq!(depth.iter().map(|state| state.jobs).sum::<u64>(), open, "{depth:?}");
        }
        if let Some(api) = self.api.take() {
            api.stop().await;
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if self.running.is_some() && !std::thread::panicking() {
            panic!("end the test with finish(), which looks whether the outbox is accounted for");
        }
    }
}

pub fn settings(redis: &str, graph: &str, variables: &[(&str, &str)]) -> Settings {
    let secrets = format!("{SECRET},{OLD_SECRET}");
    let tokens = format!("{TOKEN},{OTHER_TOKEN}");
    let usual = [
        ("BAJA_APP_SECRET", secrets.as_str()),
        ("BAJA_VERIFY_TOKEN", &tokens),
        ("BAJA_ACCESS_TOKEN", ACCESS_TOKEN),
        ("BAJA_REDIS_URL", redis),
        ("BAJA_GRAPH_URL", graph),
        ("BAJA_LISTEN", "127.0.0.1:0"),
        ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
        ("BAJA__SERVER__WORKERS", "1"),
        ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", NUMBER),
        ("BAJA__BUSINESS__ACME__TOPICS", "offers"),
    ];
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in usual.iter().chain(variables) {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    Settings::load(None, all.into_iter()).unwrap()
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.timeout(Duration::from_secs(10)).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer { status, headers, body: response.text().await.unwrap() }
}

struct Unobserved;

impl Observer for Unobserved {
    fn operation(&self, _: Channel, _: Duration, _: bool) {}
    fn connected(&self) {}
    fn disconnected(&self, _: &'static str) {}
}
