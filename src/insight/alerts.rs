//! What is worth waking somebody for.

use serde::Serialize;

use super::{Report, Severity};

/// How long news counts as new, milliseconds.
const NEW: i64 = 86_400_000;
/// Of one business at a time: a flood of alerts is read by nobody.
const MOST: usize = 20;

/// One thing to tell. Holds nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Of this format: 1.
    pub version: u32,
    /// `suspect`, `breaches`, `signal`, `silence`, `refusals`.
    pub kind: &'static str,
    /// Whose; empty for all of them.
    pub business: String,
    /// A template, a number, an account; may be empty.
    pub subject: String,
    /// What to do, in one sentence.
    pub what: String,
    /// The evidence, in one sentence.
    pub because: String,
    /// The same for the same trouble: who got it before may leave it.
    pub id: String,
}

impl Alert {
    /// What a report says to tell: every suspect, today's breaches, and what Meta stopped within a day of `now` (unix
    /// milliseconds), a rating that fell among it. `breaches_today` are those of the last day of the period.
    pub fn of(report: &Report, breaches_today: u64, now: i64) -> Vec<Self> {
        let new = |kind, subject: &str, what: &str, because: &str, about: &str| Self {
            version: 1,
            kind,
            business: report.business.clone(),
            subject: subject.to_owned(),
            what: what.to_owned(),
            because: because.to_owned(),
            id: format!("{kind}/{subject}/{about}"),
        };
        let suspects = report.steps.iter().filter(|step| step.kind == "suspect");
        let mut alerts: Vec<Self> =
            suspects.map(|step| new("suspect", &step.subject, &step.what, &step.because, "")).collect();
        if breaches_today > 0 {
            let what = "Find the sender that does not ask the list, with `baja breaches`.";
            let because = format!("{breaches_today} messages of today went to people who had refused them.");
            alerts.push(new("breaches", "", what, &because, &report.period.to));
        }
        let told = report.signals.iter().filter(|signal| {
            signal.severity == Severity::Bad && !signal.earlier && signal.at_ms > now.saturating_sub(NEW)
        });
        alerts.extend(told.map(|signal| {
            let because = format!("Meta says {} {} at {}.", signal.aspect, signal.value, signal.at);
            let about = format!("{} {}", signal.value, signal.at);
            new("signal", &signal.subject, "See `baja report` and Meta's WhatsApp Manager.", &because, &about)
        }));
        alerts.truncate(MOST);
        alerts
    }

    /// That no webhook came since `last` (unix milliseconds).
    pub fn of_silence(business: &str, last: i64) -> Self {
        let since = super::moment(last);
        Self {
            version: 1,
            kind: "silence",
            business: business.to_owned(),
            subject: String::new(),
            what: "Check that Meta reaches the webhook, and what it is subscribed to.".to_owned(),
            because: format!("No verified webhook came since {since}: opt-outs may be waiting at Meta."),
            id: format!("silence//{since}"),
        }
    }

    /// That webhooks have been answered 503 since `began` (unix milliseconds).
    pub fn of_refusals(began: i64) -> Self {
        let since = super::moment(began);
        Self {
            version: 1,
            kind: "refusals",
            business: String::new(),
            subject: String::new(),
            what: "Bring Redis back: `/ready` and the log say what is wrong with it.".to_owned(),
            because: format!(
                "Webhooks have been answered 503 since {since}; Meta sends them again for seven days, for one hour where the \
                 number uses No Storage."
            ),
            id: format!("refusals//{since}"),
        }
    }
}
