//! The secrets: there, and such as Meta gives them. Needs no network.

use secrecy::{ExposeSecret, SecretString};

use super::{Finding, Said};
use crate::config::Settings;

/// Parts of what stands in examples and is meant to be replaced.
const PLACEHOLDERS: [&str; 9] = ["change", "example", "placeholder", "your", "todo", "xxx", "…", "...", "<"];
/// What is meant to be replaced when it is all.
const WORDS: [&str; 4] = ["secret", "token", "test", "password"];
/// A verify token can be guessed by trying when it is shorter.
const SHORTEST_VERIFY_TOKEN: usize = 16;
/// Meta's tokens have some two hundred letters.
const SHORTEST_ACCESS_TOKEN: usize = 40;

/// Looks at every secret of the settings.
pub fn examine(settings: &Settings) -> Vec<Finding> {
    let mut findings = app_secrets(&settings.meta.app_secrets);
    findings.extend(verify_tokens(settings));
    for business in &settings.businesses {
        let confirms = settings.confirm.enabled;
        findings.push(access_token(business.access_token.as_ref(), confirms).of(&business.slug));
    }
    findings
}

fn app_secrets(secrets: &[SecretString]) -> Vec<Finding> {
    const CHECK: &str = "secrets.app_secret";
    const WHERE: &str = "app_secret.where";
    if secrets.is_empty() {
        return vec![Finding::problem(CHECK, "app_secret.missing", WHERE)];
    }
    let look = |secret: &SecretString| {
        let text = secret.expose_secret();
        let hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (hexadecimal, is_placeholder(text)) {
            (true, _) => Finding::ok(CHECK, "app_secret.fine"),
            (false, true) => Finding::problem(CHECK, "secret.placeholder", WHERE),
            (false, false) => Finding::warning(CHECK, "app_secret.odd", WHERE),
        }
    };
    let mut findings: Vec<_> = secrets.iter().map(look).collect();
    if secrets.len() > 2 {
        let found = Said::of("app_secret.many").with("count", secrets.len());
        findings.push(Finding::warning(CHECK, found, "app_secret.many.advice"));
    }
    findings
}

fn verify_tokens(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "secrets.verify_token";
    const MAKE: &str = "verify_token.make";
    let tokens = &settings.meta.verify_tokens;
    if tokens.is_empty() {
        return vec![Finding::problem(CHECK, "verify_token.missing", MAKE)];
    }
    let is_app_secret =
        |token: &str| settings.meta.app_secrets.iter().any(|secret| secret.expose_secret() == token);
    let look = |token: &SecretString| {
        let text = token.expose_secret();
        if is_app_secret(text) {
            Finding::problem(CHECK, "verify_token.is_app_secret", MAKE)
        } else if is_placeholder(text) {
            Finding::problem(CHECK, "secret.placeholder", MAKE)
        } else if text.len() < SHORTEST_VERIFY_TOKEN {
            Finding::warning(
                CHECK,
                Said::of("verify_token.short").with("letters", SHORTEST_VERIFY_TOKEN),
                MAKE,
            )
        } else {
            Finding::ok(CHECK, "secret.there")
        }
    };
    tokens.iter().map(look).collect()
}

fn access_token(token: Option<&SecretString>, confirms: bool) -> Finding {
    const CHECK: &str = "secrets.access_token";
    const MAKE: &str = "access_token.make";
    let Some(token) = token else {
        return if confirms {
            Finding::problem(CHECK, "access_token.missing", "access_token.missing.advice")
        } else {
            Finding::ok(CHECK, "access_token.not_needed")
        };
    };
    let text = token.expose_secret();
    if text.starts_with("EA") && text.len() >= SHORTEST_ACCESS_TOKEN {
        Finding::ok(CHECK, "secret.there")
    } else if is_placeholder(text) {
        Finding::problem(CHECK, "secret.placeholder", MAKE)
    } else {
        Finding::warning(CHECK, "access_token.odd", MAKE)
    }
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = text.chars().next();
    WORDS.contains(&lower.as_str())
        || PLACEHOLDERS.iter().any(|part| lower.contains(part))
        || text.chars().all(|letter| Some(letter) == first)
}
