//! The public address: is it reached, with a certificate that Meta accepts, and is it this service that answers.

use std::time::Duration;

use super::{Finding, Said, days_until};
use crate::cloud_api::{Answer, Ring, ring};

/// Certificates are renewed earlier than this.
const SOON: i64 = 14;
const PATIENCE: Duration = Duration::from_secs(10);
const REACH: &str = "address.reach";
const CERTIFICATE: &str = "address.certificate";

/// Rings at `url` with a verify token that nobody has. `now` in unix seconds.
pub async fn examine(url: &str, now: i64) -> Vec<Finding> {
    let Some(ring) = ring(url, PATIENCE).await else {
        return vec![Finding::problem(REACH, "address.not_https", "address.not_https.advice")];
    };
    judge(&ring, now)
}

pub(super) fn judge(ring: &Ring, now: i64) -> Vec<Finding> {
    let reach = match ring.answer {
        Answer::Ours => Finding::ok(REACH, "address.ours"),
        Answer::Anything => Finding::problem(REACH, "address.anything", "address.anything.advice"),
        Answer::Other(status) => {
            Finding::problem(REACH, Said::of("address.other").with("status", status), "address.other.advice")
        }
        Answer::Nobody => Finding::problem(REACH, "address.nobody", "address.nobody.advice"),
        Answer::Late => Finding::problem(REACH, "address.late", "address.late.advice"),
        Answer::Untrusted => {
            return vec![Finding::problem(CERTIFICATE, "certificate.refused", "certificate.refused.advice")];
        }
    };
    vec![reach, certificate(ring.certificate_until, now)]
}

fn certificate(until: Option<i64>, now: i64) -> Finding {
    let Some(until) = until else {
        return Finding::unchecked(CERTIFICATE, "certificate.none");
    };
    match days_until(until, now) {
        days if days < SOON => {
            let found = Said::of("certificate.ends").with("days", days);
            Finding::warning(CERTIFICATE, found, "certificate.ends.advice")
        }
        days => Finding::ok(CERTIFICATE, Said::of("certificate.good").with("days", days)),
    }
}
