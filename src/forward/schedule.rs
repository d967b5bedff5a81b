//! When a delivery is tried again: pure functions of the attempt, the target's hint and a random number.

use std::time::Duration;

/// The waits after the first attempts; the last one stands for all later ones.
const WAITS: [u64; 9] = [1, 2, 5, 10, 30, 60, 120, 300, 600];

/// How long to wait after attempt number `attempt` (1 is the first), and at least `hint`. Up to half is added by chance,
/// so that bodies that failed together do not come back together. `random` is from 0 to 1.
pub(super) fn wait(attempt: u32, hint: Option<Duration>, random: f64) -> Duration {
    let index = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
    let last = WAITS.last().copied().unwrap_or_default();
    let planned = Duration::from_secs(WAITS.get(index).copied().unwrap_or(last));
    let planned = planned.max(hint.unwrap_or_default());
    let share = if random.is_finite() { random.clamp(0.0, 1.0) } else { 1.0 };
    planned.saturating_add(planned.mul_f64(share / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_minutes_and_take_a_hint() {
        let seconds = |attempt, hint: Option<u64>, random| {
            wait(attempt, hint.map(Duration::from_secs), random).as_secs()
        };
        assert_eq!(
            (1..=11).map(|attempt| seconds(attempt, None, 0.0)).collect::<Vec<_>>(),
            [1, 2, 5, 10, 30, 60, 120, 300, 600, 600, 600]
        );
        assert_eq!(seconds(0, None, 0.0), 1);
        assert_eq!(seconds(u32::MAX, None, 1.0), 900);
        assert_eq!(seconds(1, Some(60), 0.0), 60);
        assert_eq!(seconds(9, Some(60), f64::NAN), 900);
    }
}
