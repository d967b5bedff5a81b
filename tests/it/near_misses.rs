//! Texts that are likely a stop and not surely one: asked about once, kept, decided by the person or by an operator.

use baja::{
    identity::Identifier,
    intent::Scope,
    ledger::{Approval, NearMissId, Operator, Rejection, StoredNearMiss, Way},
};
use serde_json::{Value, json};

use crate::support::{
    app::{App, SUPPRESSED},
    store::person,
    wait::until,
    webhook::{message, messages, now, preference, says, typed},
};

const DOUBT: &str = "no me interesa";
const DESK: Operator<'_> = Operator { by: "desk", note: "they meant it" };

fn tap(id: &str, title: &str) -> Value {
    json!({ "type": "interactive", "context": { "id": "wamid.OUT" },
        "interactive": { "type": "button_reply", "button_reply": { "id": id, "title": title } } })
}

async fn taps(app: &App, number: &str, id: &str, title: &str) {
    let item = message((number, ""), &format!("wamid.TAP.{number}"), now() + 1, tap(id, title));
    assert_eq!(app.post(messages(&[item])).await.status, 200);
}

async fn all(app: &App) -> Vec<StoredNearMiss> {
    app.ledger.near_misses("acme", None, 1000).await.unwrap()
}

/// The near-misses, the newest first, once there are so many.
async fn noted(app: &App, count: usize) -> Vec<StoredNearMiss> {
    until("near-misses", async || {
        let found = all(app).await;
        (found.len() >= count).then_some(found)
    })
    .await
}

/// Waits until the newest near-miss is in this state.
async fn ended(app: &App, state: &str) -> StoredNearMiss {
    until("its end", async || all(app).await.into_iter().next().filter(|one| one.near_miss.state() == state))
        .await
}

#[tokio::test]
async fn a_doubtful_text_is_asked_about_kept_once_and_ended_by_the_tap() {
    let app = App::start().await;
    let body = says("5215512340001", "wamid.A", DOUBT);
    assert_eq!(app.post(&body).await.status, 200);
    let found = noted(&app, 1).await;
    let near_miss = &found[0].near_miss;
    assert_eq!(
        (near_miss.text.as_str(), near_miss.decision.as_str(), near_miss.language.as_str()),
        (DOUBT, "ask", "es")
    );
    assert!(near_miss.rule.starts_with("es/"), "{}", near_miss.rule);
    assert_eq!((near_miss.scope.as_str(), near_miss.asked, near_miss.state()), ("all", 1, "open"));
    assert_eq!(near_miss.canonical, ["525512340001"]);
    assert_eq!((app.sent().await.len(), app.members(SUPPRESSED).await.len()), (1, 0));

    // Delivered again, it is the same one.
    assert_eq!(app.post(&body).await.status, 200);
    app.post(says("34600000009", "wamid.B", DOUBT)).await;
    assert_eq!(noted(&app, 2).await.len(), 2);

    // The newest is of somebody else; each tap ends its own.
    taps(&app, "34600000009", "keep", "No").await;
    ended(&app, "no").await;
    assert!(app.members(SUPPRESSED).await.is_empty());
    taps(&app, "5215512340001", "optout", "Sí").await;
    until("the stop ends it", async || {
        all(&app).await.into_iter().find(|one| one.near_miss.state() == "yes")
    })
    .await;
    assert!(app.has(SUPPRESSED, "5215512340001").await);
    for (event, count) in [("noted", 2.0), ("no", 1.0), ("yes", 1.0)] {
        assert_eq!(
            app.metric(&format!("baja_near_misses_total{{event=\"{event}\"}}")).await,
            count,
            "{event}"
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_asked_twice_within_the_cool_down_and_no_answer_changes_nothing() {
    let app = App::start().await;
    for id in ["wamid.A", "wamid.B", "wamid.C"] {
        assert_eq!(app.post(says("34600000001", id, DOUBT)).await.status, 200);
    }
    let asked: Vec<_> = noted(&app, 3).await.iter().map(|one| one.near_miss.asked).collect();
    assert_eq!(asked, [0, 0, 1]);
    assert_eq!(app.sent().await.len(), 1);
    assert!(app.members(SUPPRESSED).await.is_empty());
    // What they were not asked about is not ended by a tap.
    taps(&app, "34600000001", "keep", "No").await;
    let states = until("the answer", async || {
        let states: Vec<_> = all(&app).await.iter().map(|one| one.near_miss.state()).collect();
        states.contains(&"no").then_some(states)
    })
    .await;
    assert_eq!(states, ["open", "open", "no"]);
    app.finish().await;
}

#[tokio::test]
async fn a_stop_in_whatsapps_settings_ends_it_too() {
    let app = App::start().await;
    assert_eq!(app.post(says("34600000001", "wamid.A", DOUBT)).await.status, 200);
    assert_eq!(noted(&app, 1).await[0].near_miss.asked, 1);
    assert_eq!(app.post(preference("34600000001", "stop", now() + 1)).await.status, 200);
    ended(&app, "yes").await;
    app.sent().await;
    app.finish().await;
}

#[tokio::test]
async fn a_stop_in_the_body_of_the_doubt_ends_it_and_not_the_doubt_after_it() {
    let app = App::start().await;
    let (doubt, number) = (typed(DOUBT), ("34600000001", ""));
    let body = messages(&[
        message(number, "wamid.A", now() - 3, doubt.clone()),
        message(number, "wamid.B", now() - 2, typed("BAJA")),
        message(number, "wamid.C", now() - 1, doubt),
    ]);
    assert_eq!(app.post(body).await.status, 200);
    let states = until("the end of the first", async || {
        let states: Vec<_> = noted(&app, 2).await.iter().map(|one| one.near_miss.state()).collect();
        states.contains(&"yes").then_some(states)
    })
    .await;
    assert_eq!(states, ["open", "yes"]);
    app.sent().await;
    app.finish().await;
}

#[tokio::test]
async fn an_answer_in_a_form_is_asked_about_and_only_its_payload_decides() {
    let app = App::start().await;
    let form = |answers: &str| {
        json!({ "type": "interactive", "context": { "id": "wamid.OUT" }, "interactive": { "type": "nfm_reply",
            "nfm_reply": { "name": "flow", "body": "Sent", "response_json": answers } } })
    };
    for (number, answers) in [
        ("34600000001", r#"{"screen_0_choice_0":"0_Unsubscribe","screen_0_name_1":"Invented"}"#),
        ("34600000002", r#"{"comment":"ya no me manden mensajes"}"#),
        ("34600000003", r#"{"comment":"todo bien, gracias","size":"10_M"}"#),
        ("34600000004", r#"{"comment":"todo bien","leave":"optout"}"#),
    ] {
        let item = message((number, ""), &format!("wamid.{number}"), now(), form(answers));
        assert_eq!(app.post(messages(&[item])).await.status, 200);
    }
    assert_eq!(app.members(SUPPRESSED).await, ["34600000004"]);
    let found = noted(&app, 2).await;
    let texts: Vec<_> = found.iter().map(|one| (one.near_miss.text.as_str(), one.near_miss.asked)).collect();
    assert_eq!(texts, [("ya no me manden mensajes", 1), ("Unsubscribe", 1)]);
    // A tap on the question decides.
    taps(&app, "34600000001", "optout", "Yes").await;
    assert!(app.has(SUPPRESSED, "34600000001").await);
    app.sent().await;
    app.finish().await;
}

#[tokio::test]
async fn asking_is_off_where_the_business_says_so_and_the_text_is_kept_all_the_same() {
    let app = App::with(&[("BAJA__BUSINESS__ACME__ASK", "false")]).await;
    app.post(says("34600000001", "wamid.A", DOUBT)).await;
    assert_eq!(noted(&app, 1).await[0].near_miss.asked, 0);
    assert!(app.sent().await.is_empty() && app.members(SUPPRESSED).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn words_are_kept_only_where_words_are_kept_at_all() {
    let app = App::with(&[("BAJA__LEDGER__EVIDENCE_TEXT", "false")]).await;
    app.post(says("34600000001", "wamid.A", DOUBT)).await;
    let found = noted(&app, 1).await;
    assert_eq!((found[0].near_miss.text.as_str(), found[0].near_miss.normalized.as_str()), ("", ""));
    let raw: Vec<String> = app.redis(&["HVALS", "baja:{acme}:near"]).await;
    assert!(!raw.concat().contains(DOUBT), "{raw:?}");
    app.finish().await;
}

#[tokio::test]
async fn they_are_bounded_and_the_oldest_go() {
    let app = App::with(&[("BAJA__LEDGER__NEAR_MISSES_MAX", "3")]).await;
    for number in 0..7 {
        app.post(says(&format!("3460000000{number}"), &format!("wamid.{number}"), DOUBT)).await;
    }
    let newest = ["34600000006", "34600000005", "34600000004"];
    until("the newest three", async || {
        let whose: Vec<_> = all(&app).await.into_iter().flat_map(|one| one.near_miss.canonical).collect();
        (whose == newest).then_some(())
    })
    .await;
    for key in ["near:order", "near:people"] {
        let count: u64 = app.redis(&["ZCARD", &format!("baja:{{acme}}:{key}")]).await;
        assert_eq!(count, 3, "{key}");
    }
    app.finish().await;

    let app = App::with(&[("BAJA__LEDGER__NEAR_MISSES_MAX", "0")]).await;
    app.post(says("34600000001", "wamid.A", DOUBT)).await;
    app.sent().await;
    let exists: bool = app.redis(&["EXISTS", "baja:{acme}:near"]).await;
    assert!(!exists);
    app.finish().await;
}

#[tokio::test]
async fn those_of_a_person_are_erased_under_any_of_their_identifiers() {
    let app = App::start().await;
    let at = now();
    app.post(messages(&[message(("5215512340001", "MX.900"), "wamid.A", at, typed("BAJA"))])).await;
    app.post(messages(&[message(("", "MX.900"), "wamid.B", at, typed(DOUBT))])).await;
    app.post(messages(&[message(("5215512340001", ""), "wamid.C", at, typed(DOUBT))])).await;
    app.post(says("525512340002", "wamid.D", DOUBT)).await;
    noted(&app, 3).await;
    // A number that begins like theirs is somebody else's.
    assert_eq!(app.ledger.erase_near_misses("acme", &person(&["52551234000"])).await.unwrap(), 0);
    assert_eq!(app.ledger.erase_near_misses("acme", &person(&["525512340001"])).await.unwrap(), 2);
    let left = all(&app).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].near_miss.canonical, ["525512340002"]);
    let people: Vec<String> = app.redis(&["ZRANGE", "baja:{acme}:near:people", "0", "-1"]).await;
    assert_eq!(people.len(), 1, "{people:?}");
    app.finish().await;
}

#[tokio::test]
async fn an_approval_is_a_stop_of_the_texts_time_with_the_text_as_evidence() {
    let app = App::start().await;
    app.post(says("34600000001", "wamid.A", DOUBT)).await;
    let id = noted(&app, 1).await[0].id.clone();
    let approved = app.ledger.approve_near_miss("acme", &id, DESK).await.unwrap();
    assert!(matches!(approved, Approval::Suppressed(_)), "{approved:?}");
    assert!(app.has(SUPPRESSED, "34600000001").await);
    let records = app.ledger.records("acme", &person(&["34600000001"])).await.unwrap();
    let evidence = records[0].evidence.last().unwrap();
    assert_eq!((evidence.source.as_str(), evidence.text.as_str()), ("operator", DOUBT));
    assert_eq!((evidence.note.as_str(), evidence.by.as_str()), (DESK.note, DESK.by));
    assert_eq!(evidence.reference, format!("near-miss/{}", id.as_str()));
    let near_miss = all(&app).await.remove(0).near_miss;
    assert_eq!(
        (near_miss.state(), near_miss.by.as_str(), near_miss.note.as_str()),
        ("approved", "desk", DESK.note)
    );

    assert_eq!(app.ledger.approve_near_miss("acme", &id, DESK).await.unwrap(), Approval::Already);
    assert_eq!(app.ledger.reject_near_miss("acme", &id, DESK).await.unwrap(), Rejection::Stopped);
    let unknown = NearMissId::of("nothing");
    assert_eq!(app.ledger.approve_near_miss("acme", &unknown, DESK).await.unwrap(), Approval::Unknown);
    assert_eq!(app.ledger.reject_near_miss("acme", &unknown, DESK).await.unwrap(), Rejection::Unknown);
    app.finish().await;
}

#[tokio::test]
async fn an_approval_never_goes_over_what_the_person_said_later() {
    let app = App::start().await;
    let earlier = now() - 60;
    app.post(messages(&[message(("34600000001", ""), "wamid.A", earlier, typed(DOUBT))])).await;
    app.post(messages(&[message(("34600000002", ""), "wamid.B", earlier, typed(DOUBT))])).await;
    let found = noted(&app, 2).await;
    let id = |number: &str| {
        found.iter().find(|one| one.near_miss.canonical == [number]).map(|one| one.id.clone()).unwrap()
    };
    let came_back = [Identifier::read("34600000001").unwrap()];
    app.ledger.decide("acme", Way::Resume, &Scope::All, Operator::default(), &came_back).await.unwrap();
    let approved = app.ledger.approve_near_miss("acme", &id("34600000001"), DESK).await.unwrap();
    assert_eq!(approved, Approval::Outdated);

    taps(&app, "34600000002", "keep", "No").await;
    until("the answer", async || all(&app).await.into_iter().find(|one| one.near_miss.state() == "no")).await;
    let approved = app.ledger.approve_near_miss("acme", &id("34600000002"), DESK).await.unwrap();
    assert_eq!(approved, Approval::AnsweredNo);
    assert!(app.members(SUPPRESSED).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_rejection_changes_nothing_says_who_did_it_and_may_be_thought_over() {
    let app = App::start().await;
    app.post(says("34600000001", "wamid.A", DOUBT)).await;
    let id = noted(&app, 1).await[0].id.clone();
    assert_eq!(app.ledger.reject_near_miss("acme", &id, DESK).await.unwrap(), Rejection::Rejected);
    assert!(app.members(SUPPRESSED).await.is_empty());
    let audit: Vec<(String, Vec<String>)> = app.redis(&["XRANGE", "baja:{acme}:audit", "-", "+"]).await;
    let entries = audit.iter().map(|(_, fields)| fields.join(" "));
    let entry = entries.into_iter().find(|entry| entry.starts_with("act near-miss ")).unwrap();
    assert!(entry.contains("result rejected"), "{entry}");
    assert!(entry.contains(r#""by":"desk""#) && !entry.contains(DOUBT), "{entry}");
    let approved = app.ledger.approve_near_miss("acme", &id, DESK).await.unwrap();
    assert!(matches!(approved, Approval::Suppressed(_)), "{approved:?}");
    app.finish().await;
}
