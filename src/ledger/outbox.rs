//! The outbox: messages that wait to be sent, leased to one worker at a time.

mod operator;

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

pub use operator::{JobsPage, Revival, Revived, Shelf};

use super::{
    Ledger, LedgerError,
    connection::read,
    keys::digits_of,
    scripts::{self, Call},
};

/// Digits of an id: 128 bits.
const ID_DIGITS: usize = 32;

/// Names a job: 32 lower-case hexadecimal digits that say nothing about the person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// A new id.
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// The id of what the event tells the person that claims `claim`: always the same, so that one event has one job
    /// however often it is written. A Redis that is killed may do half of what it wrote at a later start, after
    /// the event came again (`tests/it/ledger/torn.rs`).
    pub fn of(claim: &str) -> Self {
        Self(digits_of(claim, ID_DIGITS))
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

/// What a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// The opt-out is done.
    Stopped,
    /// The person gets messages again.
    Resumed,
    /// The answer to a call for help.
    Help,
    /// The question whether a stop was meant.
    Ask,
}

impl JobKind {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Resumed => "resumed",
            Self::Help => "help",
            Self::Ask => "ask",
        }
    }
}

/// A message to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id; goes out as `biz_opaque_callback_data` and comes back in the statuses.
    pub id: JobId,
    /// What it tells.
    pub kind: JobKind,
    /// `all` or a topic's slug.
    pub scope: String,
    /// From which number.
    pub phone_number_id: String,
    /// To whom, as Meta wrote it: the digits of a `wa_id`, or a BSUID.
    pub to: String,
    /// The language of the words used, BCP-47; may be empty.
    pub language: String,
    /// The message to quote.
    pub quote: Option<String>,
    /// End of the 24-hour window, unix milliseconds.
    pub expires_at: i64,
    /// How often it was leased, this time included.
    pub attempts: u32,
    /// Whether Meta refused the quote before.
    pub quote_refused: bool,
}

/// A job in the hands of one worker.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The job.
    pub job: Job,
    /// Grows with every lease; a settlement with an old one is stale.
    pub token: u64,
}

/// What became of a leased job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Accepted by the Cloud API.
    Sent {
        /// The message's id.
        wamid: String,
    },
    /// Surely not accepted; to be tried again.
    Retry {
        /// After this time.
        after: Duration,
        /// Why.
        reason: &'static str,
    },
    /// Not sent, because nothing may be sent now; counts as no attempt.
    Held {
        /// To be tried again after this time.
        after: Duration,
        /// Why.
        reason: &'static str,
    },
    /// Surely not accepted, because of the quote; to be tried at once without it.
    RetryWithoutQuote {
        /// Why.
        reason: &'static str,
    },
    /// Perhaps accepted.
    Unknown {
        /// Why.
        reason: &'static str,
    },
    /// Given up.
    Dropped {
        /// Why.
        reason: &'static str,
    },
}

/// Whether a settlement was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was.
    Done,
    /// The lease had ended: somebody else, or a status webhook, has settled it.
    Stale,
}

/// A job as it stands in the outbox, for operators.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredJob {
    /// Its id.
    pub id: JobId,
    /// `due`, `leased`, `unknown`, `sent` or `dropped`.
    pub state: String,
    /// What it tells.
    pub kind: JobKind,
    /// `all` or a topic's slug.
    pub scope: String,
    /// From which number.
    pub phone_number_id: String,
    /// To whom. Personal data.
    pub to: String,
    /// In which language.
    #[serde(default)]
    pub language: String,
    /// The message to quote. Personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// End of the window, unix milliseconds.
    pub expires_at: i64,
    /// How often it was leased.
    pub attempts: u32,
    /// How many requests may have been accepted.
    #[serde(default)]
    pub maybe_sent: u32,
    /// Whether Meta refused the quote.
    #[serde(default)]
    pub quote_refused: bool,
    /// The reason of the last change of state; of one that was sent the message's id. See [`StoredJob::why`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was queued, unix milliseconds.
    #[serde(default)]
    pub made_at: i64,
    /// When it ended, unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
    /// The fencing token.
    #[serde(default)]
    pub token: u64,
}

impl StoredJob {
    /// Why it is in its state, in a word that names nobody.
    pub fn why(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.state != "sent")
    }

    /// The id that Meta gave the message, which holds the number: personal data.
    pub fn message_id(&self) -> Option<&str> {
        self.reason.as_deref().filter(|_| self.state == "sent")
    }
}

/// How many open jobs there are in a state, and how old the oldest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// `due`, `leased` or `unknown`.
    pub state: String,
    /// How many, of the first 1,000 that are due.
    pub jobs: u64,
    /// Since when the oldest waits.
    pub oldest: Duration,
}

impl Ledger {
    /// Leases at most `at_most` due jobs of a business.
    pub async fn lease(&self, business: &str, at_most: usize) -> Result<Vec<Lease>, LedgerError> {
        let rules = &self.options.outbox;
        let args = vec![
            at_most.to_string(),
            rules.lease.as_millis().to_string(),
            rules.unknown_after.as_millis().to_string(),
            u8::from(rules.resend_unknown).to_string(),
            rules.max_attempts.to_string(),
            rules.finished_max.to_string(),
        ];
        let keys = self.outbox_keys(business)?;
        let jobs: Vec<String> = read(self.outbox_call(self.scripts.lease.call(keys, args)).await?, "lease")?;
        jobs.iter()
            .map(|text| {
                let stored: StoredJob = serde_json::from_str(text).map_err(|_| LedgerError::Record("job"))?;
                Ok(Lease { token: stored.token, job: stored.into() })
            })
            .collect()
    }

    /// Records what became of a leased job.
    pub async fn settle(
        &self,
        business: &str,
        job: &JobId,
        token: u64,
        settlement: Settlement,
    ) -> Result<Settled, LedgerError> {
        let (outcome, detail, delay) = match settlement {
            Settlement::Sent { wamid } => ("sent", wamid, Duration::ZERO),
            Settlement::Retry { after, reason } => ("retry", reason.to_owned(), after),
            Settlement::Held { after, reason } => ("held", reason.to_owned(), after),
            Settlement::RetryWithoutQuote { reason } => {
                ("retry_without_quote", reason.to_owned(), Duration::ZERO)
            }
            Settlement::Unknown { reason } => ("unknown", reason.to_owned(), Duration::ZERO),
            Settlement::Dropped { reason } => ("dropped", reason.to_owned(), Duration::ZERO),
        };
        let rules = &self.options.outbox;
        let mut keys = self.outbox_keys(business)?;
        keys.push(self.keys(business)?.audit());
        let args = vec![
            job.as_str().to_owned(),
            token.to_string(),
            outcome.to_owned(),
            detail,
            delay.as_millis().to_string(),
            rules.unknown_after.as_millis().to_string(),
            rules.finished_max.to_string(),
            self.options.audit_max.to_string(),
        ];
        let word: String = read(self.outbox_call(self.scripts.settle.call(keys, args)).await?, "settle")?;
        Ok(if word == "done" { Settled::Done } else { Settled::Stale })
    }

    /// Settles jobs by status webhooks that carry their ids, in one round trip: three come for each message,
    /// and one that waits in line too long is a message that goes out again. Returns how many jobs are known.
    pub async fn reconcile(&self, business: &str, told: &[(&JobId, &str)]) -> Result<usize, LedgerError> {
        let calls = told
            .iter()
            .map(|(job, status)| {
                let finished_max = self.options.outbox.finished_max.to_string();
                let args = vec![job.as_str().to_owned(), (*status).to_owned(), finished_max];
                Ok(self.scripts.reconcile.call(self.outbox_keys(business)?, args))
            })
            .collect::<Result<Vec<_>, LedgerError>>()?;
        let mut known = 0;
        for reply in scripts::run(&self.work, &calls).await? {
            let was: String = read(reply, "reconcile")?;
            known += usize::from(!was.is_empty());
        }
        Ok(known)
    }

    /// The open jobs of a business by state, each state once.
    pub async fn depth(&self, business: &str) -> Result<Vec<Depth>, LedgerError> {
        let keys = self.keys(business)?;
        let call = self.scripts.depth.call(vec![keys.outbox_due(), keys.outbox_jobs()], Vec::new());
        let states: Vec<(String, u64, u64)> = read(self.outbox_call(call).await?, "depth")?;
        Ok(states
            .into_iter()
            .map(|(state, jobs, age)| Depth { state, jobs, oldest: Duration::from_millis(age) })
            .collect())
    }

    async fn outbox_call(&self, call: Call<'_>) -> Result<redis::Value, LedgerError> {
        let mut replies = scripts::run(&self.work, &[call]).await?;
        replies.pop().ok_or(LedgerError::Record("reply"))
    }

    fn outbox_keys(&self, business: &str) -> Result<Vec<String>, LedgerError> {
        let keys = self.keys(business)?;
        Ok(vec![keys.outbox_due(), keys.outbox_jobs(), keys.outbox_finished()])
    }
}

/// Shows what a job is about and never for whom.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Job({}, {}, attempt {})", self.id.as_str(), self.kind.as_str(), self.attempts)
    }
}

impl fmt::Debug for StoredJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredJob({}, {}, {})", self.id.as_str(), self.kind.as_str(), self.state)
    }
}

impl From<StoredJob> for Job {
    fn from(stored: StoredJob) -> Self {
        Self {
            id: stored.id,
            kind: stored.kind,
            scope: stored.scope,
            phone_number_id: stored.phone_number_id,
            to: stored.to,
            language: stored.language,
            quote: stored.quote,
            expires_at: stored.expires_at,
            attempts: stored.attempts,
            quote_refused: stored.quote_refused,
        }
    }
}
