//! `system` messages: a person changed number or user id.

use std::borrow::Cow;

use super::body::broken;
use super::contacts::Identifiers;
use super::event::{Event, Ignored, Known, Moved, Parsed};
use super::fields::take;
use super::json::{Read, Reader};
use super::value::Context;
use crate::identity::{Bsuid, Identifier, Person};

/// The `system` object, under its present and its older names.
#[derive(Debug, Default)]
pub(super) struct System<'a> {
    kind: Cow<'a, str>,
    /// Who they are now: `wa_id`, `user_id`, `parent_user_id`.
    now: Identifiers<'a>,
    /// The new number by its older name.
    new_wa_id: Cow<'a, str>,
    /// Who they were: `customer`, `previous_user_id`, `previous_parent_user_id`.
    before: Identifiers<'a>,
    /// What WhatsApp shows: "User … changed from … to …".
    shown: Cow<'a, str>,
}

impl<'a> System<'a> {
    pub(super) fn read(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.object(|reader, key| match key {
            b"type" => take(reader, &mut self.kind),
            b"body" => take(reader, &mut self.shown),
            b"new_wa_id" => take(reader, &mut self.new_wa_id),
            b"customer" => take(reader, &mut self.before.phone),
            b"previous_user_id" => take(reader, &mut self.before.user_id),
            b"previous_parent_user_id" => take(reader, &mut self.before.parent_user_id),
            _ => self.now.read_contact_key(reader, key),
        })?;
        Ok(())
    }

    /// Turns it into an event; `sender` is what the message says about its sender, who is the person as they
    /// were before.
    pub(super) fn tell(
        &self,
        sender: &Identifiers<'a>,
        message_id: Cow<'a, str>,
        at: Option<i64>,
        context: &Context<'a>,
        raw: &'a [u8],
        out: &mut Parsed<'a>,
    ) {
        if !self.is_move() {
            return out.ignore(Ignored::System);
        }
        let mut to = Person::new();
        self.now.add_to(&mut to);
        to.add_text(&self.new_wa_id);
        let mut before = Person::new();
        sender.add_to(&mut before);
        self.before.add_to(&mut before);
        if self.before.user_id.is_empty() {
            self.shown_before().into_iter().for_each(|shown| before.add(Identifier::Bsuid(shown)));
        }
        // What did not change (a parent id, a number that stays) is in both; it is not left behind.
        let from: Person = before.identifiers().iter().filter(|old| !to.has(old)).cloned().collect();
        if from.is_empty() && to.identifiers().len() > 1 {
            // A new id beside a number that stays: who they were is known by the number.
            return out.events.push(Event::Known(Known { route: context.route.clone(), person: to }));
        }
        if from.is_empty() || to.is_empty() {
            return out.bury(broken("system", "it does not say who changed into whom", raw));
        }
        out.events.push(Event::Moved(Moved { route: context.route.clone(), from, to, message_id, at }));
    }

    /// The user id of before, from the end of what is shown: Meta has told it otherwise only since August 2026. The
    /// person's name, which may be anything, stands before it.
    fn shown_before(&self) -> Option<Bsuid> {
        let (before, after) = self.shown.trim_end_matches('.').rsplit_once(" to ")?;
        let (_, before) = before.rsplit_once(" from ")?;
        let is_so = !self.now.user_id.is_empty() && after.trim() == self.now.user_id.trim();
        Bsuid::parse(before).filter(|_| is_so)
    }

    fn is_move(&self) -> bool {
        match self.kind.as_ref() {
            "user_changed_number" | "customer_changed_number" | "user_changed_user_id" => true,
            // Without a type, both ends have to be there.
            "" => {
                let is_new = !(self.now.user_id.is_empty() && self.new_wa_id.is_empty());
                is_new && !(self.before.user_id.is_empty() && self.before.phone.is_empty())
            }
            _ => false,
        }
    }
}
