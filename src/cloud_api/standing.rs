//! How templates and numbers stand, asked now and then, and how much of what Meta allows is used up.
//!
//! Sources: Meta's pages "Message Templates API", "Messaging Limits", "Graph API rate limits" (`X-App-Usage`,
//! `X-Business-Use-Case-Usage`). Meta adds fields and leaves some out, so everything is optional.

use std::{collections::BTreeMap, time::Duration};

use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    account::{AccountError, Throughput},
    client::CloudApi,
};

const NUMBER_FIELDS: &str = "id,display_phone_number,status,quality_rating,throughput";
/// Not known to every version of the API: which refuses the whole question then.
const LIMIT_FIELD: &str = "whatsapp_business_manager_messaging_limit";
const TEMPLATE_FIELDS: &str = "id,name,language,status,category,quality_score,rejected_reason";
/// Meta's code for a field or parameter that it does not know.
const BAD_PARAMETER: i64 = 100;

/// A phone number, and how it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct NumberStanding {
    /// Its `phone_number_id`.
    pub id: String,
    /// As people see it, with blanks and signs.
    pub display_phone_number: String,
    /// `CONNECTED`, `FLAGGED`, `RESTRICTED` and more.
    pub status: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// How much it may send.
    pub throughput: Option<Throughput>,
    /// How many people its business may begin to write to in 24 hours, as in `TIER_10K`.
    #[serde(rename = "whatsapp_business_manager_messaging_limit")]
    pub messaging_limit: Option<String>,
}

/// A template, and how it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TemplateStanding {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language, as in `es_MX`.
    pub language: String,
    /// `APPROVED`, `PAUSED`, `REJECTED` and more.
    pub status: String,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`.
    pub category: String,
    /// How people like it.
    pub quality_score: Option<QualityScore>,
    /// Why it was rejected; `NONE` where it was not.
    pub rejected_reason: Option<String>,
}

/// How people like a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct QualityScore {
    /// `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub score: String,
}

/// How much of what Meta allows is used up, by what it says itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// The highest of all its figures.
    pub percent: u8,
    /// How long it answers nothing any more; zero while it does.
    pub regain: Duration,
}

/// The figures of one limit. Each in percent, but the last: minutes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Figures {
    call_count: f64,
    total_cputime: f64,
    total_time: f64,
    estimated_time_to_regain_access: f64,
}

impl Usage {
    /// The worse of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { percent: self.percent.max(other.percent), regain: self.regain.max(other.regain) }
    }

    /// As the headers of an answer tell; nothing where they do not, or cannot be read.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let app: Figures = serde_json::from_str(text("x-app-usage")).unwrap_or_default();
        let cases: BTreeMap<String, Vec<Figures>> =
            serde_json::from_str(text("x-business-use-case-usage")).unwrap_or_default();
        let all = cases.values().flatten().chain([&app]);
        all.map(Figures::usage).fold(Self::default(), Self::and)
    }
}

impl Figures {
    fn usage(&self) -> Usage {
        let percent = self.call_count.max(self.total_cputime).max(self.total_time).clamp(0.0, 100.0);
        let minutes = self.estimated_time_to_regain_access.clamp(0.0, 7.0 * 24.0 * 60.0);
        Usage { percent: percent as u8, regain: Duration::from_secs_f64(minutes * 60.0) }
    }
}

impl CloudApi {
    /// How the numbers of an account stand.
    pub async fn number_standings(
        &self,
        token: &SecretString,
        account: &str,
    ) -> (Result<Vec<NumberStanding>, AccountError>, Usage) {
        let path = [account, "phone_numbers"];
        let ask = async |fields: &str| self.list(token, &path, &[("fields", fields), ("limit", "100")]).await;
        let (told, usage) = ask(&format!("{NUMBER_FIELDS},{LIMIT_FIELD}")).await;
        if !matches!(told, Err(AccountError::Refused { code: Some(BAD_PARAMETER), .. })) {
            return (told, usage);
        }
        let (told, more) = ask(NUMBER_FIELDS).await;
        (told, usage.and(more))
    }

    /// How the templates of an account stand.
    pub async fn template_standings(
        &self,
        token: &SecretString,
        account: &str,
    ) -> (Result<Vec<TemplateStanding>, AccountError>, Usage) {
        let query = [("fields", TEMPLATE_FIELDS), ("limit", "200")];
        self.list(token, &[account, "message_templates"], &query).await
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn usage(pairs: &[(&'static str, &'static str)]) -> Usage {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Usage::of(&pairs.collect())
    }

    #[test]
    fn the_worst_figure_counts() {
        assert_eq!(usage(&[]), Usage::default());
        let app = ("x-app-usage", r#"{"call_count":28,"total_time":25,"total_cputime":31}"#);
        assert_eq!(usage(&[app]).percent, 31);
        let case = (
            "x-business-use-case-usage",
            r#"{"880011223344556":[{"type":"whatsapp_business_management","call_count":100,"total_cputime":1,
                "total_time":1,"estimated_time_to_regain_access":19}]}"#,
        );
        let case = (case.0, Box::leak(case.1.replace('\n', "").into_boxed_str()) as &'static str);
        let both = usage(&[app, case]);
        assert_eq!(both, Usage { percent: 100, regain: Duration::from_secs(19 * 60) });
    }

    #[test]
    fn what_cannot_be_read_is_no_usage() {
        for text in
            ["", "x", "[]", "{\"call_count\":\"many\"}", "{\"call_count\":-5}", "{\"call_count\":null}"]
        {
            assert_eq!(usage(&[("x-app-usage", text)]).percent, 0, "{text}");
        }
        assert_eq!(usage(&[("x-app-usage", "{\"call_count\":1e9}")]).percent, 100);
    }
}
