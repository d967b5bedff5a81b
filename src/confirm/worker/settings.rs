use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::confirm::breaker::BreakerSettings;
use crate::confirm::message::Style;
use crate::confirm::texts::Texts;

/// A business, as far as its messages are concerned.
#[derive(Debug, Clone)]
pub struct Business {
    /// The name in the configuration.
    pub slug: String,
    /// The token for the Cloud API.
    pub token: SecretString,
    /// What its messages say.
    pub texts: Arc<Texts>,
    /// How its messages look.
    pub style: Style,
}

/// The businesses that are sent for, by their names.
pub type Roster = Arc<BTreeMap<String, Arc<Business>>>;

/// How the worker works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    /// How many jobs of a business are leased, and sent, at once.
    pub at_once: usize,
    /// How long the outbox keeps a job for us.
    pub lease: Duration,
    /// Messages a second from one number; Meta's default is 80 (20 for numbers shared with the phone app).
    pub per_second: u32,
    /// How often to look without being called.
    pub poll: Duration,
    /// How long the step under way may take when stopping.
    pub drain: Duration,
    /// When to stop sending for a while.
    pub breaker: BreakerSettings,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            at_once: 32,
            lease: Duration::from_secs(30),
            per_second: 80,
            poll: Duration::from_secs(1),
            drain: Duration::from_secs(15),
            breaker: BreakerSettings::default(),
        }
    }
}

/// Why the worker cannot work with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkerError {
    /// A job could be sent by two workers.
    #[error(
        "the lease must be longer than the Cloud API's total timeout and 5 seconds on top; make it longer"
    )]
    LeaseTooShort,
    /// Nothing would ever be sent.
    #[error("at least one job at once and one message a second, and a poll interval above zero, are needed")]
    Idle,
    /// A probe would count as lost while it is under way.
    #[error("the probe's time must be longer than the Cloud API's total timeout; make it longer")]
    ProbeTooShort,
}
