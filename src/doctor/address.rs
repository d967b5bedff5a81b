//! The public address: is it reached, with a certificate that Meta accepts, and is it this service that answers.

use std::time::Duration;

use super::{Finding, days_until};
use crate::cloud_api::{Answer, Ring, ring};

/// Certificates are renewed earlier than this.
const SOON: i64 = 14;
const PATIENCE: Duration = Duration::from_secs(10);
const REACH: &str = "address.reach";
const CERTIFICATE: &str = "address.certificate";

/// Rings at `url` with a verify token that nobody has. `now` in unix seconds.
pub async fn examine(url: &str, now: i64) -> Vec<Finding> {
    let Some(ring) = ring(url, PATIENCE).await else {
        let advice = "give an address that begins with https://; Meta accepts no other";
        return vec![Finding::problem(REACH, "not an address that Meta can use", advice)];
    };
    judge(&ring, now)
}

pub(super) fn judge(ring: &Ring, now: i64) -> Vec<Finding> {
    let reach = match ring.answer {
        Answer::Ours => Finding::ok(REACH, "this service answers, and refuses a wrong verify token"),
        Answer::Anything => Finding::problem(
            REACH,
            "something answers 200 to a wrong verify token",
            "look what stands in front: the path /webhook must reach this service unchanged",
        ),
        Answer::Other(status) => Finding::problem(
            REACH,
            format!("something else answers, with HTTP {status}"),
            "let the proxy or tunnel pass /webhook, with its query, on to BAJA_LISTEN",
        ),
        Answer::Nobody => Finding::problem(
            REACH,
            "nobody answers there",
            "look at the DNS name, the firewall and whatever ends TLS; from within your network it may look different",
        ),
        Answer::Late => Finding::problem(
            REACH,
            "no answer within 10 seconds",
            "look at the firewall and at the proxy in front of the service",
        ),
        Answer::Untrusted => {
            let advice = "install a certificate of a public authority for this name, with its chain; Meta refuses others";
            return vec![Finding::problem(CERTIFICATE, "the certificate is not accepted", advice)];
        }
    };
    vec![reach, certificate(ring.certificate_until, now)]
}

fn certificate(until: Option<i64>, now: i64) -> Finding {
    let Some(until) = until else {
        return Finding::unchecked(CERTIFICATE, "there was none to look at");
    };
    match days_until(until, now) {
        days if days < SOON => {
            let advice = "look why it is not renewed; Meta delivers nothing to an expired one";
            Finding::warning(CERTIFICATE, format!("accepted, and ends in {days} days"), advice)
        }
        days => Finding::ok(CERTIFICATE, format!("accepted, for another {days} days")),
    }
}
