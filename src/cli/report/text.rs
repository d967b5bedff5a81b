//! The report as text for a terminal.

use super::words;
use crate::{
    cli::output::plain,
    insight::{Report, TemplateRow},
};

/// Columns that are numbers or dates stand in the order of their heads.
const TEMPLATE_HEADS: [&str; 8] =
    ["verdict", "template", "changed", "delivered", "opt-outs", "per 1,000 (95%)", "others", "times (95%)"];

/// The whole.
pub(super) fn page(report: &Report) -> String {
    let mut lines = vec![
        format!(
            "Quality report of {}, {} to {} (UTC)",
            plain(&report.business),
            report.period.from,
            report.period.to
        ),
        format!(
            "{} delivered, {} opt-outs, {} came back",
            report.coverage.delivered, report.coverage.opt_outs, report.coverage.returns
        ),
    ];
    title(&mut lines, "What to do next");
    if report.steps.is_empty() {
        lines.push("  Nothing: no template is suspect, and Meta holds nothing against you.".to_owned());
    }
    for (number, step) in (1..).zip(&report.steps) {
        lines.push(format!("  {number}. {}", plain(&step.what)));
        lines.push(format!("     {}", plain(&step.because)));
    }
    let (changed, others): (Vec<_>, Vec<_>) = report.templates.iter().partition(|row| row.has_changed());
    title(&mut lines, "Templates that were added, edited or changed in category");
    templates(&mut lines, &changed, "  None.");
    title(&mut lines, "Other templates");
    templates(&mut lines, &others, "  None was sent.");
    title(&mut lines, "What Meta holds against you");
    signals(&mut lines, report);
    lines.push(format!(
        "  {} messages to people who had refused them, {} opt-outs that only a failed message told of",
        report.breaches, report.missed_stops
    ));
    title(&mut lines, "Topics");
    topics(&mut lines, report);
    let given: Vec<_> =
        report.reasons.iter().map(|row| format!("{} {}", words::reason(row.reason), row.count)).collect();
    lines.push(format!("  Reasons given: {}", given.join(", ")));
    if !report.notes.is_empty() {
        title(&mut lines, "About the figures");
        lines.extend(report.notes.iter().map(|note| format!("  {note}")));
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn title(lines: &mut Vec<String>, title: &str) {
    lines.push(String::new());
    lines.push(title.to_owned());
}

fn templates(lines: &mut Vec<String>, rows: &[&TemplateRow], none: &str) {
    if rows.is_empty() {
        lines.push(none.to_owned());
        return;
    }
    let cells = |row: &&TemplateRow| {
        let judged = &row.judgement;
        [
            words::verdict(judged.verdict).to_owned(),
            plain(&row.name).into_owned(),
            words::changes(row),
            row.delivered.to_string(),
            row.opt_outs.to_string(),
            words::with_interval(judged.per_thousand, judged.interval),
            words::rate(judged.baseline.and_then(|baseline| baseline.per_thousand)),
            words::with_interval(judged.ratio, judged.ratio_interval),
        ]
    };
    columns(lines, std::iter::once(TEMPLATE_HEADS.map(str::to_owned)).chain(rows.iter().map(cells)));
    for row in rows {
        lines.push(format!("  {}: {}", plain(&row.name), row.judgement.why));
    }
}

fn signals(lines: &mut Vec<String>, report: &Report) {
    if report.signals.is_empty() {
        lines.push("  Nothing was told.".to_owned());
    }
    columns(
        lines,
        report.signals.iter().map(|signal| {
            let when = signal.at.get(..10).unwrap_or(&signal.at);
            [
                words::severity(signal.severity).to_owned(),
                plain(&signal.about).into_owned(),
                plain(&signal.subject).into_owned(),
                format!("{} {}", plain(&signal.aspect), plain(&signal.value)),
                if signal.earlier { format!("since {when}") } else { when.to_owned() },
                plain(&signal.detail).into_owned(),
            ]
        }),
    );
}

fn topics(lines: &mut Vec<String>, report: &Report) {
    let heads = [
        "topic",
        "template",
        "changed",
        "delivered",
        "opt-outs",
        "per 1,000 (95%)",
        "gave a reason",
        "never signed up",
    ];
    let rows = report.topics.iter().flat_map(|topic| {
        let lines = words::of_topic(topic).into_iter();
        lines.map(|line| line.map(|cell| plain(&cell).into_owned()))
    });
    if report.topics.is_empty() {
        lines.push("  No message named one.".to_owned());
    } else {
        columns(lines, std::iter::once(heads.map(str::to_owned)).chain(rows));
    }
}

/// Rows whose columns stand below each other.
fn columns<const N: usize>(lines: &mut Vec<String>, rows: impl Iterator<Item = [String; N]>) {
    let rows: Vec<_> = rows.collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in &rows {
        let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        lines.push(format!("  {}", cells.join("  ")));
    }
}
