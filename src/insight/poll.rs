//! Asks the Graph API now and then for what Meta sends no webhook of: the rating of numbers, and where templates stand since
//! before the webhooks were subscribed.
//!
//! What differs from what is known becomes news like any other. One of all replicas asks, and all rest when Meta wants it.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{NUMBER_LIMIT, NUMBER_QUALITY, NUMBER_STATUS, NUMBER_THROUGHPUT};
use crate::{
    clock::{unix_millis, unix_seconds},
    cloud_api::{AccountError, CloudApi, NumberStanding, TemplateStanding, Usage},
    ledger::{Ledger, LedgerError, News, TemplateRecord},
    live::Live,
    metrics::{Metrics, PollOutcome},
};

/// When it is looked for the first time: a start has better things to do. Starting often asks no more often.
const FIRST: Duration = Duration::from_secs(3);
/// How often it is looked whether it is time, which a replica that was away may have missed.
const GLANCE: Duration = Duration::from_secs(60);
/// Of what Meta allows in an hour, in percent, from which on the rest is left to others: confirmations go the same way.
const ENOUGH: u8 = 75;
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The task, as replicas agree on who does it.
const TASK: &str = "poll";
/// Of templates that were there before anybody asked: that they were. A time long ago, so that none of them counts as new.
const SEEN: &str = "seen";
const LONG_AGO: i64 = 1;

/// A business that is asked about.
#[derive(Debug, Clone)]
pub struct Polled {
    /// Its name.
    pub slug: String,
    /// The token to ask with.
    pub token: SecretString,
    /// Its accounts.
    pub waba_ids: Vec<String>,
}

/// Asks.
pub struct Poller {
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    api: CloudApi,
    businesses: Arc<Live<Vec<Polled>>>,
    every: Duration,
}

/// What came of asking about one business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Pieces of news that were new.
    pub news: u64,
    /// Until when nobody is to ask again.
    pub rest: Duration,
    /// What Meta refused, if it did; that it is asked too often before anything else.
    pub refused: Option<AccountError>,
    /// Whether everything was asked, and nothing left for later because of Meta's limits.
    pub is_whole: bool,
}

impl Asked {
    /// In the word that is counted.
    pub fn outcome(&self) -> PollOutcome {
        const SERVER_ERROR: u16 = 500;
        match self.refused {
            None if self.is_whole => PollOutcome::Answered,
            None => PollOutcome::Limited,
            Some(error) if error.is_rate_limit() => PollOutcome::Limited,
            Some(AccountError::Refused { http_status: SERVER_ERROR.., .. }) => PollOutcome::Failed,
            Some(AccountError::Refused { .. }) => PollOutcome::Refused,
            Some(AccountError::Unreachable | AccountError::Unreadable) => PollOutcome::Failed,
        }
    }
}

/// What has come of a round so far.
#[derive(Default)]
struct Round {
    news: u64,
    usage: Usage,
    refused: Option<AccountError>,
    /// Lists that were asked for.
    lists: usize,
}

impl Round {
    /// Takes what Meta told of one list, and notes it. Returns whether the round is over.
    async fn take<T>(
        &mut self,
        (told, usage): (Result<Vec<T>, AccountError>, Usage),
        note: impl AsyncFnOnce(&[T]) -> Result<u64, LedgerError>,
    ) -> Result<bool, LedgerError> {
        self.usage = self.usage.and(usage);
        match told {
            Ok(list) => self.news += note(&list).await?,
            // Whatever else was refused, that Meta is asked too often decides what happens next.
            Err(error) if error.is_rate_limit() => self.refused = Some(error),
            Err(error) => self.refused = self.refused.or(Some(error)),
        }
        self.lists += 1;
        Ok(is_enough(self.usage, self.refused))
    }
}

impl Poller {
    /// Asks nothing yet.
    pub fn new(
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        api: CloudApi,
        businesses: Arc<Live<Vec<Polled>>>,
        every: Duration,
    ) -> Self {
        metrics.polls_every(every);
        Self { ledger, metrics, api, businesses, every }
    }

    /// Asks until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let asking = async {
            sleep(FIRST).await;
            loop {
                self.look().await;
                sleep(GLANCE).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = asking => {}
        }
    }

    /// Asks about each business whose time has come and that no other replica asks about.
    pub async fn look(&self) {
        for business in self.businesses.get().iter() {
            self.metrics.polled_from(&business.slug, unix_seconds());
            let outcome = match self.take_turn(business).await {
                Ok(None) => continue,
                Ok(Some(asked)) => {
                    tell(&business.slug, asked);
                    asked.outcome()
                }
                Err(error) => {
                    let (error, business) = (error.kind(), business.slug.as_str());
                    tracing::debug!(error, business, "what Meta told could not be noted");
                    PollOutcome::StoreUnavailable
                }
            };
            self.metrics.poll(&business.slug, outcome, unix_seconds());
        }
    }

    /// Asks about one business, when it is this replica's turn.
    ///
    /// # Errors
    ///
    /// When Redis does not answer. Then it is asked again after the usual time.
    pub async fn take_turn(&self, business: &Polled) -> Result<Option<Asked>, LedgerError> {
        if !self.ledger.claim_turn(&business.slug, TASK, self.every).await? {
            return Ok(None);
        }
        let (slug, token) = (business.slug.as_str(), &business.token);
        let mut round = Round::default();
        for account in &business.waba_ids {
            let numbers = self.api.number_standings(token, account).await;
            if round.take(numbers, async |told| self.note_numbers(slug, account, told).await).await? {
                break;
            }
            let templates = self.api.template_standings(token, account).await;
            if round.take(templates, async |told| self.note_templates(slug, account, told).await).await? {
                break;
            }
        }
        let rest = rest(self.every, round.usage, round.refused);
        self.ledger.rest(slug, TASK, rest).await?;
        let is_whole = round.lists == 2 * business.waba_ids.len();
        Ok(Some(Asked { news: round.news, rest, refused: round.refused, is_whole }))
    }

    async fn note_numbers(
        &self,
        business: &str,
        account: &str,
        numbers: &[NumberStanding],
    ) -> Result<u64, LedgerError> {
        let known = self.ledger.accounts(business).await?;
        let at = unix_millis();
        let news = numbers.iter().flat_map(|number| of_number(number, account, at));
        // Only the newest of each aspect says where the number stands; `known` has the newest first.
        let is_new = |news: &News| {
            let before = known.iter().find(|one| one.about == news.about && one.subject == news.subject);
            before.is_none_or(|before| before.value != news.value)
        };
        let news: Vec<News> = news.filter(is_new).collect();
        self.ledger.note_news(business, &news).await
    }

    async fn note_templates(
        &self,
        business: &str,
        account: &str,
        templates: &[TemplateStanding],
    ) -> Result<u64, LedgerError> {
        let known = self.ledger.templates(business).await?;
        let is_first = !known.iter().any(|record| record.waba_id == account && record.has(SEEN));
        let at = unix_millis();
        let news: Vec<News> = templates
            .iter()
            .flat_map(|template| {
                let record = known.iter().find(|record| is_of(record, template));
                of_template(template, record, account, is_first, at)
            })
            .collect();
        self.ledger.note_news(business, &news).await
    }
}

fn is_of(record: &TemplateRecord, template: &TemplateStanding) -> bool {
    if record.id.is_empty() {
        record.name == template.name && record.language == template.language
    } else {
        record.id == template.id
    }
}

fn of_number(number: &NumberStanding, account: &str, at: i64) -> Vec<News> {
    // As webhooks call it; its id where Meta does not tell.
    let digits: String = number.display_phone_number.chars().filter(char::is_ascii_digit).collect();
    let subject = if digits.is_empty() { number.id.clone() } else { digits };
    let throughput = number.throughput.as_ref().map(|one| one.level.as_str());
    [
        (NUMBER_QUALITY, number.quality_rating.as_deref()),
        (NUMBER_LIMIT, number.messaging_limit.as_deref()),
        (NUMBER_THROUGHPUT, throughput),
        (NUMBER_STATUS, number.status.as_deref()),
    ]
    .into_iter()
    .filter_map(|(about, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(News {
            about: about.to_owned(),
            waba_id: account.to_owned(),
            subject: subject.clone(),
            value: value.to_owned(),
            at,
            ..News::default()
        })
    })
    .collect()
}

/// What differs from what is known. Of a template that nobody knew, at the first time of asking: that it was there before.
fn of_template(
    template: &TemplateStanding,
    record: Option<&TemplateRecord>,
    account: &str,
    is_first: bool,
    at: i64,
) -> Vec<News> {
    let news = |about: &str, value: &str, detail: &str, at| News {
        template: true,
        about: about.to_owned(),
        waba_id: account.to_owned(),
        subject: template.id.clone(),
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category.clone(),
        value: value.to_owned(),
        detail: detail.to_owned(),
        at,
    };
    let mut found = Vec::new();
    if is_first {
        found.push(news(SEEN, "", "", LONG_AGO));
    }
    let standing = |aspect: fn(&TemplateRecord) -> Option<&crate::ledger::Standing>| {
        record.and_then(aspect).map(|standing| standing.value.as_str())
    };
    if !template.status.is_empty() && standing(TemplateRecord::status) != Some(&template.status) {
        let reason =
            template.rejected_reason.as_deref().filter(|reason| *reason != "NONE").unwrap_or_default();
        found.push(news("status", &template.status, reason, at));
    }
    let quality = template.quality_score.as_ref().map_or("", |quality| quality.score.as_str());
    // One that was never rated has said nothing.
    let is_rating =
        !quality.is_empty() && (quality != "UNKNOWN" || standing(TemplateRecord::quality).is_some());
    if is_rating && standing(TemplateRecord::quality) != Some(quality) {
        found.push(news("quality", quality, "", at));
    }
    // The first word of a category comes with the status: nothing has changed then.
    if standing(TemplateRecord::category).is_some_and(|known| !known.eq_ignore_ascii_case(&template.category))
        && !template.category.is_empty()
    {
        found.push(news("category", &template.category, "", at));
    }
    found
}

fn is_enough(usage: Usage, refused: Option<AccountError>) -> bool {
    usage.percent >= ENOUGH || refused.is_some_and(AccountError::is_rate_limit)
}

/// How long nobody asks: what Meta says, or longer than usual where it is near its limit.
fn rest(every: Duration, usage: Usage, refused: Option<AccountError>) -> Duration {
    let is_limited = refused.is_some_and(AccountError::is_rate_limit);
    let usual = if is_limited {
        every.saturating_mul(4).max(Duration::from_secs(3600))
    } else if usage.percent >= ENOUGH {
        every.saturating_mul(2)
    } else {
        every
    };
    usual.max(usage.regain).min(LONGEST)
}

fn tell(business: &str, asked: Asked) {
    let (news, rest_s) = (asked.news, asked.rest.as_secs());
    match asked.refused {
        None => tracing::debug!(business, news, rest_s, "asked Meta how templates and numbers stand"),
        Some(error) => tracing::warn!(
            business,
            %error,
            news,
            rest_s,
            "Meta did not tell how templates and numbers stand; the token needs whatsapp_business_management"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn meta_is_left_alone_for_as_long_as_it_wants() {
        let limited = AccountError::Refused { code: Some(80_007), http_status: 400 };
        let other = AccountError::Refused { code: Some(190), http_status: 401 };
        let usage = |percent, regain| Usage { percent, regain: Duration::from_secs(regain) };
        for (usage, refused, expected) in [
            (usage(0, 0), None, HOUR),
            (usage(74, 0), None, HOUR),
            (usage(75, 0), None, 2 * HOUR),
            (usage(100, 5 * 3600), None, 5 * HOUR),
            (usage(0, 0), Some(limited), 4 * HOUR),
            (usage(100, 10 * 3600), Some(limited), 10 * HOUR),
            (usage(0, 900 * 3600), Some(limited), LONGEST),
            (usage(0, 0), Some(other), HOUR),
        ] {
            assert_eq!(rest(HOUR, usage, refused), expected, "{usage:?} {refused:?}");
        }
        assert!(is_enough(usage(80, 0), None) && is_enough(usage(0, 0), Some(limited)));
        assert!(!is_enough(usage(10, 0), Some(other)), "the other accounts may be allowed");
    }
}
