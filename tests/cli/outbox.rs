//! `outbox`.

use baja::{
    intent::Scope,
    ledger::{Act, Evidence, JobKind, Message, Settlement},
};
use serde_json::json;

use crate::store::Store;

const FUTURE: i64 = 4_000_000_000_000;

async fn queue(store: &Store, who: &str, expires_at: i64) {
    let message = Message {
        kind: JobKind::Stopped,
        phone_number_id: "770099887766554".to_owned(),
        to: who.to_owned(),
        language: "es".to_owned(),
        quote: Some("wamid.INVENTED".to_owned()),
        expires_at,
    };
    store.event(&[who], Act::Stop(Scope::All), 1000, Evidence::default(), Some(message)).await;
}

#[tokio::test]
async fn the_outbox_is_listed_without_numbers_dropped_and_sent_again() {
    let store = Store::start().await;
    queue(&store, "5215512345678", FUTURE).await;
    queue(&store, "MX.90017765", FUTURE).await;

    let said = store.run(&["outbox", "list"]);
    assert_eq!((said.code, said.out.lines().count()), (0, 3), "{said:?}");
    assert!(said.out.contains("…5678") && said.out.contains("MX.…7765"), "{}", said.out);
    let said = store.run(&["outbox", "list", "--json"]);
    for secret in ["5512345678", "90017765", "wamid"] {
        assert!(!said.out.contains(secret), "{}", said.out);
    }
    let first = said.objects()[0].clone();
    assert_eq!(
        (&first["state"], &first["kind"], &first["to"]),
        (&json!("due"), &json!("stopped"), &json!("…5678"))
    );
    let said = store.run(&["outbox", "list", "--json", "--reveal", "--limit", "1"]);
    assert_eq!(said.objects().len(), 1);
    assert_eq!(
        (&said.objects()[0]["to"], &said.objects()[0]["quote"]),
        (&json!("MX.90017765"), &json!("wamid.INVENTED"))
    );

    let id = first["id"].as_str().unwrap();
    let said = store.run(&["outbox", "drop", id]);
    assert_eq!((said.code, said.out.contains("will not be sent")), (0, true), "{said:?}");
    let said = store.run(&["outbox", "list", "--json", "--state", "dropped"]);
    assert_eq!((said.objects().len(), &said.objects()[0]["reason"]), (1, &json!("operator")));
    // The suppression stays.
    assert_eq!(store.run(&["check", "5215512345678"]).code, 1);

    let said = store.run(&["outbox", "retry", "--all", "--state", "dropped", "--json"]);
    assert_eq!((said.code, said.objects()), (0, vec![json!({ "id": id, "result": "done" })]));
    let said = store.run(&["outbox", "drop", "--all"]);
    assert_eq!((said.code, said.out.lines().count()), (0, 2), "{said:?}");
}

#[tokio::test]
async fn what_was_sent_is_not_sent_again() {
    let store = Store::start().await;
    queue(&store, "5215512345678", FUTURE).await;
    let ledger = store.ledger();
    let lease = ledger.lease("default", 1).await.unwrap().pop().unwrap();
    let sent = Settlement::Sent { wamid: "wamid.SENT".to_owned() };
    ledger.settle("default", &lease.job.id, lease.token, sent).await.unwrap();

    let id = lease.job.id.as_str();
    let said = store.run(&["outbox", "retry", id, "00000000000000000000000000000000"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("it was sent") && said.out.contains("no such confirmation"), "{}", said.out);
    let said = store.run(&["outbox", "retry", "--all"]);
    assert_eq!((said.code, said.out.contains("none")), (0, true), "{said:?}");
}

#[tokio::test]
async fn ids_are_read_before_anything_is_done() {
    let store = Store::start().await;
    queue(&store, "5215512345678", FUTURE).await;
    let id = store.run(&["outbox", "list", "--json"]).objects()[0]["id"].as_str().unwrap().to_owned();
    for arguments in
        [&["outbox", "drop", &id, "nonsense"][..], &["outbox", "drop"], &["outbox", "drop", "--all", &id]]
    {
        assert_eq!(store.run(arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(store.run(&["outbox", "list", "--json"]).objects()[0]["state"], "due");
}
