//! The outbox: leases, fencing, doubt, and the ways to end.

use std::time::Duration;

use baja::{
    intent::Scope,
    ledger::{
        Act, JobId, JobKind, Lease, Ledger, Message, Operator, Revival, Revived, Settled, Settlement, Shelf,
    },
};

use super::{change, confirmation, set_due};
use crate::support::store::{Store, ledger, options, person};

const DESK: Operator<'_> = Operator { by: "desk", note: "she waits for it" };

async fn queue(ledger: &Ledger) {
    let mut stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    stop.message = Some(Message { to: "34600111222".to_owned(), ..confirmation(JobKind::Stopped) });
    assert!(ledger.apply(&[("acme", stop)]).await.unwrap()[0].queued);
}

async fn lease(ledger: &Ledger) -> Lease {
    let mut leases = ledger.lease("acme", 10).await.unwrap();
    assert_eq!(leases.len(), 1);
    leases.remove(0)
}

/// A message that may have been accepted, whose doubt ends at once.
async fn in_doubt() -> (Store, Ledger, Lease) {
    let store = Store::start().await;
    let mut rules = options();
    rules.outbox.unknown_after = Duration::ZERO;
    let ledger = ledger(&[&store.server.url()], rules);
    queue(&ledger).await;
    let held = lease(&ledger).await;
    let doubt = Settlement::Unknown { reason: "timeout" };
    ledger.settle("acme", &held.job.id, held.token, doubt).await.unwrap();
    (store, ledger, held)
}

async fn state(ledger: &Ledger) -> (String, Option<String>, u32) {
    let job = ledger.jobs("acme", 10).await.unwrap().remove(0);
    (job.state, job.reason, job.maybe_sent)
}

#[tokio::test]
async fn a_job_is_leased_once_and_only_its_holder_settles_it() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    let held = lease(&ledger).await;
    assert!(ledger.lease("acme", 10).await.unwrap().is_empty());
    let sent = Settlement::Sent { wamid: "wamid.OUT".to_owned() };
    let stale = ledger.settle("acme", &held.job.id, held.token + 1, sent.clone()).await.unwrap();
    assert_eq!(stale, Settled::Stale);
    assert_eq!(ledger.settle("acme", &held.job.id, held.token, sent.clone()).await.unwrap(), Settled::Done);
    assert_eq!(ledger.settle("acme", &held.job.id, held.token, sent).await.unwrap(), Settled::Stale);
    assert_eq!(state(&ledger).await.0, "sent");
    assert!(ledger.depth("acme").await.unwrap().iter().all(|depth| depth.jobs == 0));
}

#[tokio::test]
async fn a_refused_quote_is_tried_at_once_without_it() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    let held = lease(&ledger).await;
    assert!(held.job.quote.is_some());
    let again = Settlement::RetryWithoutQuote { reason: "quote_refused" };
    ledger.settle("acme", &held.job.id, held.token, again).await.unwrap();
    let held = lease(&ledger).await;
    assert!(held.job.quote.is_none() && held.job.quote_refused);
    assert_eq!(held.job.attempts, 2);
}

#[tokio::test]
async fn a_crash_after_the_send_leaves_a_doubt_that_is_sent_once_more_and_no_more() {
    let store = Store::start().await;
    let mut rules = options();
    rules.outbox.lease = Duration::ZERO;
    rules.outbox.unknown_after = Duration::ZERO;
    let ledger = ledger(&[&store.server.url()], rules);
    queue(&ledger).await;
    let mut sends = 0;
    for _ in 0..12 {
        // Never settled, as after a crash.
        sends += ledger.lease("acme", 10).await.unwrap().len();
    }
    assert_eq!(sends, 2);
    assert_eq!(state(&ledger).await, ("dropped".to_owned(), Some("outcome_unknown".to_owned()), 2));
}

#[tokio::test]
async fn a_doubt_waits_for_its_status_webhook_and_is_settled_by_it() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    let held = lease(&ledger).await;
    ledger.settle("acme", &held.job.id, held.token, Settlement::Unknown { reason: "timeout" }).await.unwrap();
    assert!(ledger.lease("acme", 10).await.unwrap().is_empty(), "it waits");
    assert_eq!(ledger.reconcile("acme", &[(&held.job.id, "delivered")]).await.unwrap(), 1);
    assert_eq!(state(&ledger).await.0, "sent");
    assert_eq!(ledger.reconcile("acme", &[(&JobId::random(), "delivered")]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_closed_window_queues_nothing_and_an_operator_may_drop_or_retry() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    let held = lease(&ledger).await;
    let failed = Settlement::Dropped { reason: "permanent" };
    ledger.settle("acme", &held.job.id, held.token, failed).await.unwrap();
    assert_eq!(state(&ledger).await, ("dropped".to_owned(), Some("permanent".to_owned()), 0));
    assert_eq!(ledger.revive("acme", &held.job.id, Revival::Retry, DESK).await.unwrap(), Revived::Done);
    assert_eq!(lease(&ledger).await.job.attempts, 1);
    assert_eq!(ledger.revive("acme", &held.job.id, Revival::Drop, DESK).await.unwrap(), Revived::Done);
    assert_eq!(state(&ledger).await.1.as_deref(), Some("operator"));
    assert_eq!(ledger.revive("acme", &JobId::random(), Revival::Drop, DESK).await.unwrap(), Revived::Absent);
    let person = person(&["34600111222"]);
    let dossier = ledger.dossier("acme", &person, None).await.unwrap();
    let by_desk = dossier
        .trail
        .entries
        .iter()
        .filter(|entry| (entry.by.as_str(), entry.note.as_str()) == (DESK.by, DESK.note));
    assert_eq!(by_desk.map(|entry| entry.act.as_str()).collect::<Vec<_>>(), ["outbox_drop", "outbox_retry"]);
    assert_eq!(dossier.jobs.iter().map(|job| job.state.as_str()).collect::<Vec<_>>(), ["dropped"]);

    let mut late = change(&["34600333444"], Act::Stop(Scope::All), 10);
    let mut message = confirmation(JobKind::Stopped);
    message.expires_at = 1;
    late.message = Some(message);
    assert!(!ledger.apply(&[("acme", late)]).await.unwrap()[0].queued);
}

#[tokio::test]
async fn jobs_are_read_a_page_at_a_time_by_what_is_done_with_them() {
    let store = Store::start().await;
    let ledger = store.ledger();
    for number in 0..5 {
        let mut stop = change(&[&format!("3460011122{number}")], Act::Stop(Scope::All), 10);
        stop.message = Some(confirmation(JobKind::Stopped));
        ledger.apply(&[("acme", stop)]).await.unwrap();
    }
    for lease in ledger.lease("acme", 3).await.unwrap() {
        let dropped = Settlement::Dropped { reason: "permanent" };
        ledger.settle("acme", &lease.job.id, lease.token, dropped).await.unwrap();
    }
    let open = ledger.jobs_page("acme", Shelf::Open, 0, 10).await.unwrap();
    assert_eq!((open.total, open.jobs.len()), (2, 2));
    let mut finished = Vec::new();
    for from in 0..3 {
        let page = ledger.jobs_page("acme", Shelf::Finished, from, 1).await.unwrap();
        assert_eq!((page.total, page.jobs[0].state.as_str()), (3, "dropped"));
        finished.push(page.jobs[0].id.as_str().to_owned());
    }
    finished.sort();
    finished.dedup();
    assert_eq!(finished.len(), 3);
    assert!(ledger.jobs_page("acme", Shelf::Finished, 3, 1).await.unwrap().jobs.is_empty());
}

#[tokio::test]
async fn what_is_held_back_costs_no_attempt() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    for _ in 0..3 {
        let held = lease(&ledger).await;
        assert_eq!(held.job.attempts, 1);
        let wait = Settlement::Held { after: Duration::ZERO, reason: "paced" };
        ledger.settle("acme", &held.job.id, held.token, wait).await.unwrap();
    }
}

#[tokio::test]
async fn a_message_that_is_no_longer_true_is_not_sent() {
    let store = Store::start().await;
    let ledger = store.ledger();
    queue(&ledger).await;
    let mut start = change(&["34600111222"], Act::Start(Scope::All), 11);
    start.message = Some(confirmation(JobKind::Resumed));
    assert!(ledger.apply(&[("acme", start)]).await.unwrap()[0].queued);
    let kinds: Vec<_> = ledger.lease("acme", 10).await.unwrap().iter().map(|lease| lease.job.kind).collect();
    assert_eq!(kinds, [JobKind::Resumed]);
}

#[tokio::test]
async fn what_has_ended_does_not_stand_in_the_way_of_what_can_be_sent() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let batch: Vec<_> = (0..50)
        .map(|number| {
            let mut stop = change(&[&format!("346001112{number:02}")], Act::Stop(Scope::All), 10);
            let to = format!("346001112{number:02}");
            stop.message = Some(Message { to, ..confirmation(JobKind::Stopped) });
            ("acme", stop)
        })
        .collect();
    ledger.apply(&batch).await.unwrap();
    // All but the one that was queued last have waited for too long.
    let end = "local ids = redis.call('ZRANGE', KEYS[1], 0, -2) for _, id in ipairs(ids) do \
        local job = cjson.decode(redis.call('HGET', KEYS[2], id)) job.expires_at = 1 \
        redis.call('HSET', KEYS[2], id, cjson.encode(job)) end return #ids";
    let ended: u64 = redis::cmd("EVAL")
        .arg(&[end, "2", "baja:{acme}:outbox:due", "baja:{acme}:outbox:jobs"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    assert_eq!(ended, 49);
    // As after an outage, when one message is let through to see whether it is over.
    let leases = ledger.lease("acme", 1).await.unwrap();
    assert_eq!(leases.len(), 1);
    let jobs = ledger.jobs("acme", 100).await.unwrap();
    let closed = jobs.iter().filter(|job| job.reason.as_deref() == Some("window_closed")).count();
    assert_eq!(closed, 49);
}

#[tokio::test]
async fn a_doubt_that_ended_while_nobody_looked_waits_for_the_status_a_little_longer() {
    let (store, ledger, held) = in_doubt().await;
    // Redis was away for a minute, twice, and could not be told of the status between.
    for _ in 0..2 {
        assert_eq!(set_due(&store, &held.job.id, 1000).await, 1);
        assert!(ledger.lease("acme", 10).await.unwrap().is_empty());
        assert_eq!(state(&ledger).await, ("unknown".to_owned(), Some("overdue".to_owned()), 1));
    }
    assert_eq!(ledger.reconcile("acme", &[(&held.job.id, "sent")]).await.unwrap(), 1);
    assert_eq!(state(&ledger).await.0, "sent");
}

#[tokio::test]
async fn a_doubt_that_nobody_looks_at_in_time_ends_all_the_same() {
    let (store, ledger, held) = in_doubt().await;
    let mut looks = 0;
    loop {
        assert_eq!(set_due(&store, &held.job.id, 1000).await, 1);
        if !ledger.lease("acme", 10).await.unwrap().is_empty() {
            break;
        }
        looks += 1;
    }
    assert_eq!(looks, 12);
}
