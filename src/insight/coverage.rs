//! How much the figures can be trusted.

use serde::Serialize;

use super::History;
use crate::ledger::{Day, DayCounts, Dimension, Figure};

/// Fewer deliveries tell nothing.
const FEW: u64 = 200;
/// Percent of what is not known, from which a report says so loudly.
pub(super) const MUCH: u64 = 30;

/// What the figures of a period cover.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Coverage {
    /// Messages that reached the phone.
    pub delivered: u64,
    /// Those of which senders did not say the template.
    pub delivered_unnamed: u64,
    /// Decisions to leave.
    pub opt_outs: u64,
    /// Those of which nobody knows the template.
    pub opt_outs_unattributed: u64,
    /// Those that count for the last template delivered, which is a guess.
    pub opt_outs_guessed: u64,
    /// Decisions to come back.
    pub returns: u64,
    /// Days of which only a part of the statuses was counted, because too many came at once.
    pub sampled_days: Vec<String>,
    /// Statuses that were not looked at.
    pub statuses_dropped: u64,
    /// Days on which decisions were lost to the counts.
    pub gap_days: Vec<String>,
    /// Whether some templates were counted together, because there are more than a day counts apart.
    pub templates_together: bool,
    /// Templates of which Meta did not tell the category.
    pub unknown_categories: u64,
    /// The first day, of the period and those before it, that has counts.
    pub first_day: Option<String>,
}

impl Coverage {
    pub(super) fn of(history: &History) -> Self {
        let total = |figure| history.period().map(|day| day.total(figure)).sum();
        let with = |figure, dimension, value: &str| {
            let counts = history.period().flat_map(|day| day.by(figure, dimension));
            counts.filter(|(found, _)| *found == value).map(|(_, hours)| hours.total()).sum()
        };
        let days = |chosen: fn(&DayCounts) -> bool| {
            history.days.iter().filter(|day| chosen(day)).map(|day| day.day.to_string()).collect()
        };
        let has_counts = |day: &&DayCounts| day.total(Figure::Delivered) + day.total(Figure::OptOuts) > 0;
        Self {
            delivered: total(Figure::Delivered),
            delivered_unnamed: with(Figure::Delivered, Dimension::Template, Day::NONE),
            opt_outs: total(Figure::OptOuts),
            opt_outs_unattributed: with(Figure::OptOuts, Dimension::Template, Day::NONE),
            opt_outs_guessed: with(Figure::OptOuts, Dimension::How, "last"),
            returns: total(Figure::Returns),
            sampled_days: days(DayCounts::is_sampled),
            statuses_dropped: history.days.iter().map(|day| day.total(Figure::DroppedStatuses)).sum(),
            gap_days: days(DayCounts::has_gaps),
            templates_together: history
                .days
                .iter()
                .any(|day| day.has_others(Figure::Delivered, Dimension::Template)),
            unknown_categories: 0,
            first_day: history.days.iter().find(has_counts).map(|day| day.day.to_string()),
        }
    }

    /// What a reader has to know before believing a figure, a sentence each.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.delivered < FEW {
            notes.push(format!(
                "Too little data: {} messages were delivered in this time. Nothing can be said for sure.",
                self.delivered
            ));
        }
        if let Some(days) = listed(&self.sampled_days) {
            notes.push(format!(
                "Sampled: {} statuses were not counted on {days}. Deliveries are too low there, so rates are too high, of all \
                 templates alike.",
                self.statuses_dropped
            ));
        }
        if let Some(days) = listed(&self.gap_days) {
            notes.push(format!(
                "Opt-outs are too low: decisions were trimmed before they were counted on {days}."
            ));
        }
        if self.opt_outs_unattributed > 0 {
            notes.push(format!(
                "{} of {} opt-outs ({}%) are unattributed: nobody knows which template provoked them, and they count for none.",
                self.opt_outs_unattributed,
                self.opt_outs,
                percent(self.opt_outs_unattributed, self.opt_outs)
            ));
        }
        if self.opt_outs_guessed > 0 {
            notes.push(format!(
                "{} opt-outs count for the last template delivered to the person, which is a guess.",
                self.opt_outs_guessed
            ));
        }
        if self.delivered_unnamed > 0 {
            notes.push(format!(
                "{} of {} deliveries ({}%) carry no template.",
                self.delivered_unnamed,
                self.delivered,
                percent(self.delivered_unnamed, self.delivered)
            ));
        }
        if self.templates_together {
            notes.push(
                "There are more templates than a day counts apart (insight.values); the rest is one."
                    .to_owned(),
            );
        }
        if self.unknown_categories > 0 {
            notes.push(format!(
                "Templates of which Meta did not tell the category: {}. Where needed they are compared with all kinds.",
                self.unknown_categories
            ));
        }
        notes
    }
}

/// Whole percent.
pub(super) fn percent(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

fn listed(days: &[String]) -> Option<String> {
    match days {
        [] => None,
        [one] => Some(one.clone()),
        [first, .., last] => Some(format!("{} days from {first} to {last}", days.len())),
    }
}
