//! Whether webhooks have been answered 503 for too long.

use std::time::Duration;

/// After so long without one more, it is over, milliseconds.
const OVER: i64 = 120_000;

/// What one replica has refused. Kept in memory, because Redis is what is away then.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Refusals {
    count: u64,
    /// When it began and when it was last seen, unix milliseconds.
    going_on: Option<(i64, i64)>,
    told: bool,
}

impl Refusals {
    /// Takes the number of all refusals so far; since when they have been going on, when that is at least `patience` and
    /// was not told.
    pub(super) fn observe(&mut self, count: u64, now: i64, patience: Duration) -> Option<i64> {
        if count > self.count {
            let began = self.going_on.map_or(now, |(began, _)| began);
            self.going_on = Some((began, now));
        }
        self.count = count;
        let (began, last) = self.going_on?;
        if now.saturating_sub(last) > OVER {
            (self.going_on, self.told) = (None, false);
            return None;
        }
        let long = u128::try_from(now.saturating_sub(began)).is_ok_and(|long| long >= patience.as_millis());
        (long && !self.told).then_some(began)
    }

    /// Remembers that it was told, until it is over.
    pub(super) fn told(&mut self) {
        self.told = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_on_is_told_and_once() {
        let patience = Duration::from_secs(300);
        let minute = |minute: i64| minute * 60_000;
        let mut refusals = Refusals::default();
        // One bad moment, and another one much later.
        assert_eq!(refusals.observe(3, minute(0), patience), None);
        assert_eq!(refusals.observe(3, minute(3), patience), None);
        assert_eq!(refusals.observe(4, minute(20), patience), None);
        // From then on without end.
        for step in 1..5 {
            assert_eq!(refusals.observe(4 + step, minute(20) + minute(1) * step as i64, patience), None);
        }
        assert_eq!(refusals.observe(9, minute(25), patience), Some(minute(20)));
        // It could not be told.
        assert_eq!(refusals.observe(10, minute(26), patience), Some(minute(20)));
        refusals.told();
        assert_eq!(refusals.observe(11, minute(27), patience), None);
        // Over, and again.
        assert_eq!(refusals.observe(11, minute(30), patience), None);
        for step in 0..5 {
            assert_eq!(refusals.observe(12 + step, minute(40) + minute(1) * step as i64, patience), None);
        }
        assert_eq!(refusals.observe(17, minute(45), patience), Some(minute(40)));
    }
}
