//! Faults while traffic flows: the built binary in two replicas, a real `redis-server`, a Cloud API that
//! misbehaves, and a sender that posts as Meta does.
//!
//! The short form is a test like any other. `make faults` runs the long one and prints the figures of
//! `docs/reliability.md`: `BAJA_FAULTS_OPT_OUTS` and `BAJA_FAULTS_KILLS` say how many at the least,
//! `BAJA_FAULTS_MINUTES` when to stop in any case, `BAJA_FAULTS_SEED` which run to repeat, `BAJA_FAULTS_ONLY` which
//! faults, by a part of their names,
//! `BAJA_FAULTS_BINARY` which binary to break instead of the one that was just built.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that fails should panic, with its line"
)]

#[path = "faults/check.rs"]
mod check;
#[path = "faults/cloud_api.rs"]
mod cloud_api;
#[path = "faults/dice.rs"]
mod dice;
#[path = "it/support/disk.rs"]
mod disk;
#[path = "faults/fault.rs"]
mod fault;
#[path = "faults/meta.rs"]
mod meta;
#[path = "faults/people.rs"]
mod people;
#[path = "faults/proxy.rs"]
mod proxy;
#[path = "faults/report.rs"]
mod report;
#[path = "faults/run.rs"]
mod run;
#[path = "faults/service.rs"]
mod service;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "it/support/webhook.rs"]
mod webhook;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_fault_costs_an_opt_out() {
    run::run(run::Form::from_environment()).await;
}
