use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Keys that the reader knows, and one that it does not.
const KEYS: [&str; 34] = [
    "object",
    "entry",
    "id",
    "time",
    "changes",
    "field",
    "value",
    "metadata",
    "phone_number_id",
    "display_phone_number",
    "contacts",
    "wa_id",
    "user_id",
    "messages",
    "from",
    "from_user_id",
    "timestamp",
    "type",
    "text",
    "body",
    "button",
    "payload",
    "interactive",
    "nfm_reply",
    "response_json",
    "statuses",
    "errors",
    "code",
    "user_preferences",
    "history",
    "threads",
    "standby",
    "system",
    "unknown",
];

/// Texts that mean something somewhere.
const TEXTS: [&str; 10] = [
    "whatsapp_business_account",
    "messages",
    "text",
    "system",
    "user_changed_number",
    "5215550100001",
    "MX.42",
    "stop",
    "1795430400",
    "\u{0}\u{202e}😀",
];

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(&TEXTS).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(&KEYS), inner), 0..6)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

/// A body with one of each list, and an arbitrary value at `pointer`.
fn with_value_at(pointer: &str, value: Value) -> Value {
    let mut body = json!({"object": "whatsapp_business_account", "entry": [{"id": "7", "time": 1, "changes": [
    {"field": "messages", "value": {
        "metadata": {"display_phone_number": "15550107788", "phone_number_id": "6"},
        "contacts": [{"wa_id": "5215550100001", "user_id": "MX.1", "profile": {"name": "x"}}],
        "messages": [{"from": "5215550100001", "from_user_id": "MX.1", "id": "wamid.1", "type": "text",
            "timestamp": "1795430400", "text": {"body": "stop"}, "context": {"id": "wamid.2"}}],
        "statuses": [{"id": "wamid.3", "status": "failed", "recipient_id": "5215550100001",
            "timestamp": "1795430400", "errors": [{"code": 131050}]}],
        "user_preferences": [{"wa_id": "5215550100001", "value": "stop", "timestamp": 1795430400}],
        "history": [{"threads": [{"id": "5215550100001", "messages": [{"from": "5215550100001"}]}]}],
    }}]}]});
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    }
    body
}

fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    all.push(at.clone());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| pointers(item, format!("{at}/{n}"), all));
        }
        Value::Object(items) => items.iter().for_each(|(k, item)| pointers(item, format!("{at}/{k}"), all)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_value_anywhere_is_read(value in json_value(), place in any::<prop::sample::Index>()) {
        let mut all = Vec::new();
        pointers(&with_value_at("-", Value::Null), String::new(), &mut all);
        let pointer: &String = place.get(all.as_slice());
        let body = with_value_at(pointer, value).to_string();
        let parsed = parse(body.as_bytes());
        prop_assert!(!parsed.events.is_empty() || !parsed.broken.is_empty() || body.contains(r#""entry":[]"#)
            || body.contains(r#""entry":null"#) || body.contains(r#""changes":[]"#)
            || body.contains(r#""changes":null"#));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let parsed = parse(&bytes);
        prop_assert!(!parsed.broken.is_empty());
    }

    #[test]
    fn any_damage_to_a_body_is_read(
        place in any::<prop::sample::Index>(),
        length in 0..20_usize,
        bytes in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let mut body = with_value_at("-", Value::Null).to_string().into_bytes();
        let from = place.index(body.len());
        let to = (from + length).min(body.len());
        body.splice(from..to, bytes);
        let parsed = parse(&body);
        prop_assert!(!parsed.events.is_empty() || !parsed.broken.is_empty());
    }

    #[test]
    fn a_replaced_item_leaves_its_neighbours_alone(
        list in prop::sample::select(&["messages", "statuses", "user_preferences"]),
        value in json_value(),
    ) {
        let item = |n: u32| match list {
            "messages" => message(n, r#""stop""#),
            "statuses" => format!(
                r#"{{"id":"wamid.{n}","status":"failed","recipient_id":"52155501{n:05}","errors":[{{"code":131050}}]}}"#
            ),
            _ => format!(r#"{{"wa_id":"52155501{n:05}","value":"stop"}}"#),
        };
        let alone = |n: u32| described(body(list, &item(n)).as_bytes());
        let mixed = described(body(list, &[item(1), value.to_string(), item(2)].join(",")).as_bytes());
        prop_assert!(mixed.starts_with(&alone(1)));
        prop_assert!(mixed.contains(&alone(2)));
    }
}
