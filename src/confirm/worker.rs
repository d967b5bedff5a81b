//! The worker: leases, sends and settles.

mod report;
mod run;
mod settings;
#[cfg(test)]
pub(super) mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::clock::unix_millis;
use crate::cloud_api::{CloudApi, Refusal, SendResult};
use crate::ledger::{Job, Lease, Settled, Settlement};

pub use report::StepReport;
pub use settings::{Business, Roster, WorkerError, WorkerSettings};

use super::breaker::{Admission, Breaker};
use super::message::compose;
use super::metrics::ConfirmMetrics;
use super::outbox::Outbox;
use super::outcome::{Dice, Outcome, Signal, WINDOW_CLOSED, hold, judge};
use super::pace::Pace;
use super::schedule;
use report::End;

/// What is kept of a lease for recording the result.
const TO_SETTLE: Duration = Duration::from_secs(5);

/// How often a result is offered to the outbox. After that the lease runs out, and the job counts as one whose
/// fate is unknown.
const SETTLE_TRIES: u32 = 3;

/// Sends the jobs of an outbox.
pub struct Worker<O> {
    outbox: O,
    api: CloudApi,
    metrics: Arc<dyn ConfirmMetrics>,
    settings: WorkerSettings,
    breaker: Mutex<Breaker>,
    pace: Mutex<Pace>,
}

impl<O: Outbox> Worker<O> {
    /// A worker.
    ///
    /// # Errors
    ///
    /// When the settings contradict each other or the client's timeouts.
    pub fn new(
        outbox: O,
        api: CloudApi,
        metrics: Arc<dyn ConfirmMetrics>,
        settings: WorkerSettings,
    ) -> Result<Self, WorkerError> {
        let timeout = api.timeouts().total;
        if settings.lease <= timeout.saturating_add(TO_SETTLE) {
            return Err(WorkerError::LeaseTooShort);
        }
        if settings.breaker.probe <= timeout {
            return Err(WorkerError::ProbeTooShort);
        }
        if settings.at_once == 0 || settings.per_second == 0 || settings.poll.is_zero() {
            return Err(WorkerError::Idle);
        }
        let breaker = Mutex::new(Breaker::new(settings.breaker));
        let pace = Mutex::new(Pace::new(settings.per_second));
        Ok(Self { outbox, api, metrics, settings, breaker, pace })
    }

    /// Leases what is due for a business, sends it and settles it. Messages to one person go one after the
    /// other, so that they arrive in the order of the outbox; different persons' go side by side. A panic costs
    /// one job only.
    pub async fn step(&self, business: &Business) -> StepReport {
        let mut report = StepReport::default();
        let leased_at = Instant::now();
        let room = self.breaker().room(&business.slug, leased_at, self.settings.at_once);
        if room == 0 {
            report.held = true;
            return report;
        }
        let leases = match self.outbox.lease(&business.slug, room).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::debug!(business = %business.slug, %error, "cannot lease confirmations");
                self.metrics.outbox_failed("lease");
                report.outbox_failed = true;
                return report;
            }
        };
        report.leased = leases.len();
        let kept_for = self.settings.lease.saturating_sub(self.api.timeouts().total + TO_SETTLE);
        let send_until = leased_at + kept_for;
        let mut persons: FuturesUnordered<_> = by_person(leases)
            .into_iter()
            .map(|leases| async move {
                let mut ends = Vec::with_capacity(leases.len());
                for lease in leases {
                    let finish = AssertUnwindSafe(self.finish(business, lease, send_until));
                    ends.push(finish.catch_unwind().await.unwrap_or(End::Unsettled));
                }
                ends
            })
            .collect();
        while let Some(ends) = persons.next().await {
            ends.into_iter().for_each(|end| report.count(end));
        }
        report
    }

    /// Sends one job and records the result. Since a panic may come after the request, the result is then
    /// unknown.
    async fn finish(&self, business: &Business, lease: Lease, send_until: Instant) -> End {
        let Lease { job, token } = lease;
        let attempt = AssertUnwindSafe(self.attempt(business, &job, send_until)).catch_unwind().await;
        let settlement = attempt.unwrap_or_else(|_| {
            tracing::error!(business = %business.slug, job = job.id.as_str(), "a confirmation panicked");
            Settlement::Unknown { reason: "panic" }
        });
        let end = End::of(&settlement);
        match self.settle(business, &job, token, settlement).await {
            Some(Settled::Done) => {
                match end {
                    End::PutOff(reason) => self.metrics.put_off(reason),
                    End::Dropped(reason) => self.metrics.dropped(reason),
                    End::Sent | End::Unknown | End::Stale | End::Unsettled => {}
                }
                end
            }
            Some(Settled::Stale) => End::Stale,
            None => End::Unsettled,
        }
    }

    async fn attempt(&self, business: &Business, job: &Job, send_until: Instant) -> Settlement {
        let Some(message) = compose(job, &business.texts, &business.style) else {
            return Settlement::Dropped { reason: "bad_recipient" };
        };
        if let Err(settlement) = self.wait_for_turn(business, job, send_until).await {
            return settlement;
        }
        let result = self.api.send(&business.token, &job.phone_number_id, &message).await;
        self.metrics.sent(label(&result));
        self.conclude(business, job, message.quote.is_some(), result)
    }

    /// Returns when the job may be sent at once, or with what to do instead.
    async fn wait_for_turn(
        &self,
        business: &Business,
        job: &Job,
        send_until: Instant,
    ) -> Result<(), Settlement> {
        let number = &job.phone_number_id;
        let dice = dice();
        if dice.now >= job.expires_at {
            return Err(Settlement::Dropped { reason: WINDOW_CLOSED });
        }
        let later = |hint, reason| hold(job, schedule::backoff(1, hint, dice.random), reason, dice.now);
        let now = Instant::now();
        let patience = send_until.saturating_duration_since(now);
        let turn = self.pace().reserve(number, now, patience);
        match turn {
            Ok(wait) if wait.is_zero() => {}
            Ok(wait) => tokio::time::sleep(wait).await,
            Err(wait) => return Err(later(wait, "paced")),
        }
        let now = Instant::now();
        if now >= send_until {
            return Err(later(Duration::ZERO, "lease_ending"));
        }
        match self.breaker().admit(&business.slug, number, now) {
            Admission::Go => Ok(()),
            Admission::Held { reason, wait } => Err(later(wait, reason)),
        }
    }

    /// Tells breaker and pace what an answer means for other messages, and what it means for the job.
    fn conclude(&self, business: &Business, job: &Job, quoted: bool, result: SendResult) -> Settlement {
        let (slug, number) = (business.slug.as_str(), job.phone_number_id.as_str());
        let (now, dice) = (Instant::now(), dice());
        if let SendResult::Refused(Refusal { code, http_status, .. }) = result {
            tracing::info!(business = slug, job = job.id.as_str(), code, http_status, "confirmation refused");
        }
        match judge(result, job, quoted, dice) {
            Outcome::Settle { settlement, signal } => {
                self.heed(slug, number, signal, now);
                settlement
            }
            Outcome::Stop { reason, reach } => {
                let (wait, news) = self.breaker().stopped(slug, number, reach, reason, now);
                if news {
                    let seconds = wait.as_secs();
                    tracing::error!(
                        business = slug,
                        phone_number_id = number,
                        reason,
                        seconds,
                        "no confirmation is accepted until this is mended; they wait"
                    );
                    self.metrics.paused(reason);
                }
                hold(job, schedule::backoff(1, wait, dice.random), reason, dice.now)
            }
        }
    }

    fn heed(&self, business: &str, number: &str, signal: Signal, now: Instant) {
        match signal {
            Signal::Answered => self.breaker().answered(business, number, now),
            Signal::SlowDown(wait) => {
                self.breaker().answered(business, number, now);
                self.pace().hold(number, now, wait);
            }
            Signal::Failed => {
                let opened = self.breaker().failed(business, number, now);
                if let Some(wait) = opened {
                    let seconds = wait.as_secs();
                    tracing::error!(
                        business,
                        phone_number_id = number,
                        seconds,
                        "the Cloud API does not answer; confirmations wait"
                    );
                    self.metrics.paused("circuit_open");
                }
            }
            Signal::None => {}
        }
    }

    async fn settle(
        &self,
        business: &Business,
        job: &Job,
        token: u64,
        settlement: Settlement,
    ) -> Option<Settled> {
        for tries in 1..=SETTLE_TRIES {
            match self.outbox.settle(&business.slug, &job.id, token, settlement.clone()).await {
                Ok(settled) => return Some(settled),
                Err(error) => {
                    self.metrics.outbox_failed("settle");
                    tracing::warn!(business = %business.slug, job = job.id.as_str(), %error, tries,
                        "cannot record what became of a confirmation");
                }
            }
            if tries < SETTLE_TRIES {
                tokio::time::sleep(Duration::from_millis(100) * tries).await;
            }
        }
        None
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The leases of each person, in the order in which they came.
fn by_person(leases: Vec<Lease>) -> Vec<Vec<Lease>> {
    let mut persons: Vec<Vec<Lease>> = Vec::new();
    for lease in leases {
        let theirs =
            |leases: &&mut Vec<Lease>| leases.first().is_some_and(|first| first.job.to == lease.job.to);
        match persons.iter_mut().find(theirs) {
            Some(leases) => leases.push(lease),
            None => persons.push(vec![lease]),
        }
    }
    persons
}

fn label(result: &SendResult) -> &'static str {
    match result {
        SendResult::Accepted { .. } => "accepted",
        SendResult::Refused(_) => "refused",
        SendResult::NotSent(_) => "not_sent",
        SendResult::Unknown(_) => "unknown",
    }
}

fn dice() -> Dice {
    Dice { now: unix_millis(), random: rand::random() }
}
