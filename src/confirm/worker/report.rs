use crate::ledger::Settlement;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepReport {
    /// Jobs leased.
    pub leased: usize,
    /// Of these: accepted by Meta.
    pub sent: usize,
    /// To be tried again.
    pub put_off: usize,
    /// Perhaps accepted.
    pub unknown: usize,
    /// Given up.
    pub dropped: usize,
    /// Settled too late: another worker has the job.
    pub stale: usize,
    /// Results that the outbox did not take.
    pub unsettled: usize,
    /// Whether the outbox gave no jobs because it could not be reached.
    pub outbox_failed: bool,
    /// Whether nothing was leased because sending is stopped for the business.
    pub held: bool,
}

/// How a job ended in this step.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Sent,
    PutOff(&'static str),
    Unknown,
    Dropped(&'static str),
    Stale,
    Unsettled,
}

impl End {
    pub(super) fn of(settlement: &Settlement) -> Self {
        match settlement {
            Settlement::Sent { .. } => Self::Sent,
            Settlement::Retry { reason, .. }
            | Settlement::Held { reason, .. }
            | Settlement::RetryWithoutQuote { reason } => Self::PutOff(reason),
            Settlement::Unknown { .. } => Self::Unknown,
            Settlement::Dropped { reason } => Self::Dropped(reason),
        }
    }
}

impl StepReport {
    pub(super) fn count(&mut self, end: End) {
        let counter = match end {
            End::Sent => &mut self.sent,
            End::PutOff(_) => &mut self.put_off,
            End::Unknown => &mut self.unknown,
            End::Dropped(_) => &mut self.dropped,
            End::Stale => &mut self.stale,
            End::Unsettled => &mut self.unsettled,
        };
        *counter += 1;
    }
}
