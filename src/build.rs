//! The build script: what is made before the crate is compiled. It is a program of its own, which has the lexicon's compiler from
//! the service's sources.

#[path = "build/files.rs"]
mod files;
#[path = "build/functions.rs"]
mod functions;
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the service asks more of it than the build, which compiles the words"
)]
mod intent;
#[path = "build/lexicon.rs"]
mod lexicon;

/// In the service, what the build put into it: nothing yet.
mod embedded {
    /// No files: the build reads them from their folder.
    pub(crate) fn files() -> impl Iterator<Item = (String, String)> {
        std::iter::empty()
    }

    /// No tables: the build makes them.
    pub(crate) fn tables() -> &'static [u8] {
        &[]
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    functions::order();
    lexicon::pack()
}
