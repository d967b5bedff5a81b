//! `history[]`: conversations from before the number came to the platform.

use super::body::each_item;
use super::contacts::Identifiers;
use super::event::{Ignored, Parsed, Via};
use super::fields::take;
use super::json::{Read, Reader};
use super::message::Message;
use super::value::Context;
use crate::identity::{Identifier, Person};

/// Reads one chunk and says what it tells; `false` when it is no object.
pub(super) fn read<'a>(reader: &mut Reader<'a>, context: &Context<'a>, out: &mut Parsed<'a>) -> Read<bool> {
    reader.object(|reader, key| match key {
        b"threads" => each_item(reader, out, "thread", |reader, out| thread(reader, context, out)),
        b"errors" => {
            // The business chose not to share its history, for example.
            out.ignore(Ignored::ValueError);
            reader.pass_over()
        }
        _ => reader.pass_over(),
    })
}

/// A thread is the conversation with one person, whose number its `id` is.
fn thread<'a>(reader: &mut Reader<'a>, context: &Context<'a>, out: &mut Parsed<'a>) -> Read<bool> {
    let mut identifiers = Identifiers::default();
    let mut lists = Vec::new();
    let is_object = reader.object(|reader, key| match key {
        b"id" => take(reader, &mut identifiers.phone),
        b"context" => {
            let mut inner = Identifiers::default();
            reader.object(|reader, key| inner.read_contact_key(reader, key))?;
            if identifiers.phone.is_empty() {
                identifiers.phone = inner.phone;
            }
            identifiers.user_id = inner.user_id;
            identifiers.parent_user_id = inner.parent_user_id;
            Ok(())
        }
        b"messages" => {
            lists.push(*reader);
            reader.pass_over()
        }
        _ => reader.pass_over(),
    })?;
    let person = context.contacts.person(&identifiers, false);
    for mut list in lists {
        each_item(&mut list, out, "message", |reader, out| message(reader, &person, context, out))?;
    }
    Ok(is_object)
}

fn message<'a>(
    reader: &mut Reader<'a>,
    thread: &Person,
    context: &Context<'a>,
    out: &mut Parsed<'a>,
) -> Read<bool> {
    let mut message = Message::default();
    let (is_object, raw) = reader.spanned(|reader| message.read(reader))?;
    if !is_object {
        return Ok(false);
    }
    let mut person = context.contacts.person(&message.from, false);
    if message.is_to(thread) || !is_by(&person, thread) {
        // There are two parties to a thread: this is the business.
        out.ignore(Ignored::Echo);
        return Ok(true);
    }
    for identifier in thread.identifiers() {
        person.add(identifier.clone());
    }
    message.tell(person, context, Via::History, raw, out);
    Ok(true)
}

/// Whether `author` is the person of `thread`, as far as both are known. Numbers decide: the business is known by its own,
/// and what it wrote may carry the person's user id. Whoever shows only a user id is the person.
fn is_by(author: &Person, thread: &Person) -> bool {
    let has = |identifier: &Identifier| thread.has(identifier);
    match (author.phone(), thread.phone()) {
        (Some(author), Some(_)) => has(&Identifier::Phone(author.clone())),
        (None, _) if author.bsuid().is_some() => true,
        _ => thread.is_empty() || author.identifiers().iter().any(has),
    }
}
