//! The outbox: messages that are still to be sent, one job each.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A job's id: 32 lower-case hexadecimal digits, random, so that it says nothing about the person. It travels
/// to Meta and comes back in the statuses of the message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobId(String);

impl JobId {
    /// Reads an id; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let plausible =
            text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        plausible.then(|| Self(text.to_owned()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a message tells the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// No more messages of the scope.
    Stopped,
    /// Messages of the scope again.
    Resumed,
    /// How to stop and how to return.
    Help,
    /// One question: what did you mean?
    Ask,
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which job.
    pub id: JobId,
    /// What the message tells.
    pub kind: JobKind,
    /// `all`, or a topic's slug.
    pub scope: String,
    /// The number that the person wrote to, and which answers.
    pub phone_number_id: String,
    /// To whom, as Meta wrote it: the digits of a `wa_id`, or a BSUID. Personal data: not for logs.
    pub to: String,
    /// BCP-47 tag of the words that the person used; may be empty.
    pub language: String,
    /// The message to quote (`wamid`). Personal data: it decodes to the number.
    pub quote: Option<String>,
    /// When the 24-hour window closes, unix milliseconds.
    pub expires_at: i64,
    /// How often the job was leased, this lease included.
    pub attempts: u32,
    /// Whether Meta refused the quote: the message then goes without.
    pub quote_refused: bool,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("scope", &self.scope)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// A job that this worker, and no other, may send for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: Job,
    /// The fencing token: a result under an older token changes nothing.
    pub token: u64,
}

/// What became of a leased job.
#[derive(Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Meta accepted the message.
    Sent {
        /// The id that Meta gave it. Personal data: it decodes to the number.
        wamid: String,
    },
    /// Surely not accepted; try again.
    Retry {
        /// How long to wait before.
        after: Duration,
        /// Why.
        reason: &'static str,
    },
    /// Surely not accepted, perhaps because of the quote; try again without.
    RetryWithoutQuote {
        /// Why.
        reason: &'static str,
    },
    /// May have been accepted: wait for the status that carries the job's id.
    Unknown {
        /// Why nobody knows.
        reason: &'static str,
    },
    /// Given up.
    Dropped {
        /// Why.
        reason: &'static str,
    },
}

impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sent { .. } => f.write_str("Sent(redacted)"),
            Self::Retry { after, reason } => write!(f, "Retry({reason} after {after:?})"),
            Self::RetryWithoutQuote { reason } => write!(f, "RetryWithoutQuote({reason})"),
            Self::Unknown { reason } => write!(f, "Unknown({reason})"),
            Self::Dropped { reason } => write!(f, "Dropped({reason})"),
        }
    }
}

/// Whether a settlement was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    Done,
    /// It was not: the lease had run out and another worker holds the job now.
    Stale,
}
