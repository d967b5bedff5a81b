use askama::{Template, filters::HtmlSafe};

use super::{
    super::{language::Locale, texts::Texts},
    ceiling, height, percent,
};

/// What of its room a bar takes.
const BAR: f64 = 0.72;

/// One bar for each day or week.
#[derive(Template)]
#[template(path = "page/bars.html")]
pub(in super::super) struct Bars<'a> {
    t: &'a Texts,
    /// Unique on the view.
    id: &'static str,
    title: String,
    /// `main` or `aside`: how much it stands out.
    kind: &'static str,
    bars: Vec<Bar>,
    /// The width of the room of one bar.
    step: String,
    bar: String,
    /// The scale, from the top.
    scale: [String; 3],
    /// What stands below the first, the middle and the last bar.
    axis: Vec<String>,
    /// What a bar is, as the head of the table has it.
    head: &'a str,
    events: Vec<Event>,
}

struct Bar {
    room: String,
    x: String,
    y: String,
    height: String,
    label: String,
    value: String,
}

/// A line with a number at its top.
struct Event {
    x: String,
    /// Where the number stands: those of one column below each other.
    circle: usize,
    text: usize,
    number: usize,
    label: String,
}

/// A figure of a day or a week.
pub(in super::super) struct Column {
    /// The day, or the week.
    pub(in super::super) label: String,
    pub(in super::super) value: u64,
}

/// Something that happened in a column.
pub(in super::super) struct Mark {
    /// Which column.
    pub(in super::super) column: usize,
    pub(in super::super) number: usize,
    pub(in super::super) label: String,
}

impl<'a> Bars<'a> {
    pub(in super::super) fn new(
        (t, locale): (&'a Texts, Locale),
        id: &'static str,
        kind: &'static str,
        title: String,
        head: &'a str,
        columns: &[Column],
    ) -> Self {
        let top = ceiling(columns.iter().map(|column| column.value).max().unwrap_or(0));
        let step = 100.0 / columns.len().max(1) as f64;
        let bars = columns.iter().enumerate().map(|(place, column)| {
            let high = height(column.value, top);
            Bar {
                room: percent(place as f64 * step),
                x: percent((place as f64 + (1.0 - BAR) / 2.0) * step),
                y: percent(100.0 - high),
                height: percent(high),
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
            bars: bars.collect(),
            step: percent(step),
            bar: percent(step * BAR),
            scale: [locale.count(top), locale.count(top / 2), locale.count(0)],
            axis: places.into_iter().filter_map(label).collect(),
            head,
            events: Vec::new(),
        }
    }

    /// With what happened. The view says the same in words, with the same numbers.
    pub(in super::super) fn with_marks(mut self, marks: &[Mark]) -> Self {
        let step = 100.0 / self.bars.len().max(1) as f64;
        /// From the middle of one number to that of the next below.
        const BELOW: usize = 20;
        let events = marks.iter().enumerate().map(|(place, mark)| {
            let above = marks.iter().take(place).filter(|other| other.column == mark.column).count();
            Event {
                x: percent((mark.column as f64 + 0.5) * step),
                circle: above * BELOW,
                text: above * BELOW + 4,
                number: mark.number,
                label: mark.label.clone(),
            }
        });
        self.events = events.collect();
        self
    }
}

impl HtmlSafe for Bars<'_> {}

#[cfg(test)]
mod tests {
    use super::{
        super::super::{language::Language, texts::AllTexts},
        *,
    };

    #[test]
    fn bars_and_marks_stand_where_they_belong_and_hold_no_markup() {
        let texts = AllTexts::builtin().unwrap().of(Language::English);
        let columns = [("1 Nov", 10_000), ("2 <b>", 1), ("3 Nov", 0), ("4 Nov", 5000)];
        let columns = columns.map(|(label, value)| Column { label: label.to_owned(), value });
        let mark = |number| Mark { column: 1, number, label: "edited <i>".to_owned() };
        let marks = [mark(1), mark(2)];
        let chart =
            Bars::new((&texts, Locale::default()), "x", "main", "Opt-outs".to_owned(), "Day", &columns);
        let svg = chart.with_marks(&marks).render().unwrap();
        assert!(
            svg.contains("10,000") && svg.contains("2 &#60;b&#62;: 1") && svg.contains("edited &#60;i&#62;")
        );
        assert!(svg.contains(r#"x="3.50%" y="0.00%" width="18.00%" height="100.00%""#), "{svg}");
        assert!(svg.contains(r#"cx="37.50%" cy="0""#) && svg.contains(r#"cx="37.50%" cy="20""#), "{svg}");
        for forbidden in ["<b>", "<i>", "style=", "NaN"] {
            assert!(!svg.contains(forbidden), "{svg}");
        }
        let none = Bars::new((&texts, Locale::default()), "x", "main", String::new(), "Day", &[]);
        assert!(!none.render().unwrap().contains("NaN"));
    }
}
