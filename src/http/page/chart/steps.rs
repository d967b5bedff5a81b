use askama::{Template, filters::HtmlSafe};

use super::{super::texts::Texts, percent};

/// Something that stays at a level until it moves to another, as a limit over time.
#[derive(Template)]
#[template(path = "page/steps.html")]
pub(in super::super) struct Steps<'a> {
    t: &'a Texts,
    id: String,
    title: String,
    /// From the top.
    scale: Vec<String>,
    grid: Vec<String>,
    levels: Vec<Line>,
    /// `x`, `y1`, `y2`.
    rises: Vec<(String, String, String)>,
    axis: [String; 2],
}

struct Line {
    x1: String,
    x2: String,
    y: String,
    /// Since when, and what it is called.
    day: String,
    name: String,
}

/// From when on it was at which level.
pub(in super::super) struct Level {
    /// Unix milliseconds.
    pub(in super::super) at: i64,
    /// Its place in the scale, from the bottom.
    pub(in super::super) place: usize,
    /// The day, and what the level is called.
    pub(in super::super) day: String,
    pub(in super::super) name: String,
}

impl<'a> Steps<'a> {
    /// `levels` in the order of time; `scale` names the places from the bottom; `axis` the two ends of `period`.
    pub(in super::super) fn new(
        t: &'a Texts,
        (id, title): (String, String),
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
        let lines = levels.iter().zip(ends).map(|(level, end)| Line {
            x1: percent(x(level.at)),
            x2: percent(x(end)),
            y: percent(y(level.place)),
            day: level.day.clone(),
            name: level.name.clone(),
        });
        let rises = levels.iter().zip(levels.iter().skip(1)).filter(|(one, next)| one.place != next.place);
        let rises =
            rises.map(|(one, next)| (percent(x(next.at)), percent(y(one.place)), percent(y(next.place))));
        Self {
            t,
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

impl HtmlSafe for Steps<'_> {}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{language::Language, texts::AllTexts},
        *,
    };

    #[test]
    fn a_level_lasts_until_the_next_and_the_last_until_the_end() {
        let level = |at, place| Level { at, place, day: format!("day {at}"), name: format!("<{place}>") };
        let texts = AllTexts::builtin().unwrap().of(Language::English);
        let scale = ["low", "middle", "high"].map(str::to_owned);
        let axis = ["1 Nov", "11 Nov"].map(str::to_owned);
        let levels = [level(-50, 0), level(0, 1), level(50, 2)];
        let chart = Steps::new(&texts, ("x".to_owned(), "Limit".to_owned()), &scale, (0, 100), axis, &levels);
        let spans: Vec<_> =
            chart.levels.iter().map(|line| [&line.x1, &line.x2, &line.y].map(String::as_str)).collect();
        let expected =
            [["0.00%", "0.00%", "100.00%"], ["0.00%", "50.00%", "50.00%"], ["50.00%", "100.00%", "0.00%"]];
        assert_eq!(spans, expected);
        assert_eq!(chart.rises.len(), 2);
        let svg = chart.render().unwrap();
        // Also as a table.
        assert_eq!(svg.matches("day 50").count(), 2);
        assert!(svg.contains("&#60;2&#62;") && !svg.contains("style="), "{svg}");
    }
}
