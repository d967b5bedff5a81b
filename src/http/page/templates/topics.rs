//! Topics with the templates that went out under each: whose consent to look at.

use super::{
    super::{
        happened::{of_change, template_href},
        language::Locale,
        texts::{Templates, Texts, fill},
    },
    row::{Figure, figure},
};
use crate::{
    insight::{TopicCounts, TopicFigures, TopicRow, TopicTemplate},
    ledger::Day,
};

/// Templates of one topic that are shown; the others are summed up.
const MOST: usize = 10;

/// The table.
pub(super) struct TopicTable<'a> {
    pub(super) v: &'a Templates,
    pub(super) topics: Vec<Topic>,
}

/// A topic, with what went out under it.
pub(super) struct Topic {
    pub(super) name: String,
    /// What to do, where its people never agreed to it.
    pub(super) step: Option<String>,
    pub(super) whole: Figures,
    pub(super) templates: Vec<Under>,
    /// What is in no template's figures, or in those of one that is not shown.
    pub(super) rest: Option<Figures>,
}

/// A template under a topic.
pub(super) struct Under {
    pub(super) name: String,
    pub(super) href: String,
    /// What is new about it.
    pub(super) change: Option<String>,
    pub(super) figures: Figures,
}

/// The figures of a row in the order of the columns.
pub(super) struct Figures {
    pub(super) delivered: String,
    pub(super) opt_outs: String,
    pub(super) rate: Figure,
    pub(super) reasons: String,
    pub(super) never: String,
}

impl<'a> TopicTable<'a> {
    /// The topics of a report; only those under which `template` went out, where one is named.
    pub(super) fn new(
        topics: &[TopicRow],
        template: Option<&str>,
        (business, days): (&str, u16),
        t: &'a Texts,
        locale: Locale,
    ) -> Self {
        let is_meant = |one: &TopicTemplate| template.is_none_or(|name| one.template == name);
        let shown = topics.iter().filter(|topic| template.is_none() || topic.templates.iter().any(is_meant));
        let topics = shown.map(|topic| {
            let under = topic.templates.iter().filter(|one| is_meant(one)).take(MOST);
            let under: Vec<Under> = under
                .map(|one| Under {
                    name: one.template.clone(),
                    href: format!("{}&days={days}", template_href(business, &one.template)),
                    change: one.recent.as_ref().map(|change| {
                        let day = locale.short_day(Day::of(change.at_ms));
                        format!("{} · {day}", of_change(change, &t.happened))
                    }),
                    figures: Figures::of(one.figures, &t.templates, locale),
                })
                .collect();
            // Beside one template the rest of the topic is of no interest.
            let rest = if template.is_none() { topic.rest_after(MOST) } else { TopicCounts::default() };
            Topic {
                name: name(topic, t),
                step: topic.lacks_consent().then(|| {
                    let TopicCounts { never_signed_up, reasons, .. } = topic.figures.counts;
                    let counts = [never_signed_up, reasons].map(|count| locale.count(count));
                    fill(&t.templates.check_consent, &[("n", &counts[0]), ("of", &counts[1])])
                }),
                whole: Figures::of(topic.figures, &t.templates, locale),
                templates: under,
                rest: (!rest.is_nothing()).then(|| Figures::of_rest(rest, locale)),
            }
        });
        Self { v: &t.templates, topics: topics.collect() }
    }
}

fn name(topic: &TopicRow, t: &Texts) -> String {
    match topic.topic.as_str() {
        Day::NONE => t.templates.no_topic.clone(),
        Day::OTHER => t.templates.other_topics.clone(),
        topic => t.words.scope(topic).to_owned(),
    }
}

impl Figures {
    fn of(all: TopicFigures, v: &Templates, locale: Locale) -> Self {
        Self::new(all.counts, figure(all.per_thousand, all.interval, v, locale), locale)
    }

    fn of_rest(rest: TopicCounts, locale: Locale) -> Self {
        Self::new(rest, Figure { value: "—".to_owned(), interval: String::new() }, locale)
    }

    fn new(counts: TopicCounts, rate: Figure, locale: Locale) -> Self {
        let TopicCounts { delivered, opt_outs, reasons, never_signed_up } = counts;
        let [delivered, opt_outs, reasons, never] =
            [delivered, opt_outs, reasons, never_signed_up].map(|count| locale.count(count));
        Self { delivered, opt_outs, rate, reasons, never }
    }
}
