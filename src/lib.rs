//! `baja`: the WhatsApp Business webhook that honours every opt-out.
pub mod config;
pub mod identity;
pub mod intent;
pub mod payload;
pub mod signature;
