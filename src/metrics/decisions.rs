//! What is counted of decisions.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{DecisionAction, DecisionSource, Metrics, labels::Label, register};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    action: &'static str,
    source: &'static str,
    language: String,
}

#[derive(Debug)]
pub(super) struct Decisions {
    all: Family<DecisionLabels, Counter>,
    /// The counters of what most messages are, by source: nothing, in no language.
    nothing: Vec<Counter>,
}

impl Decisions {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let help = "Decisions, by action, by the way it came, and by the language of the rule that fired";
        let all: Family<DecisionLabels, Counter> = register(registry, "decisions", help);
        let nothing = DecisionSource::ALL
            .iter()
            .map(|source| all.get_or_create_owned(&decision_labels(DecisionAction::None, *source, None)))
            .collect();
        Self { all, nothing }
    }
}

impl Metrics {
    /// Counts a decision. `language` is the one of the rule that fired, as the lexicon names it.
    pub fn decision(&self, action: DecisionAction, source: DecisionSource, language: Option<&str>) {
        match (action, language, self.decisions.nothing.get(source.index())) {
            (DecisionAction::None, None, Some(counter)) => counter.inc(),
            _ => self.decisions.all.get_or_create(&decision_labels(action, source, language)).inc(),
        };
    }
}

/// Languages come from the lexicon's files. What does not look like one is counted as `other`, so that a mistake
/// cannot turn a person's words into a label.
fn decision_labels(action: DecisionAction, source: DecisionSource, language: Option<&str>) -> DecisionLabels {
    let plausible = |text: &str| {
        let mut parts = text.split('-');
        text.len() <= 10
            && parts.next().is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_lowercase()))
            && parts.all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    let language = match language {
        None => "none",
        Some(language) if plausible(language) => language,
        Some(_) => "other",
    };
    DecisionLabels { action: action.word(), source: source.word(), language: language.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_language_never_becomes_a_label() {
        let metrics = Metrics::new();
        metrics.decision(DecisionAction::Stop, DecisionSource::Typed, Some("5215500000000"));
        metrics.decision(DecisionAction::Stop, DecisionSource::Typed, Some("please stop"));
        let line = "baja_decisions_total{action=\"stop\",source=\"typed\",language=\"other\"} 2";
        assert!(metrics.encode().lines().any(|found| found == line), "{}", metrics.encode());
    }
}
