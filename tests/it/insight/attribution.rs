//! Which message provoked an opt-out: known, learnt late, guessed only where that is wanted, or shown as unknown.

use baja::{
    intent::Scope,
    ledger::{Act, Change, Dimension, Figure, Ledger, SeenKind},
};

use super::{ANA, at, by, count_all, decides, labelled, status, total, with_rules};
use crate::support::store::{Store, person};

const DATA: &str = "tpl=spring_promo;topic=offers;cmp=77";

fn quoting(id: &str, seconds: i64) -> Change {
    let mut change = decides(Act::Stop(Scope::All), at(seconds));
    change.evidence.quoted = id.to_owned();
    change
}

async fn how(ledger: &Ledger) -> String {
    by(ledger, Figure::OptOuts, Dimension::How).await
}

async fn template(ledger: &Ledger) -> String {
    by(ledger, Figure::OptOuts, Dimension::Template).await
}

/// `template topic campaign how` of what is in Ana's evidence.
async fn in_evidence(ledger: &Ledger) -> String {
    let records = ledger.records("acme", &person(&[ANA])).await.unwrap();
    let facts = records[0].evidence.iter().filter_map(|one| one.provoked_by.as_ref());
    let texts: Vec<_> =
        facts.map(|one| format!("{} {} {} {}", one.template, one.topic, one.campaign, one.how)).collect();
    texts.join(", ")
}

#[tokio::test]
async fn the_message_that_was_answered_tells_its_template() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.note_sends("acme", &[labelled("wamid.OUT", SeenKind::Sent, at(-9), DATA)], 0).await.unwrap();
    ledger.apply(&[("acme", quoting("wamid.OUT", -1))]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(
        (template(&ledger).await.as_str(), how(&ledger).await.as_str()),
        ("spring_promo 1", "context 1")
    );
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Topic).await, "offers 1");
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Campaign).await, "77 1");
    assert_eq!(in_evidence(&ledger).await, "spring_promo offers 77 context");
}

#[tokio::test]
async fn a_status_that_comes_after_the_tap_attributes_late_and_once() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.apply(&[("acme", quoting("wamid.OUT", -1))]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!((template(&ledger).await.as_str(), how(&ledger).await.as_str()), ("- 1", "none 1"));
    let sent = labelled("wamid.OUT", SeenKind::Sent, at(-9), DATA);
    assert_eq!(ledger.note_sends("acme", std::slice::from_ref(&sent), 0).await.unwrap().attributed, 1);
    assert_eq!(ledger.note_sends("acme", &[sent], 0).await.unwrap().attributed, 0);
    assert_eq!((template(&ledger).await.as_str(), how(&ledger).await.as_str()), ("spring_promo 1", "late 1"));
    assert_eq!(total(&ledger, Figure::OptOuts).await, 1);
    assert_eq!(in_evidence(&ledger).await, "spring_promo offers 77 late");
}

#[tokio::test]
async fn a_reason_and_a_return_follow_the_opt_out_they_belong_to() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.apply(&[("acme", quoting("wamid.OUT", -5))]).await.unwrap();
    let mut reason = decides(Act::Reason(Scope::All), at(-3));
    reason.evidence.reason = "no_consent".to_owned();
    reason.evidence.quoted = "wamid.CONFIRMATION".to_owned();
    ledger.apply(&[("acme", reason)]).await.unwrap();
    count_all(&ledger).await;
    let never = Figure::Reason(baja::intent::Reason::NoConsent);
    assert_eq!(by(&ledger, never, Dimension::Template).await, "- 1");
    ledger.note_sends("acme", &[labelled("wamid.OUT", SeenKind::Sent, at(-9), DATA)], 0).await.unwrap();
    assert_eq!(by(&ledger, never, Dimension::Template).await, "spring_promo 1");
    assert_eq!(by(&ledger, Figure::Reasons, Dimension::Topic).await, "offers 1");
    assert_eq!((total(&ledger, Figure::OptOuts).await, how(&ledger).await.as_str()), (1, "late 1"));
    ledger.apply(&[("acme", decides(Act::Start(Scope::All), at(-1)))]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(by(&ledger, Figure::Returns, Dimension::Template).await, "spring_promo 1");
}

#[tokio::test]
async fn the_reference_of_a_button_names_the_campaign_and_the_message_the_rest() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let mut tap = quoting("wamid.OUT", -1);
    tap.evidence.reference = "summer".to_owned();
    ledger.apply(&[("acme", tap)]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!((template(&ledger).await.as_str(), how(&ledger).await.as_str()), ("- 1", "button 1"));
    ledger.note_sends("acme", &[labelled("wamid.OUT", SeenKind::Sent, at(-9), DATA)], 0).await.unwrap();
    assert_eq!(
        (template(&ledger).await.as_str(), how(&ledger).await.as_str()),
        ("spring_promo 1", "button 1")
    );
    // The tapped button is nearer than the message's own word.
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Campaign).await, "summer 1");
}

#[tokio::test]
async fn a_missed_stop_is_counted_with_the_message_that_failed() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let mut refused = decides(Act::SettingsStop, at(-1));
    refused.evidence.source = "refused";
    refused.evidence.reference = DATA.to_owned();
    refused.evidence.message_id = "wamid.OUT".to_owned();
    ledger.apply(&[("acme", refused.clone())]).await.unwrap();
    assert_eq!(ledger.count_decisions("acme").await.unwrap().missed, 1);
    assert_eq!(
        (template(&ledger).await.as_str(), how(&ledger).await.as_str()),
        ("spring_promo 1", "callback 1")
    );
    assert_eq!(by(&ledger, Figure::MissedStops, Dimension::Topic).await, "offers 1");
    // Whoever had refused everything was known.
    refused.person = person(&["34600111222"]);
    let mut known = decides(Act::Stop(Scope::All), at(-5));
    known.person = refused.person.clone();
    ledger.apply(&[("acme", known), ("acme", refused)]).await.unwrap();
    assert_eq!(ledger.count_decisions("acme").await.unwrap().missed, 0);
    assert_eq!(total(&ledger, Figure::MissedStops).await, 1);
}

#[tokio::test]
async fn the_last_template_explains_only_where_that_is_wanted_and_a_better_word_replaces_it() {
    let store = Store::start().await;
    for wanted in [false, true] {
        let ledger = with_rules(&store, |rules| rules.last_template = wanted);
        let _: () = redis::cmd("FLUSHALL").query_async(&mut store.sender().await).await.unwrap();
        let deliveries = [
            labelled("wamid.OLD", SeenKind::Delivered, at(-20), "tpl=older"),
            labelled("wamid.NEW", SeenKind::Delivered, at(-10), "tpl=newer"),
        ];
        ledger.note_sends("acme", &deliveries, 0).await.unwrap();
        ledger.apply(&[("acme", quoting("wamid.OUT", -1))]).await.unwrap();
        count_all(&ledger).await;
        let expected = if wanted { ("newer 1", "last 1") } else { ("- 1", "none 1") };
        assert_eq!((template(&ledger).await.as_str(), how(&ledger).await.as_str()), expected);
        ledger.note_sends("acme", &[labelled("wamid.OUT", SeenKind::Sent, at(-9), DATA)], 0).await.unwrap();
        let expected = ("spring_promo 1", "late 1");
        assert_eq!((template(&ledger).await.as_str(), how(&ledger).await.as_str()), expected);
    }
}

#[tokio::test]
async fn a_sender_may_register_its_messages_before_or_after_their_statuses() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let mut sender = store.sender().await;
    let register = async |id: &str, connection: &mut redis::aio::MultiplexedConnection| {
        let mut command = redis::cmd("XADD");
        command.arg(&["baja:{acme}:sends", "MAXLEN", "~", "100000", "*", "id", id]);
        command.arg(&["template", "spring_promo", "topic", "offers", "campaign", "77"]);
        let _: String = command.query_async(connection).await.unwrap();
    };
    ledger.note_sends("acme", &[status("wamid.A", SeenKind::Delivered, at(-2))], 0).await.unwrap();
    assert_eq!(by(&ledger, Figure::Sent, Dimension::Template).await, "- 1");
    register("wamid.A", &mut sender).await;
    register("wamid.B", &mut sender).await;
    assert_eq!(ledger.take_registered("acme").await.unwrap().taken, 2);
    assert_eq!(ledger.take_registered("acme").await.unwrap().taken, 0);
    ledger.note_sends("acme", &[status("wamid.B", SeenKind::Sent, at(-1))], 0).await.unwrap();
    assert_eq!(by(&ledger, Figure::Sent, Dimension::Template).await, "spring_promo 2");
    assert_eq!(by(&ledger, Figure::Delivered, Dimension::Campaign).await, "77 1");
    // What was taken is gone: a message's id holds the person's number.
    let left: u64 = redis::cmd("XLEN").arg("baja:{acme}:sends").query_async(&mut sender).await.unwrap();
    assert_eq!(left, 0);
    ledger.apply(&[("acme", quoting("wamid.B", 0))]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(
        (template(&ledger).await.as_str(), how(&ledger).await.as_str()),
        ("spring_promo 1", "context 1")
    );
}
