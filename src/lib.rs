//! `baja`: the WhatsApp Business webhook that honours every opt-out.
pub mod cloud_api;
pub mod confirm;
pub mod identity;
pub mod ledger;
pub mod payload;
