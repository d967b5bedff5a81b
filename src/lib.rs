//! `baja`: the WhatsApp Business webhook that honours every opt-out.
//!
//! The binary is the product; this library is public for its tests and benches only. How the parts work
//! together is in `docs/architecture.md`.
//!
//! # Invariants
//!
//! Each is held by a test named after it (`tests/it`).
//!
//! 1. Nothing changes without a valid signature, made with one of the configured app secrets over the exact
//!    bytes received.
//! 2. 200 means that every opt-out in that body is in Redis. A body that can never be processed is also
//!    answered 200, counted and kept in a bounded list of dead letters.
//! 3. One broken item never costs its neighbours.
//! 4. An older event never undoes a newer decision; at equal times the suppression wins. The order of
//!    deliveries does not matter.
//! 5. The same event delivered twice, to two replicas, at the same moment, acts once.
//! 6. The suppression never depends on the confirmation.
//! 7. At most one confirmation for an opt-out, and for a person in the cool-down; never one where no 24-hour
//!    window is open, for `user_preferences`, for error 131050, for history, for imports.
//! 8. Everything that identifies the person in the event is suppressed, and what is already known to be the
//!    same person.
//! 9. The business's own words never opt anybody out.
//! 10. No phone number, name, message text, message id, token or secret appears in a log line, a metric, an
//!     error body or a panic message.
//! 11. A resume in WhatsApp's settings lifts the marketing suppression that a stop made there, and never a
//!     typed stop to everything.

pub mod access;
pub mod cli;
pub mod clock;
pub mod cloud_api;
pub mod config;
pub mod confirm;
pub mod doctor;
mod embedded;
pub mod forward;
pub mod http;
pub mod identity;
pub mod ingest;
pub mod insight;
pub mod intent;
pub mod ledger;
pub mod live;
pub mod metrics;
pub mod payload;
pub mod relay;
pub mod signature;
pub mod startup;
pub mod telemetry;
