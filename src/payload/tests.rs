//! What each kind of webhook yields, and what no webhook can break.

mod golden;
mod properties;
mod tolerance;

use std::fmt::Write;

use super::*;
use crate::identity::Person;

/// A body with `items` in the list that `list` names, in the usual envelope.
fn body(list: &str, items: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"770000000000077","changes":[{{"field":"messages","value":{{"metadata":{{"display_phone_number":"15550107788","phone_number_id":"660000000000042"}},"{list}":[{items}]}}}}]}}]}}"#
    )
}

/// A text message of a person who is told apart by `number`.
fn message(number: u32, text_json: &str) -> String {
    format!(
        r#"{{"from":"52155501{number:05}","id":"wamid.IN{number}","timestamp":"1795430400","type":"text","text":{{"body":{text_json}}}}}"#
    )
}

/// What `body` yields, one line for each event, with the identifiers that `Debug` hides.
fn described(body: &[u8]) -> String {
    let parsed = parse(body);
    let mut lines = String::new();
    for event in &parsed.events {
        writeln!(lines, "{}", described_event(event)).unwrap();
    }
    for Broken { kind, reason, raw } in &parsed.broken {
        let raw: String = raw.split_whitespace().collect();
        writeln!(lines, "broken {kind}: {reason}: {:.60}", raw).unwrap();
    }
    lines
}

fn described_event(event: &Event<'_>) -> String {
    match event {
        Event::Said(Said { route, person, message_id, at, via, words, replies_to, forwarded }) => {
            let forwarded = if *forwarded { " forwarded" } else { "" };
            let replies_to = replies_to.as_deref().map(|id| format!(" to {id}")).unwrap_or_default();
            let message_id = message_id.get(..20).unwrap_or(message_id);
            format!(
                "said {via:?} {} {} {message_id}{replies_to}{forwarded} at {at:?}: {words:?}",
                routed(route),
                named(person)
            )
        }
        Event::Preference(Preference { route, person, value, at }) => {
            format!("preference {} {} {value:?} at {at:?}", routed(route), named(person))
        }
        Event::Refused(Refused { route, person, message_id, at, callback_data }) => {
            format!("refused {} {} {message_id} {callback_data:?} at {at:?}", routed(route), named(person))
        }
        Event::Moved(Moved { route, from, to, message_id, at }) => {
            format!("moved {} {} to {} {message_id} at {at:?}", routed(route), named(from), named(to))
        }
        Event::Known(Known { route, person }) => format!("known {} {}", routed(route), named(person)),
        other => format!("{other:?}"),
    }
}

fn routed(route: &Route<'_>) -> String {
    format!("{}/{}", route.waba_id, route.phone_number_id.as_deref().unwrap_or("-"))
}

fn named(person: &Person) -> String {
    let names: Vec<_> = person.identifiers().iter().map(|identifier| identifier.as_str()).collect();
    format!("[{}]", names.join(" "))
}
