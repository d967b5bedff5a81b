//! The modules of `baja` that read what strangers send, taken from its sources as they are. They are pure (`tests/layers.rs`
//! holds it), so they build without the rest.

#[path = "../src"]
mod sources {
    pub mod access;
    pub mod identity;
    pub mod intent;
    pub mod payload;
    pub mod signature;
}

pub use sources::{access, identity, intent, payload, signature};
