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

#[path = "../src/build/files.rs"]
mod files;

/// What the service has in its binary: here the files of the lexicon as they lie in their folder, and no tables of them.
mod embedded {
    use std::path::Path;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/lexicon");

    pub(crate) fn files() -> impl Iterator<Item = (String, String)> {
        crate::files::read(Path::new(FOLDER)).unwrap().into_iter()
    }

    pub(crate) fn tables() -> &'static [u8] {
        &[]
    }
}
