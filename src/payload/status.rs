//! `statuses[]`: what became of a message that was sent.

use std::borrow::Cow;

use super::body::broken;
use super::contacts::Identifiers;
use super::event::{Event, Ignored, Parsed, Refused, Status};
use super::fields::{non_empty, take};
use super::json::{Read, Reader};
use super::message::id_or_stand_in;
use super::time;
use super::value::{Context, is_sole};

/// "User has stopped marketing messages": the one error that means an opt-out (Meta, "Error codes").
const STOPPED_MARKETING: i64 = 131_050;

#[derive(Debug, Default)]
struct Item<'a> {
    id: Cow<'a, str>,
    status: Cow<'a, str>,
    at: Option<i64>,
    recipient: Identifiers<'a>,
    is_group: bool,
    callback_data: Cow<'a, str>,
    category: Cow<'a, str>,
    error_code: Option<i64>,
    is_refused: bool,
    is_other: bool,
}

/// Reads one status and says what it tells; `false` when it is no object.
pub(super) fn read<'a>(
    reader: &mut Reader<'a>,
    context: &Context<'a>,
    is_first: bool,
    out: &mut Parsed<'a>,
) -> Read<bool> {
    let mut item = Item::default();
    let (is_object, raw) =
        reader.spanned(|reader| reader.object(|reader, key| item.read_key(reader, key)))?;
    if is_object {
        item.tell(context, is_sole(reader, is_first), raw, out);
    }
    Ok(is_object)
}

impl<'a> Item<'a> {
    fn read_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"id" => take(reader, &mut self.id),
            b"status" => take(reader, &mut self.status),
            b"timestamp" => {
                self.at = time::unix_milliseconds(&reader.text()?).or(self.at);
                Ok(())
            }
            b"recipient_id" => take(reader, &mut self.recipient.phone),
            b"recipient_user_id" => take(reader, &mut self.recipient.user_id),
            // Three spellings occur in Meta's pages and in what is received.
            b"parent_recipient_user_id" | b"recipient_parent_user_id" | b"parent_user_id" => {
                take(reader, &mut self.recipient.parent_user_id)
            }
            b"recipient_type" => {
                self.is_group |= reader.text()? == "group";
                Ok(())
            }
            b"recipient_participant_id"
            | b"recipient_participant_user_id"
            | b"recipient_participant_parent_user_id" => {
                self.is_group |= !reader.text()?.is_empty();
                Ok(())
            }
            b"biz_opaque_callback_data" => take(reader, &mut self.callback_data),
            b"pricing" => {
                reader.object(|reader, key| match key {
                    b"category" => take(reader, &mut self.category),
                    _ => reader.pass_over(),
                })?;
                Ok(())
            }
            // Not a message: a payment or a call.
            b"type" => {
                self.is_other |= matches!(&*reader.text()?, "payment" | "call");
                Ok(())
            }
            // What stands between Meta and us may have unwrapped a list of one.
            b"errors" if reader.peek() == Some(b'{') => self.read_error(reader),
            b"errors" => {
                reader.array(|reader| self.read_error(reader))?;
                Ok(())
            }
            _ => reader.pass_over(),
        }
    }

    fn read_error(&mut self, reader: &mut Reader<'a>) -> Read<()> {
        reader.object(|reader, key| {
            if key != b"code" {
                return reader.pass_over();
            }
            let code = reader.text()?.trim().parse::<i64>().ok();
            self.error_code = self.error_code.or(code);
            self.is_refused |= code == Some(STOPPED_MARKETING);
            Ok(())
        })?;
        Ok(())
    }

    fn tell(self, context: &Context<'a>, is_sole: bool, raw: &'a [u8], out: &mut Parsed<'a>) {
        if self.is_refused && !self.is_group {
            let person = context.contacts.person(&self.recipient, is_sole);
            if person.is_empty() {
                out.bury(broken("status", "nothing in it says who refused", raw));
            } else {
                out.events.push(Event::Refused(Refused {
                    route: context.route.clone(),
                    person,
                    message_id: id_or_stand_in(self.id.clone(), raw),
                    at: self.at,
                    callback_data: non_empty(self.callback_data.clone()),
                }));
            }
        } else if self.id.is_empty() {
            return out.bury(broken("status", "it has no message id", raw));
        }
        if self.is_other {
            return out.ignore(Ignored::Unknown);
        }
        out.events.push(Event::Status(Status {
            route: context.route.clone(),
            message_id: self.id,
            status: self.status,
            at: self.at,
            recipient: self.recipient.phone,
            recipient_user_id: self.recipient.user_id,
            callback_data: non_empty(self.callback_data),
            category: non_empty(self.category),
            error_code: self.error_code,
        }));
    }
}
