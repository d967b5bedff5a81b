use actix_web::{HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{
        Page,
        chart::{Bars, Column, Mark},
        error::PageError,
        form::Asked,
        frame::{Frame, Section, page, place},
        happened::{Event, of_template, template_href},
        period::PeriodLink,
        texts::{Templates, fill},
        visit::{OfBusiness, Visit},
    },
    PERIODS, period,
    row::{Figure, Row, column_of},
    topics::TopicTable,
    working,
};
use crate::insight::{Point, TemplateRow};

#[derive(Deserialize)]
pub(in super::super) struct Query {
    name: String,
    days: Option<u16>,
}

#[derive(Template)]
#[template(path = "page/template.html")]
struct TemplateView<'a> {
    frame: Frame<'a>,
    v: &'a Templates,
    back: String,
    period: String,
    periods: Vec<PeriodLink>,
    name: &'a str,
    /// Nothing when it was neither sent nor changed in the period.
    row: Option<Row<'a>>,
    figures: Vec<(&'a str, Figure)>,
    opt_outs: Option<Bars<'a>>,
    delivered: Option<Bars<'a>>,
    events: Vec<Event>,
    topics: TopicTable<'a>,
}

/// Shows one template.
pub(in super::super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Query>,
) -> Result<HttpResponse, PageError> {
    let (days, name) = (PERIODS.chosen(asked.0.days), asked.0.name.as_str());
    let slug = &business.0.slug;
    let Some(made) = data.reports.of(slug, days).await? else { return Ok(working(&visit, slug)) };
    let made = &made.it;
    let (t, locale) = (&*visit.texts, visit.locale);
    let v = &t.templates;
    let found = made.report.templates.iter().find(|row| row.name == name);
    let mut events = found.map_or_else(Vec::new, |row| of_template(made, row, t, locale));
    for (number, event) in (1..).zip(&mut events) {
        event.number = Some(number);
    }
    let (opt_outs, delivered) = found.map(|row| charts(&visit, row, &events)).unzip();
    // The newest first, as everywhere; on the curve they stand in the order of time.
    events.reverse();
    let view = TemplateView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Templates), v.one.clone()),
        v,
        back: format!("{}?days={days}", place(slug, Section::Templates)),
        period: period(&visit, &made.report, days),
        periods: PERIODS.links(&visit, days, |choice| format!("{}&days={choice}", template_href(slug, name))),
        name,
        figures: found.map_or_else(Vec::new, |row| figures(&visit, row)),
        row: found.map(|row| Row::new(made, row, slug, days, t, locale)),
        opt_outs,
        delivered,
        events,
        topics: TopicTable::new(&made.report.topics, Some(name), (slug, days), t, locale),
    };
    Ok(page(&view))
}

fn figures<'a>(visit: &'a Visit, row: &TemplateRow) -> Vec<(&'a str, Figure)> {
    let (v, locale, judged) = (&visit.texts.templates, visit.locale, &row.judgement);
    let plain = |count: u64| Figure { value: locale.count(count), interval: String::new() };
    let interval = |value, interval| super::row::figure(value, interval, v, locale);
    let mut figures = vec![
        (v.delivered.as_str(), plain(row.delivered)),
        (&v.opt_outs, plain(row.opt_outs)),
        (&v.rate, interval(judged.per_thousand, judged.interval)),
        (&v.times, interval(judged.ratio, judged.ratio_interval)),
        (&v.never_signed_up, plain(row.never_signed_up)),
        (&v.breaches, plain(row.breaches)),
    ];
    if let Some(baseline) = judged.baseline
        && let Some((_, figure)) = figures.get_mut(3)
    {
        let others = baseline.per_thousand.map_or_else(String::new, |rate| locale.decimal(rate, 1));
        let templates = u64::try_from(baseline.templates).unwrap_or(u64::MAX);
        let against = v.against.say(templates, locale);
        let parts = [std::mem::take(&mut figure.interval), fill(&against, &[("rate", &others)])];
        figure.interval = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    }
    figures
}

fn charts<'a>(visit: &'a Visit, row: &TemplateRow, events: &[Event]) -> (Bars<'a>, Bars<'a>) {
    let (t, locale) = (&*visit.texts, visit.locale);
    let columns = |value: fn(&Point) -> u64| -> Vec<Column> {
        let label =
            |point: &Point| point.day.parse().map_or_else(|_| point.day.clone(), |day| locale.short_day(day));
        row.curve.iter().map(|point| Column { label: label(point), value: value(point) }).collect()
    };
    let marks: Vec<Mark> = events
        .iter()
        .filter_map(|event| {
            let label = format!("{}: {}", event.time, event.text);
            Some(Mark { column: column_of(row, event.at)?, number: event.number?, label })
        })
        .collect();
    let chart = |id, kind, title: &str, value| {
        Bars::new((t, locale), id, kind, title.to_owned(), &t.chart.day, &columns(value))
    };
    (
        chart("opt-outs", "main", &t.overview.per_day, |point| point.opt_outs).with_marks(&marks),
        chart("delivered", "aside", &t.templates.delivered_per_day, |point| point.delivered),
    )
}
