//! Works off the queue of one target.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{sync::Notify, task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{WorkerRules, outcome, schedule};
use crate::{
    clock::unix_millis,
    ledger::{Errand, ErrandEnd, Ledger, LedgerError},
    metrics::{Metrics, RelayOutcome},
    relay::{Courier, Delivered},
};

/// How often the queue is looked at although nobody said that something is in it: another replica may have put it there,
/// or a retry may be due.
const TICK: Duration = Duration::from_millis(500);
/// How long to wait when Redis does not answer.
const REDIS_PAUSE: Duration = Duration::from_secs(1);

/// What one look at the queue came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many deliveries were begun.
    Begun(usize),
    /// There was nothing to do, or no room to do more.
    Nothing,
    /// Redis did not answer.
    NoRedis,
}

/// Works off the queue of one target. Clones share what they work with.
#[derive(Clone)]
pub struct ForwardWorker {
    target: String,
    courier: Arc<Courier>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    ready: Arc<Notify>,
    rules: WorkerRules,
}

impl ForwardWorker {
    pub(super) fn new(
        target: String,
        courier: Arc<Courier>,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        ready: Arc<Notify>,
        rules: WorkerRules,
    ) -> Self {
        Self { target, courier, ledger, metrics, ready, rules }
    }

    /// Works until it is told to stop; then what is under way has `drain` to end. What is not done by then is leased, and
    /// done by another replica or after the next start.
    pub async fn run(self, stop: CancellationToken, drain: Duration) {
        let mut under_way = JoinSet::new();
        loop {
            let pause = match self.step(&mut under_way).await {
                Step::Begun(_) => continue,
                Step::Nothing => TICK,
                Step::NoRedis => REDIS_PAUSE,
            };
            self.tell_depth().await;
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.ready.notified() => {}
                Some(_) = under_way.join_next() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let finish = async { while under_way.join_next().await.is_some() {} };
        if timeout(drain, finish).await.is_err() {
            tracing::warn!(
                target_name = self.target,
                "deliveries were under way at shutdown; they are repeated"
            );
        }
    }

    /// Takes as many bodies as there is room for, and begins to deliver them.
    pub async fn step(&self, under_way: &mut JoinSet<()>) -> Step {
        while under_way.try_join_next().is_some() {}
        let room = self.rules.at_once.saturating_sub(under_way.len());
        if room == 0 {
            return Step::Nothing;
        }
        match self.ledger.relay_lease(&self.target, room).await {
            Ok(errands) if errands.is_empty() => Step::Nothing,
            Ok(errands) => {
                let count = errands.len();
                for errand in errands {
                    let worker = self.clone();
                    under_way.spawn(async move { worker.deliver(errand).await });
                }
                Step::Begun(count)
            }
            Err(error) => {
                tracing::debug!(
                    error = error.kind(),
                    target_name = self.target,
                    "the relay's queue cannot be asked"
                );
                Step::NoRedis
            }
        }
    }

    async fn deliver(&self, errand: Errand) {
        let passage = &errand.passage;
        let delivery =
            self.courier.deliver(&errand.id, &passage.signature, &passage.content_type, passage.body.clone());
        // A panic costs this delivery and no other; its lease ends by itself.
        let Ok(delivered) = AssertUnwindSafe(delivery).catch_unwind().await else { return };
        self.metrics.relayed(&self.target, outcome(delivered));
        let end = self.end(&errand, delivered);
        if matches!(end, ErrandEnd::Dead { .. }) {
            self.metrics.relayed(&self.target, RelayOutcome::Dead);
        }
        if let Err(error) = self.settle(&errand, end).await {
            tracing::warn!(
                error = error.kind(),
                target_name = self.target,
                "a delivery could not be recorded; it is repeated"
            );
        }
        self.ready.notify_one();
    }

    fn end(&self, errand: &Errand, delivered: Delivered) -> ErrandEnd {
        match delivered {
            Delivered::Accepted => ErrandEnd::Done,
            Delivered::Refused { reason } => ErrandEnd::Dead { reason },
            Delivered::Failed { reason, wait } => {
                let age = unix_millis().saturating_sub(errand.queued_at());
                if u128::try_from(age).unwrap_or_default() >= self.rules.give_up_after.as_millis() {
                    return ErrandEnd::Dead { reason };
                }
                ErrandEnd::Retry { after: schedule::wait(errand.attempts, wait, rand::random()), reason }
            }
        }
    }

    /// Tries twice, because what is not recorded is delivered again.
    async fn settle(&self, errand: &Errand, end: ErrandEnd) -> Result<bool, LedgerError> {
        match self.ledger.relay_settle(&self.target, errand, end).await {
            Err(error) if error.is_passing() => self.ledger.relay_settle(&self.target, errand, end).await,
            result => result,
        }
    }

    async fn tell_depth(&self) {
        if let Ok(depth) = self.ledger.relay_depth(&self.target).await {
            self.metrics.relay_queue(&self.target, depth.entries, depth.bytes, depth.oldest);
        }
    }
}
