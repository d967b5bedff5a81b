use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, at, json_of, refusal, whole};
use crate::support::{
    app::{MARKETING, SUPPRESSED},
    wait::until,
    webhook::{message, messages, now, says, typed},
};

const WORDS: &str = "ya no me manden nada, soy Canaria";

#[tokio::test]
async fn who_wrote_baja_is_refused_in_every_spelling_and_in_the_order_asked() {
    let api = Api::start().await;
    api.app.post(says("5215512340001", "wamid.A", "BAJA")).await;
    let numbers =
        ["+52 55 1234 0001", "hello", "34600000009", "5215512340001@s.whatsapp.net", "55 1234 0001"];
    let answer = api.post(&api.read, &at("check"), whole(&numbers)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = json_of(&answer);
    assert_eq!(
        (&body["business"], &body["scope"], &body["all_allowed"]),
        (&json!("acme"), &json!("all"), &json!(false))
    );
    let results = body["results"].as_array().unwrap();
    let allowed: Vec<_> = results.iter().map(|one| one["allowed"].as_bool().unwrap()).collect();
    assert_eq!(allowed, [false, false, true, false, false]);
    let places: Vec<_> = results.iter().map(|one| one["whom"]["index"].as_u64().unwrap()).collect();
    assert_eq!(places, [0, 1, 2, 3, 4]);
    assert_eq!(results[0]["refused"], json!(["all"]));
    assert_eq!(
        (&results[1]["whom"]["error"]["code"], &results[4]["whom"]["error"]["code"]),
        (&json!("unreadable"), &json!("national"))
    );
    // Masked, and the numbers are not repeated.
    assert_eq!(results[0]["whom"]["identifier"], "…0001");
    for shown in ["1234 0001", "12340001", "hello", "34600000009"] {
        assert!(!answer.body.contains(shown), "{shown}: {}", answer.body);
    }

    let revealed =
        api.post(&api.desk, &at("check"), json!({ "numbers": ["55 1234 0001"], "country": "mx" })).await;
    let whom = &json_of(&revealed)["results"][0]["whom"];
    assert_eq!((&whom["number"], &whom["identifier"]), (&json!("55 1234 0001"), &json!("525512340001")));
    api.finish().await;
}

#[tokio::test]
async fn ten_thousand_are_answered_at_once_and_one_more_is_too_many() {
    let api = Api::start().await;
    api.app.post(says("34600004321", "wamid.A", "BAJA")).await;
    let numbers: Vec<String> = (0..10_000).map(|number| format!("+346{number:08}")).collect();
    let answer = api.post(&api.read, &at("check"), json!({ "numbers": numbers, "topic": "marketing" })).await;
    assert_eq!(answer.status, 200, "{}", answer.body.len());
    let body = json_of(&answer);
    let refused: Vec<_> =
        body["results"].as_array().unwrap().iter().filter(|one| one["allowed"] == json!(false)).collect();
    assert_eq!((refused.len(), &refused[0]["whom"]["index"]), (1, &json!(4321)));
    assert_eq!(refused[0]["refused"], json!(["all"]));
    let numbers: Vec<&str> = vec!["34600000001"; 10_001];
    let answer = api.post(&api.read, &at("check"), whole(&numbers)).await;
    assert_eq!(refusal(&answer), (400, "how_many".to_owned()));
    api.finish().await;
}

#[tokio::test]
async fn a_decision_is_written_with_who_made_it_and_taken_back() {
    let api = Api::start().await;
    let decide =
        |numbers: &[&str]| json!({ "numbers": numbers, "topic": "marketing", "note": "by telephone" });
    let answer = api.post(&api.write, &at("suppress"), decide(&["+52 1 55 1234 0001", "x"])).await;
    let body = json_of(&answer);
    assert_eq!((answer.status, &body["all_done"], &body["scope"]), (200, &json!(false), &json!("marketing")));
    let results: Vec<_> =
        body["results"].as_array().unwrap().iter().map(|one| one["result"].clone()).collect();
    assert_eq!(results, [json!("suppressed"), json!("unreadable")]);
    assert_eq!(api.app.members(MARKETING).await, ["5215512340001", "525512340001"]);
    let audit: Vec<(String, Vec<String>)> =
        api.app.redis(&["XREVRANGE", "baja:{acme}:audit", "+", "-", "COUNT", "1"]).await;
    let entry = audit[0].1.join(" ");
    assert!(entry.contains(r#""by":"writer""#) && entry.contains(r#""note":"by telephone""#), "{entry}");

    let evidence = api.post(&api.read, &at("evidence"), json!({ "number": "525512340001" })).await;
    let known = json_of(&evidence);
    assert_eq!(known["refused"], json!(["marketing"]));
    let entry = &known["people"][0]["evidence"][0];
    assert_eq!(
        (&entry["by"], &entry["source"], &entry["act"]),
        (&json!("writer"), &json!("operator"), &json!("stop"))
    );

    // Everything is refused by the person too: then one topic cannot be resumed alone.
    api.app.post(says("5215512340001", "wamid.A", "BAJA")).await;
    let answer = api.post(&api.write, &at("resume"), decide(&["525512340001"])).await;
    assert_eq!(json_of(&answer)["results"][0]["result"], "refused");
    let answer = api.post(&api.write, &at("resume"), whole(&["525512340001"])).await;
    let body = json_of(&answer);
    assert_eq!((&body["results"][0]["result"], &body["all_done"]), (&json!("resumed"), &json!(true)));
    assert!(api.app.members(SUPPRESSED).await.is_empty() && api.app.members(MARKETING).await.is_empty());
    let answer = api.post(&api.write, &at("resume"), whole(&["525512340001"])).await;
    assert_eq!(json_of(&answer)["results"][0]["result"], "already");
    api.finish().await;
}

#[tokio::test]
async fn the_list_is_paged_and_every_member_comes() {
    let api = Api::start().await;
    let numbers: Vec<String> = (0..1000).map(|number| format!("34611{number:06}")).collect();
    for numbers in numbers.chunks(500) {
        assert_eq!(api.post(&api.write, &at("suppress"), json!({ "numbers": numbers })).await.status, 200);
    }
    let mut found: Vec<String> = Vec::new();
    let (mut cursor, mut pages) = (String::new(), 0);
    loop {
        let answer = api.get(&api.desk, &at(&format!("suppressions?limit=100{cursor}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = json_of(&answer);
        let page = body["identifiers"].as_array().unwrap();
        assert!(page.len() < 300, "{}", page.len());
        found.extend(page.iter().map(|one| one.as_str().unwrap().to_owned()));
        pages += 1;
        match body["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(found, numbers);
    assert!(pages > 3, "{pages}");
    let masked = json_of(&api.get(&api.read, &at("suppressions?limit=1")).await);
    assert!(masked["identifiers"][0].as_str().unwrap().starts_with('…'), "{masked}");
    let topic = json_of(&api.get(&api.read, &at("suppressions?topic=offers")).await);
    assert_eq!((&topic["identifiers"], &topic["next"]), (&json!([]), &Value::Null));
    api.finish().await;
}

#[tokio::test]
async fn words_and_whole_numbers_are_shown_to_those_who_may_see_them_only() {
    let api = Api::start().await;
    let item = message(("5215512340001", "MX.90017765520044113386"), "wamid.CANARY", now(), typed(WORDS));
    api.app.post(messages(&[item])).await;
    api.app.post(says("34600000001", "wamid.CANARIO", "no me interesa")).await;
    until("a near-miss", async || {
        (!api.app.ledger.near_misses("acme", None, 1).await.unwrap().is_empty()).then_some(())
    })
    .await;
    let question = json!({ "number": "525512340001" });
    let masked = api.post(&api.read, &at("evidence"), question.clone()).await;
    let near = api.get(&api.read, &at("near-misses")).await;
    assert_eq!((masked.status, near.status), (200, 200), "{masked:?} {near:?}");
    for canary in
        ["12340001", "90017765520044113386", "Canaria", "canaria", "wamid", "34600000001", "no me interesa"]
    {
        assert!(
            !masked.body.contains(canary) && !near.body.contains(canary),
            "{canary}: {} {}",
            masked.body,
            near.body
        );
    }
    assert!(masked.body.contains("…0001") && masked.body.contains("MX.…3386"), "{}", masked.body);
    assert_eq!(json_of(&near)["near_misses"][0]["identifiers"], json!(["…0001"]));
    let shown = json_of(&api.post(&api.desk, &at("evidence"), question).await);
    let personal = &shown["people"][0]["evidence"][0]["personal"];
    assert_eq!((&personal["text"], &personal["message_id"]), (&json!(WORDS), &json!("wamid.CANARY")));
    let near = json_of(&api.get(&api.desk, &at("near-misses")).await);
    assert_eq!(near["near_misses"][0]["text"], "no me interesa");
    api.finish().await;
}

#[tokio::test]
async fn near_misses_are_listed_by_state_page_by_page_and_decided() {
    let api = Api::start().await;
    for number in 0..5 {
        api.app
            .post(says(&format!("3460000000{number}"), &format!("wamid.{number}"), "no me interesa"))
            .await;
    }
    until("near-misses", async || {
        (api.app.ledger.near_misses("acme", None, 9).await.unwrap().len() == 5).then_some(())
    })
    .await;
    let mut ids: Vec<String> = Vec::new();
    let mut cursor = String::new();
    loop {
        let body = json_of(&api.get(&api.read, &at(&format!("near-misses?limit=2{cursor}"))).await);
        ids.extend(
            body["near_misses"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = body["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(ids.len(), 5);
    let word = |id: &str, word: &str| at(&format!("near-misses/{id}/{word}"));
    let answer = api.post(&api.write, &word(&ids[0], "approve"), json!({ "note": "clear enough" })).await;
    assert_eq!((answer.status, &json_of(&answer)["result"]), (200, &json!("approved")));
    assert!(api.app.has(SUPPRESSED, "34600000004").await);
    let again = api.ask(Method::POST, &api.write, &word(&ids[0], "approve"), None).await;
    assert_eq!((again.status, &json_of(&again)["result"]), (200, &json!("already")));
    let answer = api.post(&api.write, &word(&ids[0], "reject"), json!({})).await;
    assert_eq!(refusal(&answer), (409, "ended_with_stop".to_owned()));
    let answer = api.post(&api.write, &word(&ids[1], "reject"), json!({})).await;
    assert_eq!((answer.status, &json_of(&answer)["result"]), (200, &json!("rejected")));
    let body = json_of(&api.get(&api.read, &at("near-misses?state=rejected")).await);
    assert_eq!(
        (body["near_misses"].as_array().unwrap().len(), &body["near_misses"][0]["by"]),
        (1, &json!("writer"))
    );
    for id in ["0000000000000000", "nonsense"] {
        let answer = api.post(&api.write, &word(id, "approve"), json!({})).await;
        assert_eq!(refusal(&answer), (404, "unknown_near_miss".to_owned()));
    }
    for (event, count) in [("approved", 1.0), ("rejected", 1.0)] {
        assert_eq!(
            api.app.metric(&format!("baja_near_misses_total{{event=\"{event}\"}}")).await,
            count,
            "{event}"
        );
    }
    api.finish().await;
}
