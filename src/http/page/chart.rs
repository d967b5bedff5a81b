//! Charts as SVG that needs no script and no style of its own: the style sheet colours it by its classes, and every chart
//! has the same figures beside it as a table. Places are in percent of the drawing, so that it takes any width and its lines
//! and letters keep theirs.

mod bars;
mod curve;
mod shares;
mod steps;

pub(super) use bars::{Bars, Column, Mark};
pub(super) use curve::Curve;
pub(super) use shares::{Share, shares};
pub(super) use steps::{Level, Steps};

/// A place in percent, as an attribute takes it.
fn percent(place: f64) -> String {
    format!("{place:.2}%")
}

/// A round, even number that is not below `most`, and never 0: where the scale ends.
fn ceiling(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 4, 5, 6, 8] {
            let end = power.saturating_mul(step);
            // The middle of the scale is a whole number of people as well.
            if end >= most && (power > 1 || end.is_multiple_of(2)) {
                return end;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// How high a bar is, of a hundred. One is seen beside many.
fn height(value: u64, top: u64) -> f64 {
    const LEAST: f64 = 1.0;
    if value == 0 { 0.0 } else { (value as f64 * 100.0 / top.max(1) as f64).max(LEAST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (most, expected) in
            [(0, 2), (1, 2), (2, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 20), (420, 500), (8001, 10_000)]
        {
            assert_eq!(ceiling(most), expected, "{most}");
        }
        assert_eq!(ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn one_is_seen_beside_many() {
        assert_eq!([0, 1, 5000, 10_000].map(|value| height(value, 10_000)), [0.0, 1.0, 50.0, 100.0]);
    }
}
