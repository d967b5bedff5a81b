//! `messages[]`: what a person said.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::body::broken;
use super::contacts::Identifiers;
use super::event::{Event, Ignored, Known, Parsed, Said, Via};
use super::fields::{non_empty, take};
use super::json::{Read, Reader};
use super::system::System;
use super::time;
use super::value::{Context, is_sole};
use super::words::Spoken;
use crate::identity::{Identifier, Person};

/// A message as it stands in the body.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) from: Identifiers<'a>,
    /// Whom the business wrote to, in its own messages.
    to: Cow<'a, str>,
    pub(super) id: Cow<'a, str>,
    pub(super) at: Option<i64>,
    /// What `type` says.
    kind: Kind,
    /// What the other keys show, for a message without a `type`.
    looks_like: Kind,
    group_id: Cow<'a, str>,
    replies_to: Cow<'a, str>,
    forwarded: bool,
    spoken: Spoken<'a>,
    shared: Shared<'a>,
    /// Rare, and large: kept aside so that the other messages stay small.
    system: Option<Box<System<'a>>>,
}

/// What sort of message it is, as far as that matters.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `type` is missing, or says two things.
    #[default]
    Unsaid,
    /// One that may hold words, or a known one that never does (a place, an order).
    Spoken,
    Contacts,
    Reaction,
    Unsupported,
    System,
    Unknown,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name {
            "" => Self::Unsaid,
            "text" | "button" | "interactive" | "image" | "video" | "document" | "audio" | "voice"
            | "sticker" | "edit" | "location" | "order" | "product" | "request_welcome"
            | "media_placeholder" => Self::Spoken,
            "contacts" => Self::Contacts,
            "reaction" => Self::Reaction,
            "unsupported" | "revoke" => Self::Unsupported,
            "system" => Self::System,
            _ => Self::Unknown,
        }
    }
}

/// The contact cards of a message of type `contacts`.
#[derive(Debug, Default)]
struct Shared<'a> {
    /// Whether they answer the business's request for the person's own number.
    is_answer: bool,
    phones: usize,
    phone: Cow<'a, str>,
    wa_id: Cow<'a, str>,
}

/// Reads one message and says what it tells; `false` when it is no object.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    context: &Context<'a>,
    via: Via,
    is_first: bool,
    out: &mut Parsed<'a>,
) -> Read<bool> {
    let mut message = Message::default();
    let (is_object, raw) = reader.spanned(|reader| message.read(reader))?;
    if is_object {
        let person = context.contacts.person(&message.from, is_sole(reader, is_first));
        message.tell(person, context, via, raw, out);
    }
    Ok(is_object)
}

impl<'a> Message<'a> {
    /// Reads what stands there into an empty message; `false` when it is no object.
    pub(super) fn read(&mut self, reader: &mut Reader<'a>) -> Read<bool> {
        reader.object(|reader, key| self.read_key(reader, key))
    }

    /// Whether it was written to `person`.
    pub(super) fn is_to(&self, person: &Person) -> bool {
        Identifier::read(&self.to).is_some_and(|to| person.has(&to))
    }

    /// Turns the message of `person` into events.
    pub(super) fn tell(
        self,
        person: Person,
        context: &Context<'a>,
        via: Via,
        raw: &'a [u8],
        out: &mut Parsed<'a>,
    ) {
        if !self.group_id.is_empty() {
            return out.ignore(Ignored::Group);
        }
        if context.is_own(&self.from.phone, &person) {
            return out.ignore(Ignored::Echo);
        }
        let kind = match self.kind {
            Kind::Unsaid if self.spoken.is_empty() => self.looks_like,
            kind => kind,
        };
        match kind {
            Kind::Reaction => out.ignore(Ignored::Reaction),
            // Where it holds words all the same, they count.
            Kind::Unsupported if self.spoken.is_empty() => out.ignore(Ignored::Unsupported),
            Kind::System => {
                let id = id_or_stand_in(self.id, raw);
                self.system.unwrap_or_default().tell(&self.from, id, self.at, context, raw, out);
            }
            Kind::Unknown | Kind::Unsaid if self.spoken.is_empty() => {
                out.ignore(Ignored::Unknown);
            }
            _ if person.is_empty() && !self.spoken.is_empty() => {
                out.bury(broken("message", "nothing in it says who wrote it", raw));
            }
            _ if person.is_empty() => out.ignore(Ignored::Unknown),
            Kind::Contacts => match self.shared.with_own_number(&person) {
                Some(person) => {
                    out.events.push(Event::Known(Known { route: context.route.clone(), person }));
                }
                None => self.tell_words(person, context, via, raw, out),
            },
            _ => self.tell_words(person, context, via, raw, out),
        }
    }

    fn tell_words(
        self,
        person: Person,
        context: &Context<'a>,
        via: Via,
        raw: &'a [u8],
        out: &mut Parsed<'a>,
    ) {
        let message_id = id_or_stand_in(self.id, raw);
        let replies_to = non_empty(self.replies_to);
        let said = |person, words| {
            Event::Said(Said {
                route: context.route.clone(),
                person,
                message_id: message_id.clone(),
                at: self.at,
                via,
                words,
                replies_to: replies_to.clone(),
                forwarded: self.forwarded,
            })
        };
        let mut readings = self.spoken.into_readings();
        let first = readings.next().unwrap_or(super::Words::Nothing);
        let others: Vec<_> = readings.collect();
        let same_person = if others.is_empty() { Person::new() } else { person.clone() };
        out.events.push(said(person, first));
        out.events.extend(others.into_iter().map(|words| said(same_person.clone(), words)));
    }

    fn read_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"from" => take(reader, &mut self.from.phone),
            b"to" => take(reader, &mut self.to),
            b"from_user_id" => take(reader, &mut self.from.user_id),
            b"from_parent_user_id" => take(reader, &mut self.from.parent_user_id),
            b"id" => take(reader, &mut self.id),
            b"timestamp" => {
                self.at = time::unix_milliseconds(&reader.text()?).or(self.at);
                Ok(())
            }
            b"type" => {
                let kind = Kind::of(&reader.text()?);
                let agrees = self.kind == Kind::Unsaid || self.kind == kind;
                self.kind = if agrees { kind } else { Kind::Unsaid };
                Ok(())
            }
            b"group_id" => take(reader, &mut self.group_id),
            b"context" => self.read_context(reader),
            b"origin" => {
                self.shared.is_answer |= reader.text()? == "contact_request";
                Ok(())
            }
            b"contacts" => {
                self.looks_like = Kind::Contacts;
                self.shared.read(reader)
            }
            b"system" => {
                self.looks_like = Kind::System;
                self.system.get_or_insert_default().read(reader)
            }
            b"reaction" => {
                self.looks_like = Kind::Reaction;
                reader.pass_over()
            }
            b"unsupported" | b"revoke" => {
                self.looks_like = Kind::Unsupported;
                reader.pass_over()
            }
            b"location" | b"order" => {
                self.looks_like = Kind::Spoken;
                reader.pass_over()
            }
            b"edit" => self.read_edit(reader),
            _ if self.spoken.read_key(reader, key)? => Ok(()),
            _ => reader.pass_over(),
        }
    }

    fn read_context(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.object(|reader, key| match key {
            b"id" => take(reader, &mut self.replies_to),
            b"forwarded" | b"frequently_forwarded" => {
                self.forwarded |= reader.flag()?;
                Ok(())
            }
            _ => reader.pass_over(),
        })?;
        Ok(())
    }

    fn read_edit(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.object(|reader, key| {
            if key != b"message" {
                return reader.pass_over();
            }
            reader
                .object(|reader, key| match self.spoken.read_key(reader, key)? {
                    true => Ok(()),
                    false => reader.pass_over(),
                })
                .map(|_| ())
        })?;
        Ok(())
    }
}

impl<'a> Shared<'a> {
    fn read(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.array(|reader| reader.object(|reader, key| self.read_card_key(reader, key)).map(|_| ()))?;
        Ok(())
    }

    fn read_card_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"origin" => {
                self.is_answer |= reader.text()? == "contact_request";
                Ok(())
            }
            b"phones" => reader.array(|reader| self.read_phone(reader)).map(|_| ()),
            _ => reader.pass_over(),
        }
    }

    fn read_phone(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        self.phones += 1;
        reader.object(|reader, key| match key {
            b"phone" => take(reader, &mut self.phone),
            b"wa_id" => take(reader, &mut self.wa_id),
            _ => reader.pass_over(),
        })?;
        Ok(())
    }

    /// `person` with the number that they shared when they were asked for theirs. `None` when it may be
    /// somebody else's: not asked for, one of several, or beside another number that is known.
    fn with_own_number(&self, person: &Person) -> Option<Person> {
        let phone = Identifier::read(&self.phone)
            .or_else(|| Identifier::read(&self.wa_id))
            .filter(|_| self.is_answer && self.phones == 1)?;
        if person.phone().is_some() && !person.has(&phone) {
            return None;
        }
        let mut person = person.clone();
        person.add(phone);
        (person.identifiers().len() > 1).then_some(person)
    }
}

/// The id, or where Meta left it out a stand-in made from the item's bytes: a second delivery has the same
/// one, another item has another.
pub(super) fn id_or_stand_in<'a>(id: Cow<'a, str>, raw: &[u8]) -> Cow<'a, str> {
    if id.is_empty() { format!("missing-{}", hex::encode(Sha256::digest(raw))).into() } else { id }
}
