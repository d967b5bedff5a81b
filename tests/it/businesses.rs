//! Several businesses in one deployment: nothing of one reaches the other.

use std::{collections::BTreeSet, fs};

use baja::signature::{HEADER, sign};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path},
};

use crate::support::{
    binary::Binary,
    store::Store,
    wait::until,
    webhook::{body, message, now, typed},
};

const SECRET: &str = "an-invented-app-secret";
/// The same person talks to both.
const PERSON: &str = "34600000001";
const ACME: &str = "770099887766551";
const BETA: &str = "770099887766552";

fn accepted() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({ "messaging_product": "whatsapp", "messages": [{ "id": "wamid.OUT" }] }))
}

fn says(number: &str, id: &str, words: &str) -> (&'static str, Value) {
    // In the order of the ids: of a stop and a return in one second the stop counts.
    let order = id.bytes().next_back().map_or(0, i64::from);
    let said = message((PERSON, ""), id, now() - 1000 + order, typed(words));
    (if number == ACME { ACME } else { BETA }, json!({ "messages": [said] }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_businesses_have_numbers_tokens_words_texts_topics_and_scopes_of_their_own() {
    let (store, graph, folder) =
        (Store::start().await, MockServer::start().await, tempfile::tempdir().unwrap());
    // Any other token at any other number would be refused, and not counted here.
    for (number, token, count) in [(ACME, "acme-token", 2), (BETA, "beta-token", 1)] {
        Mock::given(path(format!("/{number}/messages")))
            .and(header("authorization", format!("Bearer {token}")))
            .respond_with(accepted())
            .expect(count)
            .mount(&graph)
            .await;
    }
    for (business, word, start) in
        [("acme", "piripipi", "SIGO CON ACME"), ("beta", "porompom", "SIGO CON BETA")]
    {
        let folder = folder.path().join(business);
        fs::create_dir(&folder).unwrap();
        let words = format!("language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = \"{word}\"\n");
        fs::write(folder.join("es.toml"), words).unwrap();
        fs::write(folder.with_extension("texts"), format!("language = \"es\"\nstart_word = \"{start}\"\n"))
            .unwrap();
    }
    let at = |name: &str| folder.path().join(name).display().to_string();
    let config = folder.path().join("baja.toml");
    let text = format!(
        r#"
[business.acme]
phone_number_ids = ["{ACME}"]
access_token = "acme-token"
lexicon = "{}"
texts = "{}"
[business.beta]
phone_number_ids = ["{BETA}"]
access_token = "beta-token"
lexicon = "{}"
texts = "{}"
topics = ["offers"]
default_scope = "offers"
"#,
        at("acme"),
        at("acme.texts"),
        at("beta"),
        at("beta.texts")
    );
    fs::write(&config, text).unwrap();
    let (redis, url) = (store.server.url(), graph.uri());
    let mut binary = Binary::start(
        &["--config", config.to_str().unwrap()],
        &[
            ("BAJA_APP_SECRET", SECRET),
            ("BAJA_VERIFY_TOKEN", "an-invented-verify-token"),
            ("BAJA_REDIS_URL", &redis),
            ("BAJA_GRAPH_URL", &url),
            ("BAJA_LISTEN", "127.0.0.1:0"),
            ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
            ("BAJA__SERVER__WORKERS", "1"),
        ],
    );
    let public = binary.address("webhook").await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let post = async |changes: &[(&str, Value)]| {
        let changes: Vec<_> =
            changes.iter().map(|(number, value)| (*number, "messages", value.clone())).collect();
        let body = body(&changes);
        let signature = sign(SECRET, body.as_bytes()).unwrap();
        let request = client.post(format!("http://{public}/webhook")).header(HEADER, signature).body(body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    };
    let listed = async || {
        let mut sets = BTreeSet::new();
        let mut sender = store.sender().await;
        for set in
            ["{acme}:suppressed", "{acme}:suppressed:offers", "{beta}:suppressed", "{beta}:suppressed:offers"]
        {
            let listed: bool = redis::cmd("SISMEMBER")
                .arg(format!("baja:{set}"))
                .arg(PERSON)
                .query_async(&mut sender)
                .await
                .unwrap();
            if listed {
                sets.insert(set);
            }
        }
        sets
    };

    // The word of the one is nothing to the other, also side by side in one body.
    post(&[says(ACME, "wamid.A", "porompom"), says(BETA, "wamid.B", "piripipi")]).await;
    assert_eq!(listed().await, BTreeSet::new());
    // Each its own word, into its own default scope; the same message id is two messages.
    post(&[says(ACME, "wamid.C", "piripipi")]).await;
    assert_eq!(listed().await, BTreeSet::from(["{acme}:suppressed"]));
    post(&[says(BETA, "wamid.C", "porompom")]).await;
    assert_eq!(listed().await, BTreeSet::from(["{acme}:suppressed", "{beta}:suppressed:offers"]));

    // Each with its own token, from its own number, with its own text.
    let requests = until("both confirmations", async || {
        let requests = graph.received_requests().await.unwrap();
        (requests.len() >= 2).then_some(requests)
    })
    .await;
    for request in &requests {
        let (text, own) = (String::from_utf8_lossy(&request.body), request.url.path().contains(ACME));
        let (mine, other) = if own { ("ACME", "BETA") } else { ("BETA", "ACME") };
        assert!(text.contains(&format!("SIGO CON {mine}")) && !text.contains(other), "{text}");
    }

    // The way back that the one promises is none of the other's.
    post(&[says(BETA, "wamid.D", "sigo con acme")]).await;
    assert_eq!(listed().await.len(), 2);
    post(&[says(ACME, "wamid.E", "sigo con acme")]).await;
    assert_eq!(listed().await, BTreeSet::from(["{beta}:suppressed:offers"]));

    // No key is outside of both, and none of one holds the other's.
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut store.sender().await).await.unwrap();
    assert!(
        keys.iter().all(|key| key.starts_with("baja:{acme}:") != key.starts_with("baja:{beta}:")),
        "{keys:?}"
    );
    until("the return is confirmed", async || {
        let due: u64 = redis::cmd("ZCARD")
            .arg("baja:{acme}:outbox:due")
            .query_async(&mut store.sender().await)
            .await
            .unwrap();
        (due == 0).then_some(())
    })
    .await;
    binary.stop();
}
