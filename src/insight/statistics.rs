//! Small-sample statistics of rare events. Exact, because a new template has a handful of opt-outs at most, where an
//! approximation by the normal distribution is wrong by factors.
//!
//! Opt-outs are rare among deliveries, so their number is taken as Poisson. Two rates are compared with the exact
//! conditional test (Przyborowski and Wilenski, 1940; R's `poisson.test`): of all events, those of the first are
//! binomial, with a share that only the ratio of the rates decides. Several tests at once are held by Holm's step-down
//! correction (1979), which needs no independence.

use serde::Serialize;
use statrs::function::{beta::checked_beta_reg, gamma::checked_gamma_lr};

/// The chance of a wrong interval, both sides together.
const ALPHA: f64 = 0.05;
/// Halvings when a bound is looked for; more than a `f64` can tell apart.
const HALVINGS: u32 = 200;

/// Events among chances: opt-outs among deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Rate {
    /// How often it happened.
    pub events: u64,
    /// How often it could have.
    pub chances: u64,
}

/// Where the truth lies, with 95% confidence.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// At least.
    pub low: f64,
    /// At most; `None` when nothing bounds it.
    pub high: Option<f64>,
}

impl Rate {
    /// So many of so many.
    pub fn new(events: u64, chances: u64) -> Self {
        Self { events, chances }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            events: self.events.saturating_add(other.events),
            chances: self.chances.saturating_add(other.chances),
        }
    }

    /// Events per thousand chances; `None` without a chance.
    pub fn per_thousand(self) -> Option<f64> {
        (self.chances > 0).then(|| 1000.0 * float(self.events) / float(self.chances))
    }

    /// Where the true rate per thousand lies: the exact interval of a Poisson mean (Garwood, 1936).
    pub fn interval(self) -> Interval {
        if self.chances == 0 {
            return Interval { low: 0.0, high: None };
        }
        let scale = 1000.0 / float(self.chances);
        let events = float(self.events);
        // The chance of at least `n` events at a mean: it grows with the mean.
        let at_least = |n: f64, mean: f64| checked_gamma_lr(n, mean).unwrap_or(0.0);
        let roof = events + 20.0 * (events + 1.0).sqrt() + 20.0;
        let low = match self.events {
            0 => 0.0,
            _ => first_where(0.0, roof, |mean| at_least(events, mean) >= ALPHA / 2.0),
        };
        let high = first_where(0.0, roof, |mean| at_least(events + 1.0, mean) >= 1.0 - ALPHA / 2.0);
        Interval { low: low * scale, high: Some(high * scale) }
    }

    /// How often as frequent as another; `None` when the other never happened.
    pub fn ratio(self, other: Self) -> Option<f64> {
        let base = other.per_thousand().filter(|base| *base > 0.0)?;
        Some(self.per_thousand()? / base)
    }

    /// Where the true ratio to another rate lies: the interval of the conditional test, from the exact one of a share
    /// (Clopper and Pearson, 1934).
    pub fn ratio_interval(self, other: Self) -> Interval {
        if self.chances == 0 || other.chances == 0 {
            return Interval { low: 0.0, high: None };
        }
        let scale = float(other.chances) / float(self.chances);
        let ratio = |share: f64| scale * share / (1.0 - share);
        let (own, others) = (float(self.events), float(other.events));
        let low = match self.events {
            0 => 0.0,
            _ => ratio(first_where(0.0, 1.0, |share| beta(own, others + 1.0, share) >= ALPHA / 2.0)),
        };
        let high = (other.events > 0).then(|| {
            ratio(first_where(0.0, 1.0, |share| beta(own + 1.0, others, share) >= 1.0 - ALPHA / 2.0))
        });
        Interval { low, high }
    }

    /// How likely so many events, or more, would be if the true rate were at most `margin` times that of the other:
    /// the one-sided p-value of the conditional test. 1 when there is nothing to compare.
    pub fn p_above(self, other: Self, margin: f64) -> f64 {
        if self.events == 0 || self.chances == 0 || other.chances == 0 {
            return 1.0;
        }
        let own = margin * float(self.chances);
        beta(float(self.events), float(other.events) + 1.0, own / (own + float(other.chances)))
    }
}

/// Corrects p-values of several tests, so that all their verdicts together are wrong as seldom as one (Holm, 1979).
pub fn holm(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut corrected = vec![1.0; values.len()];
    let mut least = 0.0_f64;
    for (rank, (index, value)) in order.into_iter().enumerate() {
        least = least.max(value * float((values.len() - rank) as u64)).min(1.0);
        if let Some(slot) = corrected.get_mut(index) {
            *slot = least;
        }
    }
    corrected
}

/// The regularised incomplete beta function: the chance of at least `a` successes in `a + b - 1` tries.
fn beta(a: f64, b: f64, share: f64) -> f64 {
    checked_beta_reg(a, b, share.clamp(0.0, 1.0)).unwrap_or(1.0)
}

/// Where between `from` and `to` something that stays true first holds.
fn first_where(from: f64, to: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (from, to);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) { high = middle } else { low = middle }
    }
    high
}

/// Exact below 2^53, which no count reaches.
#[allow(clippy::cast_precision_loss, reason = "no count is beyond what a float tells apart")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-6 * wanted.abs().max(1e-3), "{found} is not {wanted}");
    }

    #[test]
    fn intervals_of_a_count_are_those_of_the_tables() {
        // Garwood's table, as in every text on Poisson limits.
        for (events, low, high) in
            [(0, 0.0, 3.688_879_45), (1, 0.025_317_81, 5.571_643_39), (10, 4.795_388_7, 18.390_356)]
        {
            let found = Rate::new(events, 1000).interval();
            near(found.low, low);
            near(found.high.unwrap(), high);
        }
        assert_eq!(Rate::new(0, 0).interval(), Interval { low: 0.0, high: None });
        // Large counts stay between their bounds.
        let many = Rate::new(2_000_000, 1_000_000_000).interval();
        assert!(many.low > 1.99 && many.high.unwrap() < 2.01, "{many:?}");
    }

    #[test]
    fn two_rates_are_compared_as_r_does() {
        // poisson.test(c(11, 6+8+7), c(800, 1083+1050+878)), the example of its manual.
        let (own, other) = (Rate::new(11, 800), Rate::new(21, 3011));
        let interval = own.ratio_interval(other);
        near(interval.low, 0.858_426_403);
        near(interval.high.unwrap(), 4.277_265_944);
        near(own.ratio(other).unwrap(), 1.971_488_1);
        // One-sided, by summing the binomial with whole fractions.
        near(own.p_above(other, 1.0), 0.056_008_659_788);
        near(own.p_above(other, 2.0), 0.581_336_395_330);
    }

    #[test]
    fn nothing_to_compare_proves_nothing() {
        let none = Rate::default();
        near(Rate::new(5, 10).p_above(none, 1.0), 1.0);
        near(none.p_above(Rate::new(5, 10), 1.0), 1.0);
        assert_eq!(Rate::new(5, 10).ratio_interval(none), Interval { low: 0.0, high: None });
        // Nobody ever left the others: bounded below, and not above.
        let interval = Rate::new(9, 100).ratio_interval(Rate::new(0, 10_000));
        assert!(interval.low > 100.0 && interval.high.is_none(), "{interval:?}");
    }

    #[test]
    fn several_tests_are_corrected_together() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let found = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in found.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(*found, wanted);
        }
        assert_eq!(holm(&[0.7, 0.9]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }
}
