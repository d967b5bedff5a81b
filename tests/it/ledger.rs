//! The list itself: scripts, order, claims, links and moves.

mod cluster;
mod dossier;
mod failover;
mod links;
mod moves;
mod order;
mod outbox;
mod plain;
mod replicas;
mod torn;

use baja::{
    intent::Scope,
    ledger::{Act, Change, Evidence, JobId, JobKind, Message, Outcome},
};

use crate::support::store::{Store, person};

/// A change as a typed word makes it, `at` seconds after an invented beginning.
pub fn change(who: &[&str], act: Act, at: i64) -> Change {
    Change {
        person: person(who),
        act,
        at: at * 1000,
        claim: None,
        evidence: Evidence { source: "text", rule: "es/keyword/baja".to_owned(), ..Evidence::default() },
        message: None,
    }
}

fn marketing() -> Scope {
    "marketing".parse().unwrap()
}

/// Sets when a job that is in the outbox is next looked at, unix milliseconds; how many jobs that changed.
async fn set_due(store: &Store, job: &JobId, at: i64) -> u64 {
    redis::cmd("ZADD")
        .arg(&["baja:{acme}:outbox:due", "XX", "CH", &at.to_string(), job.as_str()])
        .query_async(&mut store.sender().await)
        .await
        .unwrap()
}

fn confirmation(kind: JobKind) -> Message {
    Message {
        kind,
        phone_number_id: "770099887766554".to_owned(),
        to: "5215512340001".to_owned(),
        language: "es".to_owned(),
        quote: Some("wamid.TEST".to_owned()),
        expires_at: i64::MAX / 1_000_000,
    }
}

#[tokio::test]
async fn a_stop_puts_every_spelling_and_identifier_on_the_list() {
    let store = Store::start().await;
    let stop = change(&["5215512340001", "MX.900", "MX.ENT.7"], Act::Stop(Scope::All), 10);
    let applied = store.ledger().apply(&[("acme", stop)]).await.unwrap();
    assert_eq!(applied[0].outcome, Outcome::Applied);
    assert_eq!(applied[0].stops, 4);
    assert_eq!(
        store.members("baja:{acme}:suppressed").await,
        ["5215512340001", "525512340001", "MX.900", "MX.ENT.7"]
    );
    assert!(store.members("baja:{acme}:suppressed:marketing").await.is_empty());
    let changes: Vec<redis::Value> = redis::cmd("XRANGE")
        .arg(&["baja:{acme}:changes", "-", "+"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    assert_eq!(changes.len(), 4);
}

#[tokio::test]
async fn the_same_claim_acts_once_and_a_start_takes_everything_back() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let mut stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    stop.claim = Some("1:wamid.A".to_owned());
    stop.message = Some(confirmation(JobKind::Stopped));
    let batch = [("acme", stop.clone()), ("acme", stop)];
    let applied = ledger.apply(&batch).await.unwrap();
    assert_eq!(
        applied.iter().map(|one| one.outcome).collect::<Vec<_>>(),
        [Outcome::Applied, Outcome::Duplicate]
    );
    assert_eq!(applied.iter().filter(|one| one.queued).count(), 1);
    ledger.apply(&[("acme", change(&["34600111222"], Act::Stop(marketing()), 11))]).await.unwrap();
    let start = change(&["34600111222"], Act::Start(Scope::All), 12);
    assert_eq!(ledger.apply(&[("acme", start)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert!(store.members("baja:{acme}:suppressed").await.is_empty());
    assert!(store.members("baja:{acme}:suppressed:marketing").await.is_empty());
}

#[tokio::test]
async fn a_start_from_nobody_on_the_list_does_nothing_but_outdates_an_older_stop() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let mut start = change(&["34600111222"], Act::Start(Scope::All), 20);
    start.message = Some(confirmation(JobKind::Resumed));
    let applied = ledger.apply(&[("acme", start)]).await.unwrap()[0];
    assert_eq!((applied.outcome, applied.queued), (Outcome::Already, false));
    let late = change(&["34600111222"], Act::Stop(Scope::All), 19);
    assert_eq!(ledger.apply(&[("acme", late)]).await.unwrap()[0].outcome, Outcome::Older);
    let equal = change(&["34600111222"], Act::Stop(Scope::All), 20);
    assert_eq!(ledger.apply(&[("acme", equal)]).await.unwrap()[0].outcome, Outcome::Applied);
}

#[tokio::test]
async fn a_list_from_before_is_kept_and_a_start_lifts_it() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let key = "baja:{acme}:suppressed";
    let _: u32 =
        redis::cmd("SADD").arg(&[key, "5215512340001"]).query_async(&mut store.sender().await).await.unwrap();
    // A resume in WhatsApp's settings is not a start for everything.
    let resume = change(&["525512340001"], Act::SettingsResume, 5);
    ledger.apply(&[("acme", resume)]).await.unwrap();
    assert_eq!(store.members(key).await, ["5215512340001"]);
    let start = change(&["525512340001"], Act::Start(Scope::All), 6);
    assert_eq!(ledger.apply(&[("acme", start)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert!(store.members(key).await.is_empty());
}

#[tokio::test]
async fn a_reason_is_evidence_and_never_undoes_a_return() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let who = ["34600111222"];
    let steps = [
        (Act::Stop(Scope::All), Outcome::Applied),
        (Act::Reason(Scope::All), Outcome::Already),
        (Act::Start(Scope::All), Outcome::Applied),
        (Act::Reason(Scope::All), Outcome::Already),
    ];
    for (second, (act, outcome)) in steps.into_iter().enumerate() {
        let mut one = change(&who, act, 10 + second as i64);
        one.evidence.reason = "no_consent".to_owned();
        assert_eq!(ledger.apply(&[("acme", one)]).await.unwrap()[0].outcome, outcome, "step {second}");
    }
    assert!(store.members("baja:{acme}:suppressed").await.is_empty());
    let record = ledger.records("acme", &person(&who)).await.unwrap().remove(0);
    assert_eq!(record.evidence.iter().filter(|one| one.act == "reason").count(), 2);
    // Somebody who never decided leaves by giving the reason.
    let newcomer = change(&["34600333444"], Act::Reason(Scope::All), 10);
    assert_eq!(ledger.apply(&[("acme", newcomer)]).await.unwrap()[0].outcome, Outcome::Applied);
}

#[tokio::test]
async fn an_operator_outlasts_a_stop_from_the_future() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.apply(&[("acme", change(&["34600111222"], Act::Stop(Scope::All), 9_999_999_999))]).await.unwrap();
    let start = change(&["34600111222"], Act::ForceStart(Scope::All), 10);
    assert_eq!(ledger.apply(&[("acme", start)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert!(store.members("baja:{acme}:suppressed").await.is_empty());
}

#[tokio::test]
async fn opt_outs_are_written_even_when_redis_is_full() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let _: () = redis::cmd("CONFIG")
        .arg(&["SET", "maxmemory", "1"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    let plain: redis::RedisResult<u32> =
        redis::cmd("SADD").arg(&["other", "x"]).query_async(&mut store.sender().await).await;
    assert_eq!(plain.unwrap_err().code(), Some("OOM"));
    let stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    assert_eq!(ledger.apply(&[("acme", stop)]).await.unwrap()[0].outcome, Outcome::Applied);
    assert_eq!(store.members("baja:{acme}:suppressed").await, ["34600111222"]);
}
