//! The report as one page that needs nothing else: to be mailed, printed or kept.

use std::fmt::Write as _;

use super::words;
use crate::insight::{Point, Report, TemplateRow};

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d5dae0;--soft:#5b6570;--bad:#b42318;--good:#1a7f37;--mid:#8a5a00}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--paper:#14171b;--line:#343b44;--soft:#a0a9b4;--bad:#ff8a80;--good:#6fdc8c;--mid:#f5c04a}}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:72rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.15rem;margin-top:2rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}\
th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}\
th{color:var(--soft);font-weight:600;white-space:nowrap}td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
.soft{color:var(--soft)}.suspect,.bad{color:var(--bad);font-weight:700}.fine{color:var(--good)}.unclear,.warning{color:var(--mid)}\
svg{display:block}li{margin-bottom:.6rem}";

/// The whole.
pub(super) fn page(report: &Report) -> String {
    let mut page = String::with_capacity(16 * 1024);
    let name = escape(&report.business);
    let (from, to) = (&report.period.from, &report.period.to);
    let coverage = &report.coverage;
    page += &format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Quality report of {name}, {from} to {to}</title>\n<style>{STYLE}</style>\n<main>\n\
         <h1>Quality report of <bdi>{name}</bdi></h1>\n<p class=\"soft\">{from} to {to} (UTC), made {}</p>\n\
         <p>{} delivered, {} opt-outs, {} came back</p>\n",
        report.made_at, coverage.delivered, coverage.opt_outs, coverage.returns
    );
    steps(&mut page, report);
    let (changed, others): (Vec<_>, Vec<_>) = report.templates.iter().partition(|row| row.has_changed());
    templates(&mut page, "Templates that were added, edited or changed in category", &changed);
    templates(&mut page, "Other templates", &others);
    signals(&mut page, report);
    topics(&mut page, report);
    if !report.notes.is_empty() {
        page += "<h2>About the figures</h2>\n<ul>\n";
        for note in &report.notes {
            page += &format!("<li>{}</li>\n", escape(note));
        }
        page += "</ul>\n";
    }
    page += "</main>\n</html>";
    page
}

fn steps(page: &mut String, report: &Report) {
    *page += "<h2>What to do next</h2>\n";
    if report.steps.is_empty() {
        *page += "<p>Nothing: no template is suspect, and Meta holds nothing against you.</p>\n";
        return;
    }
    *page += "<ol>\n";
    for step in &report.steps {
        let (what, because) = (escape(&step.what), escape(&step.because));
        *page += &format!("<li><strong>{what}</strong><br><span class=\"soft\">{because}</span></li>\n");
    }
    *page += "</ol>\n";
}

fn templates(page: &mut String, title: &str, rows: &[&TemplateRow]) {
    *page += &format!("<h2>{title}</h2>\n");
    if rows.is_empty() {
        *page += "<p>None.</p>\n";
        return;
    }
    head(
        page,
        &[
            "Verdict",
            "Template",
            "Changed",
            "Delivered",
            "Opt-outs",
            "Per 1,000 (95%)",
            "Others",
            "Times (95%)",
            "Opt-outs a day",
        ],
    );
    for row in rows {
        let judged = &row.judgement;
        let verdict = words::verdict(judged.verdict);
        let others = words::rate(judged.baseline.and_then(|baseline| baseline.per_thousand));
        *page += &format!(
            "<tr><td class=\"{verdict}\">{verdict}</td><td><bdi>{}</bdi><br><span class=\"soft\">{}</span></td><td>{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{others}</td>\
             <td class=\"n\">{}</td><td>{}</td></tr>\n",
            escape(&row.name),
            escape(&judged.why),
            escape(&words::changes(row)),
            row.delivered,
            row.opt_outs,
            words::with_interval(judged.per_thousand, judged.interval),
            words::with_interval(judged.ratio, judged.ratio_interval),
            curve(&row.curve),
        );
    }
    *page += "</table></div>\n";
}

fn signals(page: &mut String, report: &Report) {
    *page += "<h2>What Meta holds against you</h2>\n";
    if report.signals.is_empty() {
        *page += "<p>Nothing was told.</p>\n";
    } else {
        head(page, &["", "About", "Which", "What", "When", "Why"]);
        for signal in &report.signals {
            let severity = words::severity(signal.severity);
            let since = if signal.earlier { "since " } else { "" };
            *page += &format!(
                "<tr><td class=\"{severity}\">{severity}</td><td>{}</td><td><bdi>{}</bdi></td><td>{} {}</td>\
                 <td>{since}{}</td><td>{}</td></tr>\n",
                escape(&signal.about),
                escape(&signal.subject),
                escape(&signal.aspect),
                escape(&signal.value),
                escape(&signal.at),
                escape(&signal.detail),
            );
        }
        *page += "</table></div>\n";
    }
    *page += &format!(
        "<p>{} messages to people who had refused them, {} opt-outs that only a failed message told of</p>\n",
        report.breaches, report.missed_stops
    );
}

fn topics(page: &mut String, report: &Report) {
    *page += "<h2>Topics</h2>\n";
    head(
        page,
        &[
            "Topic",
            "Template",
            "Changed",
            "Delivered",
            "Opt-outs",
            "Per 1,000 (95%)",
            "Gave a reason",
            "Never signed up",
        ],
    );
    for [topic, template, changed, figures @ ..] in report.topics.iter().flat_map(words::of_topic) {
        *page += &format!(
            "<tr><td><bdi>{}</bdi></td><td><bdi>{}</bdi></td><td>{}</td>",
            escape(&topic),
            escape(&template),
            escape(&changed)
        );
        for figure in figures {
            *page += &format!("<td class=\"n\">{figure}</td>");
        }
        *page += "</tr>\n";
    }
    *page += "</table></div>\n<p>Reasons given: ";
    let given: Vec<_> =
        report.reasons.iter().map(|row| format!("{} {}", words::reason(row.reason), row.count)).collect();
    *page += &format!("{}</p>\n", given.join(", "));
}

fn head(page: &mut String, heads: &[&str]) {
    *page += "<div class=\"scroll\"><table>\n<tr>";
    for head in heads {
        *page += &format!("<th scope=\"col\">{head}</th>");
    }
    *page += "</tr>\n";
}

/// A bar for each day, as high as its opt-outs.
fn curve(points: &[Point]) -> String {
    const WIDTH: usize = 8;
    const HEIGHT: u64 = 32;
    let most = points.iter().map(|point| point.opt_outs).max().unwrap_or(0).max(1);
    let mut bars = String::new();
    for (place, point) in points.iter().enumerate() {
        let height = (HEIGHT * point.opt_outs).div_ceil(most);
        let _ = write!(
            bars,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{}: {} of {}</title></rect>",
            place * WIDTH,
            HEIGHT - height,
            WIDTH - 2,
            point.day,
            point.opt_outs,
            point.delivered
        );
    }
    format!(
        "<svg role=\"img\" aria-label=\"at most {most} opt-outs a day\" width=\"{}\" height=\"{HEIGHT}\" fill=\"currentColor\">{bars}</svg>",
        points.len() * WIDTH
    )
}

/// A text from outside as it may stand in a page.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for symbol in text.chars() {
        match symbol {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            symbol => escaped.push(symbol),
        }
    }
    escaped
}
