//! The invariants of the crate's documentation, each on the real service. Number 10 is in `privacy`.

use baja::{
    http::stand_in::Sent,
    signature::{HEADER, sign},
};
use serde_json::{Value, json};

use crate::support::{
    app::{App, MARKETING, OFFERS, OLD_SECRET, SECRET, SUPPRESSED},
    wait::until,
    webhook::{OWN, button, change, list_reply, message, messages, now, preference, says, statuses, typed},
};

fn says_at(number: &str, id: &str, at: i64, words: &str) -> String {
    messages(&[message((number, ""), id, at, typed(words))])
}

fn texts(sent: &[Sent]) -> Vec<&str> {
    let text =
        |body: &'_ Value| body.pointer("/interactive/body/text").or(body.pointer("/text/body")).is_some();
    assert!(sent.iter().all(|message| text(&message.body)));
    sent.iter()
        .map(|message| {
            let text = message.body.pointer("/interactive/body/text");
            text.or(message.body.pointer("/text/body")).and_then(Value::as_str).unwrap()
        })
        .collect()
}

#[tokio::test]
async fn invariant_1_nothing_changes_without_a_valid_signature() {
    let app = App::start().await;
    let body = says("34600111222", "wamid.A", "BAJA");
    let good = sign(SECRET, body.as_bytes()).unwrap();
    let wrong = sign("another-secret", body.as_bytes()).unwrap();
    let of_other_bytes = sign(SECRET, format!("{body} ").as_bytes()).unwrap();
    let upper = good.to_uppercase().replace("SHA256", "sha256");
    let doubled = format!("{good},{good}");
    let bare = good.trim_start_matches("sha256=");
    let sha1 = "sha1=0123456789012345678901234567890123456789";
    let refused: [&[(&str, &str)]; 11] = [
        &[],
        &[(HEADER, "")],
        &[(HEADER, "sha256=")],
        &[(HEADER, &wrong)],
        &[(HEADER, &of_other_bytes)],
        &[(HEADER, &upper)],
        &[(HEADER, &good[..good.len() - 1])],
        &[(HEADER, &doubled)],
        &[(HEADER, bare)],
        &[(HEADER, sha1), ("X-Hub-Signature", sha1)],
        &[(HEADER, &good), (HEADER, &good)],
    ];
    for headers in refused {
        let answer = app.post_with(headers, &body).await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(answer.body.contains(r#""code":"bad_signature""#), "{}", answer.body);
    }
    // A delivery to be settled later would be a change as well: the heartbeat of an accepted one comes last.
    assert_eq!(app.redis::<u64>(&["DBSIZE"]).await, 0);
    for (secret, number) in [(SECRET, "34600111222"), (OLD_SECRET, "34600333444")] {
        let body = says(number, &format!("wamid.{number}"), "BAJA");
        let signature = sign(secret, body.as_bytes()).unwrap();
        assert_eq!(app.post_with(&[(HEADER, &signature)], &body).await.status, 200);
        assert!(app.has(SUPPRESSED, number).await);
    }
    app.finish().await;
}

#[tokio::test]
async fn invariant_2_a_200_means_that_every_opt_out_is_in_redis() {
    let mut app = App::start().await;
    let leave = |number: &str, id: &str| message((number, ""), id, now(), typed("no me manden más mensajes"));
    let body = messages(&[
        leave("34600000001", "wamid.1"),
        message(("34600000002", ""), "wamid.2", now(), typed("hola, ¿a qué hora abren?")),
        message(("34600000003", ""), "wamid.3", now(), button("Parar", "OPTOUT|c")),
        leave("34600000004", "wamid.4"),
    ]);
    assert_eq!(app.post(&body).await.status, 200);
    assert_eq!(app.members(SUPPRESSED).await, ["34600000001", "34600000003", "34600000004"]);
    app.sent().await;

    app.store().server.kill().await;
    let late = messages(&[leave("34600000005", "wamid.5"), leave("34600000006", "wamid.6")]);
    let answer = app.post(&late).await;
    assert_eq!(answer.status, 503);
    assert!(answer.headers.contains_key("retry-after"));
    app.store().server.restart().await.unwrap();
    let answered = until("a 200 for the same body", async || {
        let answer = app.post(&late).await;
        assert!([200, 503].contains(&answer.status), "{answer:?}");
        (answer.status == 200).then_some(answer)
    });
    answered.await;
    assert!(app.has(SUPPRESSED, "34600000005").await && app.has(SUPPRESSED, "34600000006").await);
    app.finish().await;
}

#[tokio::test]
async fn invariant_2_a_body_that_can_never_be_processed_is_answered_200_and_kept() {
    let app = App::start().await;
    let bodies = ["not json at all", "[]", r#"{"object":"page","entry":[]}"#];
    for body in bodies {
        let answer = app.post(body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{body}");
    }
    let letters = app.dead_letters(bodies.len()).await;
    for body in bodies {
        assert!(letters.iter().any(|letter| letter.raw == body), "{body} is not among {letters:?}");
    }
    let unknown = change("a_field_of_next_year", json!({ "something": [1, 2, 3] }));
    assert_eq!(app.post(unknown).await.status, 200);
    assert_eq!(app.metric(r#"baja_events_total{kind="unknown"}"#).await, 1.0);
    app.finish().await;
}

#[tokio::test]
async fn invariant_3_one_broken_item_never_costs_its_neighbours() {
    let app = App::with(&[("BAJA__CONFIRM__ENABLED", "false")]).await;
    let broken = [
        json!(7),
        json!(null),
        json!("x"),
        json!([]),
        json!({ "type": "text", "text": { "body": "BAJA" }, "id": "wamid.NOBODY" }),
        json!({ "from": [1], "from_user_id": {}, "type": "text", "text": { "body": "BAJA" } }),
    ];
    let mut items = Vec::new();
    for (index, item) in broken.iter().enumerate() {
        let number = format!("3460000000{index}");
        items.push(message((&number, ""), &format!("wamid.{index}"), now(), typed("BAJA")));
        items.push(item.clone());
    }
    assert_eq!(app.post(messages(&items)).await.status, 200);
    assert_eq!(app.members(SUPPRESSED).await.len(), broken.len());
    assert_eq!(app.dead_letters(broken.len()).await.len(), broken.len());
    app.finish().await;
}

#[tokio::test]
async fn invariant_4_an_older_event_never_undoes_a_newer_decision_in_any_order() {
    let app = App::with(&[("BAJA__CONFIRM__ENABLED", "false")]).await;
    let base = now() - 1000;
    // What was said, how many seconds after the beginning, and what holds in the end.
    let stories: [(&[(&str, i64)], bool); 4] = [
        (&[("BAJA", 1), ("ALTA", 2)], false),
        (&[("BAJA", 5), ("ALTA", 5)], true),
        (&[("ALTA", 3), ("BAJA", 1), ("ALTA", 2), ("BAJA", 4)], true),
        (&[("BAJA", 1), ("ALTA", 4), ("BAJA", 4), ("ALTA", 9)], false),
    ];
    let mut number = 34_600_000_000_u64;
    for (events, stays_out) in stories {
        for order in orders(events.len()) {
            number += 1;
            let number = number.to_string();
            // Every second one is delivered twice.
            for index in order.iter().flat_map(|&index| vec![index; 1 + index % 2]) {
                let (words, second) = events[index];
                let body = says_at(&number, &format!("wamid.{number}.{index}"), base + second, words);
                assert_eq!(app.post(body).await.status, 200);
            }
            assert_eq!(app.has(SUPPRESSED, &number).await, stays_out, "{events:?} in order {order:?}");
        }
    }
    app.finish().await;
}

/// Every order of the numbers below `count`.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for order in orders(count - 1) {
        for place in 0..count {
            let mut longer = order.clone();
            longer.insert(place, count - 1);
            all.push(longer);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invariant_5_the_same_delivery_to_two_replicas_at_once_acts_once() {
    const ROUNDS: usize = 50;
    let first = App::start().await;
    let second = first.replica().await;
    for round in 0..ROUNDS {
        let body = says(&format!("346000000{round:02}"), &format!("wamid.{round}"), "BAJA");
        let (one, other) = tokio::join!(first.post(&body), second.post(&body));
        assert_eq!((one.status, other.status), (200, 200));
    }
    let sent = first.sent().await.len() + second.sent().await.len();
    assert_eq!(sent, ROUNDS, "one confirmation each");
    assert_eq!(first.jobs().await.len(), ROUNDS);
    assert_eq!(first.redis::<usize>(&["XLEN", "baja:{acme}:changes"]).await, ROUNDS);
    assert_eq!(first.members(SUPPRESSED).await.len(), ROUNDS);
    // One entry for each decision, one for each message.
    assert_eq!(first.redis::<usize>(&["XLEN", "baja:{acme}:audit"]).await, 2 * ROUNDS);
    let written = r#"baja_ledger_writes_total{result="applied"}"#;
    assert_eq!(first.metric(written).await + second.metric(written).await, ROUNDS as f64);
    second.finish().await;
    first.finish().await;
}

#[tokio::test]
async fn invariant_6_the_suppression_stays_when_sending_fails_for_ever() {
    let api = wiremock::MockServer::start().await;
    let refusal = json!({ "error": { "code": 131_026, "message": "invented", "type": "OAuthException" } });
    wiremock::Mock::given(wiremock::matchers::method("POST"))
        .respond_with(wiremock::ResponseTemplate::new(400).set_body_json(refusal))
        .expect(1)
        .mount(&api)
        .await;
    let app = App::with(&[("BAJA_GRAPH_URL", &format!("{}/v26.0", api.uri()))]).await;
    assert_eq!(app.post(says("34600111222", "wamid.A", "BAJA")).await.status, 200);
    assert!(app.has(SUPPRESSED, "34600111222").await, "written before anything is sent");
    until("the message is given up", async || {
        app.jobs().await.iter().all(|job| job.state == "dropped").then_some(())
    })
    .await;
    assert!(app.has(SUPPRESSED, "34600111222").await);
    app.finish().await;

    // Nothing listens there.
    let nobody = App::with(&[("BAJA_GRAPH_URL", "http://127.0.0.1:9/v26.0")]).await;
    assert_eq!(nobody.post(says("34600111222", "wamid.A", "BAJA")).await.status, 200);
    until("a first attempt", async || {
        nobody.jobs().await.iter().any(|job| job.attempts > 0 && job.state == "due").then_some(())
    })
    .await;
    assert!(nobody.has(SUPPRESSED, "34600111222").await);
    nobody.finish_with_open(1).await;
}

#[tokio::test]
async fn invariant_7_at_most_one_confirmation_for_an_opt_out_and_in_the_cool_down() {
    let app = App::start().await;
    let base = now() - 100;
    let said = ["BAJA", "baja", "no me escriban más", "ALTA", "BAJA", "ALTA", "BAJA"];
    for (second, words) in said.iter().enumerate() {
        let body = says_at("34600111222", &format!("wamid.{second}"), base + second as i64, words);
        assert_eq!(app.post(body).await.status, 200);
        app.sent().await;
    }
    let sent = app.sent().await;
    let sent = texts(&sent);
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent[0].contains("no te enviaremos") && sent[1].contains("volverás"), "{sent:?}");
    assert!(app.has(SUPPRESSED, "34600111222").await);
    app.finish().await;
}

#[tokio::test]
async fn invariant_7_never_a_confirmation_where_no_window_is_open_or_nobody_wrote() {
    let app = App::start().await;
    let day = 24 * 3600;
    let refused = json!({ "id": "wamid.OUT", "status": "failed", "timestamp": now().to_string(),
        "recipient_id": "34600000002", "errors": [{ "code": 131_050, "title": "stopped" }] });
    let old = message(("34600000003", ""), "wamid.HIST", now() - 60, typed("Baja"));
    let thread = json!({ "id": "34600000003", "messages": [old] });
    let history = json!({ "history": [{ "metadata": { "phase": 1 }, "threads": [thread] }] });
    let standby = json!({ "standby": { "messages": [message(("34600000005", ""), "wamid.SB", now(), typed("BAJA"))] } });
    let bodies = [
        preference("34600000001", "stop", now()),
        statuses(&[refused]),
        change("history", history),
        says_at("34600000004", "wamid.LATE", now() - day - 1, "BAJA"),
        change("standby", standby),
        // Somebody on no list has nothing to come back to.
        says("34600000006", "wamid.START", "ALTA"),
    ];
    for body in bodies {
        assert_eq!(app.post(&body).await.status, 200, "{body}");
    }
    assert_eq!(app.members(MARKETING).await, ["34600000001", "34600000002"]);
    assert_eq!(app.members(SUPPRESSED).await, ["34600000003", "34600000004", "34600000005"]);
    assert!(app.jobs().await.is_empty());
    assert!(app.sent().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn invariant_8_everything_that_identifies_the_person_is_suppressed() {
    let app = App::start().await;
    let mut item = message(("5215512340001", "MX.900"), "wamid.A", now() - 30, typed("BAJA"));
    item["from_parent_user_id"] = json!("MX.ENT.7");
    assert_eq!(app.post(messages(&[item])).await.status, 200);
    let everything = ["5215512340001", "525512340001", "MX.900", "MX.ENT.7"];
    assert_eq!(app.members(SUPPRESSED).await, everything);

    // She comes back by number, and leaves by an id that is all that the last message carries.
    assert_eq!(app.post(says_at("5215512340001", "wamid.B", now() - 20, "ALTA")).await.status, 200);
    assert!(app.members(SUPPRESSED).await.is_empty());
    let by_id = message(("", "MX.900"), "wamid.C", now() - 10, typed("BAJA"));
    assert_eq!(app.post(messages(&[by_id])).await.status, 200);
    assert_eq!(app.members(SUPPRESSED).await, everything);

    // The contact beside a message counts as much as the message.
    let contact = json!({ "profile": { "name": "Invented" }, "wa_id": "5491155550142", "user_id": "AR.200" });
    let item = message(("", "AR.200"), "wamid.D", now(), typed("BAJA"));
    let body = change("messages", json!({ "contacts": [contact], "messages": [item] }));
    assert_eq!(app.post(body).await.status, 200);
    for identifier in ["5491155550142", "541155550142", "AR.200"] {
        assert!(app.has(SUPPRESSED, identifier).await, "{identifier}");
    }

    // A new number takes the refusal along.
    let system = json!({ "type": "system",
        "system": { "type": "user_changed_number", "wa_id": "5491155550199", "user_id": "AR.300", "previous_user_id": "AR.200" } });
    let moved = message(("5491155550142", ""), "wamid.E", now() + 1, system);
    assert_eq!(app.post(messages(&[moved])).await.status, 200);
    for identifier in ["5491155550199", "541155550199", "AR.300", "5491155550142", "AR.200"] {
        assert!(app.has(SUPPRESSED, identifier).await, "{identifier}");
    }
    app.finish().await;
}

#[tokio::test]
async fn invariant_9_the_businesss_own_words_never_opt_anybody_out() {
    let app = App::start().await;
    let echo = message(
        (OWN, ""),
        "wamid.ECHO",
        now(),
        json!({ "to": "34600000001", "type": "text",
        "text": { "body": "BAJA" } }),
    );
    let quoting = message(
        ("34600000002", ""),
        "wamid.Q",
        now(),
        json!({ "type": "text",
        "text": { "body": "¿y el pedido?" },
        "context": { "from": OWN, "id": "wamid.OUT", "text": { "body": "Responde BAJA para darte de baja" } } }),
    );
    let status = json!({ "id": "wamid.OUT", "status": "delivered", "timestamp": now().to_string(),
        "recipient_id": "34600000003", "text": { "body": "BAJA" }, "biz_opaque_callback_data": "BAJA" });
    let reaction = message(
        ("34600000004", ""),
        "wamid.R",
        now(),
        json!({ "type": "reaction",
        "reaction": { "message_id": "wamid.OUT", "emoji": "🛑" }, "text": { "body": "BAJA" } }),
    );
    let group = message(
        ("34600000005", ""),
        "wamid.G",
        now(),
        json!({ "group_id": "group", "type": "text",
        "text": { "body": "BAJA" } }),
    );
    let thread = json!({ "id": "34600000006", "messages": [echo] });
    let bodies = [
        change("smb_message_echoes", json!({ "message_echoes": [echo] })),
        change("standby", json!({ "standby": { "message_echoes": [echo] } })),
        change("history", json!({ "history": [{ "threads": [thread] }] })),
        messages(&[echo, quoting, reaction, group]),
        statuses(&[status]),
    ];
    for body in bodies {
        assert_eq!(app.post(&body).await.status, 200, "{body}");
    }
    assert!(app.members(SUPPRESSED).await.is_empty() && app.members(MARKETING).await.is_empty());
    assert_eq!(app.redis::<u64>(&["EXISTS", "baja:{acme}:people"]).await, 0);
    assert!(app.sent().await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn invariant_11_a_resume_in_the_settings_lifts_what_a_stop_made_there_and_no_more() {
    let app = App::start().await;
    let at = now() - 100;
    let (settings, typed_all, tapped) = ("34600000001", "34600000002", "34600000003");
    for number in [settings, typed_all, tapped] {
        assert_eq!(app.post(preference(number, "stop", at)).await.status, 200);
    }
    assert_eq!(app.members(MARKETING).await, [settings, typed_all, tapped]);
    app.post(says_at(typed_all, "wamid.A", at + 1, "BAJA")).await;
    let tap = message((tapped, ""), "wamid.B", at + 1, button("No más promociones", "optout:marketing"));
    app.post(messages(&[tap])).await;
    for number in [settings, typed_all, tapped] {
        assert_eq!(app.post(preference(number, "resume", at + 2)).await.status, 200);
    }
    assert_eq!(app.members(SUPPRESSED).await, [typed_all]);
    assert_eq!(app.members(MARKETING).await, [tapped]);
    // An older resume that comes late lifts nothing.
    app.post(preference(settings, "stop", at + 10)).await;
    app.post(preference(settings, "resume", at + 5)).await;
    assert!(app.has(MARKETING, settings).await);
    app.finish().await;
}

#[tokio::test]
async fn only_the_scope_that_was_named_is_refused() {
    let app = App::start().await;
    let tap =
        message(("34600000001", ""), "wamid.A", now(), button("No más ofertas", "OPTOUT:offers|autumn"));
    app.post(messages(&[tap])).await;
    assert_eq!(app.members(OFFERS).await, ["34600000001"]);
    assert!(app.members(SUPPRESSED).await.is_empty() && app.members(MARKETING).await.is_empty());
    // The row of our own confirmation brings back that topic.
    let undo =
        message(("34600000001", ""), "wamid.B", now() + 1, list_reply("optin:offers|undo", "Fue un error"));
    app.post(messages(&[undo])).await;
    assert!(app.members(OFFERS).await.is_empty());
    app.finish().await;
}
