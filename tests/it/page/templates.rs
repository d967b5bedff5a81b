use serde_json::{Value, json};

use super::{Seen, Site, Visitor};
use crate::support::{wait::until, webhook::now};

const ACCOUNT: (&str, &str) = ("BAJA__BUSINESS__ACME__WABA_IDS", "880011223344556");

/// A body about the account of `acme`, a minute ago.
pub fn told(field: &str, value: &Value) -> String {
    told_at(now() - 60, field, value)
}

fn told_at(at: i64, field: &str, value: &Value) -> String {
    let change = json!({ "field": field, "value": value });
    let entry = json!({ "id": ACCOUNT.1, "time": at, "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

fn approved(name: &str, number: i64) -> String {
    let value = json!({ "event": "APPROVED", "message_template_id": number, "message_template_name": name,
        "message_template_language": "es-MX", "message_template_category": "MARKETING", "reason": null });
    told("message_template_status_update", &value)
}

async fn seen_with(visitor: &mut Visitor, path: &str, text: &str) -> Seen {
    until(text, async || {
        let seen = visitor.get(path).await;
        seen.body.contains(text).then_some(seen)
    })
    .await
}

/// The names of the templates in the order of the rows.
fn rows(seen: &Seen) -> Vec<&str> {
    let rows = seen.body.split("<th scope=\"row\"").skip(1);
    rows.map(|row| row.split_once("<bdi>").unwrap().1.split_once("</bdi>").unwrap().0).collect()
}

#[tokio::test]
async fn the_table_sorts_by_its_heads_and_leads_to_each_template() {
    let site = Site::with(&[ACCOUNT]).await;
    let mut visitor = site.signed_in(&site.reader).await;
    let seen = visitor.ready("/page/of/other/templates").await;
    assert!(seen.body.contains("No template was sent in this time"), "{}", seen.body);

    for (number, name) in (1..).zip(["b_offer", "a_offer", "c_offer"]) {
        assert_eq!(site.app.post(approved(name, number)).await.status, 200);
    }
    let paused = json!({ "event": "PAUSED", "message_template_id": 3, "message_template_name": "c_offer",
        "message_template_language": "es-MX", "reason": "NONE", "other_info": { "title": "FIRST_PAUSE" } });
    assert_eq!(site.app.post(told("message_template_status_update", &paused)).await.status, 200);
    until("the news", async || {
        (site.app.ledger.news("acme", 0, 100).await.unwrap().len() == 4).then_some(())
    })
    .await;

    let seen = visitor.ready("/page/of/acme/templates?sort=name").await;
    assert_eq!(rows(&seen), ["a_offer", "b_offer", "c_offer"]);
    assert!(
        seen.body
            .contains("aria-sort=\"ascending\"><a href=\"/page/of/acme/templates?days=7&#38;sort=-name\"")
    );
    assert!(seen.body.contains("<span class=\"tag bad\">PAUSED</span>"), "{}", seen.body);
    let seen = visitor.ready("/page/of/acme/templates?days=7&sort=-name").await;
    assert_eq!(rows(&seen), ["c_offer", "b_offer", "a_offer"]);
    assert!(seen.body.contains("aria-sort=\"descending\""));
    let seen = visitor.ready("/page/of/acme/templates?sort=nonsense").await;
    assert!(!seen.body.contains("aria-sort"), "the usual order is no column's");

    let seen = visitor.ready("/page/of/acme/templates/one?name=c_offer").await;
    assert_eq!((seen.status, seen.heading()), (200, "<bdi>c_offer</bdi>"));
    for text in
        ["Meta: status PAUSED (FIRST_PAUSE)", "was added", "Nothing of it was delivered in this time."]
    {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    let seen = visitor.ready("/page/of/acme/templates/one?name=nobody").await;
    assert!(seen.body.contains("Nothing of this template in this time"));
    assert_eq!(visitor.get("/page/of/acme/templates/one").await.status, 400);
    // What changed stands on the overview, too.
    seen_with(&mut visitor, "/page/of/acme", "Meta: status PAUSED (FIRST_PAUSE)").await;
    site.finish().await;
}

#[tokio::test]
async fn names_from_outside_stay_text() {
    let site = Site::with(&[ACCOUNT]).await;
    let long = "x".repeat(4096);
    let names = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "\u{2069}\u{202e}txt.exe {value} {{ 7*7 }}\u{2066}",
        &long,
    ];
    for (number, name) in (1..).zip(names) {
        assert_eq!(site.app.post(approved(name, number)).await.status, 200);
    }
    until("the news", async || {
        (site.app.ledger.news("acme", 0, 100).await.unwrap().len() == 4).then_some(())
    })
    .await;
    let mut visitor = site.signed_in(&site.reader).await;
    for path in ["/page/of/acme/templates", "/page/of/acme"] {
        let seen = seen_with(&mut visitor, path, "&#60;script&#62;alert(1)&#60;/script&#62;").await;
        assert!(!seen.body.contains("<script>") && !seen.body.contains("<img"), "{path}");
        // `<bdi>` alone does not hold marks that open an isolate or close the one before.
        assert!(seen.body.contains("<bdi>txt.exe {value} {{ 7*7 }}</bdi>"), "{path}: {}", seen.body);
        assert!(!seen.body.contains(&"x".repeat(300)), "{path}");
    }
    for name in &names[..3] {
        let path = format!("/page/of/acme/templates/one?name={}", super::percent_encoded(name));
        let seen = visitor.ready(&path).await;
        assert_eq!(seen.status, 200);
        assert!(!seen.body.contains("<script>") && !seen.body.contains("<img"), "{}", seen.body);
    }
    // In every link it is one value, so that it leads to itself.
    let seen = visitor.ready("/page/of/acme/templates").await;
    assert!(
        seen.body.contains("one?name=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E&#38;days=7"),
        "{}",
        seen.body
    );
    site.finish().await;
}

#[tokio::test]
async fn numbers_show_their_limits_over_time_and_what_meta_told_of_the_account() {
    let site = Site::with(&[ACCOUNT]).await;
    let mut visitor = site.signed_in(&site.reader).await;
    let seen = visitor.get("/page/of/other/numbers").await;
    assert!(seen.body.contains("Meta has told nothing of your numbers yet"), "{}", seen.body);
    let limit = |event: &str, limit: &str| json!({ "display_phone_number": "15557654321", "event": event, "current_limit": limit });
    let limits =
        [("ONBOARDING", "TIER_1K"), ("UPGRADE", "TIER_10K"), ("THROUGHPUT_UPGRADE", "TIER_UNLIMITED")];
    for (place, (event, tier)) in (0..).zip(limits) {
        let body = told_at(now() - 600 + place, "phone_number_quality_update", &limit(event, tier));
        assert_eq!(site.app.post(body).await.status, 200);
    }
    let violation =
        json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "<b>ADULT" } });
    assert_eq!(site.app.post(told("account_update", &violation)).await.status, 200);
    until("the news", async || {
        (site.app.ledger.news("acme", 0, 100).await.unwrap().len() == 4).then_some(())
    })
    .await;
    let seen = visitor.get("/page/of/acme/numbers").await;
    for text in [
        "<h2><bdi>15557654321</bdi></h2>",
        "<dt>People a day</dt><dd>10,000</dd>",
        "People that may be written to a day, over time",
        "Turn on insight.poll",
        "<span class=\"tag bad\">Bad</span> <span><bdi>880011223344556</bdi> <bdi>Meta: ACCOUNT_VIOLATION (&#60;b&#62;ADULT)</bdi>",
    ] {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    site.finish().await;
}
