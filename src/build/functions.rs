//! Has the linker lay those functions side by side that every process runs.
//!
//! A start and the usual webhooks run a quarter of the code, in places all over the binary, and Linux maps sixteen pages
//! around each page that is touched: nearly everything would be resident. `scripts/order-functions.py` finds the functions and
//! writes the list. What the list has no longer is skipped, so an old list costs memory and nothing else.

use std::env;
use std::path::Path;
use std::process::Command;

/// The functions by their symbols, one a line.
const FUNCTIONS: &str = "scripts/functions.txt";
/// The one target on which rustc links with a linker of its own that takes such a list.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Gives the list to the linker.
pub(crate) fn order() {
    println!("cargo::rerun-if-changed={FUNCTIONS}");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|own| own == value);
    // The symbols are those of the release profile.
    if is("PROFILE", "release") && is("TARGET", TARGET) && links_with_own_lld() {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join(FUNCTIONS);
        println!("cargo::rustc-link-arg-bin=baja=-Wl,--symbol-ordering-file={}", list.display());
        println!("cargo::rustc-link-arg-bin=baja=-Wl,--no-warn-symbol-ordering");
    }
}

/// Whether the linker is the lld that comes with rustc, and nobody chose another.
fn links_with_own_lld() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    if env::var_os("RUSTC_LINKER").is_some() || flags.contains("link") {
        return false;
    }
    let (Some(rustc), Ok(host)) = (env::var_os("RUSTC"), env::var("HOST")) else { return false };
    let Ok(asked) = Command::new(rustc).args(["--print", "sysroot"]).output() else { return false };
    let sysroot = String::from_utf8_lossy(&asked.stdout);
    Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin/gcc-ld/ld.lld").is_file()
}
