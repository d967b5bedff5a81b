//! What the tests start and ask.

pub mod app;
pub mod binary;
pub mod browser;
pub mod disk;
pub mod raw;
pub mod store;
pub mod wait;
pub mod webhook;
