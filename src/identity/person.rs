use std::fmt;

use super::{Bsuid, Phone};

/// One identifier of a person.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identifier {
    /// A phone number.
    Phone(Phone),
    /// A business-scoped user id, the person's own or a parent id.
    Bsuid(Bsuid),
}

impl Identifier {
    /// Reads an identifier of a webhook wherever it stands: a BSUID in a phone's place is a BSUID. Missing and
    /// empty are alike; `None` also for what is neither. What people type is read more strictly, by
    /// [`Self::read_typed`].
    pub fn read(text: &str) -> Option<Self> {
        Bsuid::parse(text).map(Self::Bsuid).or_else(|| Phone::from_webhook(text).map(Self::Phone))
    }

    /// The identifier's characters. Personal data: not for logs.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Phone(phone) => phone.as_str(),
            Self::Bsuid(bsuid) => bsuid.as_str(),
        }
    }

    /// The spelling that stands for all spellings of this identifier.
    pub fn canonical(&self) -> Self {
        match self {
            Self::Phone(phone) => Self::Phone(phone.canonical()),
            Self::Bsuid(_) => self.clone(),
        }
    }

    /// Whether both are spellings of one identifier.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Phone(one), Self::Phone(other)) => one.is_same_as(other),
            (Self::Bsuid(one), Self::Bsuid(other)) => one == other,
            _ => false,
        }
    }

    /// Every spelling, the canonical one first.
    pub fn spellings(&self) -> Vec<Self> {
        match self {
            Self::Phone(phone) => phone.spellings().into_iter().map(Self::Phone).collect(),
            Self::Bsuid(_) => vec![self.clone()],
        }
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Phone(_) => "Phone(redacted)",
            Self::Bsuid(_) => "Bsuid(redacted)",
        })
    }
}

/// Somebody, known by one or more identifiers, in the order in which they were added.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Person {
    identifiers: Vec<Identifier>,
}

impl Person {
    /// Nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `text` says, unless it is empty, unreadable or known already.
    pub fn add_text(&mut self, text: &str) {
        if let Some(identifier) = Identifier::read(text) {
            self.add(identifier);
        }
    }

    /// Adds an identifier; another spelling of a known phone adds nothing.
    pub fn add(&mut self, identifier: Identifier) {
        if !self.has(&identifier) {
            self.identifiers.push(identifier);
        }
    }

    /// Whether no identifier is known.
    pub fn is_empty(&self) -> bool {
        self.identifiers.is_empty()
    }

    /// The identifiers as they were given.
    pub fn identifiers(&self) -> &[Identifier] {
        &self.identifiers
    }

    /// Whether `identifier`, in any spelling, is one of this person's.
    pub fn has(&self, identifier: &Identifier) -> bool {
        self.identifiers.iter().any(|known| known.is_same_as(identifier))
    }

    /// The phone number, exactly as Meta wrote it: the form to answer to.
    pub fn phone(&self) -> Option<&Phone> {
        self.identifiers.iter().find_map(|identifier| match identifier {
            Identifier::Phone(phone) => Some(phone),
            Identifier::Bsuid(_) => None,
        })
    }

    /// The business-scoped user id, the person's own before a parent id.
    pub fn bsuid(&self) -> Option<&Bsuid> {
        let mut ids = self.identifiers.iter().filter_map(|identifier| match identifier {
            Identifier::Bsuid(bsuid) => Some(bsuid),
            Identifier::Phone(_) => None,
        });
        let first = ids.next()?;
        if first.is_parent() { ids.find(|id| !id.is_parent()).or(Some(first)) } else { Some(first) }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({} identifiers, redacted)", self.identifiers.len())
    }
}

impl FromIterator<Identifier> for Person {
    fn from_iter<I: IntoIterator<Item = Identifier>>(identifiers: I) -> Self {
        let mut person = Self::new();
        for identifier in identifiers {
            person.add(identifier);
        }
        person
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(texts: &[&str]) -> Person {
        let mut person = Person::new();
        texts.iter().for_each(|text| person.add_text(text));
        person
    }

    #[test]
    fn a_bsuid_in_a_phones_place_is_a_bsuid() {
        let person = person(&["MX.900", "", "  "]);
        assert!(person.phone().is_none());
        assert_eq!(person.bsuid().unwrap().as_str(), "MX.900");
        assert_eq!(person.identifiers().len(), 1);
    }

    #[test]
    fn another_spelling_of_the_phone_adds_nothing_and_the_first_is_kept() {
        let person = person(&["5215512345678", "525512345678", "MX.ENT.1", "MX.2"]);
        assert_eq!(person.identifiers().len(), 3);
        assert_eq!(person.phone().unwrap().as_str(), "5215512345678");
        assert_eq!(person.bsuid().unwrap().as_str(), "MX.2");
        assert!(person.has(&Identifier::read("525512345678").unwrap()));
    }
}
