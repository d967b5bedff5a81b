//! Webhook bodies as Meta sends them, about invented people.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

/// The number of the tests' business `acme`.
pub const NUMBER: &str = "770099887766554";
/// The business's own number as it is shown.
pub const OWN: &str = "15557654321";

/// Unix seconds.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A message of somebody: a number (empty: they show none) and their user id (empty: they have none).
pub fn message(who: (&str, &str), id: &str, at: i64, kind: Value) -> Value {
    let mut message =
        Map::from_iter([("id".to_owned(), json!(id)), ("timestamp".to_owned(), json!(at.to_string()))]);
    for (key, value) in [("from", who.0), ("from_user_id", who.1)] {
        if !value.is_empty() {
            message.insert(key.to_owned(), json!(value));
        }
    }
    message.extend(kind.as_object().unwrap().clone());
    Value::Object(message)
}

pub fn typed(words: &str) -> Value {
    json!({ "type": "text", "text": { "body": words } })
}

pub fn button(label: &str, payload: &str) -> Value {
    json!({ "type": "button", "button": { "text": label, "payload": payload } })
}

pub fn list_reply(id: &str, title: &str) -> Value {
    json!({ "type": "interactive",
        "interactive": { "type": "list_reply", "list_reply": { "id": id, "title": title } } })
}

/// A typed message without more, said now.
pub fn says(number: &str, id: &str, words: &str) -> String {
    messages(&[message((number, ""), id, now(), typed(words))])
}

pub fn messages(items: &[Value]) -> String {
    change("messages", json!({ "messages": items }))
}

pub fn statuses(items: &[Value]) -> String {
    change("messages", json!({ "statuses": items }))
}

/// A preference set in WhatsApp's own settings: `stop`, `resume` or `signup`.
pub fn preference(number: &str, value: &str, at: i64) -> String {
    let item = json!({ "wa_id": number, "category": "marketing_messages", "value": value, "timestamp": at });
    change("user_preferences", json!({ "user_preferences": [item] }))
}

/// A whole body with one change for [`NUMBER`].
pub fn change(field: &str, value: Value) -> String {
    body(&[(NUMBER, field, value)])
}

/// A whole body with a change for each `(number, field, value)`.
pub fn body(changes: &[(&str, &str, Value)]) -> String {
    let changes: Vec<_> = changes
        .iter()
        .map(|(number, field, value)| {
            let mut value = value.clone();
            value["messaging_product"] = json!("whatsapp");
            value["metadata"] = json!({ "display_phone_number": OWN, "phone_number_id": number });
            json!({ "field": field, "value": value })
        })
        .collect();
    let entry = json!({ "id": "880011223344556", "changes": changes });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}
