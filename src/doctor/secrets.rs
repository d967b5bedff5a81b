//! The secrets: there, and such as Meta gives them. Needs no network.

use secrecy::{ExposeSecret, SecretString};

use super::Finding;
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
    const WHERE: &str =
        "copy it from the App Dashboard > App settings > Basic > App secret into BAJA_APP_SECRET";
    if secrets.is_empty() {
        return vec![Finding::problem(CHECK, "missing: no webhook can be verified", WHERE)];
    }
    let look = |secret: &SecretString| {
        let text = secret.expose_secret();
        let hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        match (hexadecimal, is_placeholder(text)) {
            (true, _) => Finding::ok(CHECK, "32 hexadecimal digits, as Meta gives them"),
            (false, true) => Finding::problem(CHECK, "looks like a text that stands for a secret", WHERE),
            (false, false) => {
                Finding::warning(CHECK, "not 32 hexadecimal digits, as Meta's app secrets are", WHERE)
            }
        }
    };
    let mut findings: Vec<_> = secrets.iter().map(look).collect();
    if secrets.len() > 2 {
        let advice = "keep the new and the old one while rotating, and take the others out";
        findings.push(Finding::warning(CHECK, format!("{} are accepted", secrets.len()), advice));
    }
    findings
}

fn verify_tokens(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "secrets.verify_token";
    const MAKE: &str = "make one with `openssl rand -hex 16`, set BAJA_VERIFY_TOKEN, and type it into Meta's webhook settings";
    let tokens = &settings.meta.verify_tokens;
    if tokens.is_empty() {
        return vec![Finding::problem(CHECK, "missing: Meta's handshake fails", MAKE)];
    }
    let is_app_secret =
        |token: &str| settings.meta.app_secrets.iter().any(|secret| secret.expose_secret() == token);
    let look = |token: &SecretString| {
        let text = token.expose_secret();
        if is_app_secret(text) {
            Finding::problem(
                CHECK,
                "the same as the app secret, which Meta would then see in an address",
                MAKE,
            )
        } else if is_placeholder(text) {
            Finding::problem(CHECK, "looks like a text that stands for a secret", MAKE)
        } else if text.len() < SHORTEST_VERIFY_TOKEN {
            Finding::warning(
                CHECK,
                format!("shorter than {SHORTEST_VERIFY_TOKEN} letters, so it can be guessed"),
                MAKE,
            )
        } else {
            Finding::ok(CHECK, "there")
        }
    };
    tokens.iter().map(look).collect()
}

fn access_token(token: Option<&SecretString>, confirms: bool) -> Finding {
    const CHECK: &str = "secrets.access_token";
    const MAKE: &str =
        "make a system user's token without expiry in Business settings, and set BAJA_ACCESS_TOKEN";
    let Some(token) = token else {
        return if confirms {
            let advice = format!("{MAKE}; or set confirm.enabled = false");
            Finding::problem(CHECK, "missing: no opt-out can be confirmed", advice)
        } else {
            Finding::ok(CHECK, "none, and nothing is confirmed")
        };
    };
    let text = token.expose_secret();
    if text.starts_with("EA") && text.len() >= SHORTEST_ACCESS_TOKEN {
        Finding::ok(CHECK, "there")
    } else if is_placeholder(text) {
        Finding::problem(CHECK, "looks like a text that stands for a secret", MAKE)
    } else {
        Finding::warning(CHECK, "not of the form of Meta's access tokens (EA…)", MAKE)
    }
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let first = text.chars().next();
    WORDS.contains(&lower.as_str())
        || PLACEHOLDERS.iter().any(|part| lower.contains(part))
        || text.chars().all(|letter| Some(letter) == first)
}
