//! When to try again: pure functions of the attempt, Meta's hint and a random number.

use std::time::Duration;

/// The ceiling of the first back-off; it doubles with each attempt.
const FIRST: Duration = Duration::from_secs(2);

/// The ceiling of every back-off.
const CAP: Duration = Duration::from_secs(300);

/// No retry sooner than this, however the dice fall.
const FLOOR: Duration = Duration::from_millis(200);

/// Meta's longest penalty for a burst to one person is some minutes; `4^5` seconds are 17.
const LAST_PAIR_POWER: u32 = 5;

/// How long to wait after attempt number `attempt` (1 is the first): exponential with full jitter, and at least
/// `hint`, which is what Meta or a pause asks for. After a hint the jitter is added, so that those who were told
/// the same do not return at once. `random` is from 0 to 1.
pub(super) fn backoff(attempt: u32, hint: Duration, random: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let ceiling = FIRST.saturating_mul(1 << doublings).min(CAP);
    let jitter = ceiling.mul_f64(share(random));
    if hint.is_zero() { jitter.max(FLOOR) } else { hint.saturating_add(jitter.min(hint)).max(FLOOR) }
}

/// How long to wait after attempt number `attempt` met the limit of messages to one person: `4^n` seconds,
/// n = 0, 1, 2 … (Meta, "Pair rate limits"), or `hint` if that is longer, and up to a quarter on top.
pub(super) fn pair_limit(attempt: u32, hint: Duration, random: f64) -> Duration {
    let power = attempt.saturating_sub(1).min(LAST_PAIR_POWER);
    let wait = Duration::from_secs(4_u64.pow(power)).max(hint);
    wait.saturating_add(wait.mul_f64(share(random) / 4.0))
}

/// Whether `wait` ends before the window does; both times are unix milliseconds.
pub(super) fn fits(wait: Duration, now: i64, expires_at: i64) -> bool {
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    now.saturating_add(wait) < expires_at
}

fn share(random: f64) -> f64 {
    if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_HINT: Duration = Duration::ZERO;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_backoff_doubles_up_to_five_minutes() {
        let longest: Vec<u64> = (1..=10).map(|attempt| backoff(attempt, NO_HINT, 1.0).as_secs()).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(backoff(0, NO_HINT, 1.0), seconds(2));
        assert_eq!(backoff(u32::MAX, NO_HINT, 1.0), CAP);
    }

    #[test]
    fn the_jitter_is_full_and_has_a_floor() {
        assert_eq!(backoff(5, NO_HINT, 0.0), FLOOR);
        assert_eq!(backoff(5, NO_HINT, 0.5), seconds(16));
        assert_eq!(backoff(5, NO_HINT, f64::NAN), seconds(32));
        assert_eq!(backoff(5, NO_HINT, -3.0), FLOOR);
    }

    #[test]
    fn a_hint_is_the_least_wait() {
        assert_eq!(backoff(1, seconds(60), 0.0), seconds(60));
        assert_eq!(backoff(1, seconds(60), 1.0), seconds(62));
        assert_eq!(backoff(9, seconds(1), 1.0), seconds(2));
        assert_eq!(backoff(9, Duration::MAX, 1.0), Duration::MAX);
    }

    #[test]
    fn the_pair_limit_grows_by_four() {
        let waits: Vec<u64> = (1..=8).map(|attempt| pair_limit(attempt, NO_HINT, 0.0).as_secs()).collect();
        assert_eq!(waits, [1, 4, 16, 64, 256, 1024, 1024, 1024]);
        assert_eq!(pair_limit(1, NO_HINT, 1.0), Duration::from_millis(1250));
        assert_eq!(pair_limit(1, seconds(100), 0.0), seconds(100));
    }

    #[test]
    fn nothing_is_planned_past_the_window() {
        assert!(fits(seconds(10), 0, 10_001));
        assert!(!fits(seconds(10), 0, 10_000));
        assert!(!fits(Duration::MAX, 0, i64::MAX));
        assert!(!fits(NO_HINT, i64::MAX, i64::MIN));
    }
}
