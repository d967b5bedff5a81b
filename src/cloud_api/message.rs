//! The messages that this service sends, and their form on the wire.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// How long the parts of a message may be, in characters. Source: Meta's guides to text, interactive list and
/// interactive reply-button messages.
pub mod limits {
    /// The body of a text message.
    pub const TEXT_BODY: usize = 4096;
    /// The body of a list message.
    pub const LIST_BODY: usize = 4096;
    /// The button that opens a list.
    pub const LIST_BUTTON: usize = 20;
    /// Rows of a list, all sections together.
    pub const ROWS: usize = 10;
    /// A row's title.
    pub const ROW_TITLE: usize = 24;
    /// A row's second line.
    pub const ROW_DESCRIPTION: usize = 72;
    /// A row's id.
    pub const ROW_ID: usize = 200;
    /// The body of a message with reply buttons.
    pub const BUTTONS_BODY: usize = 1024;
    /// Reply buttons of a message.
    pub const BUTTONS: usize = 3;
    /// A reply button's title.
    pub const BUTTON_TITLE: usize = 20;
}

/// One message to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// To whom.
    pub recipient: Recipient,
    /// The person's message that this one answers (`wamid`).
    pub quote: Option<String>,
    /// What it says.
    pub content: Content,
    /// What Meta gives back in every status of this message (`biz_opaque_callback_data`, up to 512
    /// characters).
    pub callback_data: String,
}

/// Where a message goes. Meta takes one of the two; where both are given the phone wins.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// The digits of a `wa_id`; sent as `to`, with a `+` before them.
    Phone(String),
    /// A business-scoped user id; sent as `recipient`.
    Bsuid(String),
}

/// What a message says.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Plain text.
    Text(String),
    /// A text with a button that opens a list of one section.
    List {
        /// The text.
        body: String,
        /// What the button shows.
        button: String,
        /// What can be chosen.
        rows: Vec<Row>,
    },
    /// A text with reply buttons under it.
    Buttons {
        /// The text.
        body: String,
        /// The buttons.
        buttons: Vec<Button>,
    },
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What a tap sends back.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// The second line; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// One reply button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Button {
    /// What a tap sends back.
    pub id: String,
    /// What it shows; no two of a message may show the same.
    pub title: String,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Message", 7)?;
        body.serialize_field("messaging_product", "whatsapp")?;
        body.serialize_field("recipient_type", "individual")?;
        match &self.recipient {
            Recipient::Phone(digits) => body.serialize_field("to", &format!("+{digits}"))?,
            Recipient::Bsuid(id) => body.serialize_field("recipient", id)?,
        }
        if let Some(message_id) = &self.quote {
            body.serialize_field("context", &Context { message_id })?;
        }
        match &self.content {
            Content::Text(text) => {
                body.serialize_field("type", "text")?;
                body.serialize_field("text", &Text { preview_url: false, body: text })?;
            }
            Content::List { body: text, button, rows } => {
                body.serialize_field("type", "interactive")?;
                let action = ListAction { button, sections: [Section { rows }] };
                let list = Interactive { kind: "list", body: Body { text }, action };
                body.serialize_field("interactive", &list)?;
            }
            Content::Buttons { body: text, buttons } => {
                body.serialize_field("type", "interactive")?;
                let buttons = buttons.iter().map(|reply| Reply { kind: "reply", reply }).collect();
                let replies =
                    Interactive { kind: "button", body: Body { text }, action: ButtonAction { buttons } };
                body.serialize_field("interactive", &replies)?;
            }
        }
        body.serialize_field("biz_opaque_callback_data", &self.callback_data)?;
        body.end()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, redacted)", self.content)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(redacted)",
            Self::Bsuid(_) => "Bsuid(redacted)",
        })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::List { .. } => "List",
            Self::Buttons { .. } => "Buttons",
        })
    }
}

#[derive(Serialize)]
struct Context<'a> {
    message_id: &'a str,
}

#[derive(Serialize)]
struct Text<'a> {
    preview_url: bool,
    body: &'a str,
}

#[derive(Serialize)]
struct Interactive<'a, A> {
    #[serde(rename = "type")]
    kind: &'static str,
    body: Body<'a>,
    action: A,
}

#[derive(Serialize)]
struct Body<'a> {
    text: &'a str,
}

#[derive(Serialize)]
struct ListAction<'a> {
    button: &'a str,
    sections: [Section<'a>; 1],
}

/// A list's only section needs no title.
#[derive(Serialize)]
struct Section<'a> {
    rows: &'a [Row],
}

#[derive(Serialize)]
struct ButtonAction<'a> {
    buttons: Vec<Reply<'a>>,
}

#[derive(Serialize)]
struct Reply<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    reply: &'a Button,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(recipient: Recipient, content: Content) -> Message {
        Message { recipient, quote: Some("wamid.TEST0001".into()), content, callback_data: "baja:00".into() }
    }

    #[test]
    fn a_phone_goes_into_to_with_a_plus() {
        let message = message(Recipient::Phone("5491155550142".into()), Content::Text("Listo.".into()));
        assert_eq!(
            serde_json::to_value(&message).unwrap(),
            json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+5491155550142",
                "context": {"message_id": "wamid.TEST0001"}, "type": "text",
                "text": {"preview_url": false, "body": "Listo."}, "biz_opaque_callback_data": "baja:00"})
        );
    }

    #[test]
    fn a_bsuid_goes_into_recipient_and_there_is_no_to() {
        let mut message = message(Recipient::Bsuid("MX.900".into()), Content::Text("Listo.".into()));
        message.quote = None;
        assert_eq!(
            serde_json::to_value(&message).unwrap(),
            json!({"messaging_product": "whatsapp", "recipient_type": "individual", "recipient": "MX.900",
                "type": "text", "text": {"preview_url": false, "body": "Listo."},
                "biz_opaque_callback_data": "baja:00"})
        );
    }

    #[test]
    fn a_list_has_one_section_without_a_title() {
        let row = |id: &str, description: &str| Row {
            id: id.into(),
            title: "Fue un error".into(),
            description: description.into(),
        };
        let content = Content::List {
            body: "Listo.".into(),
            button: "Opciones".into(),
            rows: vec![row("a", "b"), row("c", "")],
        };
        let value = serde_json::to_value(message(Recipient::Bsuid("MX.1".into()), content)).unwrap();
        assert_eq!(value["type"], "interactive");
        assert_eq!(
            value["interactive"],
            json!({"type": "list", "body": {"text": "Listo."}, "action": {"button": "Opciones", "sections": [
                {"rows": [{"id": "a", "title": "Fue un error", "description": "b"},
                    {"id": "c", "title": "Fue un error"}]}]}})
        );
    }

    #[test]
    fn reply_buttons() {
        let content = Content::Buttons {
            body: "¿Todo?".into(),
            buttons: vec![Button { id: "optout".into(), title: "Sí".into() }],
        };
        let value = serde_json::to_value(message(Recipient::Bsuid("MX.1".into()), content)).unwrap();
        assert_eq!(
            value["interactive"],
            json!({"type": "button", "body": {"text": "¿Todo?"}, "action": {"buttons": [
                {"type": "reply", "reply": {"id": "optout", "title": "Sí"}}]}})
        );
    }

    #[test]
    fn debug_shows_nobody() {
        let message = message(Recipient::Phone("5491155550142".into()), Content::Text("palabras".into()));
        let shown = format!("{message:?}");
        assert!(!shown.contains("5491155550142") && !shown.contains("palabras") && !shown.contains("wamid"));
    }
}
