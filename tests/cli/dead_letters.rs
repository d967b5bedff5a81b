//! `dead-letters`.

use serde_json::{Value, json};

use crate::{binary::Said, store::Store};

/// The ids, the newest first.
fn ids(store: &Store) -> Vec<String> {
    let said = store.run(&["dead-letters", "list", "--json"]);
    said.objects().iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn results(said: &Said) -> Vec<Value> {
    said.objects().iter().map(|line| line["result"].clone()).collect()
}

#[tokio::test]
async fn dead_letters_keep_the_item_back_unless_it_is_asked_for() {
    let store = Store::start().await;
    let said = store.run(&["dead-letters", "list"]);
    assert_eq!((said.code, said.out.contains("none")), (0, true));
    let items = [("messages", "no timestamp", r#"{"from":"5215512345678"}"#), ("statuses", "no id", "{}")];
    store.ledger().bury("default", &items).await.unwrap();

    let said = store.run(&["dead-letters", "list"]);
    assert!(said.out.contains("no timestamp") && !said.out.contains("5512345678"), "{}", said.out);
    let said = store.run(&["dead-letters", "list", "--json"]);
    assert_eq!((said.objects().len(), said.objects()[0].get("raw")), (2, None));
    let said = store.run(&["dead-letters", "list", "--json", "--reveal", "--limit", "1"]);
    assert_eq!((said.objects().len(), &said.objects()[0]["raw"]), (1, &json!("{}")));
}

#[tokio::test]
async fn one_is_read_again_by_its_id_and_does_what_it_asks_for_once() {
    let store = Store::start().await;
    let fine = r#"{"from":"34600000001","id":"wamid.A","timestamp":"1780000000","type":"text","text":{"body":"BAJA"}}"#;
    let doubtful = r#"{"from":"34600000002","id":"wamid.B","timestamp":"1780000000","type":"text","text":{"body":"no me interesa"}}"#;
    let items =
        [("message", "invented", fine), ("message", "invented", "broken"), ("message", "invented", doubtful)];
    store.ledger().bury("default", &items).await.unwrap();
    let ids = ids(&store);
    let said =
        store.run(&["dead-letters", "again", &ids[1], &ids[2], "--note", "after the upgrade", "--json"]);
    assert_eq!((said.code, results(&said)), (1, vec![json!("still_broken"), json!("read")]), "{said:?}");
    assert_eq!(said.objects()[1]["changes"], 1);
    assert_eq!(store.run(&["check", "34600000001"]).code, 1, "on the list");
    let said = store.run(&["dead-letters", "again", &ids[2]]);
    assert_eq!((said.code, said.out.contains("not there any more")), (1, true), "{said:?}");
    // What nobody waits for is done before the command ends.
    let said = store.run(&["dead-letters", "again", &ids[0]]);
    assert_eq!(said.code, 0, "{said:?}");
    let near = store.run(&["near-misses", "list", "--json"]);
    assert_eq!(near.objects().len(), 1, "{near:?}");
    assert_eq!(
        store.run(&["outbox", "list", "--json"]).objects(),
        [json!(null); 0],
        "nobody is sent a message"
    );
    let evidence = store.run(&["show", "34600000001", "--json"]);
    assert!(evidence.out.contains("wamid.A") || evidence.out.contains("es/keyword/baja"), "{evidence:?}");

    let said = store.run(&["dead-letters", "drop", &ids[1], "--note", "a test"]);
    assert_eq!((said.code, said.out.contains("dropped")), (0, true), "{said:?}");
    let said = store.run(&["dead-letters", "drop", &ids[1], "--json"]);
    assert_eq!((said.code, results(&said)), (1, vec![json!("gone")]));
    assert!(store.run(&["dead-letters", "list"]).out.contains("There is none"));
    let mut redis =
        redis::Client::open(store.server.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let audit: Vec<(String, Vec<String>)> =
        redis::cmd("XRANGE").arg(&["baja:{default}:audit", "-", "+"]).query_async(&mut redis).await.unwrap();
    let acts: Vec<_> = audit.iter().map(|(_, fields)| fields.join(" ")).collect();
    for (result, note) in [("result read", "after the upgrade"), ("result dropped", "a test")] {
        assert!(acts.iter().any(|act| act.contains(result) && act.contains(note)), "{acts:?}");
    }
}

#[tokio::test]
async fn ids_are_read_before_any_letter_is_touched() {
    let store = Store::start().await;
    store.ledger().bury("default", &[("message", "invented", "{}")]).await.unwrap();
    let id = &ids(&store)[0];
    for arguments in [&["drop", id, "nonsense"][..], &["again", id, "1-x"], &["drop"], &["again"]] {
        let said = store.run(&[&["dead-letters"], arguments].concat());
        assert_eq!(said.code, 2, "{arguments:?}: {said:?}");
    }
    assert_eq!(ids(&store).len(), 1);
}
