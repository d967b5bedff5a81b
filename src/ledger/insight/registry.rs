//! What Meta tells of templates, numbers and the account: each piece once, with its history, and where things stand.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::CALL;
use crate::ledger::{Ledger, LedgerError, connection::read, scripts};

/// Fields kept of each of the two tables. Meta allows 6,000 templates in an account.
const ROOM: usize = 20_000;

/// One piece of news.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct News {
    /// Whether it is about a template.
    pub template: bool,
    /// `status`, `quality`, `category`, `coming` (a category that is announced) or `components` of a template; else
    /// the webhook's field, as in `account_update`.
    pub about: String,
    /// The WhatsApp Business Account.
    #[serde(rename = "waba")]
    pub waba_id: String,
    /// The template's id, the number that is meant, or what an alert is about; may be empty.
    pub subject: String,
    /// The template's name.
    pub name: String,
    /// The template's language, as in `es_MX`.
    pub language: String,
    /// The template's category, where a status tells it.
    pub category: String,
    /// The new status, score or category; the event, as Meta wrote it.
    pub value: String,
    /// Why, or what exactly: the reason of a rejection, the restriction, the limit. May be empty.
    pub detail: String,
    /// When, unix milliseconds.
    pub at: i64,
}

/// A template, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TemplateRecord {
    /// Its id; empty when Meta did not tell.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its language, as in `es_MX`.
    pub language: String,
    /// The WhatsApp Business Account.
    #[serde(rename = "waba")]
    pub waba_id: String,
    /// The time of the oldest news of it, unix milliseconds.
    #[serde(rename = "first")]
    pub first_seen: i64,
    #[serde(rename = "a")]
    aspects: BTreeMap<String, Standing>,
}

/// Where something stands, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// As Meta wrote it.
    #[serde(rename = "v")]
    pub value: String,
    /// Unix milliseconds.
    #[serde(rename = "t")]
    pub at: i64,
    /// Why; may be empty.
    #[serde(rename = "d")]
    pub detail: String,
}

impl TemplateRecord {
    /// The newest status: `APPROVED`, `PAUSED` …
    pub fn status(&self) -> Option<&Standing> {
        self.aspects.get("status")
    }

    /// The newest quality score: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    pub fn quality(&self) -> Option<&Standing> {
        self.aspects.get("quality")
    }

    /// The newest category: `MARKETING`, `UTILITY`, `AUTHENTICATION`.
    pub fn category(&self) -> Option<&Standing> {
        self.aspects.get("category")
    }

    /// The category that is announced and has not come yet.
    pub fn coming_category(&self) -> Option<&Standing> {
        self.aspects.get("coming")
    }

    /// Whether anything is known of this aspect.
    pub fn has(&self, aspect: &str) -> bool {
        self.aspects.contains_key(aspect)
    }

    /// The newest edit.
    pub fn edited(&self) -> Option<&Standing> {
        self.aspects.get("components")
    }
}

impl fmt::Display for TemplateRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.language)
    }
}

impl Ledger {
    /// Notes news; what was noted before changes nothing. Returns how many were new.
    pub async fn note_news(&self, business: &str, news: &[News]) -> Result<u64, LedgerError> {
        let keys = self.keys(business)?;
        let mut fresh = 0;
        for news in news.chunks(CALL) {
            let mut args = vec![self.options.insight.news_max.to_string(), ROOM.to_string()];
            for one in news {
                args.push(serde_json::to_string(one).map_err(|_| LedgerError::Record("news"))?);
            }
            let [stream, seen] = keys.news();
            let call = self.scripts.news.call(vec![stream, seen, keys.templates(), keys.accounts()], args);
            let mut replies = scripts::run(&self.work, &[call]).await?;
            let reply = replies.pop().ok_or(LedgerError::Record("reply"))?;
            let (new, left_out): (u64, u64) = read(reply, "news")?;
            if left_out > 0 {
                tracing::warn!(business, left_out, "more templates or accounts than are kept; their news is");
            }
            fresh += new;
        }
        Ok(fresh)
    }

    /// Every template of which Meta told, in the order of their names and languages.
    pub async fn templates(&self, business: &str) -> Result<Vec<TemplateRecord>, LedgerError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.keys(business)?.templates());
        let stored: Vec<String> = read(self.work.command(command).await?, "templates")?;
        let mut templates = stored
            .iter()
            .map(|text| serde_json::from_str(text).map_err(|_| LedgerError::Record("template")))
            .collect::<Result<Vec<TemplateRecord>, _>>()?;
        templates.sort_by(|a, b| (&a.name, &a.language, &a.id).cmp(&(&b.name, &b.language, &b.id)));
        Ok(templates)
    }

    /// The newest of each kind of news of accounts and numbers, newest first: restrictions, violations, alerts, limits.
    pub async fn accounts(&self, business: &str) -> Result<Vec<News>, LedgerError> {
        let mut command = redis::cmd("HVALS");
        command.arg(self.keys(business)?.accounts());
        let stored: Vec<String> = read(self.work.command(command).await?, "accounts")?;
        let mut news = stored
            .iter()
            .map(|text| serde_json::from_str(text).map_err(|_| LedgerError::Record("account")))
            .collect::<Result<Vec<News>, _>>()?;
        news.sort_by(|a, b| b.at.cmp(&a.at).then_with(|| a.about.cmp(&b.about)));
        Ok(news)
    }

    /// All news that was written since `from` (unix milliseconds), newest first, at most `at_most`.
    pub async fn news(&self, business: &str, from: i64, at_most: usize) -> Result<Vec<News>, LedgerError> {
        let [stream, _] = self.keys(business)?.news();
        let found = self.newest_entries(&stream, None, from, at_most).await?;
        found
            .iter()
            .filter_map(|(_, fields)| fields.iter().find(|(name, _)| name == "news"))
            .map(|(_, text)| serde_json::from_str(text).map_err(|_| LedgerError::Record("news")))
            .collect()
    }
}
