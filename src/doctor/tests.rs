//! What is made of what was found.

use super::{address::judge, *};
use crate::{
    cloud_api::{Answer, Ring},
    config::Settings,
};

const DAY: i64 = 86_400;

fn settings(variables: &[(&str, &str)]) -> Settings {
    let all = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(None, all).unwrap()
}

/// The statuses of one check.
fn statuses(findings: &[Finding], check: &str) -> Vec<Status> {
    findings.iter().filter(|finding| finding.check == check).map(|finding| finding.status).collect()
}

#[test]
fn secrets_are_held_against_what_meta_gives() {
    let hex = "0123456789abcdef0123456789abcdef";
    let token = format!("EAA{}", "b".repeat(60));
    for (variable, check, cases) in [
        (
            "BAJA_APP_SECRET",
            "secrets.app_secret",
            &[
                ("", Status::Problem),
                ("change-me", Status::Problem),
                ("secret", Status::Problem),
                ("0123456789abcdef", Status::Warning),
                (hex, Status::Ok),
            ][..],
        ),
        (
            "BAJA_VERIFY_TOKEN",
            "secrets.verify_token",
            &[
                ("", Status::Problem),
                ("<your token>", Status::Problem),
                ("short", Status::Warning),
                (hex, Status::Ok),
            ],
        ),
        (
            "BAJA_ACCESS_TOKEN",
            "secrets.access_token",
            &[
                ("", Status::Problem),
                ("xxxx", Status::Problem),
                ("abcdef", Status::Warning),
                (&token, Status::Ok),
            ],
        ),
    ] {
        for (value, expected) in cases {
            let findings = examine_secrets(&settings(&[(variable, value)]));
            assert_eq!(statuses(&findings, check), [*expected], "{variable}={value}");
            let told = format!("{findings:?}");
            assert!(value.len() < 6 || *value == "secret" || !told.contains(value), "{told}");
        }
    }
    let same = settings(&[("BAJA_APP_SECRET", hex), ("BAJA_VERIFY_TOKEN", hex)]);
    assert_eq!(statuses(&examine_secrets(&same), "secrets.verify_token"), [Status::Problem]);
    let silent = settings(&[("BAJA__CONFIRM__ENABLED", "false")]);
    assert_eq!(statuses(&examine_secrets(&silent), "secrets.access_token"), [Status::Ok]);
}

#[test]
fn whoever_answers_at_the_address_is_told_apart() {
    let now = 1_790_000_000;
    for (answer, until, expected) in [
        (Answer::Ours, Some(now + 40 * DAY), [Status::Ok, Status::Ok]),
        (Answer::Ours, Some(now + 13 * DAY), [Status::Ok, Status::Warning]),
        (Answer::Ours, None, [Status::Ok, Status::Unchecked]),
        (Answer::Anything, None, [Status::Problem, Status::Unchecked]),
        (Answer::Other(404), None, [Status::Problem, Status::Unchecked]),
        (Answer::Nobody, None, [Status::Problem, Status::Unchecked]),
        (Answer::Late, None, [Status::Problem, Status::Unchecked]),
    ] {
        let findings = judge(&Ring { answer, certificate_until: until }, now);
        let found: Vec<_> = findings.iter().map(|finding| finding.status).collect();
        assert_eq!(found, expected, "{answer:?}");
    }
    let untrusted = judge(&Ring { answer: Answer::Untrusted, certificate_until: None }, now);
    assert_eq!(statuses(&untrusted, "address.certificate"), [Status::Problem]);
}
