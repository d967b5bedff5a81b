//! The inputs that fuzzing kept (`fuzz/corpus`), run through the same checks without a fuzzer: what was found once stays
//! found.

use std::{fs, path::Path};

#[path = "../../../fuzz/checks.rs"]
mod checks;

fn replay(name: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(inputs.len() > 3, "{} is empty", folder.display());
    for input in inputs {
        // Shown only when the test fails: which one it was.
        println!("{}", input.display());
        check(&fs::read(&input).unwrap());
    }
}

#[test]
fn signature() {
    replay("signature", checks::signature);
}

#[test]
fn payload() {
    replay("payload", checks::payload);
}

#[test]
fn normalise() {
    replay("normalise", checks::normalise);
}

#[test]
fn classify() {
    replay("classify", checks::classify);
}

#[test]
fn phone() {
    replay("phone", checks::phone);
}
