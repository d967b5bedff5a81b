//! The commands, run as a user runs them: the real binary with a cleared environment, against a real
//! `redis-server` that each test starts for itself.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic, with its line"
)]

#[path = "cli/baja.rs"]
mod binary;
#[path = "cli/breaches.rs"]
mod breaches;
#[path = "cli/completions.rs"]
mod completions;
#[path = "cli/dead_letters.rs"]
mod dead_letters;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/forget.rs"]
mod forget;
#[path = "cli/health.rs"]
mod health;
#[path = "cli/list.rs"]
mod list;
#[path = "cli/near_misses.rs"]
mod near_misses;
#[path = "cli/outbox.rs"]
mod outbox;
#[path = "cli/relay.rs"]
mod relay;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/same.rs"]
mod same;
#[path = "cli/scrub.rs"]
mod scrub;
#[path = "cli/sign.rs"]
mod sign;
#[path = "cli/store.rs"]
mod store;
#[path = "cli/transfer.rs"]
mod transfer;
#[path = "cli/words.rs"]
mod words;
