//! What somebody means depends on what came before: our question that a short text answers, or marketing that a doubtful
//! word follows.

use baja::ledger::{Day, Figure};
use serde_json::{Value, json};

use crate::support::{
    app::{App, MARKETING, OFFERS, SUPPRESSED},
    store::person,
    wait::until,
    webhook::{button, message, messages, now, statuses, typed},
};

const ANA: &str = "5215512340001";
const DOUBT: &str = "no me interesa";

/// Says something `later` seconds from now.
async fn writes(app: &App, id: &str, later: i64, words: &str) {
    writes_with(app, id, later, typed(words)).await;
}

async fn writes_with(app: &App, id: &str, later: i64, kind: Value) {
    let item = message((ANA, ""), id, now() + later, kind);
    assert_eq!(app.post(messages(&[item])).await.status, 200);
}

fn quoting(id: &str, words: &str) -> Value {
    let mut kind = typed(words);
    kind["context"] = json!({ "id": id });
    kind
}

/// A person who was asked whether they want to stop; returns the question's id.
async fn asked(app: &App) -> String {
    writes(app, "wamid.DOUBT", 0, DOUBT).await;
    let sent = app.sent().await;
    assert_eq!(sent.len(), 1, "the question");
    sent[0].wamid.clone()
}

/// Waits until the one near-miss has ended so.
async fn near_miss_ends(app: &App, state: &str) {
    until("the end of the near-miss", async || {
        let found = app.ledger.near_misses("acme", None, 10).await.unwrap();
        found.iter().any(|one| one.near_miss.state() == state).then_some(())
    })
    .await;
}

async fn refused(app: &App) -> Vec<&'static str> {
    let mut found = Vec::new();
    for (name, set) in [("all", SUPPRESSED), ("marketing", MARKETING), ("offers", OFFERS)] {
        if app.has(set, ANA).await {
            found.push(name);
        }
    }
    found
}

#[tokio::test]
async fn a_typed_answer_decides_as_a_tap_does() {
    for (words, scopes) in [
        ("sí", &["all"][..]),
        ("si por favor", &["all"]),
        ("Yes, please", &["all"]),
        ("todos", &["all"]),
        ("all of them", &["all"]),
        ("solo las promociones", &["marketing"]),
        ("only offers", &["marketing"]),
        ("Solo esos", &["marketing"]),
        ("no", &[]),
        ("no gracias, sigan", &[]),
        ("mañana paso por la tienda", &[]),
    ] {
        let app = App::start().await;
        asked(&app).await;
        writes(&app, "wamid.ANSWER", 2, words).await;
        assert_eq!(refused(&app).await, scopes, "{words}");
        // The confirmation comes as after every stop.
        assert_eq!(app.sent().await.len(), 1 + usize::from(!scopes.is_empty()), "{words}");
        app.finish().await;
    }
}

#[tokio::test]
async fn an_answer_acts_once_says_why_and_ends_the_near_miss() {
    let app = App::start().await;
    asked(&app).await;
    let answer = messages(&[message((ANA, ""), "wamid.ANSWER", now() + 2, typed("sí, todos"))]);
    for _ in 0..2 {
        assert_eq!(app.post(&answer).await.status, 200);
    }
    assert_eq!((refused(&app).await, app.sent().await.len()), (vec!["all"], 2));
    let records = app.ledger.records("acme", &person(&[ANA])).await.unwrap();
    let evidence = records[0].evidence.last().unwrap();
    assert_eq!(
        (evidence.act.as_str(), evidence.rule.as_str(), evidence.context.as_str(), evidence.text.as_str()),
        ("stop", "es/pattern/answer-all", "question", "sí, todos")
    );
    near_miss_ends(&app, "yes").await;
    for (result, count) in [("applied", 2.0), ("duplicate", 1.0)] {
        let line = format!("baja_ledger_writes_total{{result=\"{result}\"}}");
        assert_eq!(app.metric(&line).await, count, "{result}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_short_text_means_nothing_without_a_question_that_is_open_at_its_time() {
    let app = App::with(&[("BAJA__CONFIRM__ANSWER_MINUTES", "10")]).await;
    writes(&app, "wamid.EARLY", 0, "sí").await;
    let before: Vec<String> = app.redis(&["HKEYS", "baja:{acme}:people"]).await;
    assert!(before.is_empty(), "an answer to nothing leaves no trace: {before:?}");
    let question = asked(&app).await;
    // Said before the question, and delivered after it.
    writes(&app, "wamid.LATE-DELIVERY", -5, "sí").await;
    writes(&app, "wamid.TOO-LATE", 601, "sí").await;
    // Answers something that somebody else asked.
    writes_with(&app, "wamid.ELSEWHERE", 2, quoting("wamid.OF-AN-AGENT", "sí")).await;
    assert!(refused(&app).await.is_empty());
    // The time does not matter where the question itself is quoted.
    writes_with(&app, "wamid.QUOTED", 900, quoting(&question, "sí")).await;
    assert_eq!(refused(&app).await, ["all"]);
    app.finish().await;
}

#[tokio::test]
async fn whatever_is_decided_after_the_question_ends_the_near_miss() {
    for (what, kind, end) in [
        ("a word for everything", typed("STOP"), "yes"),
        ("a sentence about a topic", typed("ya no me manden promociones"), "yes"),
        ("a campaign's button", button("No más", "optout|spring"), "yes"),
        ("a word that comes back", typed("ALTA"), "no"),
        ("a campaign's button that comes back", button("Quiero ofertas", "optin|spring"), "no"),
    ] {
        let app = App::start().await;
        asked(&app).await;
        // However late: it is no answer that hangs on a time.
        writes_with(&app, "wamid.DECISION", 40_000, kind).await;
        near_miss_ends(&app, end).await;
        assert!(app.ledger.near_misses("acme", None, 10).await.unwrap().len() == 1, "{what}");
        app.sent().await;
        app.finish().await;
    }
}

#[tokio::test]
async fn the_time_for_an_answer_runs_from_the_question_and_not_from_a_text_that_came_late() {
    let app = App::with(&[("BAJA__CONFIRM__ANSWER_MINUTES", "10")]).await;
    writes(&app, "wamid.DOUBT", -8 * 3600, DOUBT).await;
    assert_eq!(app.sent().await.len(), 1, "the question");
    writes(&app, "wamid.ANSWER", 2, "sí").await;
    assert_eq!(refused(&app).await, ["all"]);
    near_miss_ends(&app, "yes").await;
    app.finish().await;
}

#[tokio::test]
async fn an_answered_question_is_closed() {
    let app = App::start().await;
    asked(&app).await;
    writes(&app, "wamid.NO", 2, "no").await;
    writes(&app, "wamid.YES", 4, "sí").await;
    assert!(refused(&app).await.is_empty(), "the question had been answered with no");
    app.finish().await;

    let app = App::start().await;
    let question = asked(&app).await;
    let keep = json!({ "type": "interactive", "context": { "id": question },
        "interactive": { "type": "button_reply", "button_reply": { "id": "keep", "title": "Seguir" } } });
    writes_with(&app, "wamid.KEEP", 2, keep).await;
    writes(&app, "wamid.YES", 4, "sí").await;
    assert!(refused(&app).await.is_empty(), "the question had been answered by a tap");
    app.finish().await;

    let app = App::start().await;
    asked(&app).await;
    writes(&app, "wamid.STOP", 2, "BAJA").await;
    writes(&app, "wamid.START", 4, "ALTA").await;
    writes(&app, "wamid.YES", 6, "sí").await;
    assert!(refused(&app).await.is_empty(), "whatever was decided since has answered the question");
    app.finish().await;
}

#[tokio::test]
async fn a_yes_never_takes_an_opt_out_back() {
    let app = App::start().await;
    writes(&app, "wamid.STOP", 0, "BAJA").await;
    app.sent().await;
    writes(&app, "wamid.YES", 2, "sí").await;
    assert_eq!(refused(&app).await, ["all"]);
    app.finish().await;
}

/// A status of a message to Ana, `ago` seconds old.
fn delivered(category: &str, ago: i64) -> String {
    statuses(&[json!({ "id": format!("wamid.OUT.{category}.{ago}"), "status": "delivered",
        "timestamp": (now() - ago).to_string(), "recipient_id": ANA,
        "pricing": { "billable": true, "pricing_model": "PMP", "category": category } })])
}

/// Waits until what the statuses tell has been noted.
async fn noted(app: &App, count: u64) {
    until("the statuses", async || {
        let today = Day::of(now() * 1000);
        let days = app.ledger.counters("acme", today.plus(-3), today.plus(1)).await.unwrap();
        let delivered: u64 = days.iter().map(|day| day.total(Figure::Delivered)).sum();
        (delivered >= count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_doubtful_word_soon_after_marketing_is_a_stop_and_says_so() {
    let app = App::start().await;
    assert_eq!(app.post(delivered("marketing", 3600)).await.status, 200);
    noted(&app, 1).await;
    writes(&app, "wamid.DOUBT", 0, DOUBT).await;
    assert_eq!(refused(&app).await, ["all"]);
    let sent = app.sent().await;
    assert_eq!(sent.len(), 1);
    assert!(sent[0].body.to_string().contains("ALTA"), "a confirmation and no question: {}", sent[0].body);
    let records = app.ledger.records("acme", &person(&[ANA])).await.unwrap();
    assert_eq!(records[0].evidence.last().unwrap().context, "marketing");
    assert_eq!(
        app.metric("baja_decisions_total{action=\"stop\",source=\"typed\",language=\"es\"}").await,
        1.0
    );
    assert!(app.ledger.near_misses("acme", None, 10).await.unwrap().is_empty());
    app.finish().await;
}

#[tokio::test]
async fn other_messages_and_old_marketing_leave_the_question() {
    for (category, ago, variables) in [
        ("utility", 3600, &[][..]),
        ("marketing", 90_000, &[]),
        ("marketing", 3600, &[("BAJA__CONFIRM__AFTER_MARKETING_MINUTES", "0")]),
        ("marketing", 3600, &[("BAJA__CONFIRM__AFTER_MARKETING_MINUTES", "30")]),
    ] {
        let app = App::with(variables).await;
        assert_eq!(app.post(delivered(category, ago)).await.status, 200);
        noted(&app, 1).await;
        asked(&app).await;
        assert!(refused(&app).await.is_empty(), "{category} {ago} {variables:?}");
        app.finish().await;
    }
}

#[tokio::test]
async fn where_nothing_is_asked_marketing_still_decides() {
    let app = App::with(&[("BAJA__BUSINESS__ACME__ASK", "false")]).await;
    writes(&app, "wamid.BEFORE", -2, DOUBT).await;
    assert!(refused(&app).await.is_empty() && app.sent().await.is_empty());
    assert_eq!(app.post(delivered("marketing", 1)).await.status, 200);
    noted(&app, 1).await;
    writes(&app, "wamid.AFTER", 0, DOUBT).await;
    assert_eq!((refused(&app).await, app.sent().await.len()), (vec!["all"], 1));
    app.finish().await;
}
