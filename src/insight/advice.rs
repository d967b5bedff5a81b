//! What to do next, with the evidence behind it.

use serde::Serialize;

use super::{
    Report, Severity, Signal, TemplateRow, TopicCounts, TopicRow, TopicTemplate, Verdict,
    coverage::{MUCH, percent},
};

/// Signals that get a step of their own.
const MOST_SIGNALS: usize = 10;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What kind: `suspect`, `breaches`, `missed_stops`, `signal`, `consent`, `attribution`, `sampled`.
    pub kind: &'static str,
    /// What it is about: a template, a topic, a number; may be empty.
    pub subject: String,
    /// What to do, in one sentence.
    pub what: String,
    /// The evidence, in one sentence.
    pub because: String,
}

/// The steps, the most urgent first.
pub(super) fn steps(report: &Report) -> Vec<Step> {
    let suspects = report.templates.iter().filter(|row| row.judgement.verdict == Verdict::Suspect);
    let mut steps: Vec<Step> = suspects.map(suspect).collect();
    steps.extend(breaches(report));
    let bad = report.signals.iter().filter(|signal| signal.severity == Severity::Bad);
    steps.extend(bad.take(MOST_SIGNALS).map(signal));
    steps.extend(report.topics.iter().filter(|topic| topic.lacks_consent()).map(consent));
    steps.extend(data(report));
    steps
}

fn suspect(row: &TemplateRow) -> Step {
    let per_thousand = row.judgement.per_thousand.unwrap_or(0.0);
    let others = row.judgement.baseline.and_then(|baseline| baseline.per_thousand).unwrap_or(0.0);
    let verb = match row.changes.first().map(|change| change.kind) {
        Some("added" | "first_sent") => "and check who was meant to get it",
        Some("edited") => "and take its edit back, or mend it",
        Some(_) => "and check whether its recipients agreed to its category",
        None => "and look for what changed: its list, its text, how often it goes out",
    };
    let never = match row.never_signed_up {
        0 => String::new(),
        count => format!("; {count} said that they never signed up"),
    };
    Step {
        kind: "suspect",
        subject: row.name.clone(),
        what: format!("Stop sending {} {verb}.", row.name),
        because: format!(
            "{} opt-outs of {} delivered, {per_thousand:.1} per thousand against {others:.1} of the others: {}{never}.",
            row.opt_outs, row.delivered, row.judgement.why
        ),
    }
}

fn breaches(report: &Report) -> Vec<Step> {
    let mut steps = Vec::new();
    if report.breaches > 0 {
        let worst = report.templates.iter().max_by_key(|row| row.breaches).filter(|row| row.breaches > 0);
        let most =
            worst.map(|row| format!(", {} of them with {}", row.breaches, row.name)).unwrap_or_default();
        steps.push(Step {
            kind: "breaches",
            subject: worst.map(|row| row.name.clone()).unwrap_or_default(),
            what: "Find the sender that does not ask the list, with `baja breaches`.".to_owned(),
            because: format!("{} messages went to people who had refused them{most}.", report.breaches),
        });
    }
    if report.missed_stops > 0 {
        steps.push(Step {
            kind: "missed_stops",
            subject: String::new(),
            what: "Check that the webhook is subscribed to messages and user_preferences of every number."
                .to_owned(),
            because: format!("{} opt-outs became known only because a message failed.", report.missed_stops),
        });
    }
    steps
}

fn signal(signal: &Signal) -> Step {
    let what = match (signal.aspect.as_str(), signal.value.to_ascii_uppercase().as_str()) {
        ("status", "REJECTED") => "Read why it was rejected, and change it before it is handed in again",
        ("status", "DISABLED") => "Take it out of every campaign: it cannot be sent any more",
        ("status", _) => "Do not send it again as it is: with the next complaints it is disabled",
        ("quality", _) => "Change it or send it to fewer people before Meta pauses it",
        (_, "ACCOUNT_VIOLATION") => "Read the violation in Meta's Business Support, and appeal or mend it",
        (_, "ACCOUNT_RESTRICTION" | "DISABLED_UPDATE") => {
            "Stop campaigns, and see in Meta's Business Support what is restricted and until when"
        }
        _ => "See in Meta's WhatsApp Manager what it asks for",
    };
    let detail = if signal.detail.is_empty() { String::new() } else { format!(": {}", signal.detail) };
    let since = if signal.earlier { "since" } else { "at" };
    Step {
        kind: "signal",
        subject: signal.subject.clone(),
        what: format!("{}: {what}.", signal.subject),
        because: format!("Meta says {} {since} {}{detail}.", signal.value, signal.at),
    }
}

fn consent(topic: &TopicRow) -> Step {
    let name = if topic.topic == "-" { "messages without a topic" } else { topic.topic.as_str() };
    let TopicCounts { never_signed_up, reasons, .. } = topic.figures.counts;
    let never = |one: &TopicTemplate| one.figures.counts.never_signed_up;
    let whose = match topic.templates.iter().max_by_key(|one| never(one)) {
        // The list of one template, where most of them got that one.
        Some(worst) if 2 * never(worst) > never_signed_up => {
            format!("those who were sent {} agreed to {name}", worst.template)
        }
        _ => format!("the recipients of {name} agreed to it"),
    };
    Step {
        kind: "consent",
        subject: topic.topic.clone(),
        what: format!("Check where {whose}, and leave out those who did not."),
        because: format!(
            "{never_signed_up} of {reasons} who gave a reason said that they never signed up{}.",
            after_which(topic)
        ),
    }
}

/// After which templates they said so, the new ones with what is new about them.
fn after_which(topic: &TopicRow) -> String {
    const MOST: usize = 3;
    let never = |one: &TopicTemplate| one.figures.counts.never_signed_up;
    let mut named: Vec<_> = topic.templates.iter().filter(|one| never(one) > 0).collect();
    named.sort_by_key(|one| std::cmp::Reverse(never(one)));
    let texts = named.iter().take(MOST).map(|one| {
        let recent = one.recent.as_ref().map_or_else(String::new, |change| format!(" ({change})"));
        format!("{} after {}{recent}", never(one), one.template)
    });
    let texts: Vec<_> = texts.collect();
    if texts.is_empty() { String::new() } else { format!(": {}", texts.join(", ")) }
}

/// What would make the next report better.
fn data(report: &Report) -> Vec<Step> {
    let coverage = &report.coverage;
    let mut steps = Vec::new();
    let unknown = percent(coverage.opt_outs_unattributed, coverage.opt_outs);
    let unnamed = percent(coverage.delivered_unnamed, coverage.delivered);
    if unknown >= MUCH || unnamed >= MUCH {
        steps.push(Step {
            kind: "attribution",
            subject: String::new(),
            what: "Let senders attach the template to their messages (docs/senders.md) and a stop button to their templates."
                .to_owned(),
            because: format!("{unknown}% of opt-outs and {unnamed}% of deliveries have no template."),
        });
    }
    if !coverage.sampled_days.is_empty() {
        steps.push(Step {
            kind: "sampled",
            subject: String::new(),
            what: "Give Redis or the service more room, so that every status is counted.".to_owned(),
            because: format!("{} statuses were not counted.", coverage.statuses_dropped),
        });
    }
    steps
}
