//! `user_preferences[]`: a person switched marketing off or on in WhatsApp's own settings.

use super::body::broken;
use super::contacts::Identifiers;
use super::event::{Event, Ignored, Parsed, Preference, PreferenceValue};
use super::json::{Read, Reader};
use super::time;
use super::value::{Context, is_sole};

/// The one category that Meta has.
const MARKETING: &str = "marketing_messages";

#[derive(Debug, Default)]
struct Item<'a> {
    user: Identifiers<'a>,
    value: Option<PreferenceValue>,
    is_other_category: bool,
    at: Option<i64>,
}

/// Reads one preference and says what it tells; `false` when it is no object.
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
            b"value" => {
                let value = value(&reader.text()?);
                if self.value != Some(PreferenceValue::Stop) {
                    self.value = value.or(self.value);
                }
                Ok(())
            }
            b"category" => {
                let category = reader.text()?;
                self.is_other_category = !(category.is_empty() || category == MARKETING);
                Ok(())
            }
            b"timestamp" => {
                self.at = time::unix_milliseconds(&reader.text()?).or(self.at);
                Ok(())
            }
            _ => self.user.read_contact_key(reader, key),
        }
    }

    fn tell(self, context: &Context<'a>, is_sole: bool, raw: &'a [u8], out: &mut Parsed<'a>) {
        let Some(value) = self.value.filter(|_| !self.is_other_category) else {
            return out.ignore(Ignored::Unknown);
        };
        let person = context.contacts.person(&self.user, is_sole);
        if person.is_empty() {
            return out.bury(broken("preference", "nothing in it says whose it is", raw));
        }
        let route = context.route.clone();
        out.events.push(Event::Preference(Preference { route, person, value, at: self.at }));
    }
}

fn value(text: &str) -> Option<PreferenceValue> {
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    if is("stop") {
        Some(PreferenceValue::Stop)
    } else if is("resume") {
        Some(PreferenceValue::Resume)
    } else if is("signup") {
        Some(PreferenceValue::Signup)
    } else {
        None
    }
}
