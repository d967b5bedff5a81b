//! What is counted and measured, for Prometheus. One [`Metrics`] for each app, none of them global.
//!
//! Labels are variants of an enum, or short `&'static str` that the program itself chose: no rule, number, id or text
//! of a person ever is one. What has a fixed set of labels is reported from the start, as zeros, and costs an atomic
//! addition.

mod decisions;
mod insight;
mod labels;
mod outlook;
mod polls;
mod relay;
mod tally;
mod timing;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub use labels::{
    ApiOutcome, DecisionAction, DecisionSource, EventKind, HandshakeOutcome, LedgerResult, NearMissEvent,
    OutboxState, PollOutcome, RedisOperation, ReloadOutcome, SendResult, WebhookOutcome,
};

pub use outlook::{AlertOutcome, Outlook};
pub use relay::RelayOutcome;

use labels::Label;
use relay::RelayMetrics;
use tally::{Pair, Tally};
use timing::Timing;

/// The content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that one app counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    webhooks: Tally<WebhookOutcome, Counter>,
    handshakes: Tally<HandshakeOutcome, Counter>,
    reloads: Tally<ReloadOutcome, Counter>,
    in_flight: Gauge,
    last_webhook: Gauge,
    answered: Timing,
    events: Tally<EventKind, Counter>,
    broken: Family<Pair, Counter>,
    decisions: decisions::Decisions,
    ledger: Tally<LedgerResult, Counter>,
    near_misses: Tally<NearMissEvent, Counter>,
    api: Tally<ApiOutcome, Counter>,
    outbox_jobs: Tally<OutboxState, Gauge>,
    outbox_oldest: Tally<OutboxState, Gauge<f64, AtomicU64>>,
    sends: Tally<SendResult, Counter>,
    put_off: Family<Pair, Counter>,
    drops: Family<Pair, Counter>,
    redis: Tally<RedisOperation, Timing>,
    redis_reconnects: Counter,
    background_dropped: Counter,
    insight: insight::Insight,
    outlook: outlook::OutlookMetrics,
    polls: polls::PollMetrics,
    relay: RelayMetrics,
}

/// Counts a webhook as in flight until it is dropped, whatever ends it.
#[derive(Debug)]
#[must_use = "dropping it says that the webhook is done"]
pub struct InFlight<'m>(&'m Gauge);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("baja");
        let registry_ref = &mut registry;
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry_ref.register("build", "The running version", build);
        Self {
            webhooks: counters(registry_ref, "webhooks", "Webhooks received, by what became of them"),
            handshakes: counters(registry_ref, "handshakes", "Handshakes of Meta's dashboard, by outcome"),
            reloads: counters(registry_ref, "reloads", "Reloads of the configuration, by outcome"),
            in_flight: register(registry_ref, "webhooks_in_flight", "Webhooks that wait for their answer"),
            last_webhook: register(
                registry_ref,
                "last_webhook_timestamp_seconds",
                "When a genuine webhook was last handled, unix seconds; 0 when none was",
            ),
            answered: register(
                registry_ref,
                "webhook_duration_seconds",
                "Time from the receipt of a webhook to its 200",
            ),
            events: counters(registry_ref, "events", "Events in genuine webhooks, by kind"),
            broken: register(
                registry_ref,
                "broken_items",
                "Items that could not be read, by what they seemed to be",
            ),
            decisions: decisions::Decisions::register(registry_ref),
            ledger: counters(
                registry_ref,
                "ledger_writes",
                "Decisions written to the ledger, by what it did",
            ),
            near_misses: counters(
                registry_ref,
                "near_misses",
                "Texts that were likely a stop and not surely one, by what became of them",
            ),
            api: counters(
                registry_ref,
                "api_requests",
                "Questions to the API, by what they were answered with",
            ),
            outbox_jobs: Tally::register(
                registry_ref,
                "outbox_jobs",
                "Confirmations that are not finished, by state",
                Gauge::default,
            ),
            outbox_oldest: Tally::register(
                registry_ref,
                "outbox_oldest_seconds",
                "Age of the oldest confirmation that is not finished, by state; 0 when there is none",
                Gauge::default,
            ),
            sends: counters(registry_ref, "confirmation_sends", "Attempts to send a confirmation, by result"),
            put_off: register(registry_ref, "confirmations_put_off", "Confirmations put off, by reason"),
            drops: register(registry_ref, "confirmations_dropped", "Confirmations given up, by reason"),
            redis: Tally::register(
                registry_ref,
                "redis_duration_seconds",
                "Time for one exchange with Redis, by who asked",
                Timing::default,
            ),
            redis_reconnects: register(
                registry_ref,
                "redis_reconnects",
                "Connections to Redis thrown away and made anew",
            ),
            background_dropped: register(
                registry_ref,
                "background_dropped",
                "Things to be done off the request's path that were dropped because too many waited",
            ),
            insight: insight::Insight::register(registry_ref),
            outlook: outlook::OutlookMetrics::register(registry_ref),
            polls: polls::PollMetrics::register(registry_ref),
            relay: RelayMetrics::register(registry_ref),
            registry,
        }
    }

    /// Counts a webhook's outcome.
    pub fn webhook(&self, outcome: WebhookOutcome) {
        add(&self.webhooks, outcome, 1);
    }

    /// Counts a reload of the configuration.
    pub fn reload(&self, outcome: ReloadOutcome) {
        add(&self.reloads, outcome, 1);
    }

    /// Counts a handshake.
    pub fn handshake(&self, outcome: HandshakeOutcome) {
        add(&self.handshakes, outcome, 1);
    }

    /// Counts a webhook as in flight until the guard is dropped.
    pub fn in_flight(&self) -> InFlight<'_> {
        self.in_flight.inc();
        InFlight(&self.in_flight)
    }

    /// Notes when a genuine webhook was handled, in unix seconds.
    pub fn last_webhook(&self, unix_seconds: i64) {
        self.last_webhook.set(unix_seconds);
    }

    /// Notes how long a webhook waited for its 200.
    pub fn answered(&self, duration: Duration) {
        self.answered.observe(duration);
    }

    /// Counts `count` events of one kind.
    pub fn events(&self, kind: EventKind, count: u64) {
        add(&self.events, kind, count);
    }

    /// Counts an item that could not be read. `kind` is a word of the program's, such as `message`.
    pub fn broken(&self, kind: &'static str) {
        self.broken.get_or_create(&[("kind", kind)]).inc();
    }

    /// Counts items of one body that could not be read and are too many to be kept; of whatever kind.
    pub fn more_broken(&self, count: u64) {
        self.broken.get_or_create(&[("kind", "more")]).inc_by(count);
    }

    /// Counts what the ledger did.
    pub fn ledger(&self, result: LedgerResult) {
        add(&self.ledger, result, 1);
    }

    /// Counts what became of near-misses.
    pub fn near_miss(&self, event: NearMissEvent, count: u64) {
        add(&self.near_misses, event, count);
    }

    /// Counts a question to the API.
    pub fn api(&self, outcome: ApiOutcome) {
        add(&self.api, outcome, 1);
    }

    /// Notes how many confirmations are in a state, and how old the oldest is.
    pub fn outbox(&self, state: OutboxState, jobs: u64, oldest: Duration) {
        if let (Some(count), Some(age)) = (self.outbox_jobs.of(state), self.outbox_oldest.of(state)) {
            count.set(i64::try_from(jobs).unwrap_or(i64::MAX));
            age.set(oldest.as_secs_f64());
        }
    }

    /// Counts an attempt to send a confirmation.
    pub fn sent(&self, result: SendResult) {
        add(&self.sends, result, 1);
    }

    /// Counts a confirmation that is to be tried again later. `reason` is a word of the program's.
    pub fn put_off(&self, reason: &'static str) {
        self.put_off.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a confirmation that was given up. `reason` is a word of the program's, such as `window_closed`.
    pub fn dropped(&self, reason: &'static str) {
        self.drops.get_or_create(&[("reason", reason)]).inc();
    }

    /// Notes how long Redis took.
    pub fn redis(&self, operation: RedisOperation, duration: Duration) {
        if let Some(timing) = self.redis.of(operation) {
            timing.observe(duration);
        }
    }

    /// Counts a connection to Redis made anew.
    pub fn redis_reconnected(&self) {
        self.redis_reconnects.inc();
    }

    /// Counts something dropped because too much waited in the background.
    pub fn background_dropped(&self) {
        self.background_dropped.inc();
    }

    /// Everything in the OpenMetrics text format ([`CONTENT_TYPE`]).
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        // Only the target can fail, and a `String` does not; half a page would be worse than none.
        if prometheus_client::encoding::text::encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}

fn register<M>(registry: &mut Registry, name: &str, help: &str) -> M
where
    M: Default + Clone + prometheus_client::registry::Metric,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn counters<L: Label>(registry: &mut Registry, name: &str, help: &str) -> Tally<L, Counter> {
    Tally::register(registry, name, help, Counter::default)
}

fn add<L: Label>(tally: &Tally<L, Counter>, label: L, count: u64) {
    if let Some(counter) = tally.of(label) {
        counter.inc_by(count);
    }
}

#[cfg(test)]
mod tests;
