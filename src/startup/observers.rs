//! What the parts report, as metrics.

use std::{sync::Arc, time::Duration};

use crate::{
    confirm::{ConfirmMetrics, Outbox},
    ledger::{Channel, JobId, Lease, Ledger, LedgerError, Observer, Settled, Settlement},
    metrics::{Metrics, RedisOperation, SendResult},
};

/// Counts what happens to the connections.
pub(super) struct RedisObserver {
    metrics: Arc<Metrics>,
}

impl RedisObserver {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics }
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
        tracing::info!("connected to redis");
    }

    fn disconnected(&self, reason: &'static str) {
        tracing::warn!(
            reason,
            "no connection to redis; webhooks with opt-outs are answered 503 until it is back"
        );
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
