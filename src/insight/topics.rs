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

/// What is counted of a topic, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TopicCounts {
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Opt-outs that they provoked, whatever was refused.
    pub opt_outs: u64,
    /// How many gave a reason for leaving.
    pub reasons: u64,
    /// "I never signed up", among them.
    pub never_signed_up: u64,
}

/// Counts, and how often an opt-out came of a message.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TopicFigures {
    /// What was counted.
    #[serde(flatten)]
    pub counts: TopicCounts,
    /// Opt-outs per thousand delivered.
    pub per_thousand: Option<f64>,
    /// Where the true figure lies, with 95% confidence.
    pub interval: Interval,
}

/// What became of a topic in the period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicRow {
    /// Its name; `-` where senders named none.
    pub topic: String,
    /// Of all messages under it.
    #[serde(flatten)]
    pub figures: TopicFigures,
    /// The templates that went out under it: what is new or changed first, then by "I never signed up" and opt-outs.
    pub templates: Vec<TopicTemplate>,
    /// What is in the topic's figures and in none of its templates': without a known template, or counted together.
    pub rest: TopicCounts,
}

/// A template under one topic, over the whole period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicTemplate {
    /// The template.
    pub template: String,
    /// What is new about it in the period: its first change; `null` when nothing is.
    pub recent: Option<Change>,
    /// Of its messages under the topic.
    #[serde(flatten)]
    pub figures: TopicFigures,
}

/// How often a reason was given in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// `no_consent`, `content`, `lost_interest`, `solved`.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// What is counted of topics.
const FIGURES: [Figure; 4] =
    [Figure::Delivered, Figure::OptOuts, Figure::Reasons, Figure::Reason(Reason::NoConsent)];

impl TopicCounts {
    /// Whether it is nothing.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Those of a period's sums of [`FIGURES`].
    fn of([delivered, opt_outs, reasons, never_signed_up]: [u64; 4]) -> Self {
        Self { delivered, opt_outs, reasons, never_signed_up }
    }

    /// Each of its counts with that of another.
    fn each(self, other: Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            delivered: with(self.delivered, other.delivered),
            opt_outs: with(self.opt_outs, other.opt_outs),
            reasons: with(self.reasons, other.reasons),
            never_signed_up: with(self.never_signed_up, other.never_signed_up),
        }
    }

    fn and(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    fn without(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }
}

impl TopicFigures {
    fn new(counts: TopicCounts) -> Self {
        let rate = Rate::new(counts.opt_outs, counts.delivered);
        Self { counts, per_thousand: rate.per_thousand(), interval: rate.interval() }
    }
}

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
    counts.retain(|topic, counts| topic != Day::NONE || counts.opt_outs + counts.reasons > 0);
    let mut of_topic: BTreeMap<String, Vec<TopicTemplate>> = BTreeMap::new();
    for ((topic, template), counts) in pairs {
        of_topic.entry(topic).or_default().push(TopicTemplate::new(template, counts, templates));
    }
    let mut rows: Vec<_> = counts
        .into_iter()
        .map(|(topic, counts)| {
            let mut templates = of_topic.remove(&topic).unwrap_or_default();
            templates.sort_by(|a, b| {
                let key = |one: &TopicTemplate| {
                    let counts = one.figures.counts;
                    (one.recent.is_some(), counts.never_signed_up, counts.opt_outs)
                };
                key(b).cmp(&key(a)).then_with(|| a.template.cmp(&b.template))
            });
            TopicRow::new(topic, counts, templates)
        })
        .collect();
    let opt_outs = |row: &TopicRow| row.figures.counts.opt_outs;
    rows.sort_by(|a, b| opt_outs(b).cmp(&opt_outs(a)).then_with(|| a.topic.cmp(&b.topic)));
    rows
}

/// Gives what is known of a template and of no topic to the topic of that template, where its messages of the period all went
/// out under one: a button often names the template alone.
fn find_topics(
    pairs: &mut BTreeMap<(String, String), TopicCounts>,
    counts: &mut BTreeMap<String, TopicCounts>,
) {
    let lost: Vec<String> =
        pairs.keys().filter(|(topic, _)| topic == Day::NONE).map(|(_, template)| template.clone()).collect();
    for template in lost {
        let topics: Vec<&String> = pairs
            .iter()
            .filter(|((topic, name), counts)| topic != Day::NONE && *name == template && counts.delivered > 0)
            .map(|((topic, _), _)| topic)
            .collect();
        let [topic] = topics.as_slice() else { continue };
        let topic = (*topic).clone();
        let none = (Day::NONE.to_owned(), template.clone());
        // Of what was sent under no topic nobody knows that it had one.
        if pairs.get(&none).is_none_or(|counts| counts.delivered > 0) {
            continue;
        }
        let Some(found) = pairs.remove(&none) else { continue };
        let entries = [pairs.entry((topic.clone(), template)).or_default(), counts.entry(topic).or_default()];
        for to in entries {
            *to = to.and(found);
        }
        if let Some(from) = counts.get_mut(Day::NONE) {
            *from = from.without(found);
        }
    }
}

/// The counts of the period by what `each` tells of a day and figure.
fn sums<K: Ord>(
    history: &History,
    each: impl Fn(&DayCounts, Figure, &mut dyn FnMut(K, u64)),
) -> BTreeMap<K, TopicCounts> {
    let mut counts: BTreeMap<K, [u64; FIGURES.len()]> = BTreeMap::new();
    for day in history.period() {
        for (place, figure) in FIGURES.into_iter().enumerate() {
            each(day, figure, &mut |key, count| {
                if let Some(slot) = counts.entry(key).or_default().get_mut(place) {
                    *slot += count;
                }
            });
        }
    }
    counts.into_iter().map(|(key, counts)| (key, TopicCounts::of(counts))).collect()
}

impl TopicRow {
    /// Whether its people seem never to have agreed to it: from three "I never signed up" on, where they are a fifth of the
    /// reasons given.
    pub fn lacks_consent(&self) -> bool {
        const NEVER_SIGNED_UP: u64 = 3;
        const PERCENT: u64 = 20;
        let TopicCounts { never_signed_up, reasons, .. } = self.figures.counts;
        never_signed_up >= NEVER_SIGNED_UP && percent(never_signed_up, reasons) >= PERCENT
    }

    /// What is left of its figures when the first `shown` templates are told apart.
    pub fn rest_after(&self, shown: usize) -> TopicCounts {
        self.templates.iter().skip(shown).fold(self.rest, |rest, one| rest.and(one.figures.counts))
    }

    fn new(topic: String, counts: TopicCounts, templates: Vec<TopicTemplate>) -> Self {
        let told = templates.iter().fold(TopicCounts::default(), |told, one| told.and(one.figures.counts));
        // A topic that a full day did not count apart may still have had a pair there: never less than nothing is left.
        Self { topic, figures: TopicFigures::new(counts), rest: counts.without(told), templates }
    }
}

impl TopicTemplate {
    fn new(template: String, counts: TopicCounts, rows: &[TemplateRow]) -> Self {
        let row = rows.iter().find(|row| row.name == template);
        let recent = row.and_then(|row| row.changes.first()).cloned();
        Self { template, recent, figures: TopicFigures::new(counts) }
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
