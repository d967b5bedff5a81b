//! Charts as SVG that needs no script and no style of its own: the style sheet colours it by its classes, and every chart
//! has the same figures beside it as a table.

use askama::{Template, filters::HtmlSafe};

use super::{language::Locale, texts::Texts};

/// Height of the drawing in its own units; the style sheet stretches it.
const HEIGHT: u64 = 100;
/// Width of the room of one bar.
const STEP: usize = 10;
/// What of it the bar takes.
const BAR: usize = 7;

/// One bar for each day or week.
#[derive(Template)]
#[template(path = "page/bars.html")]
pub(super) struct Bars<'a> {
    t: &'a Texts,
    /// Unique on the view.
    id: &'static str,
    title: String,
    /// `main` or `aside`: how much it stands out.
    kind: &'static str,
    width: usize,
    bars: Vec<Bar>,
    /// The scale, from the top.
    scale: [String; 3],
    /// What stands below the first, the middle and the last bar.
    axis: Vec<String>,
    /// What a bar is, as the head of the table has it.
    head: &'a str,
}

struct Bar {
    x: usize,
    middle: usize,
    y: u64,
    height: u64,
    label: String,
    value: String,
}

/// A figure of a day or a week.
pub(super) struct Column {
    /// The day, or the week.
    pub(super) label: String,
    pub(super) value: u64,
}

impl<'a> Bars<'a> {
    pub(super) fn new(
        (t, locale): (&'a Texts, Locale),
        id: &'static str,
        kind: &'static str,
        title: String,
        head: &'a str,
        columns: &[Column],
    ) -> Self {
        let most = columns.iter().map(|column| column.value).max().unwrap_or(0);
        let top = ceiling(most);
        let bars = columns.iter().enumerate().map(|(place, column)| {
            // Rounded up, so that one is never nothing.
            let height = (column.value * HEIGHT).div_ceil(top);
            Bar {
                x: place * STEP + (STEP - BAR) / 2,
                middle: place * STEP,
                y: HEIGHT - height,
                height,
                label: column.label.clone(),
                value: locale.count(column.value),
            }
        });
        let label = |place: usize| columns.get(place).map(|column| column.label.clone());
        let last = columns.len().saturating_sub(1);
        let mut places = vec![0, last / 2, last];
        places.dedup();
        Self {
            t,
            id,
            title,
            kind,
            width: columns.len().max(1) * STEP,
            bars: bars.collect(),
            scale: [locale.count(top), half(top, locale), locale.count(0)],
            axis: places.into_iter().filter_map(label).collect(),
            head,
        }
    }
}

impl HtmlSafe for Bars<'_> {}

/// A round number that is not below `most`, and never 0: where the scale ends.
fn ceiling(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for step in [1, 2, 4, 5, 6, 8] {
            let end = power.saturating_mul(step);
            if end >= most {
                return end;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// The middle of the scale.
fn half(top: u64, locale: Locale) -> String {
    if top.is_multiple_of(2) { locale.count(top / 2) } else { locale.decimal(top as f64 / 2.0, 1) }
}

/// A share of a whole as a bar that lies.
pub(super) struct Share {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) percent: String,
    /// Of a hundred.
    pub(super) width: u64,
}

/// The shares of a total, the largest first; what is in none of them is `rest`. Those of nothing are left out.
pub(super) fn shares(locale: Locale, total: u64, mut parts: Vec<(String, u64)>, rest: &str) -> Vec<Share> {
    parts.retain(|(_, count)| *count > 0);
    parts.sort_by(|(a, one), (b, other)| other.cmp(one).then_with(|| a.cmp(b)));
    let known: u64 = parts.iter().map(|(_, count)| count).sum();
    if total > known {
        parts.push((rest.to_owned(), total - known));
    }
    let whole = total.max(known).max(1);
    parts
        .into_iter()
        .map(|(label, count)| Share {
            label,
            value: locale.count(count),
            percent: locale.percent(count as f64 / whole as f64, 0),
            width: (count * 100).div_ceil(whole),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_ends_at_a_round_number() {
        for (most, expected) in
            [(0, 1), (1, 1), (2, 2), (3, 4), (7, 8), (9, 10), (11, 20), (420, 500), (8001, 10_000)]
        {
            assert_eq!(ceiling(most), expected, "{most}");
        }
        assert_eq!(ceiling(u64::MAX), u64::MAX);
    }

    #[test]
    fn shares_are_of_the_total_and_tell_of_the_rest() {
        let parts = vec![("b".to_owned(), 30), ("none".to_owned(), 0), ("a".to_owned(), 60)];
        let found = shares(Locale::default(), 100, parts, "other");
        let found: Vec<_> =
            found.iter().map(|one| (one.label.as_str(), one.percent.as_str(), one.width)).collect();
        assert_eq!(found, [("a", "60%", 60), ("b", "30%", 30), ("other", "10%", 10)]);
        assert!(shares(Locale::default(), 0, Vec::new(), "other").is_empty());
    }

    #[test]
    fn one_is_seen_beside_many() {
        let texts = super::super::texts::AllTexts::builtin().unwrap();
        let texts = texts.of(super::super::language::Language::English);
        let columns = [("1 Nov", 10_000), ("2 <b>", 1), ("3 Nov", 0)];
        let columns = columns.map(|(label, value)| Column { label: label.to_owned(), value });
        let chart =
            Bars::new((&texts, Locale::default()), "x", "main", "Opt-outs".to_owned(), "Day", &columns);
        assert_eq!(chart.bars.iter().map(|bar| bar.height).collect::<Vec<_>>(), [100, 1, 0]);
        let svg = chart.render().unwrap();
        assert!(svg.contains("10,000") && !svg.contains("<b>"), "{svg}");
        assert!(!svg.contains("style="), "{svg}");
    }
}
