use askama::{Template, filters::HtmlSafe};

use super::{height, percent};

/// A small chart for a row of a table: bars, and a notch above each column in which something happened. What it says is in the
/// row as well.
#[derive(Template)]
#[template(path = "page/curve.html")]
pub(in super::super) struct Curve {
    summary: String,
    bars: Vec<(String, String, String)>,
    width: String,
    notches: Vec<String>,
}

impl Curve {
    /// Of these values; `marks` are columns.
    pub(in super::super) fn new(summary: String, values: &[u64], marks: &[usize]) -> Self {
        let top = values.iter().copied().max().unwrap_or(0);
        let step = 100.0 / values.len().max(1) as f64;
        // Room above for the notches.
        const ROOM: f64 = 0.8;
        let bars = values.iter().enumerate().filter(|(_, value)| **value > 0).map(|(place, &value)| {
            let high = height(value, top) * ROOM;
            (percent(place as f64 * step), percent(100.0 - high), percent(high))
        });
        let notches = marks.iter().map(|&mark| percent((mark as f64 + 0.5) * step));
        Self { summary, bars: bars.collect(), width: percent(step * 0.8), notches: notches.collect() }
    }
}

impl HtmlSafe for Curve {}
