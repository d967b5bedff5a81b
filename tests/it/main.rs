//! Tests of the parts together, against a real `redis-server` that each test starts for itself.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic, with its line"
)]

mod answers;
mod api;
mod attacks;
mod browser;
mod businesses;
mod confirmation;
mod cost;
mod demo;
mod deploy;
mod doctor;
mod full_disk;
mod insight;
mod invariants;
mod ledger;
mod near_misses;
mod outage;
mod page;
mod poll;
mod privacy;
mod relay;
mod reload;
mod senders;
mod support;
mod tls;
mod topics;
mod webhook;
