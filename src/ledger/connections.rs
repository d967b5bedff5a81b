//! Several connections that do one work in turns.
//!
//! Redis reads sixteen kilobytes of a connection at a time, runs what they hold, syncs its append-only file once, and answers.
//! With one connection such a round is a dozen opt-outs however many wait, and `WAIT` for replicas holds all that come
//! behind; with several, a round takes some of each.

use std::{
    iter,
    sync::atomic::{AtomicUsize, Ordering},
};

use super::connection::Supervisor;

/// Beyond four, opt-outs gained little (`docs/performance.md`).
const COUNT: usize = 4;

/// The connections. What is sent on different ones may arrive in any order.
pub(super) struct Connections {
    first: Supervisor,
    others: Vec<Supervisor>,
    turn: AtomicUsize,
}

impl Connections {
    /// As many as pay, all made alike.
    pub(super) fn new<E>(make: impl Fn() -> Result<Supervisor, E>) -> Result<Self, E> {
        let others = iter::repeat_with(&make).take(COUNT - 1).collect::<Result<_, _>>()?;
        Ok(Self { first: make()?, others, turn: AtomicUsize::new(0) })
    }

    /// The one whose turn it is; while it waits to connect anew, the next that does not.
    pub(super) fn next(&self) -> &Supervisor {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % COUNT;
        let mut from_here = self.all().cycle().skip(turn).take(COUNT);
        from_here.find(|connection| !connection.is_resting()).unwrap_or(&self.first)
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Supervisor> + Clone {
        iter::once(&self.first).chain(&self.others)
    }
}
