//! Reports, and where numbers and accounts stand, for the views that show them.

use std::{sync::Arc, time::Duration};

use super::{
    error::PageError,
    kept::{Age, Kept, Made},
};
use crate::{
    clock::unix_millis,
    insight::{History, Report},
    ledger::{Ledger, News},
};

/// Fifteen seconds, and ten minutes.
const AGE: Age = Age { fresh: 15_000, usable: 600_000 };
/// For how long a view waits for its first report, which may have to read and judge a lot.
const PATIENCE: Duration = Duration::from_millis(30);
/// For how long a number's limit is shown, days.
pub(super) const STANDING_DAYS: i64 = 365;
/// News that are looked at, the newest.
const MOST_NEWS: usize = 10_000;

/// A report, and what it was made from.
pub(super) struct Reported {
    pub(super) report: Report,
    /// What Meta told in the period, oldest first.
    pub(super) news: Vec<News>,
}

/// What Meta told of numbers and accounts.
pub(super) struct Standings {
    /// The newest of each kind, newest first.
    pub(super) accounts: Vec<News>,
    /// All of the last year, oldest first.
    pub(super) news: Vec<News>,
}

/// The newest of each business.
pub(super) struct Reports {
    ledger: Arc<Ledger>,
    reports: Kept<(String, u16), Reported>,
    standings: Kept<String, Standings>,
}

impl Reports {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, reports: Kept::new(AGE), standings: Kept::new(AGE) }
    }

    /// The report of these last days, at most ten minutes old; `None` while the first is being made.
    ///
    /// # Errors
    ///
    /// When there is none yet and Redis does not answer.
    pub(super) async fn of(
        &self,
        business: &str,
        days: u16,
    ) -> Result<Option<Arc<Made<Reported>>>, PageError> {
        let make = || {
            let (ledger, business) = (Arc::clone(&self.ledger), business.to_owned());
            async move {
                let history = History::read(&ledger, &business, days, unix_millis()).await?;
                // A long time with many templates takes a while to judge.
                let judge = move || Reported { report: Report::of(&history), news: history.news };
                tokio::task::spawn_blocking(judge).await.map_err(|_| PageError::Internal)
            }
        };
        self.reports.soon((business.to_owned(), days), PATIENCE, make).await
    }

    /// What Meta told of the numbers and accounts of a business, at most ten minutes old.
    ///
    /// # Errors
    ///
    /// When nothing is known yet and Redis does not answer.
    pub(super) async fn standings(&self, business: &str) -> Result<Arc<Made<Standings>>, PageError> {
        let make = || {
            let (ledger, business) = (Arc::clone(&self.ledger), business.to_owned());
            async move {
                let from = unix_millis().saturating_sub(STANDING_DAYS * 86_400_000);
                let (accounts, mut news) = futures_util::try_join!(
                    ledger.accounts(&business),
                    ledger.news(&business, from, MOST_NEWS)
                )?;
                news.retain(|one| !one.template);
                news.sort_by_key(|one| one.at);
                Ok(Standings { accounts, news })
            }
        };
        self.standings.of(business.to_owned(), make).await
    }
}
