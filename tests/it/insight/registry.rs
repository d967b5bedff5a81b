//! Templates, numbers and the account, as Meta tells of them.

use baja::ledger::News;
use serde_json::{Value, json};

use super::{at, with_rules};
use crate::support::{app::App, store::Store, wait::until};

/// A body about the account of `acme`, `seconds` from now.
fn told(field: &str, seconds: i64, value: Value) -> String {
    let change = json!({ "field": field, "value": value });
    let entry = json!({ "id": "880011223344556", "time": at(seconds) / 1000, "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

fn template(mut value: Value) -> Value {
    value["message_template_id"] = json!(1_689_550_000_000_001_i64);
    value["message_template_name"] = json!("spring_promo");
    value["message_template_language"] = json!("es-MX");
    value
}

#[tokio::test]
async fn where_a_template_stands_is_told_by_the_newest_news_in_any_order() {
    let app = App::with(&[("BAJA__BUSINESS__ACME__WABA_IDS", "880011223344556")]).await;
    let earliest = at(-90);
    let status = |event: &str, reason: Value, title: &str| {
        template(json!({ "event": event, "reason": reason, "message_template_category": "MARKETING",
            "other_info": { "title": title } }))
    };
    let paused = told("message_template_status_update", -10, status("PAUSED", json!("NONE"), "FIRST_PAUSE"));
    let approved = told("message_template_status_update", -90, status("APPROVED", Value::Null, ""));
    let quality = template(json!({ "previous_quality_score": "GREEN", "new_quality_score": "RED" }));
    // Meta's sample has this under the field of a status.
    let quality = told("message_template_status_update", -20, quality);
    let coming = template(json!({ "new_category": "UTILITY", "correct_category": "MARKETING",
        "category_update_timestamp": 1_795_517_900 }));
    let coming = told("template_category_update", -30, coming);
    let edited =
        told("message_template_components_update", -40, template(json!({ "message_template_element": "x" })));
    for body in [&paused, &approved, &quality, &paused, &coming, &edited, &approved] {
        assert_eq!(app.post(body).await.status, 200);
    }
    let news = until("the news", async || {
        let news = app.ledger.news("acme", 0, 100).await.unwrap();
        (news.len() >= 5).then_some(news)
    })
    .await;
    let mut abouts: Vec<_> = news.iter().map(|one| one.about.as_str()).collect();
    abouts.sort_unstable();
    assert_eq!(abouts, ["coming", "components", "quality", "status", "status"]);
    let templates = app.ledger.templates("acme").await.unwrap();
    assert_eq!(templates.len(), 1);
    let one = &templates[0];
    assert_eq!((one.to_string().as_str(), one.id.as_str()), ("spring_promo (es_MX)", "1689550000000001"));
    assert!((earliest..=at(-90)).contains(&one.first_seen), "{}", one.first_seen);
    let status = one.status().unwrap();
    assert_eq!((status.value.as_str(), status.detail.as_str()), ("PAUSED", "FIRST_PAUSE"));
    assert_eq!(one.quality().unwrap().value, "RED");
    assert_eq!(one.category().unwrap().value, "MARKETING");
    let coming = one.coming_category().unwrap();
    assert_eq!((coming.value.as_str(), coming.detail.as_str()), ("MARKETING", "1795517900"));
    assert!(one.edited().is_some());
    // What was announced comes.
    let done = template(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }));
    app.post(told("template_category_update", 0, done)).await;
    until("the category", async || {
        let templates = app.ledger.templates("acme").await.unwrap();
        templates[0].coming_category().is_none().then_some(())
    })
    .await;
    app.finish().await;
}

#[tokio::test]
async fn accounts_and_numbers_keep_the_newest_of_each_event() {
    let app = App::with(&[("BAJA__BUSINESS__ACME__WABA_IDS", "880011223344556")]).await;
    let restriction = json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [
        { "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1_796_036_400 }] });
    let violation = json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "ADULT" } });
    let limit = json!({ "display_phone_number": "15557654321", "event": "THROUGHPUT_UPGRADE",
        "current_limit": "TIER_UNLIMITED", "max_daily_conversations_per_business": "TIER_UNLIMITED" });
    let alert = json!({ "entity_type": "BUSINESS", "entity_id": "550066007700880", "alert_info": {
        "alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": "DEFERRED", "alert_description": "low" } });
    for (field, seconds, value) in [
        ("account_update", -9, restriction),
        ("account_update", -8, violation),
        ("phone_number_quality_update", -7, limit),
        ("account_alerts", -6, alert),
    ] {
        let body = told(field, seconds, value);
        app.post(&body).await;
        app.post(&body).await;
    }
    let accounts = until("the accounts", async || {
        let accounts = app.ledger.accounts("acme").await.unwrap();
        (accounts.len() >= 4).then_some(accounts)
    })
    .await;
    let texts: Vec<_> = accounts
        .iter()
        .map(|one| format!("{} {} [{}] {}", one.about, one.value, one.subject, one.detail))
        .collect();
    assert_eq!(
        texts,
        [
            "account_alerts DEFERRED [550066007700880] WARNING ACTIVE",
            "phone_number_quality_update THROUGHPUT_UPGRADE [15557654321] TIER_UNLIMITED",
            "account_update ACCOUNT_VIOLATION [] ADULT",
            "account_update ACCOUNT_RESTRICTION [] RESTRICTED_BIZ_INITIATED_MESSAGING",
        ]
    );
    assert_eq!(app.ledger.news("acme", 0, 100).await.unwrap().len(), 4);
    app.finish().await;
}

#[tokio::test]
async fn the_history_is_bounded() {
    let store = Store::start().await;
    let ledger = with_rules(&store, |rules| rules.news_max = 10);
    let piece = |number: i64| News {
        template: true,
        about: "status".to_owned(),
        subject: (number % 3).to_string(),
        value: "APPROVED".to_owned(),
        at: at(0) + number,
        ..News::default()
    };
    let many: Vec<_> = (0..1000).map(piece).collect();
    assert_eq!(ledger.note_news("acme", &many).await.unwrap(), 1000);
    assert_eq!(ledger.note_news("acme", &many[990..]).await.unwrap(), 0);
    assert!(ledger.news("acme", 0, 10_000).await.unwrap().len() < 250);
    assert_eq!(ledger.templates("acme").await.unwrap().len(), 3);
    let mut sender = store.sender().await;
    let seen: u64 = redis::cmd("ZCARD").arg("baja:{acme}:news:seen").query_async(&mut sender).await.unwrap();
    assert_eq!(seen, 20);
}
