//! `forget`: what is personal goes, the suppression stays.

use baja::{
    intent::Scope,
    ledger::{Act, Evidence, JobKind, Message},
};
use redis::aio::MultiplexedConnection;
use serde_json::json;

use crate::store::Store;

const SUPPRESSED: &str = "baja:{default}:suppressed";
const AUDIT: &str = "baja:{default}:audit";

/// What must be nowhere afterwards.
const TRACES: [&str; 6] =
    ["ya no me escriban", "wamid.PERSON", "wamid.OURS", "spring-sale", "asked by her sister", "too_many"];

async fn connection(store: &Store) -> MultiplexedConnection {
    redis::Client::open(store.server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// Everything that Redis holds, as text; what expires by itself is left out.
async fn everything(store: &Store) -> String {
    let mut redis = connection(store).await;
    let mut keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut redis).await.unwrap();
    keys.sort();
    let mut all = String::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE").arg(&key).query_async(&mut redis).await.unwrap();
        let command = match kind.as_str() {
            "string" => vec!["GET", &key],
            "set" => vec!["SMEMBERS", &key],
            "zset" => vec!["ZRANGE", &key, "0", "-1"],
            "hash" => vec!["HGETALL", &key],
            "stream" => vec!["XRANGE", &key, "-", "+"],
            other => panic!("{other}"),
        };
        let value: redis::Value =
            redis::cmd(command[0]).arg(&command[1..]).query_async(&mut redis).await.unwrap();
        all.push_str(&format!("{key} {}\n", text(&value)));
    }
    all
}

fn text(value: &redis::Value) -> String {
    match value {
        redis::Value::Array(list) | redis::Value::Set(list) => {
            list.iter().map(text).collect::<Vec<_>>().join(" ")
        }
        redis::Value::Map(pairs) => pairs
            .iter()
            .map(|(name, value)| format!("{} {}", text(name), text(value)))
            .collect::<Vec<_>>()
            .join(" "),
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    }
}

fn words(text: &str) -> Evidence {
    Evidence {
        source: "text",
        rule: "es/pattern/do-not-send".to_owned(),
        language: "es".to_owned(),
        message_id: "wamid.PERSON".to_owned(),
        quoted: "wamid.OURS".to_owned(),
        reference: "spring-sale".to_owned(),
        reason: "too_many".to_owned(),
        text: text.to_owned(),
        ..Evidence::default()
    }
}

async fn somebody(store: &Store) {
    let message = Message {
        kind: JobKind::Stopped,
        phone_number_id: "770099887766554".to_owned(),
        to: "5215512345678".to_owned(),
        language: "es".to_owned(),
        quote: Some("wamid.PERSON".to_owned()),
        expires_at: 4_000_000_000_000,
    };
    let who = ["5215512345678", "MX.9001"];
    let stop = Act::Stop(Scope::All);
    store.event(&who, stop.clone(), 1_767_000_000_000, words("ya no me escriban"), Some(message)).await;
    assert_eq!(store.run(&["suppress", "525512345678", "--note", "asked by her sister"]).code, 0);
    // Somebody else, whose number has the same digits in it.
    let other = Evidence { text: "somebody else's words".to_owned(), ..Evidence::default() };
    store.event(&["15255123456789"], stop, 1_767_000_000_000, other, None).await;
    let letters = [
        ("message", "invented", r#"{"from":"5215512345678","text":"ya no me escriban"}"#),
        ("message", "invented", r#"{"context":"wamid.PERSON"}"#),
        ("message", "invented", r#"{"from":"15255123456789"}"#),
    ];
    store.ledger().bury("default", &letters).await.unwrap();
    // As the service writes them: a message that was sent all the same, and what was delivered last.
    let mut redis = connection(store).await;
    for (identifier, template) in [("5215512345678", "spring-sale"), ("15255123456789", "other")] {
        let breach = ["XADD", "baja:{default}:breaches", "*", "identifier", identifier, "template", template];
        let _: String = redis::cmd(breach[0]).arg(&breach[1..]).query_async(&mut redis).await.unwrap();
    }
    let today = jiff::Timestamp::now().as_second() / 86_400;
    let last = format!("baja:{{default}}:sends:{today}:last");
    let _: u64 = redis::cmd("HSET")
        .arg(&last)
        .arg(&["525512345678", "0011767000000000", "15255123456789", "001"])
        .query_async(&mut redis)
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_personal_goes_and_the_suppression_stays() {
    let store = Store::start().await;
    somebody(&store).await;
    let before = everything(&store).await;
    for trace in TRACES {
        assert!(before.contains(trace), "{trace}");
    }
    let said = store.run(&["forget", "--dry-run", "--json", "+52 55 1234 5678"]);
    let erased = json!({ "records": 1, "records_removed": 0, "evidence": 2, "jobs": 1, "dead_letters": 2, "near_misses": 0,
        "sends": 1, "audit_entries": 2, "refuses": true });
    let expected = json!({ "business": "default", "dry_run": true, "erased": erased });
    assert_eq!((said.code, said.objects()), (0, vec![expected]), "{}", said.err);
    assert_eq!(everything(&store).await, before);

    // By any identifier.
    let said = store.run(&["forget", "--json", "MX.9001", "--note", "request 7"]);
    let mut erased = erased;
    // With the last template, which is only met when it goes.
    erased["sends"] = json!(2);
    assert_eq!((said.code, &said.objects()[0]["erased"]), (0, &erased), "{}", said.err);
    let after = everything(&store).await;
    for trace in TRACES {
        assert!(!after.contains(trace), "{trace} in {after}");
    }
    assert!(!after.contains("0011767000000000") && after.contains("template other"), "{after}");
    assert!(after.contains("somebody else's words") && after.contains(r#"{"from":"15255123456789"}"#));

    // Still left alone, by whichever identifier, with the proof of it.
    for identifier in ["5215512345678", "525512345678", "MX.9001"] {
        assert_eq!(store.run(&["check", identifier]).code, 1);
    }
    let said = store.run(&["show", "--json", "MX.9001"]);
    let person = &said.objects()[0]["people"][0];
    assert_eq!(person["identifiers"], json!(["525512345678", "MX.9001"]));
    let why = &person["evidence"][0];
    assert_eq!(
        (&why["act"], &why["source"], &why["rule"], &why["time"], &why["applied"]),
        (
            &json!("stop"),
            &json!("text"),
            &json!("es/pattern/do-not-send"),
            &json!("2025-12-29T09:20:00.000Z"),
            &json!(true)
        )
    );

    // The message that waits is sent without its quote.
    let jobs = store.ledger().jobs("default", 10).await.unwrap();
    assert_eq!((jobs.len(), jobs[0].state.as_str(), jobs[0].quote.as_deref()), (1, "due", None));

    // The audit says what happened when, and that it was erased.
    let audit: Vec<(String, Vec<String>)> = redis::cmd("XRANGE")
        .arg(AUDIT)
        .arg(&["-", "+"])
        .query_async(&mut connection(&store).await)
        .await
        .unwrap();
    let field = |entry: &[String], name: &str| {
        entry.chunks(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone()).unwrap_or_default()
    };
    let acts: Vec<String> = audit.iter().map(|(_, entry)| field(entry, "act")).collect();
    // Nothing counts what was rewritten as another decision.
    assert_eq!(acts, ["stop", "erased", "erased", "forget"]);
    let rewritten = &audit[1].1;
    assert_eq!(
        (field(rewritten, "person").as_str(), field(rewritten, "time").as_str()),
        ("525512345678", "1767000000000")
    );
    assert_eq!((field(rewritten, "of").as_str(), field(rewritten, "was").is_empty()), ("stop", false));
    assert_eq!(field(&audit[3].1, "person"), "525512345678");
    assert_eq!(field(&audit[3].1, "event"), r#"{"source":"operator","note":"request 7"}"#);

    let said = store.run(&["forget", "MX.9001"]);
    assert_eq!((said.code, said.out.contains("Nothing personal")), (1, true), "{said:?}");
    assert_eq!(everything(&store).await, after);
}

#[tokio::test]
async fn of_somebody_who_refuses_nothing_nothing_stays() {
    let store = Store::start().await;
    somebody(&store).await;
    assert_eq!(store.run(&["resume", "MX.9001"]).code, 0);
    let said = store.run(&["forget", "5215512345678"]);
    assert_eq!((said.code, said.out.contains("on no list")), (0, true), "{said:?}");
    assert_eq!(store.run(&["show", "MX.9001"]).code, 1);
    assert_eq!(store.run(&["check", "5215512345678"]).code, 0);
    for trace in TRACES {
        assert!(!everything(&store).await.contains(trace), "{trace}");
    }
    // Somebody on a list from before, of whom there is no record.
    let _: () = redis::cmd("SADD")
        .arg(SUPPRESSED)
        .arg("34600000001")
        .query_async(&mut connection(&store).await)
        .await
        .unwrap();
    let said = store.run(&["forget", "34600000001"]);
    assert_eq!((said.code, said.out.contains("stays on the list")), (1, true), "{said:?}");
    assert_eq!(store.run(&["forget", "nobody"]).code, 2);
}
