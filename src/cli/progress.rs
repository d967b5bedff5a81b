//! How far a long command has come, on standard error, for somebody who watches.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

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

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
