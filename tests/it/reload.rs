//! New settings without a restart, as `systemctl reload` asks for them: the real binary, its file, and SIGHUP.

use std::{fs, net::SocketAddr, path::PathBuf};

use baja::{
    http::stand_in::StandIn,
    signature::{HEADER, sign},
};
use redis::FromRedisValue;
use serde_json::json;

use crate::support::{
    app::{ACCESS_TOKEN, OLD_SECRET, SECRET, SUPPRESSED, TOKEN},
    binary::Binary,
    store::Store,
    wait::{LONG, until, until_within},
    webhook::{NUMBER, body, message, now, typed},
};

/// The number of a business that comes later.
const BETA_NUMBER: &str = "770099887766999";
/// A word that the built-in lexicon does not have.
const WORD: &str = "piripipi";

/// A running service with a file that a test changes.
struct Service {
    binary: Binary,
    folder: tempfile::TempDir,
    store: Store,
    api: StandIn,
    public: SocketAddr,
    operators: SocketAddr,
    client: reqwest::Client,
    messages: i64,
}

impl Service {
    async fn start() -> Self {
        let (folder, store, api) =
            (tempfile::tempdir().unwrap(), Store::start().await, StandIn::start().unwrap());
        fs::create_dir(folder.path().join("words")).unwrap();
        fs::write(folder.path().join("baja.toml"), acme(folder.path().join("words"))).unwrap();
        let (redis, graph) = (store.server.url(), api.url());
        let file = folder.path().join("baja.toml");
        let binary = Binary::start(
            &["--config", file.to_str().unwrap()],
            &[
                ("BAJA_VERIFY_TOKEN", TOKEN),
                ("BAJA_REDIS_URL", &redis),
                ("BAJA_GRAPH_URL", &graph),
                ("BAJA__SERVER__WORKERS", "1"),
            ],
        );
        let (public, operators) = (binary.address("webhook").await, binary.address("operators").await);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { binary, folder, store, api, public, operators, client, messages: 0 }
    }

    fn words(&self) -> PathBuf {
        self.folder.path().join("words")
    }

    /// The first settings with these lines after them.
    fn configure(&self, more: &str) {
        fs::write(self.folder.path().join("baja.toml"), format!("{}{more}", acme(self.words()))).unwrap();
    }

    fn add_word(&self, words: &str) {
        let file = format!("language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = {words}\n");
        fs::write(self.words().join("es.toml"), file).unwrap();
    }

    /// Sends the signal and returns what the log says of it, once it ends so.
    async fn reload(&self, ends: &str) -> String {
        let before = self.binary.log().len();
        self.binary.signal("-HUP");
        until_within(LONG, ends, async || {
            let log = self.binary.log().split_off(before);
            log.contains(ends).then_some(log)
        })
        .await
    }

    async fn applied(&self) -> String {
        self.reload(" reloaded: ").await
    }

    async fn refused(&self) -> String {
        self.reload("not reloaded: ").await
    }

    /// Somebody writes to a number; the status of the answer to Meta.
    async fn says(&mut self, number: &str, who: &str, words: &str, secret: &str) -> u16 {
        self.messages += 1;
        let id = format!("wamid.{}", self.messages);
        // One after the other: of a stop and a return in one second the stop counts.
        let at = now() - 1000 + self.messages;
        let said = message((who, ""), &id, at, typed(words));
        let body = body(&[(number, "messages", json!({ "messages": [said] }))]);
        let request = self.client.post(format!("http://{}/webhook", self.public));
        let signature = sign(secret, body.as_bytes()).unwrap();
        request.header(HEADER, signature).body(body).send().await.unwrap().status().as_u16()
    }

    async fn redis<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = self.store.sender().await;
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.unwrap()
    }

    async fn has(&self, set: &str, member: &str) -> bool {
        self.redis(&["SISMEMBER", set, member]).await
    }

    async fn metrics(&self) -> String {
        let url = format!("http://{}/metrics", self.operators);
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    async fn end(mut self) {
        self.binary.stop();
        self.api.stop().await;
    }
}

/// The settings at the start: one business with words of its own.
fn acme(words: PathBuf) -> String {
    format!(
        r#"
[meta]
app_secret = ["{SECRET}"]
[cloud_api]
access_token = "{ACCESS_TOKEN}"
[server]
listen = "127.0.0.1:0"
ops_listen = "127.0.0.1:0"
[business.acme]
phone_number_ids = ["{NUMBER}"]
lexicon = "{}"
"#,
        words.display()
    )
}

fn beta() -> String {
    format!(
        "[business.beta]\nphone_number_ids = [\"{BETA_NUMBER}\"]\ntopics = [\"offers\"]\ndefault_scope = \"offers\"\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_word_is_understood_and_a_new_business_is_served() {
    let mut service = Service::start().await;
    assert_eq!(service.says(NUMBER, "34600000001", WORD, SECRET).await, 200);
    assert!(!service.has(SUPPRESSED, "34600000001").await);
    service.add_word("\"piripipi\"");
    service.applied().await;
    assert_eq!(service.says(NUMBER, "34600000001", WORD, SECRET).await, 200);
    assert!(service.has(SUPPRESSED, "34600000001").await);
    service.api.wait_for(1).await;

    // Its number, its topic, its default scope, its heartbeat, its confirmation.
    assert_eq!(service.says(BETA_NUMBER, "34600000002", "BAJA", SECRET).await, 200);
    assert_eq!(service.redis::<Vec<String>>(&["KEYS", "baja:{beta}:*"]).await, Vec::<String>::new());
    service.configure(&beta());
    let log = service.applied().await;
    assert!(log.contains("businesses=2") && log.contains("added=\"beta\""), "{log}");
    assert_eq!(service.says(BETA_NUMBER, "34600000002", "BAJA", SECRET).await, 200);
    assert!(service.has("baja:{beta}:suppressed:offers", "34600000002").await);
    let sent = until("its confirmation", async || service.api.messages().get(1).cloned()).await;
    assert_eq!(sent.phone_number_id, BETA_NUMBER);
    until("its heartbeat", async || service.redis::<Option<u64>>(&["GET", "baja:{beta}:heartbeat"]).await)
        .await;
    // The words of the one are not the other's.
    assert_eq!(service.says(BETA_NUMBER, "34600000003", WORD, SECRET).await, 200);
    assert!(!service.has("baja:{beta}:suppressed:offers", "34600000003").await);

    // Gone again: its number is nobody's, and the others go on.
    service.configure("");
    let log = service.applied().await;
    assert!(log.contains("removed=\"beta\""), "{log}");
    assert_eq!(service.says(BETA_NUMBER, "34600000004", "BAJA", SECRET).await, 200);
    assert!(!service.has("baja:{beta}:suppressed:offers", "34600000004").await);
    assert_eq!(service.says(NUMBER, "34600000004", "BAJA", SECRET).await, 200);
    assert!(service.has(SUPPRESSED, "34600000004").await);
    assert!(service.metrics().await.contains("baja_reloads_total{outcome=\"applied\"} 3"));
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_texts_and_a_new_app_secret_count_from_the_reload_on() {
    let mut service = Service::start().await;
    assert_eq!(service.says(NUMBER, "34600000001", "BAJA", OLD_SECRET).await, 401);
    let texts = service.folder.path().join("texts.toml");
    fs::write(&texts, "language = \"es\"\nstart_word = \"QUIERO SEGUIR\"\n").unwrap();
    let file = acme(service.words()).replace(SECRET, OLD_SECRET);
    fs::write(service.folder.path().join("baja.toml"), format!("{file}texts = \"{}\"\n", texts.display()))
        .unwrap();
    service.applied().await;
    assert_eq!(service.says(NUMBER, "34600000001", "BAJA", SECRET).await, 401);
    assert_eq!(service.says(NUMBER, "34600000001", "BAJA", OLD_SECRET).await, 200);
    let sent = service.api.wait_for(1).await;
    assert!(sent[0].body.to_string().contains("QUIERO SEGUIR"), "{}", sent[0].body);
    // What the texts promise is understood.
    assert_eq!(service.says(NUMBER, "34600000001", "quiero seguir", OLD_SECRET).await, 200);
    assert!(!service.has(SUPPRESSED, "34600000001").await);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_fit_changes_nothing_and_says_what_is_wrong_with_each_key() {
    let mut service = Service::start().await;
    service.add_word("\"piripipi\"");
    service.applied().await;

    // Words that cannot be read, beside a business that could be.
    service.add_word("7");
    service.configure(&beta());
    let log = service.refused().await;
    assert!(log.contains("es.toml"), "{log}");
    // Keys that are wrong, all of them told.
    service.add_word("\"piripipi\"");
    service.configure(&format!(
        "{}langage = \"es\"\ndefault_scope = \"nothing\"\n",
        beta().replace("default_scope", "# ")
    ));
    let log = service.refused().await;
    assert!(log.contains("business.beta.langage") && log.contains("business.beta.default_scope"), "{log}");
    // Texts that do not fit.
    let texts = service.folder.path().join("texts.toml");
    fs::write(&texts, "language = \"es\"\nno_such_text = \"x\"\n").unwrap();
    service.configure(&format!("{}texts = \"{}\"\n", beta(), texts.display()));
    let log = service.refused().await;
    assert!(log.contains("texts.toml"), "{log}");
    // No TOML at all; and what the keys of the businesses were checked by.
    service.configure("[business.beta\n");
    let log = service.refused().await;
    assert!(log.contains("is not TOML"), "{log}");
    service.configure(&format!("{}[redis]\nprefix = \"other\"\n", beta()));
    let log = service.refused().await;
    assert!(log.contains("redis.prefix") && log.contains("restart"), "{log}");

    assert_eq!(service.says(BETA_NUMBER, "34600000002", "BAJA", SECRET).await, 200);
    assert_eq!(service.redis::<Vec<String>>(&["KEYS", "*{beta}:*"]).await, Vec::<String>::new());
    assert_eq!(service.says(NUMBER, "34600000001", WORD, SECRET).await, 200);
    assert!(service.has(SUPPRESSED, "34600000001").await);
    assert!(service.metrics().await.contains("baja_reloads_total{outcome=\"refused\"} 5"));

    // Mended, it counts; what needs a restart is said.
    service.configure(&format!("{}[log]\nformat = \"json\"\n", beta()));
    let log = service.applied().await;
    assert!(log.contains("log.format") && log.contains("only after a restart"), "{log}");
    assert_eq!(service.says(BETA_NUMBER, "34600000002", "BAJA", SECRET).await, 200);
    assert!(service.has("baja:{beta}:suppressed:offers", "34600000002").await);
    service.end().await;
}
