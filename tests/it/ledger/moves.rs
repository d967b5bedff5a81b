//! People who change number or user id take what they refused with them.

use baja::{
    intent::Scope,
    ledger::{Act, Outcome},
};

use super::change;
use crate::support::store::{Store, person};

const SUPPRESSED: &str = "baja:{acme}:suppressed";
const OLD: [&str; 2] = ["34600111222", "ES.1"];
const NEW: [&str; 2] = ["34600999888", "ES.2"];

fn moved(at: i64) -> baja::ledger::Change {
    change(&OLD, Act::Move { to: person(&NEW) }, at)
}

#[tokio::test]
async fn a_stop_moves_along_and_the_old_number_stays() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.apply(&[("acme", change(&OLD, Act::Stop(Scope::All), 10)), ("acme", moved(20))]).await.unwrap();
    assert_eq!(store.members(SUPPRESSED).await, ["34600111222", "34600999888", "ES.1", "ES.2"]);
    let old = ledger.records("acme", &person(&OLD)).await.unwrap().remove(0);
    assert!(old.abandoned.contains_key("34600111222"));
    assert_eq!(ledger.apply(&[("acme", moved(20))]).await.unwrap()[0].outcome, Outcome::Already);
}

#[tokio::test]
async fn a_stop_from_before_the_move_that_arrives_later_still_follows_the_person() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.apply(&[("acme", moved(20)), ("acme", change(&OLD, Act::Stop(Scope::All), 10))]).await.unwrap();
    assert_eq!(store.members(SUPPRESSED).await, ["34600111222", "34600999888", "ES.1", "ES.2"]);
}

#[tokio::test]
async fn whoever_gets_the_old_number_decides_for_themselves_alone() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.apply(&[("acme", change(&OLD, Act::Stop(Scope::All), 10)), ("acme", moved(20))]).await.unwrap();
    let newcomer = change(&["34600111222", "ES.3"], Act::Start(Scope::All), 30);
    assert_eq!(ledger.apply(&[("acme", newcomer)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert_eq!(store.members(SUPPRESSED).await, ["34600999888", "ES.2"]);
}

#[tokio::test]
async fn moves_chain_in_either_order() {
    for reversed in [false, true] {
        let store = Store::start().await;
        let ledger = store.ledger();
        ledger.apply(&[("acme", change(&["ES.1"], Act::Stop(Scope::All), 10))]).await.unwrap();
        let mut moves = vec![
            ("acme", change(&["ES.1"], Act::Move { to: person(&["ES.2"]) }, 20)),
            ("acme", change(&["ES.2"], Act::Move { to: person(&["ES.3"]) }, 30)),
        ];
        if reversed {
            moves.reverse();
        }
        ledger.apply(&moves).await.unwrap();
        assert_eq!(store.members(SUPPRESSED).await, ["ES.1", "ES.2", "ES.3"], "reversed: {reversed}");
    }
}
