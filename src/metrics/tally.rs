//! Counters and gauges with a label of fixed values, each value's own found by position rather than by hash and lock.

use std::marker::PhantomData;

use prometheus_client::encoding::EncodeMetric;
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::registry::{Metric, Registry};

use super::labels::Label;

/// One label, its name and value.
pub(super) type Pair = [(&'static str, &'static str); 1];

/// A metric for each value of `L`. All of them are reported from the start, as zeros.
#[derive(Debug)]
pub(super) struct Tally<L, M> {
    metrics: Vec<M>,
    label: PhantomData<L>,
}

impl<L: Label, M: Clone> Tally<L, M> {
    /// Registers the metrics, made by `new`.
    pub(super) fn register<C>(registry: &mut Registry, name: &str, help: &str, new: C) -> Self
    where
        C: MetricConstructor<M> + Clone + Send + Sync + 'static,
        M: EncodeMetric + TypedMetric,
        Family<Pair, M, C>: Metric,
    {
        let family = Family::<Pair, M, C>::new_with_constructor(new);
        let metrics =
            L::ALL.iter().map(|label| family.get_or_create_owned(&[(L::NAME, label.word())])).collect();
        registry.register(name, help, family);
        Self { metrics, label: PhantomData }
    }

    /// The metric of one value.
    pub(super) fn of(&self, label: L) -> Option<&M> {
        self.metrics.get(label.index())
    }
}
