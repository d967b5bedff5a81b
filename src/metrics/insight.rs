//! What is counted of sent messages.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;

use super::{Metrics, register};

#[derive(Debug)]
pub(super) struct Insight {
    breaches: Counter,
    missed_stops: Counter,
    statuses_dropped: Counter,
}

impl Insight {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            breaches: register(
                registry,
                "breaches",
                "Messages that were sent to somebody who had refused them: a sender does not ask the list",
            ),
            missed_stops: register(
                registry,
                "missed_stops",
                "Opt-outs that became known only because a message failed with 131050",
            ),
            statuses_dropped: register(
                registry,
                "statuses_dropped",
                "Statuses that were not counted because too many came at once; reports say so",
            ),
        }
    }
}

impl Metrics {
    /// Counts messages that were sent against the list.
    pub fn breaches(&self, count: u64) {
        self.insight.breaches.inc_by(count);
    }

    /// Counts opt-outs that only a failed message told of.
    pub fn missed_stops(&self, count: u64) {
        self.insight.missed_stops.inc_by(count);
    }

    /// Counts statuses that were not looked at.
    pub fn statuses_dropped(&self, count: u64) {
        self.insight.statuses_dropped.inc_by(count);
    }
}
