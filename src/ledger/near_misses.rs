//! Near-misses: texts that were likely a stop and not surely one. Kept, bounded, so that somebody can look at
//! them, decide them, and mend the words. What they hold is in `lua/near.lua`. Personal data.

mod operator;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use operator::{Approval, Rejection};

use super::{Ledger, LedgerError, connection::read, keys::digits_of, scripts};
use crate::identity::{Identifier, Person};

/// How many are written with one call.
const CALL: usize = 100;
/// Digits of an id: 64 bits.
const ID_DIGITS: usize = 16;

/// Names a near-miss: 16 lower-case hexadecimal digits that say nothing of the person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NearMissId(String);

impl NearMissId {
    /// The id of what a message says; the same for every delivery of it. `claim` is the change's.
    pub fn of(claim: &str) -> Self {
        Self(digits_of(claim, ID_DIGITS))
    }

    /// The id of what has no claim.
    pub fn random() -> Self {
        Self(format!("{:016x}", rand::random::<u64>()))
    }

    /// Reads an id; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        (text.len() == ID_DIGITS && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a near-miss ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NearMissEnd {
    /// The person answered the question with a stop.
    Yes,
    /// The person answered that messages may go on.
    No,
    /// An operator took it for a stop.
    Approved,
    /// An operator took it for none.
    Rejected,
}

impl NearMissEnd {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// A text that was likely a stop.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NearMiss {
    /// Time of the text, unix milliseconds.
    #[serde(rename = "t")]
    pub at: f64,
    /// Time of the writing by the clock of Redis, unix milliseconds.
    #[serde(rename = "w")]
    pub written_at: f64,
    /// Canonical spellings of the person's identifiers.
    #[serde(rename = "ids")]
    pub canonical: Vec<String>,
    /// The words, at most 256 characters; empty where words are not kept.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// The words as the rules saw them, likewise.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub normalized: String,
    /// What was decided: `ask`.
    pub decision: String,
    /// The rule that fired.
    pub rule: String,
    /// Its language, BCP-47.
    pub language: String,
    /// What would have been refused: `all` or a topic.
    pub scope: String,
    /// The message's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// The number that was written to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone_number_id: String,
    /// 1 when the person was sent the question.
    pub asked: u8,
    /// How it ended; nothing while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<NearMissEnd>,
    /// When, unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<f64>,
    /// Which operator ended it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// That operator's note.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Shows which rule fired and nothing of the person.
impl fmt::Debug for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NearMiss({}, {:?})", self.rule, self.ended)
    }
}

impl NearMiss {
    /// How it ended, in a word: `open` while it did not.
    pub fn state(&self) -> &'static str {
        self.ended.map_or("open", NearMissEnd::as_str)
    }

    /// Whose text it is.
    pub fn person(&self) -> Person {
        self.canonical.iter().filter_map(|one| Identifier::read(one)).collect()
    }
}

/// A near-miss with its name.
#[derive(Debug, Clone)]
pub struct StoredNearMiss {
    /// Its id.
    pub id: NearMissId,
    /// Its place in the list, which grows with each.
    pub place: u64,
    /// The rest.
    pub near_miss: NearMiss,
}

/// What somebody answered to the question.
#[derive(Clone)]
pub struct NearMissAnswer {
    /// Who.
    pub person: Person,
    /// Whether they want to stop.
    pub yes: bool,
    /// When, unix milliseconds.
    pub at: i64,
}

#[derive(Serialize)]
struct WireAnswer {
    ended: NearMissEnd,
    t: i64,
    ids: Vec<String>,
}

impl Ledger {
    /// Keeps near-misses, each once. Returns how many were new.
    pub async fn note_near_misses(
        &self,
        business: &str,
        items: &[(NearMissId, NearMiss)],
    ) -> Result<u64, LedgerError> {
        let keys = self.keys(business)?;
        let most = self.options.near_misses_max;
        if most == 0 {
            return Ok(0);
        }
        let mut new = 0;
        for items in items.chunks(CALL) {
            let mut args = vec![most.to_string(), self.options.audit_max.to_string()];
            for (id, item) in items {
                let record = serde_json::to_string(item).map_err(|_| LedgerError::Record("near-miss"))?;
                args.extend([id.as_str().to_owned(), record]);
            }
            let names =
                vec![keys.near_misses(), keys.near_misses_order(), keys.near_misses_people(), keys.audit()];
            let call = self.scripts.near_note.call(names, args);
            new += self.near_reply::<u64>(call).await?;
        }
        Ok(new)
    }

    /// Ends the near-misses that these people were asked about. Returns how many ended.
    pub async fn answer_near_misses(
        &self,
        business: &str,
        answers: &[NearMissAnswer],
    ) -> Result<u64, LedgerError> {
        let keys = self.keys(business)?;
        let mut ended = 0;
        for answers in answers.chunks(CALL) {
            let args = answers.iter().map(|answer| {
                let word = if answer.yes { NearMissEnd::Yes } else { NearMissEnd::No };
                let wire = WireAnswer { ended: word, t: answer.at, ids: canonical(&answer.person) };
                serde_json::to_string(&wire).map_err(|_| LedgerError::Record("near-miss"))
            });
            let args = args.collect::<Result<Vec<_>, _>>()?;
            let names = vec![keys.near_misses(), keys.near_misses_people()];
            ended += self.near_reply::<u64>(self.scripts.near_answer.call(names, args)).await?;
        }
        Ok(ended)
    }

    /// Near-misses, the newest first: those with a place below `below`, or the newest of all.
    pub async fn near_misses(
        &self,
        business: &str,
        below: Option<u64>,
        at_most: usize,
    ) -> Result<Vec<StoredNearMiss>, LedgerError> {
        let keys = self.keys(business)?;
        let below = below.map_or_else(|| "+inf".to_owned(), |place| place.to_string());
        let names = vec![keys.near_misses(), keys.near_misses_order()];
        let call = self.scripts.near_list.call(names, vec![below, at_most.to_string()]);
        self.stored_near_misses(call).await
    }

    /// The newest near-misses of a person under any of these identifiers, newest first.
    pub async fn near_misses_of(
        &self,
        business: &str,
        person: &Person,
        at_most: usize,
    ) -> Result<Vec<StoredNearMiss>, LedgerError> {
        let keys = self.keys(business)?;
        let names = vec![keys.near_misses(), keys.near_misses_order(), keys.near_misses_people()];
        let args = std::iter::once(at_most.to_string()).chain(canonical(person)).collect();
        self.stored_near_misses(self.scripts.near_of.call(names, args)).await
    }

    async fn stored_near_misses(&self, call: scripts::Call<'_>) -> Result<Vec<StoredNearMiss>, LedgerError> {
        let found: Vec<(String, f64, String)> = self.near_reply(call).await?;
        let stored = |(id, place, record): (String, f64, String)| {
            let near_miss = serde_json::from_str(&record).map_err(|_| LedgerError::Record("near-miss"))?;
            Ok(StoredNearMiss { id: NearMissId(id), place: place as u64, near_miss })
        };
        found.into_iter().map(stored).collect()
    }

    /// Removes every near-miss of a person, under whichever of their known identifiers. Returns how many went.
    pub async fn erase_near_misses(&self, business: &str, person: &Person) -> Result<u64, LedgerError> {
        let keys = self.keys(business)?;
        let mut whose = canonical(person);
        whose.extend(self.records(business, person).await?.into_iter().flat_map(|record| record.canonical));
        whose.sort();
        whose.dedup();
        let names = vec![keys.near_misses(), keys.near_misses_order(), keys.near_misses_people()];
        self.near_reply(self.scripts.near_erase.call(names, whose)).await
    }

    async fn near_reply<T: redis::FromRedisValue>(&self, call: scripts::Call<'_>) -> Result<T, LedgerError> {
        let mut replies = scripts::run(&self.work, &[call]).await?;
        read(replies.pop().ok_or(LedgerError::Record("reply"))?, "near-miss")
    }
}

fn canonical(person: &Person) -> Vec<String> {
    person.identifiers().iter().map(|one| one.canonical().as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_for_every_delivery_and_says_nothing() {
        let id = NearMissId::of("770099:wamid.A");
        assert_eq!(id, NearMissId::of("770099:wamid.A"));
        assert_ne!(id, NearMissId::of("770099:wamid.B"));
        assert_eq!(NearMissId::parse(id.as_str()), Some(id));
        for wrong in ["", "abc", "0123456789ABCDEF", "0123456789abcdef0"] {
            assert!(NearMissId::parse(wrong).is_none(), "{wrong}");
        }
    }
}
