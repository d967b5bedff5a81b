//! A histogram of durations that costs two atomic additions. The one of `prometheus-client` takes a lock, on which
//! the threads that answer webhooks would wait for each other.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// Upper bounds of the buckets, in microseconds: 100 µs to 10 s. 250 ms and 1 s are what Meta asks for: the median, and 99%.
const BOUNDS: [u64; 16] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000,
];

/// How long something took, many times over.
#[derive(Debug, Clone, Default)]
pub(super) struct Timing(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Durations up to each bound and above the one before; the last is for what is above all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    /// All durations together, in nanoseconds.
    sum: AtomicU64,
}

impl Timing {
    pub(super) fn observe(&self, duration: Duration) {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| bound * 1_000 < nanoseconds);
        if let Some(bucket) = self.0.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl EncodeMetric for Timing {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let bounds = BOUNDS.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let counts = self.0.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<(f64, u64)> = bounds.chain([f64::INFINITY]).zip(counts).collect();
        // The count is taken from the buckets, so that the two agree while others observe.
        let count = buckets.iter().map(|(_, count)| count).sum();
        let sum = Duration::from_nanos(self.0.sum.load(Ordering::Relaxed)).as_secs_f64();
        encoder.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Timing {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn a_duration_counts_in_the_bucket_that_reaches_it_and_in_all_above() {
        let timing = Timing::default();
        for microseconds in [0, 100, 101, 20_000_000] {
            timing.observe(Duration::from_micros(microseconds));
        }
        let mut registry = Registry::default();
        registry.register("t", "T", timing);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            "t_bucket{le=\"0.0001\"} 2",
            "t_bucket{le=\"0.00025\"} 3",
            "t_bucket{le=\"10.0\"} 3",
            "t_bucket{le=\"+Inf\"} 4",
            "t_count 4",
            "t_sum 20.000201",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
