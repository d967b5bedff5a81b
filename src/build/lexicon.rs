//! What the service embeds of the lexicon (`src/embedded.rs`): its tables, with which it starts, and its files, of which it makes
//! others when a company lays its own over them.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use miniz_oxide::deflate::compress_to_vec;

use super::files;
use crate::intent;

/// The files, one a language.
const FILES: &str = "config/lexicon";
/// Smaller ones take several times as long to make, and save a hundredth.
const LEVEL: u8 = 6;

/// Writes the tables into the build's folder, and each file, deflated, with a list of them. As text their two megabytes would
/// stay resident for as long as the process runs.
pub(crate) fn pack() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FILES}");
    let root = env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo sets CARGO_MANIFEST_DIR")?;
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let out = Path::new(&out);
    let files = files::read(&Path::new(&root).join(FILES))?;
    fs::create_dir_all(out.join("lexicon"))?;
    let mut list = String::from("[\n");
    for (name, text) in &files {
        let packed = Path::new("lexicon").join(name);
        fs::write(out.join(&packed), compress_to_vec(text.as_bytes(), LEVEL))?;
        writeln!(list, "    ({name:?}, include_bytes!({packed:?}).as_slice()),")?;
    }
    list.push_str("]\n");
    fs::write(out.join("lexicon.rs"), list)?;
    let tables = if is_for_processors_like_this() { intent::pack(files)? } else { Vec::new() };
    fs::write(out.join("lexicon.tables"), tables)?;
    Ok(())
}

/// Whether the service will run on processors on which numbers lie in the memory as they do here. On others it makes its tables
/// itself.
fn is_for_processors_like_this() -> bool {
    let here = if cfg!(target_endian = "little") { "little" } else { "big" };
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|own| own == value);
    is("CARGO_CFG_TARGET_ENDIAN", here) && is("CARGO_CFG_TARGET_POINTER_WIDTH", &usize::BITS.to_string())
}
