//! The confirmation: takes jobs from the outbox and tells people, once, that what they asked for is done.
//!
//! The suppression is in Redis before any of this begins and stays whatever happens here. A job may be sent
//! late, or never; it is never sent when nobody knows whether it already was, which is for the ledger to find
//! out from Meta's statuses.
//!
//! [`Worker::step`] is the whole of it: lease jobs, compose ([`Texts`]), send, and settle each with what became
//! of it. [`Worker::run`] repeats it until it is told to stop.

mod breaker;
mod message;
mod metrics;
mod outbox;
mod outcome;
mod pace;
mod schedule;
mod texts;
mod worker;

pub use breaker::BreakerSettings;
pub use message::{Prefixes, Style};
pub use metrics::ConfirmMetrics;
pub use outbox::Outbox;
pub use texts::{Key, LanguageTexts, Texts, TextsError, TextsProblem};
pub use worker::{Business, Roster, StepReport, Worker, WorkerError, WorkerSettings};
