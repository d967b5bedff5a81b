//! `relay`.

use std::{collections::BTreeMap, time::Duration};

use baja::{
    config::Settings,
    ledger::{ErrandEnd, Ledger, Passage, RelayKeys, RelayRules},
    startup::ledger_options,
};
use bytes::Bytes;
use serde_json::json;

use crate::store::{Store, Unobserved};

/// The queue of a target `bot`, as the service has it.
fn ledger(store: &Store) -> Ledger {
    let mut options = ledger_options(&Settings::load(None, std::iter::empty()).unwrap());
    let rules = RelayRules {
        keys: RelayKeys::new("baja", "bot"),
        max_entries: 100,
        max_bytes: 1 << 20,
        max_dead: 10,
        lease: Duration::from_secs(30),
    };
    options.relays = BTreeMap::from([("bot".to_owned(), rules)]);
    Ledger::new(&[&store.server.url()], options, std::sync::Arc::new(Unobserved)).unwrap()
}

#[tokio::test]
async fn dead_bodies_are_listed_without_their_content_and_replayed() {
    let store = Store::start().await;
    let ledger = ledger(&store);
    let passage = Passage {
        signature: "sha256=00".into(),
        content_type: "application/json".into(),
        body: Bytes::from_static(br#"{"from":"5215512345678"}"#),
    };
    ledger.relay_push("bot", 3, &passage).await.unwrap();
    let errand = ledger.relay_lease("bot", 1).await.unwrap().remove(0);
    assert!(ledger.relay_settle("bot", &errand, ErrandEnd::Dead { reason: "http_422" }).await.unwrap());
    let run = |arguments: &[&str]| {
        store.baja(arguments).env("BAJA__RELAY__BOT__URL", "https://bot.example/in").run()
    };

    let said = run(&["relay", "dead", "bot"]);
    assert!(said.code == 0 && said.out.contains("http_422") && !said.out.contains("5512345678"), "{said:?}");
    let line = run(&["relay", "dead", "bot", "--json", "--reveal"]).objects()[0].clone();
    assert_eq!((&line["attempts"], &line["body"]), (&json!(1), &json!(r#"{"from":"5215512345678"}"#)));
    let id = line["id"].as_str().unwrap();

    let said = run(&["relay", "replay", "bot", id, "--json"]);
    assert_eq!(said.objects(), [json!({ "target": "bot", "result": "replayed", "bodies": 1 })], "{said:?}");
    assert_eq!(run(&["relay", "replay", "bot", id]).code, 1);
    let said = run(&["relay", "list", "--json"]);
    let waiting = &said.objects()[0];
    assert_eq!((&waiting["waiting"], &waiting["dead"]), (&json!(1), &json!(0)));
    assert_eq!(run(&["relay", "drop", "bot", "--all"]).code, 1);
}

#[tokio::test]
async fn a_target_that_is_not_there_is_named() {
    let store = Store::start().await;
    let said = store.run(&["relay", "dead", "bot"]);
    assert!(said.code == 2 && said.err.contains("no queued target is called \"bot\""), "{said:?}");
    let said = store.run(&["relay", "list"]);
    assert!(said.code == 0 && said.out.contains("[relay]"), "{said:?}");
}
