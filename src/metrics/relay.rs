//! What is counted of passing webhooks on. The label `target` is a name from the configuration.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, register};

/// What became of passing a body on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayOutcome {
    /// The target has it.
    Delivered,
    /// The target did not take it now; it is tried again, by us or by Meta.
    Failed,
    /// The target will never take it.
    Refused,
    /// It was given up and is kept among the dead.
    Dead,
    /// It concerns other businesses too, and was not passed on.
    Mixed,
}

impl RelayOutcome {
    fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Dead => "dead",
            Self::Mixed => "mixed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TargetLabel {
    target: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    target: String,
    outcome: &'static str,
}

#[derive(Debug)]
pub(super) struct RelayMetrics {
    bodies: Family<OutcomeLabels, Counter>,
    dropped: Family<TargetLabel, Counter>,
    entries: Family<TargetLabel, Gauge>,
    bytes: Family<TargetLabel, Gauge>,
    oldest: Family<TargetLabel, Gauge<f64, AtomicU64>>,
}

impl RelayMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            bodies: register(registry, "relay_bodies", "Webhooks passed on, by target and what became of it"),
            dropped: register(
                registry,
                "relay_dropped",
                "Webhooks that waited for a target and were dropped because its queue was full",
            ),
            entries: register(registry, "relay_queue_bodies", "Webhooks that wait for a target"),
            bytes: register(registry, "relay_queue_bytes", "Bytes of the webhooks that wait for a target"),
            oldest: register(
                registry,
                "relay_queue_oldest_seconds",
                "Age of the oldest webhook that waits for a target; 0 when none does",
            ),
        }
    }
}

impl Metrics {
    /// Counts an attempt to pass a body on.
    pub fn relayed(&self, target: &str, outcome: RelayOutcome) {
        let labels = OutcomeLabels { target: target.to_owned(), outcome: outcome.word() };
        self.relay.bodies.get_or_create(&labels).inc();
    }

    /// Counts bodies that were dropped from a full queue.
    pub fn relay_dropped(&self, target: &str, count: u64) {
        self.relay.dropped.get_or_create(&label(target)).inc_by(count);
    }

    /// Notes what waits for a target.
    pub fn relay_queue(&self, target: &str, bodies: u64, bytes: u64, oldest: Duration) {
        let set = |family: &Family<TargetLabel, Gauge>, value: u64| {
            family.get_or_create(&label(target)).set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.relay.entries, bodies);
        set(&self.relay.bytes, bytes);
        self.relay.oldest.get_or_create(&label(target)).set(oldest.as_secs_f64());
    }
}

fn label(target: &str) -> TargetLabel {
    TargetLabel { target: target.to_owned() }
}
