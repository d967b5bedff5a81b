//! What a body concerns, for passing it on.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

use crate::{
    identity::{Identifier, Person},
    payload::Event,
    relay::Concerns,
};

/// Counts the events of one body.
#[derive(Debug, Default)]
pub(super) struct Tally {
    events: usize,
    decisions: usize,
    others: bool,
    person: Option<u64>,
}

impl Tally {
    /// An event of a number that no business owns.
    pub(super) fn other(&mut self) {
        self.events += 1;
        self.others = true;
    }

    /// An event of a business; `is_decision` says whether it was an opt-out, a return, or what else changes the list.
    pub(super) fn count(&mut self, event: &Event<'_>, is_decision: bool) {
        self.events += 1;
        self.decisions += usize::from(is_decision);
        if self.person.is_none() {
            self.person = subject(event);
        }
    }

    pub(super) fn of(&self, businesses: &[&str]) -> Concerns {
        Concerns {
            businesses: businesses.iter().map(|slug| (*slug).to_owned()).collect(),
            others: self.others,
            only_decisions: self.events > 0 && self.events == self.decisions,
            person: self.person.unwrap_or_default(),
        }
    }
}

/// The same number for events about the same person, on every replica.
fn subject(event: &Event<'_>) -> Option<u64> {
    let of = |person: &Person| person.identifiers().first().map(|one| one.canonical());
    let identifier = match event {
        Event::Said(said) => of(&said.person),
        Event::Preference(preference) => of(&preference.person),
        Event::Refused(refused) => of(&refused.person),
        Event::Moved(moved) => of(&moved.from),
        Event::Known(known) => of(&known.person),
        Event::Status(status) => Identifier::read(&status.recipient).map(|one| one.canonical()),
        Event::Template(_) | Event::Account(_) | Event::Ignored(_) => None,
    }?;
    let mut hasher = FxHasher::default();
    identifier.as_str().hash(&mut hasher);
    // The low bits of this hash say little.
    Some(hasher.finish() >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::parse;

    fn concerns(messages: &str) -> Concerns {
        let body = format!(
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"1","changes":[{{"field":"messages","value":{{
            "metadata":{{"phone_number_id":"2"}},"messages":[{messages}]}}}}]}}]}}"#
        );
        let mut tally = Tally::default();
        for event in &parse(body.as_bytes()).events {
            tally.count(event, matches!(event, Event::Said(said) if said.message_id == "stop"));
        }
        tally.of(&["acme"])
    }

    fn message(from: &str, id: &str) -> String {
        format!(r#"{{"from":"{from}","id":"{id}","timestamp":"1","type":"text","text":{{"body":"x"}}}}"#)
    }

    #[test]
    fn a_person_is_the_same_in_every_spelling() {
        let one = concerns(&message("5215512345678", "a"));
        assert_eq!(one.person, concerns(&message("525512345678", "b")).person);
        assert_ne!(one.person, concerns(&message("34600111222", "c")).person);
        assert_ne!(one.person, 0);
    }

    #[test]
    fn only_decisions_means_all_of_them_and_at_least_one() {
        let (stop, chat) = (message("34600111222", "stop"), message("34600111222", "chat"));
        assert!(concerns(&stop).only_decisions);
        assert!(!concerns(&chat).only_decisions);
        assert!(!concerns(&format!("{stop},{chat}")).only_decisions);
        assert!(!concerns("").only_decisions);
    }
}
