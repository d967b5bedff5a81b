//! Numbers: their rating and limits now and over time, and what Meta told of the accounts.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    Page,
    chart::{Level, Steps},
    error::PageError,
    frame::{Frame, Section, page},
    happened::{Event, Tone, told},
    language::Locale,
    reports::{STANDING_DAYS, Standings},
    texts::{Numbers, Texts, fill},
    visit::{OfBusiness, Visit},
};
use crate::{
    clock::unix_millis,
    config::{Business, Settings},
    insight::{NUMBER_LIMIT, NUMBER_QUALITY, NUMBER_STATUS, NUMBER_THROUGHPUT, severity_of_account},
    ledger::{Day, News},
};

/// The webhook of a number's limit and throughput. It tells nothing of the rating.
const LIMIT_WEBHOOK: &str = "phone_number_quality_update";
const NAME_WEBHOOK: &str = "phone_number_name_update";
/// Messaging limits, the lowest first: how many people a business may begin to write to in 24 hours.
const TIERS: [(&str, Option<u64>); 8] = [
    ("TIER_NOT_SET", Some(0)),
    ("TIER_50", Some(50)),
    ("TIER_250", Some(250)),
    ("TIER_1K", Some(1_000)),
    ("TIER_2K", Some(2_000)),
    ("TIER_10K", Some(10_000)),
    ("TIER_100K", Some(100_000)),
    ("TIER_UNLIMITED", None),
];
/// Ratings, the worst first.
const RATINGS: [&str; 3] = ["RED", "YELLOW", "GREEN"];
/// Things that happened that are shown of one number or account, the newest.
const MOST_EVENTS: usize = 20;

#[derive(Template)]
#[template(path = "page/numbers.html")]
struct NumbersView<'a> {
    frame: Frame<'a>,
    v: &'a Numbers,
    as_of: String,
    numbers: Vec<Number<'a>>,
    accounts: Vec<Event>,
}

/// A number, ready to be shown.
struct Number<'a> {
    name: String,
    /// Each with its class in the style sheet.
    facts: Vec<(&'a str, &'static str, String)>,
    charts: Vec<Steps<'a>>,
    events: Vec<Event>,
}

/// Shows them.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let made = data.reports.standings(slug).await?;
    let (t, locale) = (&*visit.texts, visit.locale);
    let view = NumbersView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Numbers), t.numbers.title.clone()),
        v: &t.numbers,
        as_of: fill(&t.common.as_of, &[("time", &locale.moment(made.at))]),
        numbers: numbers(&made.it, &no_rating(&data.health.settings(), slug, t), t, locale),
        accounts: accounts(&made.it, t, locale),
    };
    Ok(page(&view))
}

fn is_of_number(news: &News) -> bool {
    [LIMIT_WEBHOOK, NAME_WEBHOOK, NUMBER_QUALITY, NUMBER_LIMIT, NUMBER_THROUGHPUT, NUMBER_STATUS]
        .contains(&news.about.as_str())
}

/// What stands in the place of a rating that Meta has not told.
fn no_rating(settings: &Settings, business: &str, t: &Texts) -> String {
    let v = &t.numbers;
    let Some(every) = settings.insight.poll else { return v.not_polled.clone() };
    let found = settings.businesses.iter().find(|one| one.slug == business);
    if found.and_then(Business::to_ask_with).is_none() {
        return v.no_accounts_to_ask.clone();
    }
    fill(&v.not_told, &[("minutes", &(every.as_secs() / 60).to_string())])
}

fn numbers<'a>(standings: &Standings, no_rating: &str, t: &'a Texts, locale: Locale) -> Vec<Number<'a>> {
    let mut by_number: BTreeMap<&str, Vec<&News>> = BTreeMap::new();
    // What stands since before the year is only where things stand.
    for news in standings.accounts.iter().rev().chain(&standings.news).filter(|news| is_of_number(news)) {
        let known = by_number.entry(&news.subject).or_default();
        if !known.contains(&news) {
            known.push(news);
        }
    }
    (0..)
        .zip(by_number)
        .map(|(place, (name, mut news))| {
            news.sort_by_key(|one| one.at);
            number(place, (name, no_rating), &news, t, locale)
        })
        .collect()
}

fn number<'a>(
    place: usize,
    (name, no_rating): (&str, &str),
    news: &[&News],
    t: &'a Texts,
    locale: Locale,
) -> Number<'a> {
    let v = &t.numbers;
    let newest = |about: &str| news.iter().rev().find(|one| one.about == about);
    let limits: Vec<(i64, usize)> = news.iter().filter_map(|one| Some((one.at, limit(one)?))).collect();
    let ratings: Vec<(i64, usize)> = news.iter().filter_map(|one| Some((one.at, rating(one)?))).collect();
    let mut facts = Vec::new();
    let rated = newest(NUMBER_QUALITY);
    let class = |news: &News| Tone::from(severity_of_account(&news.about, &news.value, &news.detail)).class();
    facts.push(match rated {
        Some(rated) if rated.value == "GREEN" => (v.rating.as_str(), "good", rated.value.clone()),
        Some(rated) => (v.rating.as_str(), class(rated), rated.value.clone()),
        None => (v.rating.as_str(), "soft", no_rating.to_owned()),
    });
    if let Some((_, tier)) = limits.last() {
        facts.push((&v.limit, "", tier_name(*tier, v, locale)));
    }
    if let Some(throughput) = newest(NUMBER_THROUGHPUT) {
        facts.push((&v.throughput, "", throughput.value.clone()));
    }
    if let Some(status) = newest(NUMBER_STATUS) {
        facts.push((&v.status, class(status), status.value.clone()));
    }
    let tiers: Vec<String> = (0..TIERS.len()).map(|tier| tier_name(tier, v, locale)).collect();
    let chart = |kind: &str, title: &str, scale: &[String], found: &[(i64, usize)]| {
        steps(t, (format!("{kind}-{place}"), title.to_owned()), scale, found, locale)
    };
    let charts = [
        chart("rating", &v.rating_over_time, &RATINGS.map(str::to_owned), &ratings),
        chart("limit", &v.limit_over_time, &tiers, &limits),
    ];
    let events = news.iter().rev().take(MOST_EVENTS).map(|one| event(one, String::new(), t, locale));
    Number {
        name: name.to_owned(),
        facts,
        charts: charts.into_iter().flatten().collect(),
        events: events.collect(),
    }
}

fn accounts(standings: &Standings, t: &Texts, locale: Locale) -> Vec<Event> {
    let of_accounts = standings.accounts.iter().filter(|news| !is_of_number(news));
    of_accounts
        .take(MOST_EVENTS)
        .map(|news| {
            let owner = if news.subject.is_empty() { &news.waba_id } else { &news.subject };
            event(news, owner.clone(), t, locale)
        })
        .collect()
}

fn event(news: &News, subject: String, t: &Texts, locale: Locale) -> Event {
    Event {
        at: news.at,
        time: locale.moment(news.at),
        tone: severity_of_account(&news.about, &news.value, &news.detail).into(),
        subject,
        href: None,
        text: told(&news.about, &news.value, &news.detail, &t.happened),
        number: None,
    }
}

/// The place of the limit that the news tells; `None` when it tells none. A change of throughput says `TIER_UNLIMITED` of the
/// throughput, and of the limit nothing.
fn limit(news: &News) -> Option<usize> {
    let words = match news.about.as_str() {
        LIMIT_WEBHOOK if news.value == "THROUGHPUT_UPGRADE" => return None,
        LIMIT_WEBHOOK => &news.detail,
        NUMBER_LIMIT => &news.value,
        _ => return None,
    };
    // Where there are two, the later is the limit of the portfolio, which counts.
    words.split(' ').rev().find_map(|word| TIERS.iter().position(|(tier, _)| *tier == word))
}

fn rating(news: &News) -> Option<usize> {
    let is_rating = news.about == NUMBER_QUALITY;
    RATINGS.iter().position(|rating| is_rating && *rating == news.value)
}

fn tier_name(tier: usize, v: &Numbers, locale: Locale) -> String {
    match TIERS.get(tier) {
        Some((_, Some(people))) => locale.count(*people),
        _ => v.unlimited.clone(),
    }
}

/// How it went over the year; nothing where nothing ever changed.
fn steps<'a>(
    t: &'a Texts,
    name: (String, String),
    scale: &[String],
    found: &[(i64, usize)],
    locale: Locale,
) -> Option<Steps<'a>> {
    let to = unix_millis();
    let year_ago = to.saturating_sub(STANDING_DAYS * 86_400_000);
    if found.len() < 2 {
        return None;
    }
    // From the first that is known of, or a year ago.
    let from = found.first()?.0.clamp(year_ago, to);
    let lowest = found.iter().map(|(_, place)| *place).min()?;
    let highest = found.iter().map(|(_, place)| *place).max()?;
    // Only the part of the scale that is reached, and never less than two steps of it.
    let lowest = lowest.min(highest.saturating_sub(1));
    let scale = scale.get(lowest..=highest.max(lowest + 1).min(scale.len().saturating_sub(1)))?;
    let level = |&(at, place): &(i64, usize)| {
        let place = place - lowest;
        let name = scale.get(place).cloned().unwrap_or_default();
        Level { at, place, day: locale.day(Day::of(at)), name }
    };
    let levels: Vec<Level> = found.iter().map(level).collect();
    let axis = [from, to].map(|at| locale.day(Day::of(at)));
    Some(Steps::new(t, name, scale, (from, to), axis, &levels))
}
