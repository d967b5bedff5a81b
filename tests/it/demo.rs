//! `baja demo`, as a newcomer runs it.

use std::process::Command;

#[test]
fn the_demo_needs_no_settings_and_everything_goes_as_expected() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
    let demo =
        command.arg("demo").env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap();
    let told = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{told}");
    assert!(told.ends_with("All 15 cases went as expected.\n"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    assert!(!told.contains('\u{1b}') && demo.stderr.is_empty());
}
