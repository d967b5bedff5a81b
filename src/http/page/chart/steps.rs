use askama::{Template, filters::HtmlSafe};

use super::percent;

/// Something that stays at a level until it moves to another, as a limit over time.
#[derive(Template)]
#[template(path = "page/steps.html")]
pub(in super::super) struct Steps {
    id: String,
    title: String,
    /// From the top.
    scale: Vec<String>,
    grid: Vec<String>,
    /// `x1`, `x2`, `y`.
    levels: Vec<(String, String, String, String)>,
    /// `x`, `y1`, `y2`.
    rises: Vec<(String, String, String)>,
    axis: [String; 2],
}

/// From when on it was at which level.
pub(in super::super) struct Level {
    /// Unix milliseconds.
    pub(in super::super) at: i64,
    /// Its place in the scale, from the bottom.
    pub(in super::super) place: usize,
    pub(in super::super) label: String,
}

impl Steps {
    /// `levels` in the order of time; `scale` names the places from the bottom; `axis` the two ends of `period`.
    pub(in super::super) fn new(
        id: String,
        title: String,
        scale: &[String],
        (from, to): (i64, i64),
        axis: [String; 2],
        levels: &[Level],
    ) -> Self {
        let span = to.saturating_sub(from).max(1) as f64;
        let x = |at: i64| (at.saturating_sub(from) as f64 * 100.0 / span).clamp(0.0, 100.0);
        let highest = scale.len().saturating_sub(1).max(1) as f64;
        let y = |place: usize| 100.0 - 100.0 * place as f64 / highest;
        let ends = levels.iter().skip(1).map(|level| level.at).chain([to]);
        let lines = levels.iter().zip(ends).map(|(level, end)| {
            (percent(x(level.at)), percent(x(end)), percent(y(level.place)), level.label.clone())
        });
        let rises = levels.iter().zip(levels.iter().skip(1)).filter(|(one, next)| one.place != next.place);
        let rises =
            rises.map(|(one, next)| (percent(x(next.at)), percent(y(one.place)), percent(y(next.place))));
        Self {
            id,
            title,
            scale: scale.iter().rev().cloned().collect(),
            grid: (0..scale.len()).map(|place| percent(y(place))).collect(),
            levels: lines.collect(),
            rises: rises.collect(),
            axis,
        }
    }
}

impl HtmlSafe for Steps {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_lasts_until_the_next_and_the_last_until_the_end() {
        let level = |at, place| Level { at, place, label: format!("<{place}>") };
        let scale = ["low", "middle", "high"].map(str::to_owned);
        let axis = ["1 Nov", "11 Nov"].map(str::to_owned);
        let levels = [level(-50, 0), level(0, 1), level(50, 2)];
        let chart = Steps::new("x".to_owned(), "Limit".to_owned(), &scale, (0, 100), axis, &levels);
        let spans: Vec<_> =
            chart.levels.iter().map(|(x1, x2, y, _)| [x1, x2, y].map(String::as_str)).collect();
        let expected =
            [["0.00%", "0.00%", "100.00%"], ["0.00%", "50.00%", "50.00%"], ["50.00%", "100.00%", "0.00%"]];
        assert_eq!(spans, expected);
        assert_eq!(chart.rises.len(), 2);
        let svg = chart.render().unwrap();
        assert!(svg.contains("&#60;2&#62;") && !svg.contains("style="), "{svg}");
    }
}
