//! Packs the files of the lexicon. They are read once, at the start, and as text their two megabytes would stay resident for as
//! long as the process runs.

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;

use miniz_oxide::deflate::compress_to_vec;

/// The files, one a language.
const FILES: &str = "config/lexicon";
/// Smaller ones take several times as long to make, and save a hundredth.
const LEVEL: u8 = 6;

/// Writes each file, deflated, under its own name into the build's folder.
pub(crate) fn pack() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FILES}");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out).join("lexicon");
    fs::create_dir_all(&out)?;
    let root = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    for file in fs::read_dir(Path::new(&root).join(FILES))? {
        let file = file?;
        fs::write(out.join(file.file_name()), compress_to_vec(&fs::read(file.path())?, LEVEL))?;
    }
    Ok(())
}
