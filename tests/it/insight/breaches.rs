//! Who was sent to against the list: each message once, and nobody who may be written to.

use std::time::Duration;

use baja::{
    intent::Scope,
    ledger::{Act, Dimension, Figure, Ledger, MessageClass, Seen, SeenKind},
};

use super::{ANA, at, by, decides, labelled, status, total, with_rules};
use crate::support::store::Store;

fn topic(name: &str) -> Scope {
    name.parse().unwrap()
}

fn of_class(class: MessageClass, mut seen: Seen) -> Seen {
    seen.class = Some(class);
    seen
}

async fn note(ledger: &Ledger, seen: &[Seen]) -> u64 {
    ledger.note_sends("acme", seen, 0).await.unwrap().breaches
}

/// Ana has refused `scope` a minute ago, and the list says so.
async fn refused(scope: Scope) -> (Store, Ledger) {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.apply(&[("acme", decides(Act::Stop(scope), at(-60)))]).await.unwrap();
    (store, ledger)
}

#[tokio::test]
async fn a_send_after_the_stop_is_one_breach_in_every_order() {
    let (_store, ledger) = refused(Scope::All).await;
    let kinds = [SeenKind::Sent, SeenKind::Delivered, SeenKind::Read];
    for (number, order) in [[0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 2, 0]].iter().enumerate() {
        let mut found = 0;
        for &index in order {
            let one =
                labelled(&format!("wamid.{number}"), kinds[index], at(10 + index as i64), "tpl=spring;cmp=7");
            let one = of_class(MessageClass::Marketing, one);
            found += note(&ledger, &[one.clone(), one]).await;
        }
        // What waited for its `sent` is looked at again.
        found += note(&ledger, &[]).await;
        assert_eq!(found, 1, "{order:?}");
    }
    assert_eq!(total(&ledger, Figure::Breaches).await, 4);
    assert_eq!(by(&ledger, Figure::Breaches, Dimension::Template).await, "spring 4");
    assert_eq!(by(&ledger, Figure::Breaches, Dimension::Scope).await, "all 4");
    let breaches = ledger.breaches("acme", 0, None, 10).await.unwrap();
    assert_eq!(breaches.len(), 4);
    assert_eq!((breaches[0].identifier.as_str(), breaches[0].campaign.as_str()), (ANA, "7"));
    assert!(breaches[0].since.unwrap() <= breaches[0].sent_at);
    assert!(ledger.breaches("acme", at(60), None, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_sent_before_the_list_said_no_is_none() {
    let (_store, ledger) = refused(Scope::All).await;
    // After the person's word, but before it was written: no sender could know.
    let early = of_class(MessageClass::Marketing, status("wamid.A", SeenKind::Sent, at(-30)));
    assert_eq!(note(&ledger, &[early]).await, 0);
    // Sent before, delivered after: the delivery comes first.
    let late = of_class(MessageClass::Marketing, status("wamid.B", SeenKind::Delivered, at(20)));
    let sent = of_class(MessageClass::Marketing, status("wamid.B", SeenKind::Sent, at(-90)));
    assert_eq!(note(&ledger, &[late, sent]).await, 0);
    assert_eq!(note(&ledger, &[]).await, 0);
    assert_eq!(total(&ledger, Figure::Breaches).await, 0);
}

#[tokio::test]
async fn a_delivery_whose_sent_never_comes_is_judged_when_its_time_has_come() {
    let (_store, ledger) = refused(Scope::All).await;
    let delivered = of_class(MessageClass::Utility, status("wamid.A", SeenKind::Delivered, at(20)));
    let noted = ledger.note_sends("acme", &[delivered], 0).await.unwrap();
    assert_eq!((noted.breaches, noted.open), (0, 1));
    let noted = ledger.note_sends("acme", &[], 0).await.unwrap();
    assert_eq!((noted.breaches, noted.open), (1, 0));
}

#[tokio::test]
async fn what_is_under_way_during_the_grace_is_none() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.breach_grace = Duration::from_secs(60));
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), at(-5)))]).await.unwrap();
    let sent = |id, seconds| of_class(MessageClass::Marketing, status(id, SeenKind::Sent, at(seconds)));
    assert_eq!(note(&ledger, &[sent("wamid.A", 50)]).await, 0);
    assert_eq!(note(&ledger, &[sent("wamid.B", 70)]).await, 1);
}

#[tokio::test]
async fn the_scope_that_was_refused_decides() {
    let (_store, ledger) = refused(topic("marketing")).await;
    let sent = |id: &str, data: &str| labelled(id, SeenKind::Sent, at(10), data);
    // Meta's category is the topic where the sender names none.
    assert_eq!(note(&ledger, &[of_class(MessageClass::Marketing, sent("wamid.A", ""))]).await, 1);
    assert_eq!(note(&ledger, &[of_class(MessageClass::Utility, sent("wamid.B", ""))]).await, 0);
    // The sender's topic beats the category.
    assert_eq!(note(&ledger, &[of_class(MessageClass::Marketing, sent("wamid.C", "topic=offers"))]).await, 0);
    assert_eq!(note(&ledger, &[sent("wamid.D", "topic=marketing")]).await, 1);
    // A topic that the business does not have says nothing.
    assert_eq!(note(&ledger, &[of_class(MessageClass::Marketing, sent("wamid.E", "topic=none"))]).await, 1);
    assert_eq!(by(&ledger, Figure::Breaches, Dimension::Scope).await, "marketing 3");
}

#[tokio::test]
async fn an_answer_in_an_open_window_is_never_one() {
    let (_store, ledger) = refused(Scope::All).await;
    let service =
        of_class(MessageClass::Service, labelled("wamid.A", SeenKind::Sent, at(10), "topic=offers"));
    assert_eq!(note(&ledger, &[service]).await, 0);
    // Nothing says what this one is: it may be an answer.
    assert_eq!(note(&ledger, &[status("wamid.B", SeenKind::Sent, at(10))]).await, 0);
    // Its price tells, later.
    let priced = of_class(MessageClass::Utility, status("wamid.B", SeenKind::Read, at(12)));
    assert_eq!(note(&ledger, &[priced]).await, 0);
    assert_eq!(note(&ledger, &[]).await, 1);
}

#[tokio::test]
async fn who_came_back_may_be_written_to_and_the_time_between_still_counts() {
    let (_store, ledger) = refused(Scope::All).await;
    ledger.apply(&[("acme", decides(Act::Start(Scope::All), at(20)))]).await.unwrap();
    let sent = |id, seconds| of_class(MessageClass::Marketing, status(id, SeenKind::Sent, at(seconds)));
    assert_eq!(note(&ledger, &[sent("wamid.A", 30)]).await, 0);
    assert_eq!(note(&ledger, &[sent("wamid.B", 10)]).await, 1);
    // And again after a second stop, when the registers only know that one.
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), at(40)))]).await.unwrap();
    assert_eq!(note(&ledger, &[sent("wamid.C", 15)]).await, 1);
    assert_eq!(note(&ledger, &[sent("wamid.D", 25)]).await, 0);
    assert_eq!(note(&ledger, &[sent("wamid.E", 45)]).await, 1);
}

#[tokio::test]
async fn a_resume_in_the_settings_does_not_lift_what_was_typed() {
    let (_store, ledger) = refused(topic("marketing")).await;
    let mut settings = decides(Act::SettingsStop, at(1));
    settings.evidence.source = "preference";
    settings.evidence.rule = "preference/stop".to_owned();
    let mut resume = decides(Act::SettingsResume, at(2));
    resume.evidence = settings.evidence.clone();
    resume.evidence.rule = "preference/resume".to_owned();
    ledger.apply(&[("acme", settings), ("acme", resume)]).await.unwrap();
    let sent = of_class(MessageClass::Marketing, status("wamid.A", SeenKind::Sent, at(10)));
    assert_eq!(note(&ledger, &[sent]).await, 1);
}

#[tokio::test]
async fn a_list_from_before_counts_for_what_was_sent_just_now() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let add = redis::cmd("SADD").arg(&["baja:{acme}:suppressed", "525512340001"]).to_owned();
    let _: u64 = add.query_async(&mut store.sender().await).await.unwrap();
    let sent = |id, seconds| of_class(MessageClass::Utility, status(id, SeenKind::Sent, at(seconds)));
    assert_eq!(note(&ledger, &[sent("wamid.A", -3600), sent("wamid.B", -1)]).await, 1);
    assert_eq!(ledger.breaches("acme", 0, None, 10).await.unwrap()[0].since, None);
}

#[tokio::test]
async fn what_is_known_of_sends_to_somebody_can_be_forgotten() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.last_template = true);
    let mut stop = decides(Act::Stop(Scope::All), at(-60));
    stop.evidence.quoted = "wamid.UNKNOWN".to_owned();
    ledger.apply(&[("acme", stop)]).await.unwrap();
    super::count_all(&ledger).await;
    let sent = of_class(MessageClass::Marketing, labelled("wamid.A", SeenKind::Sent, at(10), "tpl=spring"));
    let delivered = Seen { kind: SeenKind::Delivered, ..sent.clone() };
    let open = of_class(MessageClass::Marketing, status("wamid.B", SeenKind::Delivered, at(10)));
    ledger.note_sends("acme", &[sent, delivered, open], 0).await.unwrap();
    // By the other spelling: a breach, one that waits, an opt-out that waits, a last template, the time of marketing.
    let other = crate::support::store::person(&["525512340001"]);
    assert_eq!(
        ledger.erase_sends("acme", &crate::support::store::person(&["34600111222"])).await.unwrap(),
        0
    );
    assert_eq!(ledger.erase_sends("acme", &other).await.unwrap(), 5);
    assert!(ledger.breaches("acme", 0, None, 10).await.unwrap().is_empty());
    assert_eq!(ledger.note_sends("acme", &[], 0).await.unwrap().breaches, 0);
    assert_eq!(total(&ledger, Figure::Breaches).await, 1);
}
