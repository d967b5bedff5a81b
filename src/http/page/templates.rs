//! Templates: the report's table, and one template with its curve and what happened to it.

mod one;
mod row;
mod topics;

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

pub(super) use one::show as show_one;
use row::{Column, Row};
use topics::TopicTable;

use super::{
    Page,
    error::PageError,
    form::{Asked, in_query},
    frame::{Frame, Section, page, place},
    language::Locale,
    period::{PeriodLink, Periods, in_words},
    sort::{Head, Order, head},
    texts::{Templates, fill},
    visit::{OfBusiness, Visit},
};
use crate::insight::{Report, TemplateRow};

/// The usual one is that of the report on the command line.
pub(super) const PERIODS: Periods = Periods { choices: &[7, 28, 90], usual: 7 };

#[derive(Deserialize)]
pub(super) struct Query {
    days: Option<u16>,
    sort: Option<String>,
}

#[derive(Template)]
#[template(path = "page/templates.html")]
struct TemplatesView<'a> {
    frame: Frame<'a>,
    v: &'a Templates,
    period: String,
    as_of: String,
    periods: Vec<PeriodLink>,
    heads: Vec<Head<'a>>,
    curve_head: &'a str,
    rows: Vec<Row<'a>>,
    topics: TopicTable<'a>,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "page/working.html")]
struct Working<'a> {
    frame: Frame<'a>,
}

/// Shows the table.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Query>,
) -> Result<HttpResponse, PageError> {
    let days = PERIODS.chosen(asked.0.days);
    let order = Order::read(asked.0.sort.as_deref());
    let slug = &business.0.slug;
    let (t, locale) = (&*visit.texts, visit.locale);
    let Some(made) = data.reports.of(slug, days).await? else { return Ok(working(&visit, slug)) };
    let report = &made.it.report;
    let mut templates: Vec<&TemplateRow> = report.templates.iter().collect();
    if let Some(order) = order {
        row::sort(&mut templates, order);
    }
    let here = place(slug, Section::Templates);
    let query = format!("{here}?days={days}");
    let heads = Column::heads(&t.templates)
        .map(|(column, text, is_number)| head(column, text, is_number, order, &query));
    let view = TemplatesView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Templates), t.templates.title.clone()),
        v: &t.templates,
        period: period(&visit, report, days),
        as_of: fill(&t.common.as_of, &[("time", &locale.moment(made.at))]),
        periods: PERIODS.links(&visit, days, |choice| {
            let sort = asked.0.sort.as_deref().map(|sort| format!("&sort={}", in_query(sort)));
            format!("{here}?days={choice}{}", sort.unwrap_or_default())
        }),
        heads: heads.into(),
        curve_head: &t.templates.curve,
        rows: templates.into_iter().map(|row| Row::new(&made.it, row, slug, days, t, locale)).collect(),
        topics: TopicTable::new(&report.topics, None, (slug, days), t, locale),
        notes: notes(&visit, report),
    };
    Ok(page(&view))
}

/// Instead of a view whose report is still being made: it loads again by itself.
fn working(visit: &Visit, business: &str) -> HttpResponse {
    let title = visit.texts.templates.title.clone();
    page(&Working { frame: Frame::of(visit, Some(business), Some(Section::Templates), title) })
}

fn period(visit: &Visit, report: &Report, days: u16) -> String {
    let to = report.period.to.parse().map(|day| visit.locale.day(day)).unwrap_or_default();
    in_words(visit, days, &to)
}

/// Tells which share of `all` a part is; nothing of what would be shown as nothing.
pub(super) fn note_of_share(part: u64, all: u64, text: &str, locale: Locale) -> Option<String> {
    let share = part as f64 / all.max(1) as f64;
    (share >= 0.005).then(|| fill(text, &[("share", &locale.percent(share, 0))]))
}

/// What to know before a figure is believed.
fn notes(visit: &Visit, report: &Report) -> Vec<String> {
    let (v, locale, coverage) = (&visit.texts.templates, visit.locale, &report.coverage);
    let mut notes = Vec::new();
    for (part, all, text) in [
        (coverage.opt_outs_unattributed, coverage.opt_outs, &v.unattributed),
        (coverage.delivered_unnamed, coverage.delivered, &v.unnamed),
        (coverage.opt_outs_guessed, coverage.opt_outs, &v.guessed),
    ] {
        notes.extend(note_of_share(part, all, text, locale));
    }
    for (days, text) in [(&coverage.sampled_days, &v.sampled), (&coverage.gap_days, &v.gaps)] {
        if !days.is_empty() {
            let days: Vec<_> = days.iter().filter_map(|day| Some(locale.day(day.parse().ok()?))).collect();
            notes.push(fill(text, &[("days", &days.join(", "))]));
        }
    }
    if coverage.templates_together {
        notes.push(v.together.clone());
    }
    notes
}
