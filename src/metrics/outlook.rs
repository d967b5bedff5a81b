//! What the quality report says, as gauges. The label `business` is a name from the configuration.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, WebhookOutcome, register};

/// What a report says of a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Templates that make people leave.
    pub suspects: usize,
    /// What Meta stopped within a day: templates, the account, numbers.
    pub bad: usize,
    /// What is on its way there.
    pub warnings: usize,
    /// When the report was made, unix seconds.
    pub at: i64,
}

/// What became of an attempt to tell an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertOutcome {
    /// It arrived.
    Delivered,
    /// It did not arrive; it is tried again.
    Failed,
    /// It will never be taken.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BusinessLabel {
    business: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignalLabels {
    business: String,
    severity: &'static str,
}

#[derive(Debug)]
pub(super) struct OutlookMetrics {
    suspects: Family<BusinessLabel, Gauge>,
    signals: Family<SignalLabels, Gauge>,
    made: Family<BusinessLabel, Gauge>,
    alerts: Family<OutcomeLabel, Counter>,
}

impl OutlookMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        Self {
            suspects: register(
                registry,
                "suspect_templates",
                "Templates of the last seven days from which people leave much more often than from the others",
            ),
            signals: register(
                registry,
                "meta_signals",
                "What Meta told within a day against templates, numbers and the account, by severity",
            ),
            made: register(registry, "report_timestamp_seconds", "When the quality report was last made"),
            alerts: register(registry, "alerts", "Attempts to tell an alert, by what became of them"),
        }
    }
}

impl Metrics {
    /// How many webhooks were answered 503 because Redis could not take them.
    pub fn refused_webhooks(&self) -> u64 {
        self.webhooks.of(WebhookOutcome::StoreUnavailable).map_or(0, Counter::get)
    }

    /// Counts an attempt to tell an alert.
    pub fn alert(&self, outcome: AlertOutcome) {
        let outcome = match outcome {
            AlertOutcome::Delivered => "delivered",
            AlertOutcome::Failed => "failed",
            AlertOutcome::Refused => "refused",
        };
        self.outlook.alerts.get_or_create(&OutcomeLabel { outcome }).inc();
    }

    /// Tells what a report says; true when it names more suspects than the one before.
    pub fn outlook(&self, business: &str, outlook: Outlook) -> bool {
        let label = || BusinessLabel { business: business.to_owned() };
        let signals = |severity| SignalLabels { business: business.to_owned(), severity };
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.outlook.signals.get_or_create(&signals("bad")).set(gauge(outlook.bad));
        self.outlook.signals.get_or_create(&signals("warning")).set(gauge(outlook.warnings));
        self.outlook.made.get_or_create(&label()).set(outlook.at);
        let before = self.outlook.suspects.get_or_create(&label()).set(gauge(outlook.suspects));
        gauge(outlook.suspects) > before
    }
}
