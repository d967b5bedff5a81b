//! What Meta holds against the business: templates it stopped, and trouble of accounts and numbers.

use serde::Serialize;

use super::{History, moment};
use crate::ledger::News;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something was stopped, or will be.
    Bad,
    /// It is on its way there.
    Warning,
    /// Good to know.
    Info,
}

/// One thing that Meta told, or that still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// How bad.
    pub severity: Severity,
    /// `template`, or the field of Meta's webhook, as in `account_update`.
    pub about: String,
    /// The template with its language, the number, or the account.
    pub subject: String,
    /// `status`, `quality`, `category`, `coming` of a template; else `event`.
    pub aspect: String,
    /// What, in Meta's word.
    pub value: String,
    /// Why, or what exactly; may be empty.
    pub detail: String,
    /// When, RFC 3339.
    pub at: String,
    /// Whether it was told before the period, and still stands.
    pub earlier: bool,
    /// Unix milliseconds.
    #[serde(skip)]
    pub at_ms: i64,
}

/// The signals of a period, the worst first and then the newest.
pub(super) fn signals(history: &History) -> Vec<Signal> {
    let mut found: Vec<(i64, Signal)> =
        history.news.iter().filter_map(|news| Some((news.at, of_news(news)?))).collect();
    found.extend(standing(history));
    found.sort_by(|(a, one), (b, other)| {
        (one.severity, b).cmp(&(other.severity, a)).then_with(|| one.subject.cmp(&other.subject))
    });
    found.into_iter().map(|(_, signal)| signal).collect()
}

fn of_news(news: &News) -> Option<Signal> {
    let severity = if news.template {
        of_template(&news.about, &news.value)?
    } else {
        of_account(&news.about, &news.value, &news.detail)
    };
    let template = || match news.language.as_str() {
        "" => news.name.clone(),
        language => format!("{} ({language})", news.name),
    };
    let owner = || if news.subject.is_empty() { news.waba_id.clone() } else { news.subject.clone() };
    Some(Signal {
        severity,
        about: if news.template { "template".to_owned() } else { news.about.clone() },
        subject: if news.template { template() } else { owner() },
        aspect: if news.template { news.about.clone() } else { "event".to_owned() },
        value: news.value.clone(),
        detail: news.detail.clone(),
        at: moment(news.at),
        earlier: false,
        at_ms: news.at,
    })
}

/// What stands since before the period and is bad.
fn standing(history: &History) -> impl Iterator<Item = (i64, Signal)> {
    history.templates.iter().flat_map(|record| {
        let aspects = [("status", record.status()), ("quality", record.quality())];
        aspects.into_iter().filter_map(|(aspect, standing)| {
            let standing = standing.filter(|standing| standing.at < history.from.begins())?;
            let severity = of_template(aspect, &standing.value).filter(|found| *found != Severity::Info)?;
            let signal = Signal {
                severity,
                about: "template".to_owned(),
                subject: record.to_string(),
                aspect: aspect.to_owned(),
                value: standing.value.clone(),
                detail: standing.detail.clone(),
                at: moment(standing.at),
                earlier: true,
                at_ms: standing.at,
            };
            Some((standing.at, signal))
        })
    })
}

/// How bad news of a template is; `None` for what is no trouble. Meta's lists are open, and its case varies.
fn of_template(about: &str, value: &str) -> Option<Severity> {
    let value = value.to_ascii_uppercase();
    match (about, value.as_str()) {
        ("status", "REJECTED" | "DISABLED" | "PAUSED" | "FLAGGED" | "LOCKED") | ("quality", "RED") => {
            Some(Severity::Bad)
        }
        ("status", "LIMIT_EXCEEDED" | "PENDING_DELETION") | ("quality", "YELLOW") => Some(Severity::Warning),
        ("category" | "coming", "MARKETING") => Some(Severity::Warning),
        ("category" | "coming", _) | ("status", "REINSTATED" | "DELETED" | "ARCHIVED") => {
            Some(Severity::Info)
        }
        _ => None,
    }
}

/// What the Graph API tells of a number, as [`News::about`] has it: its rating.
pub const NUMBER_QUALITY: &str = "quality_rating";
/// How many people its business may begin to write to in 24 hours.
pub const NUMBER_LIMIT: &str = "messaging_limit";
/// How much it may send.
pub const NUMBER_THROUGHPUT: &str = "throughput";
/// Whether it may send at all.
pub const NUMBER_STATUS: &str = "number_status";

/// How bad news of an account or number is; what is not known here is good to know.
pub fn of_account(about: &str, value: &str, detail: &str) -> Severity {
    let value = value.to_ascii_uppercase();
    if about == "account_alerts" {
        return match detail.to_ascii_uppercase() {
            detail if detail.split(' ').any(|word| word == "NONE") => Severity::Info,
            detail if detail.contains("CRITICAL") => Severity::Bad,
            detail if detail.contains("WARNING") => Severity::Warning,
            _ => Severity::Info,
        };
    }
    match (about, value.as_str()) {
        (NUMBER_QUALITY, "RED") | (NUMBER_STATUS, "RESTRICTED" | "BANNED" | "DISCONNECTED") => {
            return Severity::Bad;
        }
        (NUMBER_QUALITY, "YELLOW") => return Severity::Warning,
        (NUMBER_STATUS, "FLAGGED" | "RATE_LIMITED") => return Severity::Warning,
        (NUMBER_QUALITY | NUMBER_LIMIT | NUMBER_THROUGHPUT | NUMBER_STATUS, _) => return Severity::Info,
        _ => {}
    }
    match value.as_str() {
        "ACCOUNT_VIOLATION" | "ACCOUNT_RESTRICTION" | "DISABLED_UPDATE" | "ACCOUNT_DELETED" | "FLAGGED" => {
            Severity::Bad
        }
        "DOWNGRADE" | "THROUGHPUT_DOWNGRADE" | "REJECTED" => Severity::Warning,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metas_words_are_weighed_in_any_case() {
        assert_eq!(of_template("status", "paused"), Some(Severity::Bad));
        assert_eq!(of_template("quality", "GREEN"), None);
        assert_eq!(of_template("coming", "MARKETING"), Some(Severity::Warning));
        assert_eq!(of_account("account_update", "ACCOUNT_VIOLATION", "ADULT"), Severity::Bad);
        assert_eq!(of_account("account_alerts", "X", "WARNING ACTIVE"), Severity::Warning);
        assert_eq!(of_account("account_alerts", "X", "CRITICAL NONE"), Severity::Info);
        assert_eq!(of_account("security", "PIN_CHANGED", ""), Severity::Info);
        assert_eq!(of_account(NUMBER_QUALITY, "red", ""), Severity::Bad);
        assert_eq!(of_account(NUMBER_STATUS, "FLAGGED", ""), Severity::Warning);
        assert_eq!(of_account(NUMBER_LIMIT, "TIER_250", ""), Severity::Info);
    }
}
