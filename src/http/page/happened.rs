//! What happened to templates, numbers and accounts, in the words of the visitor's language.

use super::{
    frame::{Section, place},
    language::Locale,
    reports::Reported,
    texts::{Happened as Words, Texts, fill},
};
use crate::{
    insight::{
        Change, NUMBER_LIMIT, NUMBER_QUALITY, NUMBER_STATUS, NUMBER_THROUGHPUT, Severity, Signal,
        TemplateRow, Verdict,
    },
    ledger::News,
};

/// One thing that happened.
pub(super) struct Event {
    /// Unix milliseconds.
    pub(super) at: i64,
    pub(super) time: String,
    pub(super) tone: Tone,
    /// The template, number or account.
    pub(super) subject: String,
    /// Where more of it is.
    pub(super) href: Option<String>,
    pub(super) text: String,
    /// Its number on the chart beside it.
    pub(super) number: Option<usize>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tone {
    Bad,
    Warning,
    Plain,
}

impl Tone {
    /// Its class in the style sheet.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Warning => "warn",
            Self::Plain => "soft",
        }
    }

    /// In words, because nothing is told by colour alone.
    pub(super) fn word(self, t: &Texts) -> &str {
        match self {
            Self::Bad => &t.happened.bad,
            Self::Warning => &t.happened.warning,
            Self::Plain => &t.happened.plain,
        }
    }
}

impl From<Severity> for Tone {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Bad => Self::Bad,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Plain,
        }
    }
}

/// Everything of the period, the newest first. What still stands since before it is not of the period.
pub(super) fn in_period(made: &Reported, business: &str, t: &Texts, locale: Locale) -> Vec<Event> {
    let templates = made.report.templates.iter().flat_map(|row| {
        let href = template_href(business, &row.name);
        let changes = row.changes.iter().filter(|change| change.kind != "category");
        changes.map(move |change| Event {
            at: change.at_ms,
            time: locale.moment(change.at_ms),
            tone: Tone::Plain,
            subject: row.name.clone(),
            href: Some(href.clone()),
            text: of_change(change, &t.happened),
            number: None,
        })
    });
    let signals = made.report.signals.iter().filter(|signal| !signal.earlier).map(|signal| Event {
        at: signal.at_ms,
        time: locale.moment(signal.at_ms),
        tone: signal.severity.into(),
        subject: signal.subject.clone(),
        href: name_of(made, signal).map(|name| template_href(business, name)),
        text: of_signal(signal, &t.happened),
        number: None,
    });
    let mut events: Vec<Event> = templates.chain(signals).collect();
    events.sort_by(|one, other| other.at.cmp(&one.at).then_with(|| one.subject.cmp(&other.subject)));
    events
}

/// What happened to one template, oldest first: what changed about it, and what Meta said of it.
pub(super) fn of_template(made: &Reported, row: &TemplateRow, t: &Texts, locale: Locale) -> Vec<Event> {
    let event = |at: i64, tone, text| Event {
        at,
        time: locale.moment(at),
        tone,
        subject: row.name.clone(),
        href: None,
        text,
        number: None,
    };
    let changes = row.changes.iter().filter(|change| change.kind != "category");
    let changes = changes.map(|change| event(change.at_ms, Tone::Plain, of_change(change, &t.happened)));
    let news =
        made.news.iter().filter(|news| news.template && news.name == row.name && news.about != "components");
    let news = news.map(|news| {
        let signal = made.report.signals.iter().find(|signal| {
            signal.at_ms == news.at && signal.aspect == news.about && signal.value == news.value
        });
        let tone = signal.map_or(Tone::Plain, |signal| signal.severity.into());
        event(news.at, tone, of_news(news, &t.happened))
    });
    let mut events: Vec<Event> = changes.chain(news).collect();
    events.sort_by_key(|event| event.at);
    events
}

/// The suspects, as what to do about them.
pub(super) fn suspects(made: &Reported) -> impl Iterator<Item = &TemplateRow> {
    made.report.templates.iter().filter(|row| row.judgement.verdict == Verdict::Suspect)
}

pub(super) fn template_href(business: &str, name: &str) -> String {
    format!("{}/one?name={}", place(business, Section::Templates), super::form::in_query(name))
}

fn name_of<'a>(made: &'a Reported, signal: &Signal) -> Option<&'a str> {
    let is_it = |news: &&News| {
        news.template && news.at == signal.at_ms && news.about == signal.aspect && news.value == signal.value
    };
    made.news.iter().find(is_it).map(|news| news.name.as_str())
}

pub(super) fn of_change(change: &Change, words: &Words) -> String {
    match change.kind {
        "added" => words.added.clone(),
        "first_sent" => words.first_sent.clone(),
        "edited" => words.edited.clone(),
        _ => fill(&words.category, &[("value", &change.to)]),
    }
}

fn of_signal(signal: &Signal, words: &Words) -> String {
    let aspect = if signal.aspect == "event" { &signal.about } else { &signal.aspect };
    told(aspect, &signal.value, &signal.detail, words)
}

fn of_news(news: &News, words: &Words) -> String {
    told(&news.about, &news.value, &news.detail, words)
}

/// In Meta's own words what it said, because these are what its documents and its support speak of.
pub(super) fn told(aspect: &str, value: &str, detail: &str, words: &Words) -> String {
    let text = match aspect {
        "status" => &words.status,
        "quality" => &words.quality,
        "category" => &words.category,
        "coming" => &words.coming,
        NUMBER_QUALITY => &words.rating,
        NUMBER_LIMIT => &words.limit,
        NUMBER_THROUGHPUT => &words.throughput,
        NUMBER_STATUS => &words.status,
        _ => &words.event,
    };
    let detail = if detail.is_empty() || aspect == "coming" { String::new() } else { format!(" ({detail})") };
    fill(text, &[("value", &format!("{value}{detail}"))])
}
