//! A template as a row of the table.

use std::cmp::Ordering;

use super::super::{
    chart::Curve,
    happened::{of_template, template_href},
    language::Locale,
    reports::Reported,
    sort::{Order, SortColumn},
    texts::{Templates, Texts, fill},
};
use crate::{
    insight::{Ground, TemplateRow, Verdict, statistics::Interval},
    ledger::Day,
};

/// What the table can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Verdict,
    Name,
    Delivered,
    OptOuts,
    Rate,
    Times,
}

/// A row, ready to be shown.
pub(super) struct Row<'a> {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) verdict: Word<'a>,
    pub(super) ground: String,
    /// Category and languages, as Meta calls them.
    pub(super) about: String,
    /// Status and quality, where they are not as they should be.
    pub(super) tags: Vec<(&'static str, String)>,
    pub(super) changed: Vec<String>,
    pub(super) delivered: String,
    pub(super) opt_outs: String,
    pub(super) rate: Figure,
    pub(super) times: Figure,
    pub(super) curve: Curve,
}

/// A word with its class in the style sheet.
pub(super) struct Word<'a> {
    pub(super) class: &'static str,
    pub(super) text: &'a str,
}

/// A figure and where the true one lies.
pub(super) struct Figure {
    pub(super) value: String,
    pub(super) interval: String,
}

impl SortColumn for Column {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Verdict, "verdict"),
        (Self::Name, "name"),
        (Self::Delivered, "delivered"),
        (Self::OptOuts, "opt-outs"),
        (Self::Rate, "rate"),
        (Self::Times, "times"),
    ];

    fn begins_with_most(self) -> bool {
        !matches!(self, Self::Verdict | Self::Name)
    }
}

impl Column {
    /// The heads in their order, and whether a column is one of figures.
    pub(super) fn heads(v: &Templates) -> [(Self, &str, bool); 6] {
        [
            (Self::Verdict, &v.verdict, false),
            (Self::Name, &v.template, false),
            (Self::Delivered, &v.delivered, true),
            (Self::OptOuts, &v.opt_outs, true),
            (Self::Rate, &v.rate, true),
            (Self::Times, &v.times, true),
        ]
    }
}

/// Sorts by a column; equals stand by their names, so that the order is always the same.
pub(super) fn sort(rows: &mut [&TemplateRow], order: Order<Column>) {
    let figure = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        // What is not known is less than anything known.
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    rows.sort_by(|a, b| {
        let by = match order.column {
            Column::Verdict => a.judgement.verdict.cmp(&b.judgement.verdict),
            Column::Name => Ordering::Equal,
            Column::Delivered => a.delivered.cmp(&b.delivered),
            Column::OptOuts => a.opt_outs.cmp(&b.opt_outs),
            Column::Rate => figure(a.judgement.per_thousand, b.judgement.per_thousand),
            Column::Times => figure(a.judgement.ratio, b.judgement.ratio),
        };
        let by = if order.column == Column::Name { a.name.cmp(&b.name) } else { by };
        let by = if order.descending { by.reverse() } else { by };
        by.then_with(|| a.name.cmp(&b.name))
    });
}

impl<'a> Row<'a> {
    pub(super) fn new(
        made: &Reported,
        row: &TemplateRow,
        business: &str,
        days: u16,
        t: &'a Texts,
        locale: Locale,
    ) -> Self {
        let (v, judged) = (&t.templates, &row.judgement);
        let events = of_template(made, row, t, locale);
        let marks: Vec<usize> = events.iter().filter_map(|event| column_of(row, event.at)).collect();
        let values: Vec<u64> = row.curve.iter().map(|point| point.opt_outs).collect();
        let changed =
            events.iter().map(|event| format!("{} · {}", event.text, locale.short_day(Day::of(event.at))));
        let languages = row.languages.join(", ");
        let about = [row.category.as_str(), languages.as_str()].into_iter().filter(|part| !part.is_empty());
        Self {
            href: format!("{}&days={days}", template_href(business, &row.name)),
            name: row.name.clone(),
            verdict: verdict(judged.verdict, v),
            ground: ground(row, v, locale),
            about: about.collect::<Vec<_>>().join(" · "),
            tags: tags(row),
            changed: changed.collect(),
            delivered: locale.count(row.delivered),
            opt_outs: locale.count(row.opt_outs),
            rate: figure(judged.per_thousand, judged.interval, v, locale),
            times: figure(judged.ratio, judged.ratio_interval, v, locale),
            curve: Curve::new(fill(&v.curve_of, &[("template", &row.name)]), &values, &marks),
        }
    }
}

/// The day of the curve in which something happened.
pub(super) fn column_of(row: &TemplateRow, at: i64) -> Option<usize> {
    let day = Day::of(at).to_string();
    row.curve.iter().position(|point| point.day == day)
}

pub(super) fn verdict(verdict: Verdict, v: &Templates) -> Word<'_> {
    let (class, text) = match verdict {
        Verdict::Suspect => ("bad", &v.suspect),
        Verdict::Unclear => ("soft", &v.unclear),
        Verdict::Fine => ("good", &v.fine),
    };
    Word { class, text }
}

/// Why the verdict is that one.
pub(super) fn ground(row: &TemplateRow, v: &Templates, locale: Locale) -> String {
    let judged = &row.judgement;
    let text = match (judged.ground, judged.ratio) {
        (Ground::LeavesMore, Some(_)) => &v.leaves_more,
        (Ground::LeavesMore, None) => &v.only_one,
        (Ground::NotMore, _) => &v.not_more,
        (Ground::Harmless, _) => &v.harmless,
        (Ground::NotDelivered, _) => &v.not_delivered,
        (Ground::NothingToCompare, _) => &v.nothing_to_compare,
        (Ground::TooFew, _) => &v.too_few,
    };
    let times = judged.ratio.map_or_else(String::new, |ratio| locale.decimal(ratio, 1));
    let chance = judged.p.map_or_else(String::new, |p| chance(p, locale));
    fill(text, &[("times", &times), ("chance", &chance)])
}

/// A small share, never as nothing.
fn chance(p: f64, locale: Locale) -> String {
    const LEAST: f64 = 0.0001;
    if p < LEAST { format!("<\u{a0}{}", locale.percent(LEAST, 2)) } else { locale.percent(p, 2) }
}

pub(super) fn figure(value: Option<f64>, interval: Interval, v: &Templates, locale: Locale) -> Figure {
    let Some(value) = value else { return Figure { value: "—".to_owned(), interval: String::new() } };
    let low = locale.decimal(interval.low, 1);
    let interval = match interval.high {
        Some(high) => fill(&v.interval, &[("low", &low), ("high", &locale.decimal(high, 1))]),
        None => fill(&v.interval_open, &[("low", &low)]),
    };
    Figure { value: locale.decimal(value, 1), interval }
}

/// What Meta says that is not as it should be. `APPROVED` and `GREEN` go without saying.
fn tags(row: &TemplateRow) -> Vec<(&'static str, String)> {
    let status = match row.status.to_ascii_uppercase().as_str() {
        "" | "APPROVED" | "REINSTATED" => None,
        "REJECTED" | "DISABLED" | "PAUSED" | "FLAGGED" | "LOCKED" => Some("bad"),
        "LIMIT_EXCEEDED" | "PENDING_DELETION" => Some("warn"),
        _ => Some("soft"),
    };
    let quality = match row.quality.to_ascii_uppercase().as_str() {
        "RED" => Some("bad"),
        "YELLOW" => Some("warn"),
        _ => None,
    };
    let tags = [(status, &row.status), (quality, &row.quality)];
    tags.into_iter().filter_map(|(class, word)| Some((class?, word.clone()))).collect()
}
