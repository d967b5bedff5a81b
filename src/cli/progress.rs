//! How far a long command has come, on standard error, for somebody who watches.

use std::{
    cell::Cell,
    io::{self, IsTerminal},
};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Counts what is done. Shown only on a terminal, and only while the output goes elsewhere: otherwise the
/// output shows how far it is.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Counts things called `what`, such as `numbers`.
    pub(super) fn new(what: &'static str) -> Self {
        let target = if io::stdout().is_terminal() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(None, target).with_prefix(what);
        // The template is ours; were it wrong, indicatif's own would do.
        match ProgressStyle::with_template("{human_pos} {prefix}, {per_sec}") {
            Ok(style) => Self(bar.with_style(style)),
            Err(_) => Self(bar),
        }
    }

    pub(super) fn advance(&self, by: usize) {
        self.0.inc(u64::try_from(by).unwrap_or(u64::MAX));
    }
}

/// How far a file is done: bytes, rows, rows a second, time left.
pub(super) struct FileProgress {
    bar: ProgressBar,
    rows: Cell<u64>,
}

impl FileProgress {
    /// Of a file of so many bytes, where that is known.
    pub(super) fn new(length: Option<u64>) -> Self {
        let bar = ProgressBar::with_draw_target(length, ProgressDrawTarget::stderr());
        let template = match length {
            Some(_) => "{wide_bar} {percent:>3} %  {msg}, {eta} left",
            None => "{spinner} {msg}, {elapsed}",
        };
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, rows: Cell::new(0) }
    }

    /// So many rows more, of so many bytes.
    pub(super) fn advance(&self, rows: usize, bytes: usize) {
        let add = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.rows.set(self.rows.get().saturating_add(add(rows)));
        self.bar.inc(add(bytes));
        if self.bar.is_hidden() {
            return;
        }
        let rate = self.rows.get() as f64 / self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{} rows, {}/s", HumanCount(self.rows.get()), HumanCount(rate as u64)));
    }
}

impl Drop for FileProgress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
