//! The overview: opt-outs and returns a day, where they come from and why, against the time before.

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    Page,
    chart::{Bars, Column, Share, shares},
    error::PageError,
    form::Asked,
    frame::{Frame, Section, page, place},
    happened::{self, Event},
    period::{PeriodLink, Periods, in_words},
    reports::Reported,
    templates::note_of_share,
    texts::{Overview, fill},
    visit::{OfBusiness, Visit},
};
use crate::{
    clock::unix_millis,
    intent::Reason,
    ledger::{Day, DayCounts, Dimension, Figure, Wanted},
};

const PERIODS: Periods = Periods { choices: &[7, 30, 90, 365], usual: 30 };
/// Beyond so many days a bar is a week.
const MOST_BARS: usize = 92;

/// Where decisions come from. What an import calls itself is among the rest.
pub(super) const SOURCES: [&str; 8] =
    ["text", "button", "form", "preference", "refused", "system", "operator", "import"];
/// What of the time before is compared.
const TOTALS: [Wanted<'static>; 3] =
    [(Figure::OptOuts, None), (Figure::Returns, None), (Figure::Delivered, None)];
/// Days of which changes are told, as the report of that name.
const CHANGES_OF: u16 = 28;
/// How many of them, the newest.
const MOST_CHANGES: usize = 8;
pub(super) const REASONS: [Reason; 4] =
    [Reason::LostInterest, Reason::Solved, Reason::Content, Reason::NoConsent];

#[derive(Deserialize)]
pub(super) struct Period {
    days: Option<u16>,
}

#[derive(Template)]
#[template(path = "page/overview.html")]
struct OverviewView<'a> {
    frame: Frame<'a>,
    o: &'a Overview,
    /// `30 days to 25 Nov 2026`
    period: String,
    periods: Vec<PeriodLink>,
    figures: Vec<FigureBox>,
    /// On how many days only a part of the statuses was looked at.
    sampled: Option<String>,
    /// Which share of the opt-outs nobody knows the template of.
    unattributed: Option<String>,
    /// The charts; none when nothing was counted.
    opt_outs: Option<Bars<'a>>,
    returns: Option<Bars<'a>>,
    breakdowns: Vec<(&'a str, Vec<Share>)>,
    /// How many templates are suspect, and where they are.
    suspects: Option<(String, String)>,
    /// Whether what changed is still being worked out. It does not load again by itself: that would take the keyboard's focus
    /// from whoever reads the figures.
    is_working: bool,
    changes: Vec<Event>,
    /// How many more changes there are.
    more: Option<String>,
    templates: String,
}

/// One large figure.
struct FigureBox {
    name: String,
    value: String,
    about: String,
}

/// Counts of the period, and of as many days before it.
struct Counts {
    before: Vec<DayCounts>,
    now: Vec<DayCounts>,
}

/// Shows it.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Period>,
) -> Result<HttpResponse, PageError> {
    let days = PERIODS.chosen(asked.0.days);
    let known = &business.0;
    let to = Day::of(unix_millis());
    let wanted = wanted(&known.topics, &known.languages);
    let from = to.plus(1 - i64::from(days));
    let (ledger, slug) = (&data.ledger, known.slug.as_str());
    // Of the time before the totals are enough.
    let before = ledger.counters_of(slug, from.plus(-i64::from(days)), from.plus(-1), &TOTALS);
    let now = ledger.counters_of(slug, from, to, &wanted);
    let (now, before, sizes) = futures_util::try_join!(now, before, ledger.list_sizes(slug))?;
    let made = data.reports.of(slug, CHANGES_OF).await?;
    let counts = Counts { before, now };
    let on_list = sizes.first().map_or(0, |(_, size)| *size);
    let view = view(&visit, slug, days, &counts, on_list, &wanted, made.as_deref().map(|made| &made.it));
    Ok(page(&view))
}

/// What is read of each day.
fn wanted<'a>(topics: &'a [String], languages: &'a [String]) -> Vec<Wanted<'a>> {
    let reasons = REASONS.map(Figure::Reason);
    let by = |dimension, values: Vec<&'a str>| {
        values.into_iter().map(move |value| (Figure::OptOuts, Some((dimension, value))))
    };
    let scopes = std::iter::once("all").chain(topics.iter().map(String::as_str));
    let mut wanted: Vec<Wanted<'a>> = TOTALS.to_vec();
    wanted.extend([(Figure::Reasons, None), (Figure::DroppedStatuses, None)]);
    wanted.extend(reasons.map(|figure| (figure, None)));
    wanted.extend(by(Dimension::Template, vec![Day::NONE]));
    wanted.extend(by(Dimension::Source, SOURCES.to_vec()));
    wanted.extend(by(Dimension::Scope, scopes.collect()));
    wanted.extend(by(Dimension::Language, languages.iter().map(String::as_str).collect()));
    wanted
}

fn view<'a>(
    visit: &'a Visit,
    business: &'a str,
    days: u16,
    counts: &Counts,
    on_list: u64,
    wanted: &[Wanted<'_>],
    made: Option<&Reported>,
) -> OverviewView<'a> {
    let (t, locale) = (&*visit.texts, visit.locale);
    let o = &t.overview;
    let [opt_outs, returns, delivered] =
        [Figure::OptOuts, Figure::Returns, Figure::Delivered].map(|figure| {
            let total = |days: &[DayCounts]| days.iter().map(|day| day.total(figure)).sum::<u64>();
            (total(&counts.now), total(&counts.before))
        });
    let figures = vec![
        FigureBox {
            name: o.opt_outs.clone(),
            value: locale.count(opt_outs.0),
            about: change(visit, opt_outs, days),
        },
        FigureBox {
            name: o.rate.clone(),
            value: rate(opt_outs.0, delivered.0)
                .map_or_else(|| "—".to_owned(), |rate| locale.decimal(rate, 1)),
            about: o.delivered.say(delivered.0, locale),
        },
        FigureBox {
            name: o.returns.clone(),
            value: locale.count(returns.0),
            about: change(visit, returns, days),
        },
        FigureBox { name: o.on_list.clone(), value: locale.count(on_list), about: o.on_list_about.clone() },
    ];
    let chart = |figure, id, kind, daily: &str, weekly: &str| {
        let weeks = counts.now.len() > MOST_BARS;
        let (title, head) = if weeks { (weekly, &t.chart.week_of) } else { (daily, &t.chart.day) };
        Bars::new((t, locale), id, kind, title.to_owned(), head, &columns(visit, &counts.now, figure, weeks))
    };
    let is_empty = opt_outs == (0, 0) && returns == (0, 0) && delivered.0 == 0;
    let (charts, breakdowns) = if is_empty {
        ((None, None), Vec::new())
    } else {
        let opt_outs = chart(Figure::OptOuts, "opt-outs", "main", &o.per_day, &o.per_week);
        let returns = chart(Figure::Returns, "returns", "aside", &o.returns_per_day, &o.returns_per_week);
        ((Some(opt_outs), Some(returns)), breakdowns(visit, &counts.now, wanted))
    };
    let of_none = |day: &DayCounts| day.of(Figure::OptOuts, Dimension::Template, Day::NONE).total();
    let unattributed = counts.now.iter().map(of_none).sum();
    let sampled = counts.now.iter().map(|day| u64::from(day.is_sampled())).sum();
    let suspects = made.map_or(0, |made| u64::try_from(happened::suspects(made).count()).unwrap_or(u64::MAX));
    let templates = place(business, Section::Templates);
    let mut changes = made.map_or_else(Vec::new, |made| happened::in_period(made, business, t, locale));
    let more = changes.len().saturating_sub(MOST_CHANGES);
    changes.truncate(MOST_CHANGES);
    let last = counts.now.last().map(|day| locale.day(day.day)).unwrap_or_default();
    let here = place(business, Section::Overview);
    OverviewView {
        frame: Frame::of(visit, Some(business), Some(Section::Overview), o.title.clone()),
        o,
        period: in_words(visit, days, &last),
        periods: PERIODS.links(visit, days, |choice| format!("{here}?days={choice}")),
        figures,
        sampled: (sampled > 0)
            .then(|| fill(&t.templates.sampled, &[("days", &t.common.days.say(sampled, locale))])),
        unattributed: note_of_share(unattributed, opt_outs.0, &t.templates.unattributed, locale),
        opt_outs: charts.0,
        returns: charts.1,
        breakdowns,
        suspects: (suspects > 0).then(|| {
            (o.suspects.say(suspects, locale), format!("{templates}?days={CHANGES_OF}&sort=verdict"))
        }),
        is_working: made.is_none(),
        changes,
        more: (more > 0).then(|| o.more.say(u64::try_from(more).unwrap_or(u64::MAX), locale)),
        templates: format!("{templates}?days={CHANGES_OF}"),
    }
}

/// Opt-outs for each thousand messages that arrived.
fn rate(opt_outs: u64, delivered: u64) -> Option<f64> {
    (delivered > 0).then(|| opt_outs as f64 * 1000.0 / delivered as f64)
}

/// A figure against the same time before.
fn change(visit: &Visit, (now, before): (u64, u64), days: u16) -> String {
    let (o, locale) = (&visit.texts.overview, visit.locale);
    let length = visit.texts.common.days.say(days.into(), locale);
    if before == 0 {
        return fill(&o.before_none, &[("days", &length)]);
    }
    let difference = (now as f64 - before as f64) / before as f64;
    let share = locale.percent(difference.abs(), 0);
    let text = match now.cmp(&before) {
        std::cmp::Ordering::Greater => &o.before_more,
        std::cmp::Ordering::Less => &o.before_less,
        std::cmp::Ordering::Equal => &o.before_same,
    };
    fill(text, &[("share", &share), ("days", &length)])
}

/// A column for each day, or for each week that ends with the last day.
fn columns(visit: &Visit, days: &[DayCounts], figure: Figure, weeks: bool) -> Vec<Column> {
    let (locale, length) = (visit.locale, if weeks { 7 } else { 1 });
    // A week of which only a part lies in the period would look like a good one.
    let whole = days.get(days.len() % length..).unwrap_or_default();
    whole
        .chunks(length)
        .filter_map(|days| {
            let label = locale.short_day(days.first()?.day);
            Some(Column { label, value: days.iter().map(|day| day.total(figure)).sum() })
        })
        .collect()
}

fn breakdowns<'a>(visit: &'a Visit, days: &[DayCounts], wanted: &[Wanted<'_>]) -> Vec<(&'a str, Vec<Share>)> {
    let (o, words, locale) = (&visit.texts.overview, &visit.texts.words, visit.locale);
    let total = |figure| days.iter().map(|day| day.total(figure)).sum::<u64>();
    let by = |dimension, name: &dyn Fn(&str) -> String| {
        let values = wanted.iter().filter_map(|(_, by)| by.filter(|(known, _)| *known == dimension));
        let parts = values.map(|(_, value)| {
            let of_day = |day: &DayCounts| day.of(Figure::OptOuts, dimension, value).total();
            (name(value), days.iter().map(of_day).sum())
        });
        shares(locale, total(Figure::OptOuts), parts.collect(), &o.rest)
    };
    let reasons = REASONS.map(|reason| (words.reason(reason).to_owned(), total(Figure::Reason(reason))));
    let all = vec![
        (o.sources.as_str(), by(Dimension::Source, &|source| words.source(source).to_owned())),
        (o.reasons.as_str(), shares(locale, total(Figure::Reasons), reasons.into(), &o.rest)),
        (o.scopes.as_str(), by(Dimension::Scope, &|scope| words.scope(scope).to_owned())),
        (o.languages.as_str(), by(Dimension::Language, &|language| words.language(language).to_owned())),
    ];
    all.into_iter().filter(|(_, shares)| !shares.is_empty()).collect()
}
