//! `redis.wait_replicas`: an opt-out counts only when replicas have it.

use std::time::Duration;

use baja::{
    intent::Scope,
    ledger::{Act, LedgerError, Outcome},
};

use super::change;
use crate::support::{
    store::{Store, ledger, options},
    wait::until,
};

async fn say(store: &Store, words: &[&str]) {
    let _: redis::Value =
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut store.sender().await).await.unwrap();
}

#[tokio::test]
async fn an_opt_out_is_refused_until_a_replica_has_it_and_is_kept_all_the_same() {
    let primary = Store::start().await;
    let replica = Store::start().await;
    let mut options = options();
    options.wait = (1, Duration::from_millis(100));
    // On a busy machine a replica needs longer; where it is there, nobody waits for the end of that.
    let mut long = options.clone();
    long.wait = (1, Duration::from_secs(10));
    (long.limits.response, long.limits.budget) = (Duration::from_secs(20), Duration::from_secs(30));
    let (ledger, patient) =
        (ledger(&[&primary.server.url()], options), ledger(&[&primary.server.url()], long));
    let stop = change(&["34600111222"], Act::Stop(Scope::All), 10);

    let refused = ledger.apply(&[("acme", stop.clone())]).await;
    assert!(matches!(refused, Err(LedgerError::Replicas { got: 0, wanted: 1 })), "{refused:?}");
    assert_eq!(primary.members("baja:{acme}:suppressed").await, ["34600111222"]);

    say(&primary, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    let address = primary.server.url();
    let (host, port) = address.trim_start_matches("redis://").split_once(':').unwrap();
    say(&replica, &["REPLICAOF", host, port.trim_end_matches('/')]).await;
    until("the replica has it", async || ledger.apply(&[("acme", stop.clone())]).await.ok()).await;
    assert_eq!(replica.members("baja:{acme}:suppressed").await, ["34600111222"]);

    // The server forgot the scripts: what counts is the answer after they were sent again.
    say(&primary, &["SCRIPT", "FLUSH"]).await;
    let second = change(&["34600111223"], Act::Stop(Scope::All), 10);
    assert_eq!(patient.apply(&[("acme", second)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert_eq!(replica.members("baja:{acme}:suppressed").await.len(), 2);
}

#[tokio::test]
async fn what_was_done_already_waits_for_a_replica_too_whoever_did_it() {
    let primary = Store::start().await;
    let replica = Store::start().await;
    say(&primary, &["CONFIG", "SET", "repl-diskless-sync-delay", "0"]).await;
    say(&replica, &["REPLICAOF", "127.0.0.1", &primary.server.port().to_string()]).await;
    let mut rules = options();
    rules.wait = (1, Duration::from_millis(100));
    let (first, second) =
        (ledger(&[&primary.server.url()], rules.clone()), ledger(&[&primary.server.url()], rules));
    let mut stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    stop.claim = Some("1:wamid.A".to_owned());
    let before = change(&["34600111221"], Act::Stop(Scope::All), 10);
    until("the replica follows", async || first.apply(&[("acme", before.clone())]).await.ok()).await;

    let process = replica.server.process().unwrap().to_string();
    let signal = |name: &str| {
        assert!(std::process::Command::new("kill").args([name, &process]).status().unwrap().success());
    };
    signal("-STOP");
    let refused = first.apply(&[("acme", stop.clone())]).await;
    assert!(matches!(refused, Err(LedgerError::Replicas { got: 0, wanted: 1 })), "{refused:?}");
    // The delivery comes again, to another replica of the service: it finds nothing to write, and no more is
    // safe than before.
    let refused = second.apply(&[("acme", stop.clone())]).await;
    assert!(matches!(refused, Err(LedgerError::Replicas { got: 0, wanted: 1 })), "{refused:?}");
    signal("-CONT");
    until("the replica has it", async || second.apply(&[("acme", stop.clone())]).await.ok()).await;
    assert!(replica.members("baja:{acme}:suppressed").await.contains(&"34600111222".to_owned()));
}
