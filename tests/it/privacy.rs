//! Nothing about a person, and no secret, leaves the service by its logs, metrics or errors.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use baja::{
    http::stand_in::StandIn,
    signature::{HEADER, sign},
};
use serde_json::json;

use crate::support::{
    binary::Binary,
    store::Store,
    wait::until,
    webhook::{NUMBER, button, change, list_reply, message, messages, now, preference, statuses, typed},
};

const SECRET: &str = "canary-app-secret";
const TOKEN: &str = "canary-verify-token";
const ACCESS_TOKEN: &str = "canary-access-token";
const PASSWORD: &str = "canary-redis-password";
const PHONE: &str = "5215512345678";
const BSUID: &str = "MX.90017765520044113386";
const NAME: &str = "Canaria";
const WORDS: &str = "palabras canarias";
const WAMID: &str = "wamid.CANARY";
const CANARIES: [&str; 11] = [
    SECRET,
    TOKEN,
    ACCESS_TOKEN,
    PASSWORD,
    PHONE,
    "525512345678",
    "90017765520044113386",
    NAME,
    "canarias",
    WAMID,
    "canary-reference",
];

fn assert_silent(where_it_is: &str, text: &str) {
    for canary in CANARIES {
        let found = text.lines().find(|line| line.contains(canary));
        assert!(found.is_none(), "{canary} is in {where_it_is}: {}", found.unwrap_or_default());
    }
}

/// A body of each sort, broken ones among them, all about the canary.
fn bodies() -> Vec<String> {
    let who = (PHONE, BSUID);
    let id = |n: usize| format!("{WAMID}{n}");
    let at = now() - 100;
    let system = json!({ "type": "system", "system": { "type": "user_changed_number", "body": WORDS,
        "wa_id": "5215512345679", "user_id": BSUID, "previous_user_id": BSUID } });
    let refused = json!({ "id": id(7), "status": "failed", "timestamp": at.to_string(), "recipient_id": PHONE,
        "biz_opaque_callback_data": WORDS, "errors": [{ "code": 131_050, "title": WORDS }] });
    let unknown = json!({ "id": id(8), "status": WORDS, "recipient_id": PHONE, "biz_opaque_callback_data": "baja:canarias" });
    let contact = json!({ "profile": { "name": NAME }, "wa_id": PHONE, "user_id": BSUID });
    let mut undated = message(who, &id(9), at, typed("ALTA"));
    undated["timestamp"] = json!(WORDS);
    let thread = json!({ "id": PHONE, "messages": [message(who, &id(10), 1, typed("Baja"))] });
    vec![
        messages(&[message(who, &id(1), at, typed(WORDS))]),
        messages(&[message(who, &id(2), at + 1, typed("BAJA"))]),
        messages(&[message(who, &id(3), at + 2, button(WORDS, "OPTOUT:canarias|canary-reference"))]),
        messages(&[message(who, &id(4), at + 3, list_reply("optin|undo", WORDS))]),
        messages(&[message(who, &id(5), at + 4, json!({ "type": WORDS }))]),
        messages(&[message(who, &id(6), at + 5, system)]),
        messages(&[json!(WORDS), undated, json!({ "type": "text", "text": { "body": WORDS }, "id": WAMID })]),
        statuses(&[refused, unknown]),
        preference(PHONE, "stop", at),
        preference(PHONE, WORDS, at),
        change(WORDS, json!({ "contacts": [contact], WORDS: WORDS })),
        change("history", json!({ "history": [{ "threads": [thread] }] })),
        format!("{{{PHONE}"),
        json!({ "object": WORDS, "entry": PHONE }).to_string(),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_10_nothing_about_a_person_and_no_secret_is_ever_told() {
    let mut store = Store::start().await;
    let api = StandIn::start().unwrap();
    let url = format!("redis://:{PASSWORD}@127.0.0.1:{}", store.server.port());
    let set_password = async |store: &Store| {
        let client = redis::Client::open(store.server.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let set: redis::RedisResult<()> =
            redis::cmd("CONFIG").arg(&["SET", "requirepass", PASSWORD]).query_async(&mut connection).await;
        set.unwrap();
    };
    set_password(&store).await;
    let graph = api.url();
    let token = baja::access::NewToken::random();
    let hash = token.hash().to_string();
    let mut binary = Binary::start(
        &[],
        &[
            ("BAJA_APP_SECRET", SECRET),
            ("BAJA_VERIFY_TOKEN", TOKEN),
            ("BAJA_ACCESS_TOKEN", ACCESS_TOKEN),
            ("BAJA_REDIS_URL", &url),
            ("BAJA_GRAPH_URL", &graph),
            ("BAJA_LISTEN", "127.0.0.1:0"),
            ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
            ("BAJA__LOG__FILTER", "trace"),
            ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", NUMBER),
            ("BAJA__ACCESS__READER__SHA256", &hash),
            ("BAJA__ACCESS__READER__ROLE", "write"),
        ],
    );
    let (public, operators) = (binary.address("webhook").await, binary.address("operators").await);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answers = String::new();
    let mut post = async |secret: &str, body: String| {
        let request = client.post(format!("http://{public}/webhook?{PHONE}={WORDS}"));
        let signature = sign(secret, body.as_bytes()).unwrap();
        let response = request.header(HEADER, signature).body(body).send().await.unwrap();
        let status = response.status().as_u16();
        answers.push_str(&format!("{:?} {}\n", response.headers().clone(), response.text().await.unwrap()));
        status
    };
    for body in bodies() {
        assert_eq!(post(SECRET, body.clone()).await, 200, "{body}");
        assert_eq!(post("a guess", body).await, 401);
    }
    until("a confirmation of the stop, and one of the return", async || {
        (api.messages().len() == 2).then_some(())
    })
    .await;
    store.server.kill().await;
    for body in bodies() {
        assert!([200, 503].contains(&post(SECRET, body).await));
    }
    // Back with another password, so that the right one is wrong.
    store.server.restart().await.unwrap();
    for body in bodies() {
        assert!([200, 503].contains(&post(SECRET, body).await));
    }
    set_password(&store).await;
    until("redis is back", async || (post(SECRET, bodies().remove(1)).await == 200).then_some(())).await;

    for path in [
        format!("/{PHONE}?{WORDS}"),
        format!("/webhook?hub.mode=subscribe&hub.verify_token={PHONE}&hub.challenge={NAME}"),
        format!("/webhook?hub.mode={NAME}&hub.verify_token={TOKEN}&hub.challenge=1"),
        format!("/webhook?hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=1"),
    ] {
        let response = client.get(format!("http://{public}{path}")).send().await.unwrap();
        answers.push_str(&response.text().await.unwrap());
    }
    for path in ["/metrics", "/ready", "/live"] {
        let text =
            client.get(format!("http://{operators}{path}")).send().await.unwrap().text().await.unwrap();
        assert_silent(path, &text);
    }
    // The API, to somebody who may not see whole numbers: asked well and badly, and with a token that is not known.
    for (path, body) in [
        ("check", json!({ "numbers": [PHONE, WORDS, BSUID] })),
        ("check", json!({ "numbers": PHONE, WORDS: NAME })),
        ("suppress", json!({ "numbers": [PHONE], "note": "by telephone" })),
        ("resume", json!({ "numbers": [PHONE], "topic": WORDS })),
        ("evidence", json!({ "number": PHONE })),
        ("evidence", json!({ "number": WORDS })),
        ("near-misses/0123456789abcdef/approve", json!({})),
        (NAME, json!({})),
    ] {
        for authorization in [format!("Bearer {}", token.token()), format!("Bearer {SECRET}")] {
            let url = format!("http://{operators}/api/v1/businesses/acme/{path}?{WORDS}={PHONE}");
            let request = client.post(url).header("authorization", authorization).body(body.to_string());
            answers.push_str(&request.send().await.unwrap().text().await.unwrap());
        }
    }
    assert!(answers.contains("…5678") && !answers.contains(token.token()), "{answers}");
    assert_silent("an answer", &answers);
    let log = binary.stop();
    assert!(!log.contains(token.token()), "the log has the token");
    assert!(log.contains("baja serves") && log.contains("stopped"), "{log}");
    assert!(log.contains("no connection to redis"), "{log}");
    assert_silent("the log", &log);
    api.stop().await;
}

#[test]
fn a_configuration_that_is_wrong_is_told_without_its_values() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
    command.arg("serve").env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in
        ["BAJA_APP_SECRET_FILE", "BAJA_REDIS_URL", "BAJA_LISTEN", "BAJA_GRAPH_URL", "BAJA__CONFIRM__LEASE_S"]
    {
        command.env(name, format!("canary-app-secret{PHONE}"));
    }
    let mut child = command.env("BAJA_VERIFY_TOKEN", TOKEN).spawn().unwrap();
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert!(told.contains("server.listen") && told.contains("redis.url"), "{told}");
    assert!(!told.contains(PHONE) && !told.contains(TOKEN), "{told}");
}
