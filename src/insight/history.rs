//! Everything that a report is computed from, as the ledger has it.

use crate::ledger::{Day, DayCounts, Ledger, LedgerError, News, TemplateRecord};

/// Days before the period that others are compared with, beside the period itself.
pub(super) const BASELINE_DAYS: i64 = 28;
/// News that a report looks at, the newest.
const MOST_NEWS: usize = 10_000;

/// Counts and news of one business.
#[derive(Clone)]
pub struct History {
    /// Whose.
    pub business: String,
    /// When it was asked for, unix milliseconds.
    pub now: i64,
    /// The first day of the period; those before it are there to compare with.
    pub from: Day,
    /// The last day, which is not over.
    pub to: Day,
    /// The counts, oldest first: 28 days, then the period.
    pub days: Vec<DayCounts>,
    /// Where templates stand.
    pub templates: Vec<TemplateRecord>,
    /// What Meta told in the period, oldest first.
    pub news: Vec<News>,
}

impl History {
    /// Reads what is known at `now` (unix milliseconds), for a period of today and the days before it.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn read(ledger: &Ledger, business: &str, days: u16, now: i64) -> Result<Self, LedgerError> {
        let to = Day::of(now);
        let from = to.plus(1 - i64::from(days.max(1)));
        // What was told before the period was also written before it; the other way round it may be late.
        let mut news = ledger.news(business, from.begins(), MOST_NEWS).await?;
        news.retain(|one| one.at >= from.begins());
        news.sort_by_key(|one| one.at);
        Ok(Self {
            business: business.to_owned(),
            now,
            from,
            to,
            days: ledger.counters(business, from.plus(-BASELINE_DAYS), to).await?,
            templates: ledger.templates(business).await?,
            news,
        })
    }

    /// The days of the period.
    pub fn period(&self) -> impl Iterator<Item = &DayCounts> {
        self.days.iter().filter(|day| day.day >= self.from)
    }
}
