//! Topics, the templates that went out under each, and the reasons that people gave.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    Change, History, TemplateRow,
    coverage::percent,
    statistics::{Interval, Rate},
};
use crate::{
    intent::Reason,
    ledger::{Day, DayCounts, Dimension, Figure},
};

/// What became of a topic in the period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicRow {
    /// Its name; `-` where senders named none.
    pub topic: String,
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Opt-outs that they provoked, whatever was refused.
    pub opt_outs: u64,
    /// Opt-outs per thousand delivered.
    pub per_thousand: Option<f64>,
    /// Where the true figure lies, with 95% confidence.
    pub interval: Interval,
    /// How many gave a reason for leaving.
    pub reasons: u64,
    /// "I never signed up", among them.
    pub never_signed_up: u64,
    /// The templates that went out under it: what is new or changed first, then by "I never signed up" and opt-outs.
    pub templates: Vec<TopicTemplate>,
    /// What is in the topic's figures and in none of its templates': without a known template, or counted together.
    pub rest: TopicRest,
}

/// A template under one topic, over the whole period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicTemplate {
    /// The template.
    pub template: String,
    /// What is new about it in the period: its first change; `null` when nothing is.
    pub recent: Option<Change>,
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Opt-outs that they provoked, whatever was refused.
    pub opt_outs: u64,
    /// Opt-outs per thousand delivered.
    pub per_thousand: Option<f64>,
    /// Where the true figure lies, with 95% confidence.
    pub interval: Interval,
    /// How many gave a reason for leaving.
    pub reasons: u64,
    /// "I never signed up", among them.
    pub never_signed_up: u64,
}

/// What of a topic belongs to no template that is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TopicRest {
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Opt-outs that they provoked.
    pub opt_outs: u64,
    /// How many gave a reason for leaving.
    pub reasons: u64,
    /// "I never signed up", among them.
    pub never_signed_up: u64,
}

/// How often a reason was given in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// `no_consent`, `content`, `lost_interest`, `solved`.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

impl TopicRest {
    /// Whether it is nothing.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What is counted of topics, in the order of [`Counts`].
const FIGURES: [Figure; 4] =
    [Figure::Delivered, Figure::OptOuts, Figure::Reasons, Figure::Reason(Reason::NoConsent)];

/// A count for each of [`FIGURES`].
type Counts = [u64; 4];

/// The topics, those with the most opt-outs first.
pub(super) fn topics(history: &History, templates: &[TemplateRow]) -> Vec<TopicRow> {
    let mut counts = sums(history, |day, figure, add| {
        day.by(figure, Dimension::Topic).for_each(|(topic, hours)| add(topic.to_owned(), hours.total()));
    });
    let mut pairs = sums(history, |day, figure, add| {
        day.by_topic_and_template(figure)
            .for_each(|(topic, template, hours)| add((topic.to_owned(), template.to_owned()), hours.total()));
    });
    find_topics(&mut pairs, &mut counts);
    // What nobody named and nobody left from says nothing.
    counts.retain(|topic, [_, opt_outs, reasons, _]| topic != Day::NONE || *opt_outs + *reasons > 0);
    let mut of_topic: BTreeMap<String, Vec<TopicTemplate>> = BTreeMap::new();
    for ((topic, template), counts) in pairs {
        of_topic.entry(topic).or_default().push(TopicTemplate::new(template, counts, templates));
    }
    let mut rows: Vec<_> = counts
        .into_iter()
        .map(|(topic, counts)| {
            let mut templates = of_topic.remove(&topic).unwrap_or_default();
            templates.sort_by(|a, b| {
                let key = |one: &TopicTemplate| (one.recent.is_some(), one.never_signed_up, one.opt_outs);
                key(b).cmp(&key(a)).then_with(|| a.template.cmp(&b.template))
            });
            TopicRow::new(topic, counts, templates)
        })
        .collect();
    rows.sort_by(|a, b| b.opt_outs.cmp(&a.opt_outs).then_with(|| a.topic.cmp(&b.topic)));
    rows
}

/// Gives what is known of a template and of no topic to the topic of that template, where its messages of the period all went
/// out under one: a button often names the template alone.
fn find_topics(pairs: &mut BTreeMap<(String, String), Counts>, counts: &mut BTreeMap<String, Counts>) {
    let lost: Vec<String> =
        pairs.keys().filter(|(topic, _)| topic == Day::NONE).map(|(_, template)| template.clone()).collect();
    for template in lost {
        let topics: Vec<&String> = pairs
            .iter()
            .filter(|((topic, name), [delivered, ..])| {
                topic != Day::NONE && *name == template && *delivered > 0
            })
            .map(|((topic, _), _)| topic)
            .collect();
        let [topic] = topics.as_slice() else { continue };
        let topic = (*topic).clone();
        let none = (Day::NONE.to_owned(), template.clone());
        // Of what was sent under no topic nobody knows that it had one.
        if pairs.get(&none).is_none_or(|[delivered, ..]| *delivered > 0) {
            continue;
        }
        let Some(found) = pairs.remove(&none) else { continue };
        let entries = [pairs.entry((topic.clone(), template)).or_default(), counts.entry(topic).or_default()];
        for to in entries {
            to.iter_mut().zip(found).for_each(|(to, found)| *to += found);
        }
        if let Some(from) = counts.get_mut(Day::NONE) {
            from.iter_mut().zip(found).for_each(|(from, found)| *from = from.saturating_sub(found));
        }
    }
}

/// The counts of the period by what `each` tells of a day and figure.
fn sums<K: Ord>(
    history: &History,
    each: impl Fn(&DayCounts, Figure, &mut dyn FnMut(K, u64)),
) -> BTreeMap<K, Counts> {
    let mut counts: BTreeMap<K, Counts> = BTreeMap::new();
    for day in history.period() {
        for (place, figure) in FIGURES.into_iter().enumerate() {
            each(day, figure, &mut |key, count| {
                if let Some(slot) = counts.entry(key).or_default().get_mut(place) {
                    *slot += count;
                }
            });
        }
    }
    counts
}

impl TopicRow {
    /// Whether its people seem never to have agreed to it: from three "I never signed up" on, where they are a fifth of the
    /// reasons given.
    pub fn lacks_consent(&self) -> bool {
        const NEVER_SIGNED_UP: u64 = 3;
        const PERCENT: u64 = 20;
        self.never_signed_up >= NEVER_SIGNED_UP && percent(self.never_signed_up, self.reasons) >= PERCENT
    }

    /// What is left of its figures when the first `shown` templates are told apart.
    pub fn rest_after(&self, shown: usize) -> TopicRest {
        self.templates.iter().skip(shown).fold(self.rest, |rest, one| TopicRest {
            delivered: rest.delivered + one.delivered,
            opt_outs: rest.opt_outs + one.opt_outs,
            reasons: rest.reasons + one.reasons,
            never_signed_up: rest.never_signed_up + one.never_signed_up,
        })
    }

    fn new(topic: String, counts: Counts, templates: Vec<TopicTemplate>) -> Self {
        let [delivered, opt_outs, reasons, never_signed_up] = counts;
        // A topic that a full day did not count apart may still have had a pair there: never less than nothing is left.
        let left =
            |all: u64, of: fn(&TopicTemplate) -> u64| all.saturating_sub(templates.iter().map(of).sum());
        let rest = TopicRest {
            delivered: left(delivered, |one| one.delivered),
            opt_outs: left(opt_outs, |one| one.opt_outs),
            reasons: left(reasons, |one| one.reasons),
            never_signed_up: left(never_signed_up, |one| one.never_signed_up),
        };
        let rate = Rate::new(opt_outs, delivered);
        let (per_thousand, interval) = (rate.per_thousand(), rate.interval());
        Self { topic, delivered, opt_outs, per_thousand, interval, reasons, never_signed_up, templates, rest }
    }
}

impl TopicTemplate {
    fn new(template: String, counts: Counts, rows: &[TemplateRow]) -> Self {
        let [delivered, opt_outs, reasons, never_signed_up] = counts;
        let row = rows.iter().find(|row| row.name == template);
        let recent = row.and_then(|row| row.changes.first()).cloned();
        let rate = Rate::new(opt_outs, delivered);
        Self {
            template,
            recent,
            delivered,
            opt_outs,
            per_thousand: rate.per_thousand(),
            interval: rate.interval(),
            reasons,
            never_signed_up,
        }
    }
}

/// The reasons, the worst first.
pub(super) fn reasons(history: &History) -> Vec<ReasonRow> {
    let all = [
        ("no_consent", Reason::NoConsent),
        ("content", Reason::Content),
        ("lost_interest", Reason::LostInterest),
        ("solved", Reason::Solved),
    ];
    all.map(|(reason, kind)| ReasonRow {
        reason,
        count: history.period().map(|day| day.total(Figure::Reason(kind))).sum(),
    })
    .to_vec()
}
