//! Counts are exact: whatever comes twice, in any order, to several replicas, counts once.

use baja::{
    intent::{Reason, Scope},
    ledger::{
        Act, Change, Day, DayCounts, Dimension, Figure, InsightRules, Ledger, MessageClass, Operator, Seen,
        SeenKind,
    },
};

use super::{ANA, at, by, count_all, counts, decides, labelled, status, total, with_rules};
use crate::support::store::{Store, person};

const DATA: &str = "tpl=spring_promo;topic=offers;cmp=77";

#[tokio::test]
async fn a_message_counts_once_in_every_order_of_its_statuses() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let kinds = [SeenKind::Sent, SeenKind::Delivered, SeenKind::Read];
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (number, order) in orders.iter().enumerate() {
        let id = format!("wamid.ORDER{number}");
        for &index in order {
            let one = labelled(&id, kinds[index], at(index as i64 - 60), DATA);
            // Each comes twice, once within a call and once in the next.
            ledger.note_sends("acme", &[one.clone(), one.clone()], 0).await.unwrap();
            ledger.note_sends("acme", &[one], 0).await.unwrap();
        }
    }
    for figure in [Figure::Sent, Figure::Delivered, Figure::Read] {
        assert_eq!(total(&ledger, figure).await, 6, "{figure:?}");
        assert_eq!(by(&ledger, figure, Dimension::Template).await, "spring_promo 6");
        assert_eq!(by(&ledger, figure, Dimension::Topic).await, "offers 6");
        assert_eq!(by(&ledger, figure, Dimension::Campaign).await, "77 6");
    }
    assert_eq!(total(&ledger, Figure::Failed).await, 0);
}

#[tokio::test]
async fn a_delivery_without_a_sent_is_a_send_and_a_failure_is_none() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let mut failed = labelled("wamid.B", SeenKind::Failed, at(-5), DATA);
    failed.code = Some(131_049);
    ledger.note_sends("acme", &[status("wamid.A", SeenKind::Delivered, at(-5)), failed], 0).await.unwrap();
    assert_eq!(total(&ledger, Figure::Sent).await, 1);
    assert_eq!(total(&ledger, Figure::Read).await, 0);
    assert_eq!(by(&ledger, Figure::Failed, Dimension::Code).await, "131049 1");
    // What nobody named is shown as such.
    assert_eq!(by(&ledger, Figure::Sent, Dimension::Template).await, "- 1");
}

#[tokio::test]
async fn the_figures_of_a_message_stand_in_its_first_hour_on_its_day() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let yesterday = Day::of(at(0)).plus(-1);
    let sent = yesterday.begins() + 9 * 3_600_000;
    ledger.note_sends("acme", &[labelled("wamid.A", SeenKind::Sent, sent, DATA)], 0).await.unwrap();
    ledger.note_sends("acme", &[labelled("wamid.A", SeenKind::Read, at(-1), DATA)], 0).await.unwrap();
    let days = counts(&ledger).await;
    assert_eq!(days[0].day, yesterday);
    assert_eq!(days[0].hours(Figure::Sent).each()[9], 1);
    assert_eq!(days[0].hours(Figure::Read).each()[9], 1);
    assert_eq!(days[1].total(Figure::Read), 0);
}

#[tokio::test]
async fn a_decision_counts_once_however_often_it_comes_and_whoever_counts() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let mut stop = decides(Act::Stop(Scope::All), at(-3));
    stop.claim = Some("1:wamid.STOP".to_owned());
    ledger.apply(&[("acme", stop.clone())]).await.unwrap();
    ledger.apply(&[("acme", stop)]).await.unwrap();
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), at(-2)))]).await.unwrap();
    let replicas: Vec<_> = (0..4).map(|_| with_rules(&store, |_| {})).collect();
    let counted =
        futures_util::future::join_all(replicas.iter().map(|one| one.count_decisions("acme"))).await;
    // One of them took the three entries; nobody counted the duplicate and the stop of somebody who had stopped.
    let opt_outs: u64 = counted.into_iter().map(|one| one.unwrap().opt_outs).sum();
    assert_eq!(opt_outs, 1);
    count_all(&ledger).await;
    ledger.apply(&[("acme", decides(Act::Start(Scope::All), at(-1)))]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(total(&ledger, Figure::OptOuts).await, 1);
    assert_eq!(total(&ledger, Figure::Returns).await, 1);
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Source).await, "text 1");
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Scope).await, "all 1");
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Language).await, "es 1");
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Rule).await, "es/keyword/baja 1");
    assert_eq!(by(&ledger, Figure::OptOuts, Dimension::Reason).await, "- 1");
    assert_eq!(by(&ledger, Figure::Returns, Dimension::Source).await, "text 1");
}

#[tokio::test]
async fn a_decision_older_than_what_is_kept_is_counted_as_late() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), 1_000))]).await.unwrap();
    ledger.note_sends("acme", &[status("wamid.A", SeenKind::Read, 1_000)], 0).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(total(&ledger, Figure::OptOuts).await, 0);
    assert_eq!(total(&ledger, Figure::LateDecisions).await, 1);
    assert_eq!(total(&ledger, Figure::LateStatuses).await, 1);
}

#[tokio::test]
async fn more_values_than_a_day_counts_apart_are_counted_together() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.values = 2);
    for number in 0..5 {
        let one = labelled(&format!("wamid.{number}"), SeenKind::Sent, at(-1), &format!("tpl=t{number}"));
        ledger.note_sends("acme", &[one], 0).await.unwrap();
    }
    assert_eq!(by(&ledger, Figure::Sent, Dimension::Template).await, "* 3, t0 1, t1 1");
    assert_eq!(total(&ledger, Figure::Sent).await, 5);
    assert!(counts(&ledger).await.iter().any(|day| day.has_others(Figure::Sent, Dimension::Template)));
}

/// `topic>template count` of each pair, and what each day tells of it.
async fn pairs(ledger: &Ledger, figure: Figure) -> String {
    let told = counts(ledger).await;
    let each = told.iter().flat_map(|day| day.by_topic_and_template(figure));
    let told: u64 = each.map(|(_, _, hours)| hours.total()).sum();
    let shown = by(ledger, figure, Dimension::TopicTemplate).await;
    format!("{told}: {shown}")
}

#[tokio::test]
async fn topic_and_template_are_counted_together_once_and_move_together() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    // The opt-out and its reason come first, then what the message was; Meta's category is a topic until its sender names one.
    let mut stop = decides(Act::Stop(Scope::All), at(-5));
    stop.evidence.quoted = "wamid.A".to_owned();
    let mut reason = decides(Act::Reason(Scope::All), at(-4));
    reason.evidence.reason = "no_consent".to_owned();
    ledger.apply(&[("acme", stop)]).await.unwrap();
    ledger.apply(&[("acme", reason)]).await.unwrap();
    count_all(&ledger).await;
    assert_eq!(pairs(&ledger, Figure::OptOuts).await, "0: ");
    let delivered = |id: &str, data: &str| {
        let class = Some(MessageClass::Marketing);
        Seen { class, ..labelled(id, SeenKind::Delivered, at(-9), data) }
    };
    let named = delivered("wamid.A", "tpl=spring_promo");
    ledger.note_sends("acme", &[named.clone(), named], 0).await.unwrap();
    assert_eq!(pairs(&ledger, Figure::Delivered).await, "1: marketing>spring_promo 1");
    let known = delivered("wamid.A", "topic=offers");
    ledger
        .note_sends("acme", &[known.clone(), delivered("wamid.B", "topic=offers"), known], 0)
        .await
        .unwrap();
    // A message without a template is of no pair; it is in its topic.
    assert_eq!(by(&ledger, Figure::Delivered, Dimension::Topic).await, "offers 2");
    assert_eq!(pairs(&ledger, Figure::Delivered).await, "1: offers>spring_promo 1");
    for figure in [Figure::OptOuts, Figure::Reasons, Figure::Reason(Reason::NoConsent)] {
        assert_eq!(pairs(&ledger, figure).await, "1: marketing>spring_promo 1", "{figure:?}");
        assert_eq!(total(&ledger, figure).await, 1, "{figure:?}");
    }
    assert_eq!(pairs(&ledger, Figure::Sent).await, "0: ", "nobody asks for it");
}

#[tokio::test]
async fn pairs_beyond_what_a_day_counts_apart_are_counted_together() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.values = 2);
    for number in 0..5 {
        let data = format!("tpl=t{};topic=o{number}", number % 2);
        let one = labelled(&format!("wamid.{number}"), SeenKind::Delivered, at(-1), &data);
        ledger.note_sends("acme", &[one.clone(), one], 0).await.unwrap();
    }
    assert_eq!(pairs(&ledger, Figure::Delivered).await, "2: * 3, o0>t0 1, o1>t1 1");
}

#[tokio::test]
async fn what_was_not_looked_at_is_told() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.sends_a_day = 1);
    let two = ["wamid.A", "wamid.B"].map(|id| status(id, SeenKind::Sent, at(-1)));
    ledger.note_sends("acme", &two, 7).await.unwrap();
    assert_eq!(total(&ledger, Figure::Sent).await, 1);
    assert_eq!(total(&ledger, Figure::DroppedStatuses).await, 8);
    assert!(counts(&ledger).await.iter().any(|day| day.is_sampled()));
}

#[tokio::test]
async fn an_audit_that_was_trimmed_before_it_was_counted_is_told() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), at(-3)))]).await.unwrap();
    count_all(&ledger).await;
    assert!(!counts(&ledger).await.iter().any(|day| day.has_gaps()));
    ledger.apply(&[("acme", decides(Act::Start(Scope::All), at(-2)))]).await.unwrap();
    let trim = redis::cmd("XTRIM").arg(&["baja:{acme}:audit", "MAXLEN", "0"]).to_owned();
    let _: u64 = trim.query_async(&mut store.sender().await).await.unwrap();
    ledger.apply(&[("acme", decides(Act::Stop(Scope::All), at(-1)))]).await.unwrap();
    count_all(&ledger).await;
    assert!(counts(&ledger).await.iter().any(|day| day.has_gaps()));
}

/// Something that somebody else decided.
async fn bob_decides(ledger: &Ledger, act: Act, seconds: i64) {
    let change = Change { person: person(&["34600000002"]), ..decides(act, at(seconds)) };
    ledger.apply(&[("acme", change)]).await.unwrap();
}

#[tokio::test]
async fn an_erasure_of_what_was_counted_is_no_gap_and_hides_none() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let has_gaps = async || counts(&ledger).await.iter().any(DayCounts::has_gaps);
    let forget = async || {
        let ana = person(&[ANA]);
        let gone = ledger.forget("acme", &ana, Operator { by: "", note: "asked" }, false).await.unwrap();
        assert!(gone.audit_entries > 0, "{gone:?}");
    };
    // All that was counted is Ana's, and goes to the end of the stream in another form.
    let mut stop = decides(Act::Stop(Scope::All), at(-9));
    stop.evidence.message_id = "wamid.A".to_owned();
    ledger.apply(&[("acme", stop.clone())]).await.unwrap();
    count_all(&ledger).await;
    forget().await;
    bob_decides(&ledger, Act::Stop(Scope::All), -8).await;
    count_all(&ledger).await;
    assert!(!has_gaps().await);
    assert_eq!(total(&ledger, Figure::OptOuts).await, 2);
    // Twice, with something uncounted in between.
    let mut back = decides(Act::Start(Scope::All), at(-7));
    back.evidence.message_id = "wamid.B".to_owned();
    ledger.apply(&[("acme", back)]).await.unwrap();
    count_all(&ledger).await;
    bob_decides(&ledger, Act::Start(Scope::All), -6).await;
    forget().await;
    assert!(!has_gaps().await);
    // What an operator trims away uncounted is a gap all the same.
    let trim = redis::cmd("XTRIM").arg(&["baja:{acme}:audit", "MAXLEN", "0"]).to_owned();
    let _: u64 = trim.query_async(&mut store.sender().await).await.unwrap();
    bob_decides(&ledger, Act::Stop(Scope::All), -5).await;
    count_all(&ledger).await;
    assert!(has_gaps().await);
}

#[tokio::test]
async fn what_is_known_of_a_message_is_forgotten_after_the_days_that_are_configured() {
    const DAY_S: i64 = 86_400;
    for days in [InsightRules::default().sends_days, 7] {
        let store = Store::start().await;
        let ledger = with_rules(&store, |rules| {
            rules.sends_days = days;
            rules.last_template = true;
        });
        let sent = at(-1);
        ledger.note_sends("acme", &[labelled("wamid.A", SeenKind::Delivered, sent, DATA)], 0).await.unwrap();
        let mut sender = store.sender().await;
        let day = Day::of(sent).begins() / 86_400_000;
        for part in ["", ":words", ":last"] {
            let key = format!("baja:{{acme}}:sends:{day}{part}");
            let ends: i64 = redis::cmd("EXPIRETIME").arg(&key).query_async(&mut sender).await.unwrap();
            assert_eq!(ends, (day + i64::from(days) + 1) * DAY_S, "{key}");
        }
        // What is older than that is not learnt in the first place.
        let old = sent - (i64::from(days) + 2) * DAY_S * 1000;
        ledger.note_sends("acme", &[labelled("wamid.OLD", SeenKind::Delivered, old, DATA)], 0).await.unwrap();
        let keys: Vec<String> =
            redis::cmd("KEYS").arg("baja:{acme}:sends:*").query_async(&mut sender).await.unwrap();
        let other = |key: &&String| !key.starts_with(&format!("baja:{{acme}}:sends:{day}"));
        assert_eq!(keys.iter().find(other), None);
    }
}

#[tokio::test]
async fn a_known_message_takes_few_bytes() {
    const MESSAGES: u64 = 50_000;
    let store = Store::start().await;
    let ledger = with_rules(&store, |_| {});
    let ids: Vec<_> = (0..MESSAGES)
        .map(|number| labelled(&format!("wamid.{number}"), SeenKind::Sent, at(-1), DATA))
        .collect();
    ledger.note_sends("acme", &ids, 0).await.unwrap();
    assert_eq!(total(&ledger, Figure::Sent).await, MESSAGES);
    let mut bytes = 0u64;
    for day in [Day::of(at(-1)), Day::of(at(0))] {
        let key = format!("baja:{{acme}}:sends:{}", day.begins() / 86_400_000);
        let usage = redis::cmd("MEMORY").arg(&["USAGE", &key, "SAMPLES", "0"]).to_owned();
        let used: Option<u64> = usage.query_async(&mut store.sender().await).await.unwrap();
        bytes = bytes.max(used.unwrap_or(0));
    }
    println!("{bytes} bytes for {MESSAGES} messages");
    assert!(bytes / MESSAGES < 40, "{bytes}");
}
