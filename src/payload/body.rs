//! The envelope: `object`, `entry[]`, `changes[]`.

use std::borrow::Cow;

use super::event::{Broken, Event, Ignored, Parsed};
use super::fields::take;
use super::json::{NotJson, Read, Reader};
use super::notice::Facts;
use super::{time, value};

/// The one object that this webhook is about.
const OBJECT: &str = "whatsapp_business_account";

/// What an entry says about all of its changes.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry<'a> {
    /// The WhatsApp Business Account.
    pub(super) id: Cow<'a, str>,
    /// When it was sent, unix milliseconds.
    pub(super) at: Option<i64>,
    /// A `field` that was put here by mistake, as some of Meta's samples show it.
    pub(super) field: Cow<'a, str>,
}

pub(super) fn read(body: &[u8]) -> Parsed<'_> {
    let mut out = Parsed::default();
    let mut reader = Reader::new(body);
    let wrong = match envelope(&mut reader, &mut out) {
        Ok(None) => return out,
        // Its signature is right and its items are not for us: nothing of it counts.
        Ok(Some(reason)) => {
            out = Parsed::default();
            reason
        }
        Err(NotJson) => "the body is not JSON, or only its beginning is",
    };
    // Whatever else is broken: this decides how the body is counted.
    out.broken.push(Broken { kind: "body", reason: wrong, raw: String::from_utf8_lossy(body) });
    out
}

/// Reads the whole body; says what is wrong with it when it is JSON of another kind.
fn envelope<'a>(reader: &mut Reader<'a>, out: &mut Parsed<'a>) -> Read<Option<&'static str>> {
    let mut object = Cow::Borrowed("");
    let mut has_entries = false;
    let is_object = reader.object(|reader, key| match key {
        b"object" => take(reader, &mut object),
        b"entry" => {
            has_entries = true;
            each_item(reader, out, "entry", entry)
        }
        _ => reader.pass_over(),
    })?;
    if reader.peek().is_some() {
        return Err(NotJson);
    }
    Ok(if !is_object {
        Some("the body is not a JSON object")
    } else if !object.is_empty() && object != OBJECT {
        Some("the object of the body is not whatsapp_business_account")
    } else if !has_entries {
        Some("the body has no entry")
    } else {
        None
    })
}

/// Reads a list whose items must be objects: `item` says whether one was. An item that is none, and a value
/// that is no list, is broken; `null` is an empty list, and an object is a list of one: what stands between Meta and us
/// may have unwrapped it.
pub(super) fn each_item<'a>(
    reader: &mut Reader<'a>,
    out: &mut Parsed<'a>,
    kind: &'static str,
    mut item: impl FnMut(&mut Reader<'a>, &mut Parsed<'a>) -> Read<bool>,
) -> Read<()> {
    if reader.peek() == Some(b'{') {
        return item(reader, out).map(|_| ());
    }
    let (is_list, list) = reader.spanned(|reader| {
        reader.array(|reader| {
            let (is_object, raw) = reader.spanned(|reader| item(reader, out))?;
            if !is_object {
                out.bury(broken(kind, "it is not an object", raw));
            }
            Ok(())
        })
    })?;
    if !is_list && list != b"null" {
        out.bury(broken(kind, "it is not in a list", list));
    }
    Ok(())
}

/// A broken item.
pub(super) fn broken<'a>(kind: &'static str, reason: &'static str, raw: &'a [u8]) -> Broken<'a> {
    Broken { kind, reason, raw: String::from_utf8_lossy(raw) }
}

fn entry<'a>(reader: &mut Reader<'a>, out: &mut Parsed<'a>) -> Read<bool> {
    let mark = out.mark();
    let mut again = *reader;
    let mut entry = Entry::default();
    let (mut has_changes, mut is_late) = (false, false);
    let is_object = reader.object(|reader, key| {
        is_late |= has_changes && matches!(key, b"id" | b"time" | b"field");
        match key {
            b"id" => take(reader, &mut entry.id),
            b"field" => take(reader, &mut entry.field),
            b"time" => {
                entry.at = time::unix_milliseconds(&reader.text()?).or(entry.at);
                Ok(())
            }
            b"changes" if !is_late => {
                has_changes = true;
                each_item(reader, out, "change", |reader, out| change(reader, &entry, out))
            }
            _ => reader.pass_over(),
        }
    })?;
    if is_late {
        out.go_back(&mark);
        again.object(|reader, key| match key {
            b"changes" => each_item(reader, out, "change", |reader, out| change(reader, &entry, out)),
            _ => reader.pass_over(),
        })?;
    }
    if is_object && !has_changes {
        out.ignore(Ignored::Unknown);
    }
    Ok(is_object)
}

fn change<'a>(reader: &mut Reader<'a>, entry: &Entry<'a>, out: &mut Parsed<'a>) -> Read<bool> {
    let mark = out.mark();
    let mut field = Cow::Borrowed("");
    let mut facts = Facts::default();
    // Where it stands, when there is one.
    let mut value = None;
    let (is_object, raw) = reader.spanned(|reader| {
        reader.object(|reader, key| match key {
            b"field" => take(reader, &mut field),
            b"value" => {
                let there = *reader;
                if value::read(reader, entry, &mut facts, out)? {
                    value = Some(there);
                }
                Ok(())
            }
            _ => reader.pass_over(),
        })
    })?;
    if field == "history" {
        // Media of old conversations come in the list of the new ones.
        out.is_history_since(&mark);
    }
    if !is_object || mark != out.mark() {
        return Ok(is_object);
    }
    if let Some(value) = value {
        if field == "user_preferences" {
            // Some describe it without its list.
            return value::lone_preference(value, entry, out).map(|()| true);
        }
        match facts.into_event(entry, field) {
            Event::Ignored(what) => out.ignore(what),
            event => out.events.push(event),
        }
    } else if value::is_about_people(&field) {
        out.bury(broken("change", "its value is not an object", raw));
    } else {
        out.ignore(Ignored::Unknown);
    }
    Ok(true)
}
