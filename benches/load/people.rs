//! Invented people who leave, each new, as the ledger is told of them.

use baja::{
    identity::Person,
    intent::Scope,
    ledger::{Act, Change, Evidence, JobKind, Message},
};

use crate::bodies::{PHONE_NUMBER_ID, TIMESTAMP, identifiers, wamid};

/// Changes of people who are new, one after another.
pub struct Leaving {
    /// The number of the next one.
    pub next: usize,
    /// Whether they are told that it is done.
    pub told: bool,
}

impl Leaving {
    pub fn from(first: usize) -> Self {
        Self { next: first, told: false }
    }

    /// As many as one body brings.
    pub fn body(&mut self, size: usize) -> Vec<(&'static str, Change)> {
        (0..size).map(|_| ("default", self.stop())).collect()
    }

    fn stop(&mut self) -> Change {
        let number = self.next;
        self.next += 1;
        let (phone, user_id) = identifiers(number);
        let mut person = Person::new();
        person.add_text(&phone);
        person.add_text(&user_id);
        let message_id = wamid(number);
        let message = self.told.then(|| Message {
            kind: JobKind::Stopped,
            phone_number_id: PHONE_NUMBER_ID.to_owned(),
            to: phone,
            language: "es".to_owned(),
            quote: Some(message_id.clone()),
            expires_at: i64::MAX / 1_000_000,
        });
        Change {
            person,
            act: Act::Stop(Scope::All),
            at: TIMESTAMP * 1000,
            claim: Some(format!("{PHONE_NUMBER_ID}:{message_id}")),
            evidence: Evidence {
                source: "text",
                rule: "es/keyword/baja".to_owned(),
                rules_version: "0.1.0".to_owned(),
                language: "es".to_owned(),
                message_id,
                phone_number_id: PHONE_NUMBER_ID.to_owned(),
                text: "BAJA".to_owned(),
                ..Evidence::default()
            },
            message,
        }
    }
}
