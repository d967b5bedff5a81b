//! What the parts report, as metrics.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    confirm::{ConfirmMetrics, Outbox},
    ledger::{Channel, JobId, Lease, Ledger, LedgerError, Observer, Settled, Settlement},
    metrics::{Metrics, RedisOperation, SendResult},
};

/// Counts what happens to the connections, and tells of it once for all of them.
pub(super) struct RedisObserver {
    metrics: Arc<Metrics>,
    trouble: Trouble,
}

impl RedisObserver {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, trouble: Trouble::default() }
    }
}

/// Why there is no connection, as it was last told of; nothing since one was made. Each of several connections breaks and
/// tries again by itself, and says so each time.
struct Trouble(Mutex<Option<&'static str>>);

impl Default for Trouble {
    fn default() -> Self {
        Self(Mutex::new(Some("none was made yet")))
    }
}

impl Trouble {
    /// Whether this was not told of before.
    fn is_new(&self, reason: &'static str) -> bool {
        self.lock().replace(reason) != Some(reason)
    }

    /// Whether there was any until now.
    fn ends(&self) -> bool {
        self.lock().take().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Option<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for RedisObserver {
    fn operation(&self, channel: Channel, took: Duration, _succeeded: bool) {
        let operation = match channel {
            Channel::Webhook => RedisOperation::Webhook,
            Channel::Background => RedisOperation::Background,
        };
        self.metrics.redis(operation, took);
    }

    fn connected(&self) {
        self.metrics.redis_reconnected();
        if self.trouble.ends() {
            tracing::info!("connected to redis");
        }
    }

    fn disconnected(&self, reason: &'static str) {
        if self.trouble.is_new(reason) {
            tracing::warn!(
                reason,
                "no connection to redis; webhooks with opt-outs are answered 503 until it is back"
            );
        }
    }
}

/// Counts what happens to confirmations.
pub(super) struct SendObserver {
    metrics: Arc<Metrics>,
}

impl SendObserver {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics }
    }
}

impl ConfirmMetrics for SendObserver {
    fn sent(&self, result: &'static str) {
        self.metrics.sent(match result {
            "accepted" => SendResult::Sent,
            "refused" => SendResult::Refused,
            "not_sent" => SendResult::NotSent,
            _ => SendResult::Unknown,
        });
    }

    fn put_off(&self, reason: &'static str) {
        self.metrics.put_off(reason);
    }

    fn dropped(&self, reason: &'static str) {
        self.metrics.dropped(reason);
    }

    fn paused(&self, _reason: &'static str) {
        self.metrics.sent(SendResult::Stopped);
    }

    fn outbox_failed(&self, _operation: &'static str) {
        // The exchange with Redis is counted where it fails.
    }
}

/// The ledger as the worker's outbox.
pub(super) struct LedgerOutbox(pub(super) Arc<Ledger>);

impl Outbox for LedgerOutbox {
    type Error = LedgerError;

    async fn lease(&self, business: &str, at_most: usize) -> Result<Vec<Lease>, LedgerError> {
        self.0.lease(business, at_most).await
    }

    async fn settle(
        &self,
        business: &str,
        job: &JobId,
        token: u64,
        settlement: Settlement,
    ) -> Result<Settled, LedgerError> {
        self.0.settle(business, job, token, settlement).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_connections_tell_of_one_trouble_once() {
        let trouble = Trouble::default();
        let made = [trouble.ends(), trouble.ends()];
        assert_eq!(made, [true, false], "the first connection is news");
        let broken = ["the connection broke"; 3].map(|reason| trouble.is_new(reason));
        assert_eq!(broken, [true, false, false]);
        assert!(trouble.is_new("the server cannot be reached"), "another reason is news");
        assert!(trouble.ends() && !trouble.ends());
        assert!(trouble.is_new("the server cannot be reached"), "so is the same one later");
    }
}
