//! Messages that were sent against the list, to be looked at.

use std::fmt;

use serde::Serialize;

use crate::{
    identity::{Identifier, Person},
    ledger::{
        EntryId, Ledger, LedgerError,
        connection::read,
        scripts,
        stream::{Entry, time_of},
    },
};

/// A message that was sent to somebody who had refused it. Personal data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Breach {
    /// The id of its entry.
    pub id: String,
    /// When it was found, unix milliseconds.
    pub found_at: i64,
    /// When it was sent, unix milliseconds.
    pub sent_at: i64,
    /// Since when the list had said no, unix milliseconds; `None` for a list from before, of which nobody knows.
    pub since: Option<i64>,
    /// To whom, as Meta wrote it.
    pub identifier: String,
    /// The scope that they had refused.
    pub scope: String,
    /// The template; empty when it is not known.
    pub template: String,
    /// The topic; empty when it is not known.
    pub topic: String,
    /// The campaign; empty when it is not known.
    pub campaign: String,
    /// `marketing` or `utility`, as Meta's price says; empty when it did not.
    pub category: String,
    /// The message's id.
    pub message_id: String,
}

impl fmt::Debug for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Breach({}, {}, {})", self.id, self.scope, self.template)
    }
}

impl Ledger {
    /// The newest breaches that were found since `from` (unix milliseconds), newest first, at most `at_most`; those older
    /// than the entry `before` where it is given.
    pub async fn breaches(
        &self,
        business: &str,
        from: i64,
        before: Option<&EntryId>,
        at_most: usize,
    ) -> Result<Vec<Breach>, LedgerError> {
        let key = self.keys(business)?.breaches();
        let found = self.newest_entries(&key, before, from, at_most).await?;
        Ok(found.into_iter().map(Breach::new).collect())
    }

    /// One breach; `None` when it is not kept any more.
    pub async fn breach(&self, business: &str, id: &EntryId) -> Result<Option<Breach>, LedgerError> {
        Ok(self.entry(&self.keys(business)?.breaches(), id).await?.map(Breach::new))
    }
}

impl Ledger {
    /// Forgets what is known of sends to a person, by any spelling of any identifier: breaches, what waits to be
    /// judged or attributed, the last templates. Returns how many entries went. The counts hold nobody.
    pub async fn erase_sends(&self, business: &str, person: &Person) -> Result<u64, LedgerError> {
        #[derive(Serialize)]
        struct Wire {
            c: Vec<String>,
            m: Vec<String>,
        }
        let keys = self.keys(business)?;
        let text = |identifier: &Identifier| identifier.as_str().to_owned();
        let identifiers = person.identifiers();
        if identifiers.is_empty() {
            return Ok(0);
        }
        let wire = Wire {
            c: identifiers.iter().map(|one| text(&one.canonical())).collect(),
            m: identifiers.iter().flat_map(Identifier::spellings).map(|one| text(&one)).collect(),
        };
        let [waiting, order] = keys.waiting();
        let mut names = vec![keys.breaches(), keys.open(), waiting, order];
        let today = super::day_of(super::unix_millis());
        let first = today - i64::from(self.options.insight.sends_days);
        names.extend((first..=today + 1).flat_map(|day| {
            let [_, _, last, marketing] = keys.sends_of(day);
            [last, marketing]
        }));
        let args = vec![serde_json::to_string(&wire).map_err(|_| LedgerError::Record("person"))?];
        let call = self.scripts.erase_sends.call(names, args);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        read(replies.pop().ok_or(LedgerError::Record("reply"))?, "erasure")
    }
}

impl Breach {
    fn new((id, fields): Entry) -> Self {
        let mut breach = Self { found_at: time_of(&id), id, ..Self::default() };
        for (name, value) in fields {
            match name.as_str() {
                "identifier" => breach.identifier = value,
                "scope" => breach.scope = value,
                "since" => breach.since = value.parse().ok().filter(|since| *since > 0),
                "sent" => breach.sent_at = value.parse().unwrap_or(0),
                "template" => breach.template = value,
                "topic" => breach.topic = value,
                "campaign" => breach.campaign = value,
                "category" => breach.category = value,
                "message" => breach.message_id = value,
                _ => {}
            }
        }
        breach
    }
}
