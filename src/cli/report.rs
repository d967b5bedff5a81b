//! `baja report`: why people leave, and what to mend.

mod html;
mod text;

use clap::Args;

use super::{Answer, Global, list::ListArgs, output::Output, patience::patiently};
use crate::{
    clock::unix_millis,
    insight::{History, Report, Severity, Verdict},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja report
  baja report --days 30 --json
  baja report --html > report.html

Exit codes:
  0  no template is suspect, nobody was sent to against the list, and Meta stopped nothing
  1  something of that is the matter
  2  could not be asked";

/// Which template makes people leave, what Meta holds against you, and what to do next.
///
/// What each figure is, and how it is judged, is in docs/insights.md.
#[derive(Args)]
#[command(name = "report", after_help = HELP)]
pub(super) struct QualityReport {
    /// Today and the days before it, so many days in all (UTC).
    #[arg(long, value_name = "N", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print a page that needs nothing else.
    #[arg(long, conflicts_with = "json")]
    html: bool,
}

impl QualityReport {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let now = unix_millis();
        let read = async || History::read(&list.ledger, &list.business, self.days, now).await;
        let report = Report::of(&patiently(read).await?);
        let mut out = Output::new(self.json);
        if self.html {
            out.line(html::page(&report))?;
        } else {
            out.either(&report, || text::page(&report))?;
        }
        out.flush()?;
        Ok(if is_bad(&report) { Answer::No } else { Answer::Yes })
    }
}

fn is_bad(report: &Report) -> bool {
    report.breaches > 0
        || report.templates.iter().any(|row| row.judgement.verdict == Verdict::Suspect)
        || report.signals.iter().any(|signal| signal.severity == Severity::Bad)
}

/// What the text and the page call things.
mod words {
    use crate::insight::{Change, Severity, TemplateRow, TopicCounts, TopicFigures, TopicRow, Verdict};

    pub(super) fn verdict(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Suspect => "suspect",
            Verdict::Unclear => "unclear",
            Verdict::Fine => "fine",
        }
    }

    pub(super) fn severity(severity: Severity) -> &'static str {
        match severity {
            Severity::Bad => "bad",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }

    pub(super) fn reason(reason: &str) -> &'static str {
        match reason {
            "no_consent" => "never signed up",
            "content" => "unhappy with the content",
            "lost_interest" => "lost interest",
            _ => "problem solved",
        }
    }

    pub(super) fn changes(row: &TemplateRow) -> String {
        row.changes.iter().map(Change::to_string).collect::<Vec<_>>().join(", ")
    }

    /// A topic and the templates under it, a line each: topic, template, what changed, delivered, opt-outs, rate, reasons, never
    /// signed up.
    pub(super) fn of_topic(topic: &TopicRow) -> Vec<[String; 8]> {
        let line = |[topic, template, recent]: [String; 3], counts: TopicCounts, rate: String| {
            let TopicCounts { delivered, opt_outs, reasons, never_signed_up } = counts;
            let [delivered, opt_outs, reasons, never] =
                [delivered, opt_outs, reasons, never_signed_up].map(|count| count.to_string());
            [topic, template, recent, delivered, opt_outs, rate, reasons, never]
        };
        let rate = |figures: TopicFigures| with_interval(figures.per_thousand, figures.interval);
        let none = String::new;
        let whole = topic.figures;
        let mut lines = vec![line([topic.topic.clone(), none(), none()], whole.counts, rate(whole))];
        lines.extend(topic.templates.iter().map(|one| {
            let recent = one.recent.as_ref().map_or_else(none, Change::to_string);
            line([none(), one.template.clone(), recent], one.figures.counts, rate(one.figures))
        }));
        if !topic.rest.is_nothing() {
            lines.push(line([none(), "(no template known)".to_owned(), none()], topic.rest, none()));
        }
        lines
    }

    pub(super) fn rate(per_thousand: Option<f64>) -> String {
        per_thousand.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}"))
    }

    /// `20.0 (13.5 to 28.5)`
    pub(super) fn with_interval(
        value: Option<f64>,
        interval: crate::insight::statistics::Interval,
    ) -> String {
        match (value, interval.high) {
            (None, _) => "-".to_owned(),
            (Some(value), Some(high)) => format!("{value:.1} ({:.1} to {high:.1})", interval.low),
            (Some(value), None) => format!("{value:.1} ({:.1} or more)", interval.low),
        }
    }
}
