//! What Meta tells of one number.

use super::{
    super::{Finding, Said},
    split,
};
use crate::cloud_api::Number;

const STATUS: &str = "meta.number";
const QUALITY: &str = "meta.quality";
const THROUGHPUT: &str = "meta.throughput";

/// Status and name, quality, throughput, and where its messages go.
pub(super) fn judge(number: &Number, callback: Option<&str>) -> Vec<Finding> {
    let mut findings = vec![status(number), quality(number), throughput(number)];
    let own = number.webhook_configuration.as_ref().and_then(|one| one.phone_number.as_deref());
    let own = own.filter(|url| !url.is_empty());
    let remedy = "override.of_number.advice";
    findings.extend(own.and_then(|url| split(url, callback, remedy)));
    findings
}

fn status(number: &Number) -> Finding {
    let name = match number.name_status.as_deref() {
        Some("APPROVED" | "AVAILABLE_WITHOUT_REVIEW") | None => None,
        Some(other) => Some(Said::of("number.name").with("status", other)),
    };
    match (number.status.as_deref(), name) {
        (None, _) => Finding::unchecked(STATUS, "number.no_status"),
        (Some("CONNECTED"), None) => Finding::ok(STATUS, "number.connected"),
        (Some("CONNECTED"), Some(name)) => Finding::warning(STATUS, name, "number.name.advice"),
        (Some("FLAGGED"), _) => Finding::warning(STATUS, "number.flagged", "number.flagged.advice"),
        (Some(status), _) => {
            Finding::problem(STATUS, Said::of("number.status").with("status", status), "number.status.advice")
        }
    }
}

fn quality(number: &Number) -> Finding {
    let advice = "quality.advice";
    match number.quality_rating.as_deref() {
        Some("GREEN") => Finding::ok(QUALITY, "quality.green"),
        Some("YELLOW") => Finding::warning(QUALITY, "quality.yellow", advice),
        Some("RED") => Finding::problem(QUALITY, "quality.red", advice),
        Some("UNKNOWN" | "NA") => Finding::ok(QUALITY, "quality.unrated"),
        Some(_) | None => Finding::unchecked(QUALITY, "meta.silent"),
    }
}

fn throughput(number: &Number) -> Finding {
    match number.throughput.as_ref().map(|one| one.level.as_str()) {
        Some("STANDARD") => Finding::ok(THROUGHPUT, "throughput.standard"),
        Some("HIGH") => Finding::ok(THROUGHPUT, "throughput.high"),
        Some("NOT_APPLICABLE") => Finding::ok(THROUGHPUT, "throughput.not_applicable"),
        Some(_) | None => Finding::unchecked(THROUGHPUT, "meta.silent"),
    }
}
