//! Keeps each number within its throughput.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Above this many numbers, those that are idle are forgotten; an idle number's bucket is full again anyway.
const MANY: usize = 1024;

/// How many messages may go at once after a rest, as a span of the even pace.
const BURST: Duration = Duration::from_millis(250);

/// One token bucket for each `phone_number_id`: a quarter of a second's messages at once, and evenly after
/// that.
pub(super) struct Pace {
    interval: Duration,
    /// When the bucket of a number would be full, had it no bound. A number that is not here is idle.
    full_at: HashMap<String, Instant>,
}

impl Pace {
    pub(super) fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        Self { interval: Duration::from_secs(1) / per_second, full_at: HashMap::new() }
    }

    /// Takes a place in the line of `number`: how long to wait before sending, or, when that would be longer
    /// than `at_most`, no place and how long the line is.
    pub(super) fn reserve(
        &mut self,
        number: &str,
        now: Instant,
        at_most: Duration,
    ) -> Result<Duration, Duration> {
        let full_at = self.full_at.get(number).map_or(now, |at| (*at).max(now));
        let next = full_at + self.interval;
        let wait = next.saturating_duration_since(now + BURST);
        if wait > at_most {
            return Err(wait);
        }
        self.remember(number, next, now);
        Ok(wait)
    }

    /// Nothing from `number` for the given time: it met a limit of its own.
    pub(super) fn hold(&mut self, number: &str, now: Instant, wait: Duration) {
        let until = now + BURST + wait.min(Duration::from_secs(3600));
        if self.full_at.get(number).is_none_or(|full_at| *full_at < until) {
            self.remember(number, until, now);
        }
    }

    fn remember(&mut self, number: &str, full_at: Instant, now: Instant) {
        if self.full_at.len() >= MANY {
            self.full_at.retain(|_, at| *at > now);
        }
        match self.full_at.get_mut(number) {
            Some(known) => *known = full_at,
            None => {
                self.full_at.insert(number.to_owned(), full_at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn some_go_at_once_and_the_rest_evenly() {
        let (mut pace, now) = (Pace::new(80), Instant::now());
        for _ in 0..20 {
            assert_eq!(pace.reserve("1", now, LONG), Ok(Duration::ZERO));
        }
        assert_eq!(pace.reserve("1", now, LONG), Ok(Duration::from_micros(12_500)));
        assert_eq!(pace.reserve("1", now, LONG), Ok(Duration::from_millis(25)));
        assert_eq!(pace.reserve("2", now, LONG), Ok(Duration::ZERO));
    }

    #[test]
    fn no_more_than_the_rate_over_a_minute() {
        let (mut pace, start) = (Pace::new(80), Instant::now());
        let sent = (0..60_000).filter(|milli| {
            let now = start + Duration::from_millis(*milli);
            pace.reserve("1", now, Duration::ZERO).is_ok()
        });
        let sent = sent.count();
        assert!((80 * 60..=80 * 60 + 20).contains(&sent), "{sent}");
    }

    #[test]
    fn a_line_that_is_too_long_gives_no_place() {
        let (mut pace, now) = (Pace::new(1), Instant::now());
        let wait = Duration::from_millis(750);
        assert_eq!(pace.reserve("1", now, LONG), Ok(wait));
        assert_eq!(pace.reserve("1", now, LONG), Ok(wait + Duration::from_secs(1)));
        assert_eq!(pace.reserve("1", now, Duration::ZERO), Err(wait + Duration::from_secs(2)));
        assert_eq!(pace.reserve("1", now, Duration::ZERO), Err(wait + Duration::from_secs(2)));
    }

    #[test]
    fn a_number_on_hold_sends_nothing() {
        let (mut pace, now) = (Pace::new(80), Instant::now());
        pace.hold("1", now, Duration::from_secs(30));
        pace.hold("1", now, Duration::from_secs(1));
        assert!(pace.reserve("1", now + Duration::from_secs(29), Duration::ZERO).is_err());
        assert!(pace.reserve("1", now + Duration::from_secs(31), Duration::ZERO).is_ok());
        assert!(pace.reserve("2", now, Duration::ZERO).is_ok());
    }

    #[test]
    fn idle_numbers_are_forgotten() {
        let (mut pace, start) = (Pace::new(80), Instant::now());
        for number in 0..10_000_u32 {
            let now = start + LONG * number;
            assert!(pace.reserve(&number.to_string(), now, Duration::ZERO).is_ok());
        }
        assert!(pace.full_at.len() <= MANY);
    }
}
