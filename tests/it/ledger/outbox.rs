//! The outbox: leases, fencing, doubt, and the ways to end.

use std::time::Duration;

use baja::{
    intent::Scope,
    ledger::{Act, JobId, JobKind, Lease, Ledger, Revival, Settled, Settlement},
};

use super::{change, confirmation};
use crate::support::store::{Store, ledger, options};

async fn queue(ledger: &Ledger) {
    let mut stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    stop.message = Some(confirmation(JobKind::Stopped));
    assert!(ledger.apply(&[("acme", stop)]).await.unwrap()[0].queued);
}

async fn lease(ledger: &Ledger) -> Lease {
    let mut leases = ledger.lease("acme", 10).await.unwrap();
    assert_eq!(leases.len(), 1);
    leases.remove(0)
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
    assert!(ledger.reconcile("acme", &held.job.id, "delivered").await.unwrap());
    assert_eq!(state(&ledger).await.0, "sent");
    assert!(!ledger.reconcile("acme", &JobId::random(), "delivered").await.unwrap());
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
    assert_eq!(ledger.revive("acme", &held.job.id, Revival::Retry).await.unwrap(), "done");
    assert_eq!(lease(&ledger).await.job.attempts, 1);
    assert_eq!(ledger.revive("acme", &held.job.id, Revival::Drop).await.unwrap(), "done");
    assert_eq!(state(&ledger).await.1.as_deref(), Some("operator"));

    let mut late = change(&["34600333444"], Act::Stop(Scope::All), 10);
    let mut message = confirmation(JobKind::Stopped);
    message.expires_at = 1;
    late.message = Some(message);
    assert!(!ledger.apply(&[("acme", late)]).await.unwrap()[0].queued);
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
