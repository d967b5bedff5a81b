//! Makes the report now and then, so that trouble shows in the metrics, and is told, before somebody asks.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Alert, History, Report, Severity, Teller, Verdict, refusals::Refusals};
use crate::{
    clock::unix_millis,
    ledger::{Figure, Ledger, LedgerError},
    metrics::{Metrics, Outlook},
};

/// The period of each report, days.
const DAYS: u16 = 7;
/// How often one is made: figures change slowly, and each costs a read of 35 days.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// When the first is made: a start has better things to do.
const FIRST: Duration = Duration::from_secs(30);
/// How often it is looked whether webhooks are answered 503.
const GLANCE: Duration = Duration::from_secs(30);
/// How long news counts as new, milliseconds.
const NEW: i64 = 86_400_000;
/// How long a replica has to tell an alert before another one may: less than until its own next look.
const LEASE: Duration = Duration::from_secs(9 * 60);
/// After which the same trouble is told again.
const QUIET: Duration = Duration::from_secs(7 * 86_400);

/// Looks after every business. Each replica does so for itself; an alert is told by one of them.
pub struct Watch {
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    teller: Option<Teller>,
    patience: Patience,
    refusals: Mutex<Refusals>,
}

/// How long something may go on before it is told; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Patience {
    /// No webhook of a business.
    pub silence: Option<Duration>,
    /// Webhooks answered 503.
    pub refusals: Option<Duration>,
}

impl Watch {
    /// Looks at nothing yet. Without a `teller` only the metrics are told.
    pub fn new(
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        teller: Option<Teller>,
        patience: Patience,
    ) -> Self {
        Self { ledger, metrics, teller, patience, refusals: Mutex::default() }
    }

    /// Looks until it is told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let reports = async {
            sleep(FIRST).await;
            loop {
                self.look(unix_millis()).await;
                sleep(EVERY).await;
            }
        };
        // Apart from the reports, which wait for a Redis that is away.
        let refusals = async {
            loop {
                sleep(GLANCE).await;
                self.look_at_refusals(unix_millis()).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = async { tokio::join!(reports, refusals); } => {}
        }
    }

    /// Tells, once and without Redis, that webhooks have been answered 503 for too long at `now` (unix milliseconds).
    pub async fn look_at_refusals(&self, now: i64) {
        let (Some(teller), Some(patience)) = (&self.teller, self.patience.refusals) else { return };
        let count = self.metrics.refused_webhooks();
        let began = self.lock_refusals().observe(count, now, patience);
        if let Some(began) = began
            && teller.tell(&Alert::of_refusals(began), &self.metrics).await
        {
            self.lock_refusals().told();
        }
    }

    fn lock_refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at each business at `now` (unix milliseconds). When Redis does not answer, the metrics go on saying what
    /// they said last, with the time of it.
    pub async fn look(&self, now: i64) {
        for business in self.ledger.businesses() {
            if let Err(error) = self.look_at(&business, now).await {
                tracing::debug!(error = error.kind(), business, "the report cannot be made");
            }
        }
    }

    async fn look_at(&self, business: &str, now: i64) -> Result<(), LedgerError> {
        let history = History::read(&self.ledger, business, DAYS, now).await?;
        let report = Report::of(&history);
        let suspects =
            report.templates.iter().filter(|row| row.judgement.verdict == Verdict::Suspect).count();
        let told = |severity| {
            let new = report.signals.iter().filter(|signal| signal.at_ms > now.saturating_sub(NEW));
            new.filter(|signal| signal.severity == severity).count()
        };
        let outlook =
            Outlook { suspects, bad: told(Severity::Bad), warnings: told(Severity::Warning), at: now / 1000 };
        if self.metrics.outlook(business, outlook) {
            tracing::warn!(
                business,
                count = suspects,
                "more templates than before make people leave: baja report"
            );
        }
        let Some(teller) = &self.teller else { return Ok(()) };
        let today = history.days.last().map_or(0, |day| day.total(Figure::Breaches));
        let mut alerts = Alert::of(&report, today, now);
        if let Some(silence) = self.patience.silence
            && let Some(last) = self.ledger.last_heartbeat(business).await?
            && u128::try_from(now.saturating_sub(last)).is_ok_and(|quiet| quiet > silence.as_millis())
        {
            alerts.push(Alert::of_silence(business, last));
        }
        for alert in &alerts {
            if self.ledger.claim_alert(business, &alert.id, LEASE).await?
                && teller.tell(alert, &self.metrics).await
            {
                self.ledger.alert_told(business, &alert.id, QUIET).await?;
            }
        }
        Ok(())
    }
}
