//! `baja`: the WhatsApp Business webhook that honours every opt-out.
pub mod config;
pub mod identity;
pub mod metrics;
pub mod payload;
pub mod telemetry;
