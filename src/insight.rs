//! Why people leave, and what to mend: the quality report.
//!
//! [`History::read`] asks the ledger for everything that a report needs; [`Report::of`] computes it, without I/O and
//! without a clock. What each figure is, and which statistics judge, is in `docs/insights.md`. Whatever shows a
//! report (the command line, a page) shows the same [`Report`]. [`Watch`] makes it now and then, tells the metrics, and
//! tells alerts to whom the settings name.

mod advice;
mod alerts;
mod coverage;
mod history;
mod judgement;
mod policy;
mod poll;
mod refusals;
mod report;
pub mod statistics;
mod teller;
mod templates;
mod topics;
mod watch;

pub use advice::Step;
pub use alerts::Alert;
pub use coverage::Coverage;
pub use history::History;
pub use judgement::{Baseline, ComparedWith, Ground, Judgement, Verdict};
pub use policy::{
    NUMBER_LIMIT, NUMBER_QUALITY, NUMBER_STATUS, NUMBER_THROUGHPUT, Severity, Signal,
    of_account as severity_of_account,
};
pub use poll::{Asked, Polled, Poller};
pub use report::{Period, Report};
pub use teller::{PAUSES, Teller};
pub use templates::{Change, Point, TemplateRow};
pub use topics::{ReasonRow, TopicCounts, TopicFigures, TopicRow, TopicTemplate};
pub use watch::{Patience, Watch};

/// Unix milliseconds as RFC 3339 in UTC, to the second.
fn moment(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds)
        .map_or_else(|_| format!("{milliseconds} ms"), |time| format!("{time:.0}"))
}
