//! The templates of a period: what changed about each, and whether people leave because of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use super::{
    History,
    judgement::{Case, Judgement, Verdict, judge},
    moment,
    statistics::Rate,
};
use crate::{
    intent::Reason,
    ledger::{Day, Dimension, Figure, TemplateRecord},
};

/// A template, by the name that senders use, in all its languages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateRow {
    /// Its name.
    pub name: String,
    /// Its languages, as far as Meta told.
    pub languages: Vec<String>,
    /// `MARKETING`, `UTILITY`, `AUTHENTICATION`; empty when Meta did not tell.
    pub category: String,
    /// Its newest status; empty when Meta did not tell.
    pub status: String,
    /// Its newest quality score; empty when Meta did not tell.
    pub quality: String,
    /// What changed in the period, oldest first.
    pub changes: Vec<Change>,
    /// From when on it is judged, RFC 3339: its first edit or new category in the period; `null` for the whole period.
    pub since: Option<String>,
    /// Messages that reached the phone since then.
    pub delivered: u64,
    /// Opt-outs that they provoked.
    pub opt_outs: u64,
    /// "I never signed up", of those who gave a reason in the period.
    pub never_signed_up: u64,
    /// Messages of the period to people who had refused them.
    pub breaches: u64,
    /// Whether it is to blame.
    pub judgement: Judgement,
    /// Each day of the period.
    pub curve: Vec<Point>,
}

/// What changed about a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `added`, `edited`, `category`, or `first_sent` for one of which Meta told nothing.
    pub kind: &'static str,
    /// When, RFC 3339.
    pub at: String,
    /// The new category; else empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Unix milliseconds.
    #[serde(skip)]
    pub at_ms: i64,
}

/// As in `added 2026-11-25` or `now MARKETING 2026-11-25`.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.at.get(..10).unwrap_or(&self.at);
        match self.kind {
            "category" => write!(f, "now {} {day}", self.to),
            "first_sent" => write!(f, "first sent {day}"),
            kind => write!(f, "{kind} {day}"),
        }
    }
}

/// A day of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The day, as in `2026-11-25`.
    pub day: String,
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Opt-outs that they provoked.
    pub opt_outs: u64,
}

/// Opt-outs and deliveries of one template in each hour that had any, in the order of time.
type Hourly = BTreeMap<i64, Rate>;

impl TemplateRow {
    /// Whether something changed in the period.
    pub fn has_changed(&self) -> bool {
        !self.changes.is_empty()
    }
}

/// The rows of a period: the suspects first, then what changed, then by how often as many leave.
pub(super) fn rows(history: &History) -> Vec<TemplateRow> {
    let hourly = hourly(history);
    let begins = history.from.begins();
    let mut records: BTreeMap<&str, Vec<&TemplateRecord>> = BTreeMap::new();
    for record in &history.templates {
        records.entry(&record.name).or_default().push(record);
    }
    let names: BTreeSet<&str> = hourly.keys().map(String::as_str).chain(told_of(history)).collect();
    let known: Vec<Known<'_>> = names
        .into_iter()
        .map(|name| {
            let records = records.get(name).map(Vec::as_slice).unwrap_or_default();
            Known::new(name, records, hourly.get(name), history)
        })
        .collect();
    let cases: Vec<Case<'_>> = known
        .iter()
        .map(|known| Case {
            name: known.name,
            category: &known.category,
            own: sum(known.hourly, known.since.unwrap_or(begins)),
            all: sum(known.hourly, i64::MIN),
        })
        .collect();
    let mut rows: Vec<TemplateRow> = known
        .iter()
        .zip(&cases)
        .zip(judge(&cases))
        .filter(|((known, _), _)| sum(known.hourly, begins) != Rate::default() || !known.changes.is_empty())
        .map(|((known, case), judgement)| known.row(case.own, judgement, history))
        .collect();
    rows.sort_by(|a, b| {
        let guilty = |row: &TemplateRow| row.judgement.verdict != Verdict::Suspect;
        let ratio = |row: &TemplateRow| row.judgement.ratio.unwrap_or(0.0);
        (guilty(a), !a.has_changed())
            .cmp(&(guilty(b), !b.has_changed()))
            .then_with(|| ratio(b).total_cmp(&ratio(a)))
            .then_with(|| a.name.cmp(&b.name))
    });
    rows
}

/// The templates of which Meta told something in the period.
fn told_of(history: &History) -> impl Iterator<Item = &str> {
    history.news.iter().filter(|news| news.template && !news.name.is_empty()).map(|news| news.name.as_str())
}

fn hourly(history: &History) -> BTreeMap<String, Hourly> {
    const HOUR: i64 = 3_600_000;
    let mut found: BTreeMap<String, Hourly> = BTreeMap::new();
    for day in &history.days {
        for figure in [Figure::Delivered, Figure::OptOuts] {
            for (name, hours) in day.by(figure, Dimension::Template) {
                if name == Day::NONE || name == Day::OTHER {
                    continue;
                }
                let template = found.entry(name.to_owned()).or_default();
                let times = (0..).map(|hour| day.day.begins() + hour * HOUR);
                for (time, &count) in times.zip(hours.each()).filter(|(_, count)| **count > 0) {
                    let rate = match figure {
                        Figure::OptOuts => Rate::new(count, 0),
                        _ => Rate::new(0, count),
                    };
                    let slot = template.entry(time).or_default();
                    *slot = slot.plus(rate);
                }
            }
        }
    }
    found
}

/// The hours from the one in which `from` lies.
fn sum(hourly: Option<&Hourly>, from: i64) -> Rate {
    let hour = from.saturating_sub(from.rem_euclid(3_600_000));
    hourly
        .into_iter()
        .flat_map(|hourly| hourly.range(hour..))
        .fold(Rate::default(), |all, (_, one)| all.plus(*one))
}

/// What is known of a template before it is judged.
struct Known<'a> {
    name: &'a str,
    records: &'a [&'a TemplateRecord],
    hourly: Option<&'a Hourly>,
    category: String,
    changes: Vec<Change>,
    since: Option<i64>,
}

impl<'a> Known<'a> {
    fn new(
        name: &'a str,
        records: &'a [&'a TemplateRecord],
        hourly: Option<&'a Hourly>,
        history: &History,
    ) -> Self {
        let changes = changes(name, records, hourly, history);
        // One that is new is judged as a whole.
        let is_new = changes.iter().any(|change| matches!(change.kind, "added" | "first_sent"));
        let since = changes.first().filter(|_| !is_new).map(|change| change.at_ms);
        let category = newest(records, |record| record.category()).unwrap_or_default();
        Self { name, records, hourly, category: category.to_ascii_uppercase(), changes, since }
    }

    fn row(&self, own: Rate, judgement: Judgement, history: &History) -> TemplateRow {
        let total = |figure| {
            let counts = history.period().flat_map(|day| day.by(figure, Dimension::Template));
            counts.filter(|(name, _)| *name == self.name).map(|(_, hours)| hours.total()).sum()
        };
        let languages: BTreeSet<_> = self.records.iter().map(|record| record.language.clone()).collect();
        let curve = history
            .period()
            .map(|day| {
                let (from, to) = (day.day.begins(), day.day.plus(1).begins());
                let hours = self.hourly.into_iter().flat_map(|hourly| hourly.range(from..to));
                let rate = hours.fold(Rate::default(), |all, (_, one)| all.plus(*one));
                Point { day: day.day.to_string(), delivered: rate.chances, opt_outs: rate.events }
            })
            .collect();
        TemplateRow {
            name: self.name.to_owned(),
            languages: languages.into_iter().filter(|language| !language.is_empty()).collect(),
            category: self.category.clone(),
            status: newest(self.records, |record| record.status()).unwrap_or_default(),
            quality: newest(self.records, |record| record.quality()).unwrap_or_default(),
            changes: self.changes.clone(),
            since: self.since.map(moment),
            delivered: own.chances,
            opt_outs: own.events,
            never_signed_up: total(Figure::Reason(Reason::NoConsent)),
            breaches: total(Figure::Breaches),
            judgement,
            curve,
        }
    }
}

/// The newest word on one aspect, over all languages.
fn newest<'a>(
    records: &[&'a TemplateRecord],
    aspect: impl Fn(&'a TemplateRecord) -> Option<&'a crate::ledger::Standing>,
) -> Option<String> {
    records
        .iter()
        .filter_map(|record| aspect(record))
        .max_by_key(|standing| standing.at)
        .map(|standing| standing.value.clone())
}

/// What changed about a template in the period, oldest first.
fn changes(
    name: &str,
    records: &[&TemplateRecord],
    hourly: Option<&Hourly>,
    history: &History,
) -> Vec<Change> {
    let begins = history.from.begins();
    let first_hour = hourly.and_then(|hourly| hourly.keys().next()).copied();
    let was_known = first_hour.is_some_and(|hour| hour < begins)
        || records.iter().any(|record| record.first_seen < begins);
    let change = |kind, at: i64, to: &str| Change { kind, at: moment(at), to: to.to_owned(), at_ms: at };
    let mut changes = Vec::new();
    let news = || history.news.iter().filter(|news| news.template && news.name == name);
    for one in news() {
        match one.about.as_str() {
            "components" => changes.push(change("edited", one.at, "")),
            "category" => changes.push(change("category", one.at, &one.value)),
            _ => {}
        }
    }
    if !was_known {
        // Whatever Meta told first, the template is new: nobody was sent it before, and nothing was told of it.
        if let Some(first) = news().find(|news| news.about == "status") {
            changes.push(change("added", first.at, ""));
        } else if let Some(hour) = first_hour
            && history.days.iter().any(|day| day.day < history.from && day.total(Figure::Delivered) > 0)
        {
            changes.push(change("first_sent", hour, ""));
        }
    }
    changes.sort_by_key(|change| change.at_ms);
    changes
}
