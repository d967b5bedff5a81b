//! Looks at a deployment and says what is wrong, and what to do about it: secrets, Redis, Meta, the public address.
//!
//! Every check gives at least one [`Finding`], also when it could not be made, so that silence never means health. Nothing
//! is changed, and no finding holds a secret or anything about a person.

mod address;
mod meta;
mod secrets;
mod store;
#[cfg(test)]
mod tests;
mod words;

use serde::Serialize;

use crate::{
    cloud_api::{CloudApi, PlainHttp, Timeouts},
    config::Settings,
};

pub use address::examine as examine_address;
pub use meta::{Told, examine as examine_meta};
pub use secrets::examine as examine_secrets;
pub use store::examine as examine_redis;
pub use words::{Said, Words, fill};

/// How a check came out, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Could not be looked at.
    Unchecked,
    /// Works, and may not for long, or not for everybody.
    Warning,
    /// Opt-outs are missed, unconfirmed or at risk.
    Problem,
}

impl Status {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unchecked => "unchecked",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at, as in `redis.eviction`. Stable.
    pub check: &'static str,
    /// Of what: a business, an account's or a number's id of Meta; nothing where there is one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// How it came out.
    pub status: Status,
    /// The code of what was found, as in `token.expires`. Stable.
    pub code: &'static str,
    /// What was found.
    pub found: Said,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Said>,
}

impl Finding {
    fn new(check: &'static str, status: Status, found: impl Into<Said>) -> Self {
        let found = found.into();
        Self { check, subject: None, status, code: found.code(), found, advice: None }
    }

    /// As it should be.
    pub fn ok(check: &'static str, found: impl Into<Said>) -> Self {
        Self::new(check, Status::Ok, found)
    }

    /// Could not be looked at, and why.
    pub fn unchecked(check: &'static str, why: impl Into<Said>) -> Self {
        Self::new(check, Status::Unchecked, why)
    }

    /// Works for now.
    pub fn warning(check: &'static str, found: impl Into<Said>, advice: impl Into<Said>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, Status::Warning, found) }
    }

    /// Wrong.
    pub fn problem(check: &'static str, found: impl Into<Said>, advice: impl Into<Said>) -> Self {
        Self { advice: Some(advice.into()), ..Self::new(check, Status::Problem, found) }
    }

    /// The same, of this business, account or number.
    #[must_use]
    pub fn of(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }
}

/// Asks Meta, and rings at the public address: at `own`, or else where Meta has it. `now` in unix seconds. May take as long as Meta
/// takes for each of some questions.
pub async fn examine_outside(settings: &Settings, own: Option<&str>, now: i64) -> [Vec<Finding>; 2] {
    let timeouts =
        Timeouts { total: settings.cloud_api.timeout, connect: settings.cloud_api.connect_timeout };
    let told = match CloudApi::new(&settings.cloud_api.url, timeouts, PlainHttp::LoopbackOnly) {
        Ok(api) => examine_meta(settings, &api, own, now).await,
        Err(error) => Told {
            findings: vec![Finding::problem(
                "meta",
                Said::of("meta.unusable").with("error", error),
                "meta.unusable.advice",
            )],
            callback: None,
        },
    };
    let address = match own.or(told.callback.as_deref()) {
        Some(url) => examine_address(url, now).await,
        None => vec![Finding::unchecked("address", "address.unknown")],
    };
    [told.findings, address]
}

/// Days from now until then, rounded down; both in unix seconds.
fn days_until(then: i64, now: i64) -> i64 {
    then.saturating_sub(now).div_euclid(86_400)
}
