//! `baja`: the WhatsApp Business webhook that honours every opt-out.
pub mod cli;
pub mod cloud_api;
pub mod config;
pub mod confirm;
pub mod http;
pub mod identity;
pub mod ingest;
pub mod intent;
pub mod ledger;
pub mod metrics;
pub mod payload;
pub mod signature;
pub mod startup;
pub mod telemetry;
