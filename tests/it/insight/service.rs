//! The whole way: webhooks in, counts, breaches and metrics out.

use baja::ledger::{Dimension, Figure};
use serde_json::{Value, json};

use super::{by, total};
use crate::support::{
    app::App,
    wait::until,
    webhook::{button, message, messages, now, says, statuses},
};

const DATA: &str = "tpl=spring_promo;topic=offers;cmp=77";

fn status(id: &str, kind: &str, at: i64, data: &str) -> Value {
    json!({ "id": id, "status": kind, "timestamp": at.to_string(), "recipient_id": "5215512340001",
        "biz_opaque_callback_data": data, "pricing": { "billable": true, "category": "marketing" } })
}

async fn counted(app: &App, figure: Figure, count: u64) {
    until("the count", async || (total(&app.ledger, figure).await >= count).then_some(())).await;
    assert_eq!(total(&app.ledger, figure).await, count, "{figure:?}");
}

#[tokio::test]
async fn a_sender_that_ignores_the_list_is_found_out() {
    let app = App::with(&[("BAJA__INSIGHT__BREACH_GRACE_S", "0")]).await;
    app.post(statuses(&[status("wamid.FIRST", "sent", now() - 60, DATA)])).await;
    let tap = message(("5215512340001", ""), "wamid.TAP", now(), button("No más", "optout"));
    let mut tap = tap;
    tap["context"] = json!({ "id": "wamid.FIRST", "from": "15557654321" });
    app.post(messages(&[tap])).await;
    counted(&app, Figure::OptOuts, 1).await;
    // At once, or late when the tap was counted first.
    until("the template", async || {
        (by(&app.ledger, Figure::OptOuts, Dimension::Template).await == "spring_promo 1").then_some(())
    })
    .await;
    // What it sends a moment later, told twice.
    let against = statuses(&[status("wamid.SECOND", "sent", now() + 5, DATA)]);
    app.post(&against).await;
    app.post(&against).await;
    counted(&app, Figure::Breaches, 1).await;
    assert_eq!(app.metric("baja_breaches_total").await, 1.0);
    // The confirmation of the opt-out itself is none: it carries our own mark.
    let own = status("wamid.OURS", "sent", now() + 5, "baja:00000000-0000-4000-8000-000000000000");
    app.post(statuses(&[own, status("wamid.THIRD", "sent", now() + 5, DATA)])).await;
    counted(&app, Figure::Breaches, 2).await;
    assert_eq!(total(&app.ledger, Figure::Sent).await, 3);
    counted(&app, Figure::Confirmations, 1).await;
    app.finish().await;
}

#[tokio::test]
async fn a_stop_that_only_a_failed_message_told_of_is_a_missed_one() {
    let app = App::start().await;
    let failed = json!({ "id": "wamid.OUT", "status": "failed", "timestamp": now().to_string(),
        "recipient_id": "5215512340001", "biz_opaque_callback_data": DATA,
        "errors": [{ "code": 131050, "title": "User has stopped marketing messages" }] });
    let body = statuses(&[failed]);
    app.post(&body).await;
    app.post(&body).await;
    counted(&app, Figure::MissedStops, 1).await;
    assert_eq!(app.metric("baja_missed_stops_total").await, 1.0);
    assert_eq!(by(&app.ledger, Figure::MissedStops, Dimension::Template).await, "spring_promo 1");
    app.finish().await;
}

#[tokio::test]
async fn a_status_costs_redis_nothing_on_its_way_and_may_be_left_out() {
    let app = App::with(&[("BAJA__INSIGHT__STATUSES", "false")]).await;
    let asked = async || app.metric("baja_redis_duration_seconds_count{operation=\"webhook\"}").await;
    let before = asked().await;
    assert_eq!(app.post(statuses(&[status("wamid.A", "sent", now(), DATA)])).await.status, 200);
    assert_eq!(asked().await, before);
    app.post(says("5215512340001", "wamid.STOP", "baja")).await;
    counted(&app, Figure::OptOuts, 1).await;
    assert_eq!(total(&app.ledger, Figure::Sent).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn two_replicas_count_once_and_a_restart_loses_nothing() {
    let mut app = App::start().await;
    let other = app.replica().await;
    let sent = statuses(&[status("wamid.A", "sent", now(), DATA)]);
    let stop = says("5215512340001", "wamid.STOP", "baja");
    let (one, two) = tokio::join!(app.post(&sent), other.post(&sent));
    assert_eq!((one.status, two.status), (200, 200));
    let (one, two) = tokio::join!(app.post(&stop), other.post(&stop));
    assert_eq!((one.status, two.status), (200, 200));
    counted(&app, Figure::OptOuts, 1).await;
    counted(&app, Figure::Sent, 1).await;
    // Acknowledged, and the service ends at once.
    app.post(says("34600111222", "wamid.STOP2", "baja")).await;
    app.stop().await;
    other.finish().await;
    let ledger = &app.ledger;
    while ledger.count_decisions("acme").await.unwrap().taken > 0 {}
    assert_eq!(total(ledger, Figure::OptOuts).await, 2);
    app.finish().await;
}

#[tokio::test]
async fn a_near_miss_is_counted_once_and_so_is_the_question() {
    let app = App::start().await;
    let doubtful = says("34600111222", "wamid.NEAR", "no me interesa");
    app.post(&doubtful).await;
    app.post(&doubtful).await;
    counted(&app, Figure::NearMisses, 1).await;
    counted(&app, Figure::Asked, 1).await;
    assert_eq!(by(&app.ledger, Figure::NearMisses, Dimension::Language).await, "es 1");
    assert_eq!(total(&app.ledger, Figure::OptOuts).await, 0);
    app.finish().await;
}
