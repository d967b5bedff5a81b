//! What is counted of asking Meta how numbers and templates stand. The label `business` is a name from the configuration.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, PollOutcome, add, counters, register, tally::Tally};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BusinessLabel {
    business: String,
}

#[derive(Debug)]
pub(super) struct PollMetrics {
    polls: Tally<PollOutcome, Counter>,
    answered: Family<BusinessLabel, Gauge>,
    interval: Gauge,
}

impl PollMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            polls: counters(
                registry,
                "polls",
                "Rounds of asking Meta how the numbers and templates of a business stand, by what came of them",
            ),
            answered: register(
                registry,
                "poll_timestamp_seconds",
                "When Meta last answered all that this replica asked of a business, unix seconds; before that, since when it \
                 has been waiting for it",
            ),
            interval: register(
                registry,
                "poll_interval_seconds",
                "How often Meta is asked about each business; 0 when it is not",
            ),
        }
    }
}

impl Metrics {
    /// Says how often Meta is asked.
    pub fn polls_every(&self, interval: Duration) {
        self.polls.interval.set(i64::try_from(interval.as_secs()).unwrap_or(i64::MAX));
    }

    /// Says that a business is asked about from `now` (unix seconds) on; nothing when that was said before.
    pub fn polled_from(&self, business: &str, now: i64) {
        let gauge = self.last_answer(business);
        if gauge.get() == 0 {
            gauge.set(now);
        }
    }

    /// Counts a round about a business that ended `now` (unix seconds).
    pub fn poll(&self, business: &str, outcome: PollOutcome, now: i64) {
        add(&self.polls.polls, outcome, 1);
        if outcome == PollOutcome::Answered {
            self.last_answer(business).set(now);
        }
    }

    fn last_answer(&self, business: &str) -> Gauge {
        self.polls.answered.get_or_create_owned(&BusinessLabel { business: business.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_moves_the_time_of_the_last_one() {
        let metrics = Metrics::new();
        let has = |line: &str| {
            let text = metrics.encode();
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        };
        has("baja_polls_total{outcome=\"refused\"} 0");
        metrics.polls_every(Duration::from_secs(3600));
        metrics.polled_from("acme", 100);
        metrics.polled_from("acme", 200);
        metrics.poll("acme", PollOutcome::Refused, 300);
        has("baja_poll_timestamp_seconds{business=\"acme\"} 100");
        metrics.poll("acme", PollOutcome::Answered, 400);
        metrics.poll("acme", PollOutcome::Failed, 500);
        metrics.polled_from("acme", 600);
        has("baja_poll_timestamp_seconds{business=\"acme\"} 400");
        has("baja_polls_total{outcome=\"refused\"} 1");
        has("baja_poll_interval_seconds 3600");
    }
}
