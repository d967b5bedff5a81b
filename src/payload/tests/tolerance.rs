use super::*;

fn texts(body: &[u8]) -> Vec<String> {
    let said = |event: &Event<'_>| match event {
        Event::Said(Said { words: Words::Text(text), .. }) => Some(text.clone().into_owned()),
        _ => None,
    };
    parse(body).events.iter().filter_map(said).collect()
}

fn is_one_broken_body(body: &[u8]) -> bool {
    let parsed = parse(body);
    parsed.events.is_empty() && matches!(parsed.broken.as_slice(), [Broken { kind: "body", .. }])
}

#[test]
fn half_a_surrogate_pair_does_not_lose_the_stop() {
    for (json, text) in [
        (r#""STOP \ud83d""#, "STOP \u{fffd}"),
        (r#""STOP \ud83d\ude""#, "STOP \u{fffd}\u{fffd}"),
        (r#""\udd1aSTOP""#, "\u{fffd}STOP"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""STOP\u""#, "STOP\u{fffd}"),
        (r#""STOP \ud83d\ude00""#, "STOP 😀"),
    ] {
        let body =
            body("messages", &[message(1, r#""a""#), message(2, json), message(3, r#""b""#)].join(","));
        assert_eq!(texts(body.as_bytes()), ["a", text, "b"]);
        assert!(parse(body.as_bytes()).broken.is_empty());
    }
}

#[test]
fn bytes_that_are_not_utf8_do_not_lose_the_stop() {
    let mut body = body("messages", &message(1, r#""STOP ?""#)).into_bytes();
    let at = body.iter().position(|byte| *byte == b'?').unwrap();
    body.splice(at..=at, *b"\xf0\x9f\x98");
    assert_eq!(texts(&body), ["STOP \u{fffd}"]);
}

#[test]
fn a_byte_order_mark_and_white_space_are_passed_over() {
    let body = body("messages", &message(1, r#""stop""#)).replace(':', " :\r\n\t ").replace(',', " , ");
    assert_eq!(texts(format!("\u{feff} {body}\n").as_bytes()), ["stop"]);
}

#[test]
fn a_key_that_stands_twice_loses_no_reading() {
    let twice = r#"{"from":"5215550100001","id":"wamid.IN1","type":"text","text":{"body":"hola"},"text":{"body":"STOP"}}"#;
    assert_eq!(texts(body("messages", twice).as_bytes()), ["hola", "STOP"]);
    let inside = message(1, r#""STOP","body":"hola""#);
    assert_eq!(texts(body("messages", &inside).as_bytes()), ["STOP", "hola"]);
    let kinds =
        r#"{"from":"5215550100001","id":"wamid.IN1","type":"reaction","type":"text","text":{"body":"STOP"}}"#;
    assert_eq!(texts(body("messages", kinds).as_bytes()), ["STOP"]);
    let lists = body("messages", &message(1, r#""a""#))
        .replace(r#""metadata""#, &format!(r#""messages":[{}],"metadata""#, message(2, r#""STOP""#)));
    assert_eq!(texts(lists.as_bytes()), ["STOP", "a"]);
    for values in [r#""value":"stop","value":"resume""#, r#""value":"resume","value":"stop""#] {
        let body = body("user_preferences", &format!(r#"{{"wa_id":"5215550100001",{values}}}"#));
        let parsed = parse(body.as_bytes());
        assert!(
            matches!(parsed.events.as_slice(), [Event::Preference(p)] if p.value == PreferenceValue::Stop)
        );
    }
}

#[test]
fn an_unbounded_number_of_readings_is_not_kept() {
    let many = (0..1_000).map(|n| format!(r#""text":{{"body":"{n}"}}"#)).collect::<Vec<_>>().join(",");
    let body = body("messages", &format!(r#"{{"from":"5215550100001","id":"wamid.IN1",{many}}}"#));
    assert_eq!(texts(body.as_bytes()).len(), 8);
}

#[test]
fn what_is_not_ours_is_one_broken_body() {
    for body in [
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        "plain text",
        r#"{"object":"whatsapp_business_account"}"#,
        r#"{"object":"page","entry":[{"id":"1","changes":[]}]}"#,
        r#"{"object":"whatsapp_business_account","entry":[]} {}"#,
    ] {
        assert!(is_one_broken_body(body.as_bytes()), "{body}");
    }
    let page = body("messages", &message(1, r#""stop""#)).replace("whatsapp_business_account", "page");
    assert!(is_one_broken_body(page.as_bytes()));
}

#[test]
fn a_list_in_another_shape_is_broken_and_null_is_empty() {
    for list in
        ["contacts", "messages", "statuses", "user_preferences", "history", "message_echoes", "standby"]
    {
        let with = |value: &str| {
            body("messages", &message(1, r#""stop""#))
                .replace(r#""metadata""#, &format!(r#""{list}":{value},"metadata""#))
        };
        let broken = with(r#""x""#);
        assert_eq!(texts(broken.as_bytes()), ["stop"], "{list}");
        assert_eq!(parse(broken.as_bytes()).broken.len(), 1, "{list}");
        assert_eq!(parse(with("null").as_bytes()).broken.len(), 0, "{list}");
    }
}

#[test]
fn what_was_complete_before_the_body_broke_counts() {
    let whole = body("messages", &[message(1, r#""stop""#), message(2, r#""b""#)].join(","));
    let cut = whole.get(..whole.len() - 30).unwrap();
    assert_eq!(texts(cut.as_bytes()), ["stop"]);
    assert!(matches!(parse(cut.as_bytes()).broken.as_slice(), [Broken { kind: "body", .. }]));
}

#[test]
fn depth_costs_no_stack() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    assert!(is_one_broken_body(deep.as_bytes()));
    assert!(is_one_broken_body("[".repeat(1_000_000).as_bytes()));
    assert!(is_one_broken_body(r#"{"a":"#.repeat(500_000).as_bytes()));
    let items = [message(1, r#""a""#), deep.clone(), message(2, &deep), message(3, r#""b""#)].join(",");
    assert_eq!(texts(body("messages", &items).as_bytes()), ["a", "b"]);
}

#[test]
fn a_missing_id_gets_a_stand_in_that_a_second_delivery_repeats() {
    let ids = |text: &str| -> Vec<String> {
        let item = message(1, text).replace(r#""id":"wamid.IN1","#, "");
        let body = body("messages", &item);
        let id = |event: &Event<'_>| match event {
            Event::Said(said) => said.message_id.clone().into_owned(),
            _ => String::new(),
        };
        parse(body.as_bytes()).events.iter().map(id).collect()
    };
    assert!(ids(r#""stop""#)[0].starts_with("missing-"));
    assert_eq!(ids(r#""stop""#), ids(r#""stop""#));
    assert_ne!(ids(r#""stop""#), ids(r#""baja""#));
}

#[test]
fn many_contacts_are_found_by_any_spelling() {
    let contacts: Vec<_> =
        (0..2_000).map(|n| format!(r#"{{"wa_id":"52155501{n:05}","user_id":"MX.{n}"}}"#)).collect();
    let messages: Vec<_> =
        (0..2_000).rev().map(|n| message(n, r#""stop""#).replace("521555", "52555")).collect();
    let body = body("messages", &messages.join(","))
        .replace(r#""metadata""#, &format!(r#""contacts":[{}],"metadata""#, contacts.join(",")));
    let parsed = parse(body.as_bytes());
    assert_eq!(parsed.events.len(), 2_000);
    for (event, n) in parsed.events.iter().zip((0..2_000).rev()) {
        let Event::Said(said) = event else { panic!("not said") };
        assert_eq!(named(&said.person), format!("[5255501{n:05} MX.{n}]"));
    }
}

#[test]
fn contacts_and_messages_in_turns_are_read_like_any_others() {
    let in_turns: String = (0..5_000)
        .map(|n| {
            let contact = format!(r#"{{"wa_id":"52155501{n:05}","user_id":"MX.{n}"}}"#);
            format!(
                r#""contacts":[{contact}],"messages":[{}],"#,
                message(n, r#""stop""#).replace("521555", "52555")
            )
        })
        .collect();
    let body = body("statuses", "").replace(r#""metadata""#, &format!(r#"{in_turns}"metadata""#));
    let parsed = parse(body.as_bytes());
    assert_eq!(parsed.events.len(), 5_000);
    let Some(Event::Said(last)) = parsed.events.last() else { panic!("not said") };
    assert_eq!(named(&last.person), "[525550104999 MX.4999]");
}

#[test]
fn the_dashboards_test_button_is_known_by_its_ids() {
    let route = |waba_id: &'static str, number: Option<&'static str>| Route {
        waba_id: waba_id.into(),
        phone_number_id: number.map(Into::into),
    };
    assert!(is_dashboard_test(&route("0", Some("660000000000042"))));
    assert!(is_dashboard_test(&route("770000000000077", Some("123456123"))));
    assert!(!is_dashboard_test(&route("770000000000077", Some("660000000000042"))));
    assert!(!is_dashboard_test(&route("", None)));
}

#[test]
fn a_flood_of_broken_items_is_counted_and_costs_no_stop() {
    let stop = message(1, r#""STOP""#);
    let zeros = "0,".repeat(100_000);
    let flooded = body("messages", &format!("{zeros}{stop},{zeros}0"));
    assert_eq!(texts(flooded.as_bytes()), ["STOP"]);
    let parsed = parse(flooded.as_bytes());
    assert_eq!((parsed.broken.len(), parsed.more_broken), (1000, 199_001));

    let echoes = body("message_echoes", &format!("{zeros}0"));
    let parsed = parse(echoes.as_bytes());
    assert_eq!((parsed.events.len(), parsed.more_ignored), (10_000, 90_001));
    // Read a second time, because what says whom it is about stands behind it: still counted once.
    let late = flooded
        .replace(r#""metadata":"#, r#""other":"#)
        .replace("0]}}]}]}", r#"0],"metadata":{"phone_number_id":"660000000000042"}}}]}]}"#);
    let parsed = parse(late.as_bytes());
    assert_eq!((parsed.broken.len(), parsed.more_broken), (1000, 199_001));
    assert_eq!(texts(late.as_bytes()), ["STOP"]);
}

#[test]
fn a_list_of_one_that_was_unwrapped_is_read() {
    let whole = body("messages", &message(1, r#""STOP""#));
    for name in ["entry", "changes", "messages"] {
        let (before, list) = whole.split_once(&format!(r#""{name}":["#)).unwrap();
        let closing = match name {
            "entry" => list.rfind(']'),
            "changes" => list.rfind("]}]"),
            _ => list.find(']'),
        };
        let (one, after) = list.split_at(closing.unwrap());
        let unwrapped = format!(r#"{before}"{name}":{one}{}"#, &after[1..]);
        assert!(serde_json::from_str::<serde_json::Value>(&unwrapped).is_ok(), "{unwrapped}");
        assert_eq!(texts(unwrapped.as_bytes()), ["STOP"], "{name}");
    }
}

#[test]
fn a_preference_that_stands_in_no_list_is_read() {
    let lone = |field: &str, inside: &str| {
        format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"770000000000077","changes":[{{"value":{{"wa_id":"5215550100001","metadata":{{"phone_number_id":"660000000000042"}},{inside}}},"field":"{field}"}}]}}]}}"#
        )
    };
    let stops = lone(
        "user_preferences",
        r#""value":"STOP","category":"marketing_messages","timestamp":"1795430400""#,
    );
    let parsed = parse(stops.as_bytes());
    let [Event::Preference(preference)] = parsed.events.as_slice() else { panic!("{:?}", parsed.events) };
    assert_eq!(preference.value, PreferenceValue::Stop);
    assert_eq!(preference.at, Some(1_795_430_400_000));
    assert_eq!(preference.route.phone_number_id.as_deref(), Some("660000000000042"));
    assert_eq!(preference.person.identifiers().len(), 1);
    // Nothing of the kind: under another field, of another category, with another value.
    for other in [
        lone("account_update", r#""value":"stop""#),
        lone("user_preferences", r#""value":"stop","category":"utility""#),
        lone("user_preferences", r#""value":"maybe""#),
        lone("user_preferences", r#""event":"stop""#),
    ] {
        let parsed = parse(other.as_bytes());
        assert!(!parsed.events.iter().any(|event| matches!(event, Event::Preference(_))), "{other}");
    }
}
