//! What the tests start and ask.

pub mod store;
