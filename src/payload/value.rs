//! `changes[].value`: what it holds decides how it is read, whatever its `field` says.

use std::borrow::Cow;

use super::body::{Entry, broken, each_item};
use super::contacts::Contacts;
use super::event::{Ignored, Parsed, Route, Via};
use super::fields::{non_empty, take};
use super::json::{Read, Reader};
use super::notice::Facts;
use super::{history, message, preference, status};
use crate::identity::{Identifier, Person};

/// What a change says about all of its items.
pub(super) struct Context<'a> {
    /// Which account and number.
    pub(super) route: Route<'a>,
    /// The people it is about.
    pub(super) contacts: Contacts<'a>,
    /// The business's own number, as it is shown.
    display_number: Cow<'a, str>,
}

impl<'a> Context<'a> {
    fn of(entry: &Entry<'a>) -> Self {
        Self {
            route: Route { waba_id: entry.id.clone(), phone_number_id: None },
            contacts: Contacts::default(),
            display_number: Cow::Borrowed(""),
        }
    }

    /// Whether `person`, who calls themselves `phone`, is the business itself.
    pub(super) fn is_own(&self, phone: &str, person: &Person) -> bool {
        // The end of the digits tells most people apart without making a spelling.
        let alike = last_digits(phone).eq(last_digits(&self.display_number));
        alike && Identifier::read(&self.display_number).is_some_and(|own| person.has(&own))
    }

    fn read_metadata_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"phone_number_id" => {
                let id = non_empty(reader.text()?);
                self.route.phone_number_id = id.or(self.route.phone_number_id.take());
                Ok(())
            }
            b"display_phone_number" => take(reader, &mut self.display_number),
            _ => reader.pass_over(),
        }
    }

    fn read_contacts(&mut self, reader: &mut Reader<'a>, out: &mut Parsed<'a>) -> Read<()> {
        each_item(reader, out, "contact", |reader, _| self.contacts.read_item(reader))
    }
}

/// Whether a field is one that tells about people, so that a change without a value is a loss.
pub(super) fn is_about_people(field: &str) -> bool {
    matches!(field, "" | "messages" | "standby" | "user_preferences" | "history")
}

/// Reads a value. What it says beside lists of items is put into `facts`, for the case that there are none;
/// `false` when it is no object.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    entry: &Entry<'a>,
    facts: &mut Facts<'a>,
    out: &mut Parsed<'a>,
) -> Read<bool> {
    let mark = out.mark();
    let mut again = *reader;
    let mut context = Context::of(entry);
    // Kept apart from `out`, which may have to go back.
    let mut aside = Parsed::default();
    let (mut has_items, mut is_late) = (false, false);
    let is_object = reader.object(|reader, key| match key {
        b"metadata" => {
            is_late |= has_items;
            reader.object(|reader, key| context.read_metadata_key(reader, key)).map(|_| ())
        }
        b"contacts" => {
            is_late |= has_items;
            context.read_contacts(reader, &mut aside)
        }
        b"standby" => {
            facts.is_messaging = true;
            let read = |reader: &mut Reader<'a>| {
                reader.object(|reader, key| {
                    if key == b"contacts" {
                        is_late |= has_items;
                        return context.read_contacts(reader, &mut aside);
                    }
                    let is_list = !is_late && items(reader, key, Via::Standby, &context, out)?;
                    has_items |= is_list;
                    if is_list { Ok(()) } else { reader.pass_over() }
                })
            };
            let (is_object, raw) = reader.spanned(read)?;
            if !is_object && raw != b"null" {
                aside.bury(broken("standby", "it is not an object", raw));
            }
            Ok(())
        }
        // The items will all be read again.
        _ if is_late => reader.pass_over(),
        _ => {
            let is_list = items(reader, key, Via::Live, &context, out)?;
            has_items |= is_list;
            if is_list { Ok(()) } else { facts.read_key(reader, key) }
        }
    })?;
    if is_late {
        out.go_back(&mark);
        items_again(&mut again, &context, out)?;
    }
    out.more_broken += aside.more_broken;
    aside.broken.into_iter().for_each(|broken| out.bury(broken));
    facts.has_items |= has_items;
    Ok(is_object)
}

/// Reads a value that is itself what should stand in its list of preferences.
pub(super) fn lone_preference<'a>(
    mut reader: Reader<'a>,
    entry: &Entry<'a>,
    out: &mut Parsed<'a>,
) -> Read<()> {
    let (mut context, mut item) = (Context::of(entry), reader);
    // What is broken in it was noticed when it was read first.
    let mut noticed = Parsed::default();
    reader.object(|reader, key| match key {
        b"metadata" => reader.object(|reader, key| context.read_metadata_key(reader, key)).map(|_| ()),
        b"contacts" => context.read_contacts(reader, &mut noticed),
        _ => reader.pass_over(),
    })?;
    preference::read(&mut item, &context, true, out).map(|_| ())
}

/// Reads the items of a value once more, now that all of its context is known.
fn items_again<'a>(reader: &mut Reader<'a>, context: &Context<'a>, out: &mut Parsed<'a>) -> Read<()> {
    let mut read = |reader: &mut Reader<'a>, key: &[u8], via: Via| {
        if items(reader, key, via, context, out)? { Ok(()) } else { reader.pass_over() }
    };
    reader.object(|reader, key| match key {
        b"standby" => reader.object(|reader, key| read(reader, key, Via::Standby)).map(|_| ()),
        _ => read(reader, key, Via::Live),
    })?;
    Ok(())
}

/// Reads the list that `key` names; `false`, and nothing is read, when it names none.
fn items<'a>(
    reader: &mut Reader<'a>,
    key: &[u8],
    via: Via,
    context: &Context<'a>,
    out: &mut Parsed<'a>,
) -> Read<bool> {
    let mut is_first = true;
    match key {
        b"messages" => each_item(reader, out, "message", |reader, out| {
            message::read(reader, context, via, std::mem::take(&mut is_first), out)
        })?,
        b"statuses" => each_item(reader, out, "status", |reader, out| {
            status::read(reader, context, std::mem::take(&mut is_first), out)
        })?,
        b"user_preferences" => each_item(reader, out, "preference", |reader, out| {
            preference::read(reader, context, std::mem::take(&mut is_first), out)
        })?,
        b"history" => each_item(reader, out, "history", |reader, out| history::read(reader, context, out))?,
        b"message_echoes" => each_item(reader, out, "echo", |reader, out| {
            out.ignore(Ignored::Echo);
            reader.skip().map(|_| true)
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Whether the item that was just read is the only one of its list.
pub(super) fn is_sole(reader: &Reader<'_>, is_first: bool) -> bool {
    let mut ahead = *reader;
    is_first && ahead.peek() == Some(b']')
}

fn last_digits(number: &str) -> impl Iterator<Item = u8> {
    number.bytes().rev().filter(u8::is_ascii_digit).take(4)
}
