//! Topics, and the reasons that people gave.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    History,
    statistics::{Interval, Rate},
};
use crate::{
    intent::Reason,
    ledger::{Day, Dimension, Figure},
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
}

/// How often a reason was given in the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonRow {
    /// `no_consent`, `content`, `lost_interest`, `solved`.
    pub reason: &'static str,
    /// How often.
    pub count: u64,
}

/// The topics, those with the most opt-outs first.
pub(super) fn topics(history: &History) -> Vec<TopicRow> {
    let never = Figure::Reason(Reason::NoConsent);
    let mut counts: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for day in history.period() {
        for (place, figure) in
            [Figure::Delivered, Figure::OptOuts, Figure::Reasons, never].into_iter().enumerate()
        {
            for (topic, hours) in day.by(figure, Dimension::Topic) {
                if let Some(count) = counts.entry(topic.to_owned()).or_default().get_mut(place) {
                    *count += hours.total();
                }
            }
        }
    }
    // What nobody named and nobody left from says nothing.
    counts.retain(|topic, [_, opt_outs, reasons, _]| topic != Day::NONE || *opt_outs + *reasons > 0);
    let mut rows: Vec<_> = counts
        .into_iter()
        .map(|(topic, [delivered, opt_outs, reasons, never_signed_up])| {
            let rate = Rate::new(opt_outs, delivered);
            let (per_thousand, interval) = (rate.per_thousand(), rate.interval());
            TopicRow { topic, delivered, opt_outs, per_thousand, interval, reasons, never_signed_up }
        })
        .collect();
    rows.sort_by(|a, b| b.opt_outs.cmp(&a.opt_outs).then_with(|| a.topic.cmp(&b.topic)));
    rows
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
