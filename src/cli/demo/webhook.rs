//! Webhooks in the form in which Meta sends them, about invented people.

use serde_json::{Map, Value, json};

use super::stage::PHONE_NUMBER_ID;

/// An invented person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guest {
    /// The number, as Meta writes it; somebody with a username may not show theirs.
    pub(super) wa_id: Option<&'static str>,
    /// The business-scoped user id.
    pub(super) user_id: &'static str,
    /// The name in the profile.
    pub(super) name: &'static str,
}

impl Guest {
    fn contact(&self) -> Value {
        let mut contact = Map::from_iter([("profile".to_owned(), json!({ "name": self.name }))]);
        self.identify(&mut contact, "wa_id", "user_id");
        Value::Object(contact)
    }

    fn identify(&self, object: &mut Map<String, Value>, phone: &str, user_id: &str) {
        object.extend(self.wa_id.map(|wa_id| (phone.to_owned(), json!(wa_id))));
        object.insert(user_id.to_owned(), json!(self.user_id));
    }

    /// A message of this person: `id`, when (unix seconds), and the keys of its kind.
    pub(super) fn message(&self, id: &str, at: i64, kind: Value) -> Value {
        let mut message = Map::new();
        self.identify(&mut message, "from", "from_user_id");
        message.insert("id".to_owned(), json!(format!("wamid.{id}")));
        message.insert("timestamp".to_owned(), json!(at.to_string()));
        if let Value::Object(kind) = kind {
            message.extend(kind);
        }
        Value::Object(message)
    }
}

/// Typed words.
pub(super) fn text(words: &str) -> Value {
    json!({ "type": "text", "text": { "body": words } })
}

/// A tap on a template's button.
pub(super) fn button(label: &str, payload: &str) -> Value {
    json!({
        "type": "button", "button": { "payload": payload, "text": label },
        "context": { "from": "15557654321", "id": "wamid.CAMPAIGN" },
    })
}

/// A tap on a row of a list.
pub(super) fn list_reply(id: &str, title: &str) -> Value {
    json!({
        "type": "interactive", "interactive": { "type": "list_reply", "list_reply": { "id": id, "title": title } },
        "context": { "from": "15557654321", "id": "wamid.CONFIRMATION" },
    })
}

/// A whole body: `items` under `list`, in a change of `field`, about `guests`.
pub(super) fn body(field: &str, list: &str, guests: &[Guest], items: &[Value]) -> Vec<u8> {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15557654321", "phone_number_id": PHONE_NUMBER_ID },
        "contacts": guests.iter().map(Guest::contact).collect::<Vec<_>>(),
    });
    if let Value::Object(value) = &mut value {
        value.insert(list.to_owned(), Value::from(items));
    }
    let change = json!({ "value": value, "field": field });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "880011223344556", "changes": [change] }] })
        .to_string()
        .into_bytes()
}
