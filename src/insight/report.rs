//! The quality report as one value.

use serde::Serialize;

use super::{
    Coverage, History, ReasonRow, Signal, Step, TemplateRow, TopicRow, advice, history::BASELINE_DAYS,
    moment, policy, templates, topics,
};
use crate::ledger::Figure;

/// What the report is about, from when to when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// The first day, as in `2026-11-19`.
    pub from: String,
    /// The last day, which is not over.
    pub to: String,
    /// The first day that the others are compared with.
    pub baseline_from: String,
}

/// Whether a template makes people leave, what Meta holds against the business, and what to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Of this format: 1.
    pub version: u32,
    /// Whose.
    pub business: String,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The time it covers.
    pub period: Period,
    /// How much the figures can be trusted.
    pub coverage: Coverage,
    /// The same in sentences.
    pub notes: Vec<String>,
    /// What to do next, the most urgent first.
    pub steps: Vec<Step>,
    /// Every template that was sent or changed in the period: suspects, then changed ones, then the others.
    pub templates: Vec<TemplateRow>,
    /// What Meta holds against the business, the worst first.
    pub signals: Vec<Signal>,
    /// Messages of the period to people who had refused them.
    pub breaches: u64,
    /// Opt-outs that only a failed message told of.
    pub missed_stops: u64,
    /// Topics, those with the most opt-outs first.
    pub topics: Vec<TopicRow>,
    /// The reasons that people gave.
    pub reasons: Vec<ReasonRow>,
}

impl Report {
    /// Computes it.
    pub fn of(history: &History) -> Self {
        let templates = templates::rows(history);
        let mut coverage = Coverage::of(history);
        coverage.unknown_categories =
            templates.iter().filter(|row| row.category.is_empty()).count().try_into().unwrap_or(u64::MAX);
        let total = |figure| history.period().map(|day| day.total(figure)).sum();
        let mut report = Self {
            version: 1,
            business: history.business.clone(),
            made_at: moment(history.now),
            period: Period {
                from: history.from.to_string(),
                to: history.to.to_string(),
                baseline_from: history.from.plus(-BASELINE_DAYS).to_string(),
            },
            notes: coverage.notes(),
            coverage,
            steps: Vec::new(),
            topics: topics::topics(history, &templates),
            templates,
            signals: policy::signals(history),
            breaches: total(Figure::Breaches),
            missed_stops: total(Figure::MissedStops),
            reasons: topics::reasons(history),
        };
        report.steps = advice::steps(&report);
        report
    }
}
