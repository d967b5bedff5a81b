//! Identifiers that webhooks show to be one person's.

use baja::{
    intent::Scope,
    ledger::{Act, Outcome},
};

use super::change;
use crate::support::store::{Store, person};

const SUPPRESSED: &str = "baja:{acme}:suppressed";
const BOTH: [&str; 2] = ["5215512340001", "MX.900"];
const EVERYWHERE: [&str; 3] = ["5215512340001", "525512340001", "MX.900"];

#[tokio::test]
async fn who_stopped_by_bsuid_alone_is_listed_by_phone_once_a_webhook_ties_the_two() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.apply(&[("acme", change(&["MX.900"], Act::Stop(Scope::All), 10))]).await.unwrap();
    assert_eq!(store.members(SUPPRESSED).await, ["MX.900"]);
    assert_eq!(ledger.learn("acme", &[(person(&BOTH), 20_000)]).await.unwrap(), 2);
    assert_eq!(store.members(SUPPRESSED).await, EVERYWHERE);
    let record = ledger.records("acme", &person(&["525512340001"])).await.unwrap().remove(0);
    assert!(record.evidence.iter().any(|one| one.act == "link"));
    assert_eq!(ledger.learn("acme", &[(person(&BOTH), 30_000)]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_tie_known_before_the_stop_counts_and_one_without_a_stop_lists_nobody() {
    let store = Store::start().await;
    let ledger = store.ledger();
    assert_eq!(ledger.learn("acme", &[(person(&BOTH), 5_000)]).await.unwrap(), 0);
    assert!(store.members(SUPPRESSED).await.is_empty());
    ledger.apply(&[("acme", change(&["MX.900"], Act::Stop(Scope::All), 10))]).await.unwrap();
    assert_eq!(store.members(SUPPRESSED).await, EVERYWHERE);
    let start = change(&["525512340001"], Act::Start(Scope::All), 11);
    assert_eq!(ledger.apply(&[("acme", start)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert!(store.members(SUPPRESSED).await.is_empty());
}

#[tokio::test]
async fn a_list_from_before_covers_the_other_identifiers_too() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let _: u32 = redis::cmd("SADD")
        .arg(&[SUPPRESSED, "525512340001"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    ledger.learn("acme", &[(person(&BOTH), 5_000)]).await.unwrap();
    assert_eq!(store.members(SUPPRESSED).await, EVERYWHERE);
}

#[tokio::test]
async fn learning_leaves_the_last_room_of_a_full_redis_to_opt_outs() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.ping().await.unwrap();
    let _: () = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory", "1"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    assert!(ledger.learn("acme", &[(person(&BOTH), 5_000)]).await.is_err());
}
