//! What Meta tells of one number.

use super::{super::Finding, split};
use crate::cloud_api::Number;

const STATUS: &str = "meta.number";
const QUALITY: &str = "meta.quality";
const THROUGHPUT: &str = "meta.throughput";

/// Status and name, quality, throughput, and where its messages go.
pub(super) fn judge(number: &Number, callback: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![status(number), quality(number), throughput(number)];
    let own = number.webhook_configuration.as_ref().and_then(|one| one.phone_number.as_deref());
    let own = own.filter(|url| !url.is_empty());
    let remedy = "POST /<PHONE_NUMBER_ID> with an empty override_callback_uri in webhook_configuration";
    findings.extend(own.and_then(|url| split(url, callback, remedy)));
    findings
}

fn status(number: &Number) -> Finding {
    let name = match number.name_status.as_deref() {
        Some("APPROVED" | "AVAILABLE_WITHOUT_REVIEW") | None => None,
        Some(other) => Some(format!("its name is {other}")),
    };
    match (number.status.as_deref(), name) {
        (None, _) => Finding::unchecked(STATUS, "Meta does not tell its status"),
        (Some("CONNECTED"), None) => Finding::ok(STATUS, "connected, and its name is approved"),
        (Some("CONNECTED"), Some(name)) => Finding::warning(
            STATUS,
            name,
            "look at the name in WhatsApp Manager; without one a number may be restricted",
        ),
        (Some("FLAGGED"), _) => Finding::warning(
            STATUS,
            "flagged: too many people block or report it",
            "send less and to fewer, and make opting out easy",
        ),
        (Some(status), _) => Finding::problem(
            STATUS,
            format!("its status is {status}: it may neither send nor receive"),
            "look at it in WhatsApp Manager",
        ),
    }
}

fn quality(number: &Number) -> Finding {
    let advice = "look at which templates provoke opt-outs (docs/insights.md), and send those less";
    match number.quality_rating.as_deref() {
        Some("GREEN") => Finding::ok(QUALITY, "green"),
        Some("YELLOW") => Finding::warning(QUALITY, "yellow: people block or report it", advice),
        Some("RED") => Finding::problem(QUALITY, "red: the number may be restricted", advice),
        Some("UNKNOWN" | "NA") => Finding::ok(QUALITY, "not rated yet"),
        Some(_) | None => Finding::unchecked(QUALITY, "Meta does not tell it"),
    }
}

fn throughput(number: &Number) -> Finding {
    match number.throughput.as_ref().map(|one| one.level.as_str()) {
        Some("STANDARD") => {
            Finding::ok(THROUGHPUT, "standard: 80 messages a second, webhooks for three times that")
        }
        Some("HIGH") => Finding::ok(THROUGHPUT, "high: up to 1,000 messages a second; expect 3,000 webhooks"),
        Some("NOT_APPLICABLE") => {
            Finding::ok(THROUGHPUT, "not applicable: the number is not on the Cloud API")
        }
        Some(_) | None => Finding::unchecked(THROUGHPUT, "Meta does not tell it"),
    }
}
