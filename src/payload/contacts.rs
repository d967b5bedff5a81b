//! Who the people of a change are: `contacts[]`, matched to messages and statuses by identifier, never by
//! place (Meta lists several users in one array, and leaves some out).

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::HashMap;

use smallvec::SmallVec;

use super::fields::take;
use super::json::{Read, Reader};
use crate::identity::{Identifier, Person};

/// So many contacts are looked at before an index is made.
const FEW: usize = 8;

/// The identifiers of one item of a webhook, or of one contact, as they stand there; empty when missing.
#[derive(Debug, Clone, Default)]
pub(super) struct Identifiers<'a> {
    /// A phone number, by whatever name the item calls it. May hold a BSUID.
    pub(super) phone: Cow<'a, str>,
    /// The business-scoped user id.
    pub(super) user_id: Cow<'a, str>,
    /// The parent id.
    pub(super) parent_user_id: Cow<'a, str>,
}

impl<'a> Identifiers<'a> {
    fn texts(&self) -> [&str; 3] {
        [&self.phone, &self.user_id, &self.parent_user_id]
    }

    /// Adds what is readable among them to `person`.
    pub(super) fn add_to(&self, person: &mut Person) {
        for text in self.texts() {
            // Most items repeat what is known already, in the same characters.
            let known = || person.identifiers().iter().any(|identifier| identifier.as_str() == text);
            if !text.is_empty() && !known() {
                person.add_text(text);
            }
        }
    }

    /// Reads the key of a `contacts[]` item, or of the like of it.
    pub(super) fn read_contact_key(&mut self, reader: &mut Reader<'a>, key: &[u8]) -> Read<()> {
        match key {
            b"wa_id" => take(reader, &mut self.phone),
            b"user_id" => take(reader, &mut self.user_id),
            b"parent_user_id" => take(reader, &mut self.parent_user_id),
            _ => reader.pass_over(),
        }
    }
}

/// The contacts of one change.
#[derive(Debug, Default)]
pub(super) struct Contacts<'a> {
    all: SmallVec<[Identifiers<'a>; 1]>,
    /// Where the last one was found. Messages often come in the order of their contacts, so the search goes on
    /// from there; what is found is checked all the same.
    last: Cell<usize>,
    index: OnceCell<HashMap<Identifier, usize>>,
}

impl<'a> Contacts<'a> {
    /// Reads one item of `contacts[]`; `false` when it is no object.
    pub(super) fn read_item(&mut self, reader: &mut Reader<'a>) -> Read<bool> {
        let mut contact = Identifiers::default();
        let is_object = reader.object(|reader, key| contact.read_contact_key(reader, key))?;
        if is_object {
            self.all.push(contact);
            self.index = OnceCell::new();
        }
        Ok(is_object)
    }

    /// The person that `identifiers` name, with what their contact entry adds.
    ///
    /// Where they name nobody, and `is_sole` says that the item is the only one of its list, the only contact
    /// there is must be meant.
    pub(super) fn person(&self, identifiers: &Identifiers<'a>, is_sole: bool) -> Person {
        let mut person = Person::new();
        identifiers.add_to(&mut person);
        if person.is_empty() {
            if let ([contact], true) = (self.all.as_slice(), is_sole) {
                contact.add_to(&mut person);
            }
            return person;
        }
        let mut added = None;
        for text in identifiers.texts() {
            let place = self.find(text);
            if let Some(contact) = place.filter(|_| place != added).and_then(|place| self.all.get(place)) {
                contact.add_to(&mut person);
                added = place;
            }
        }
        person
    }

    /// The place of the contact that has the identifier `text`, in any spelling.
    fn find(&self, text: &str) -> Option<usize> {
        if text.is_empty() || self.all.is_empty() {
            return None;
        }
        let from = self.last.get();
        let nearby = (0..FEW.min(self.all.len())).map(|step| (from + step) % self.all.len());
        let mut exact = nearby.filter(|place| self.has(*place, text));
        let place = exact.next().or_else(|| {
            let identifier = Identifier::read(text)?.canonical();
            self.index().get(&identifier).copied()
        })?;
        self.last.set(place);
        Some(place)
    }

    fn has(&self, place: usize, text: &str) -> bool {
        self.all.get(place).is_some_and(|contact| contact.texts().contains(&text))
    }

    fn index(&self) -> &HashMap<Identifier, usize> {
        self.index.get_or_init(|| {
            let mut index = HashMap::new();
            for (place, contact) in self.all.iter().enumerate() {
                for identifier in contact.texts().into_iter().filter_map(Identifier::read) {
                    index.entry(identifier.canonical()).or_insert(place);
                }
            }
            index
        })
    }
}
