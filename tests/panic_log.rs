//! A panic's message may hold anything. In a process of its own, because the hook and the subscriber are global.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a failure here is a failure of the test")]

use std::process::Command;

use baja::{config::LogFormat, telemetry};

const CHILD: &str = "PANIC_IN_THIS_PROCESS";

#[test]
fn a_panic_is_logged_with_its_place_and_without_its_message() {
    if std::env::var_os(CHILD).is_some() {
        telemetry::init(LogFormat::Text, "info").unwrap();
        panic!("+52 55 0000 0000");
    }
    let output = Command::new(std::env::current_exe().unwrap()).env(CHILD, "yes").output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success());
    assert!(said.contains("panic_log.rs:"), "{said}");
    assert!(!said.contains("0000"), "{said}");
}
