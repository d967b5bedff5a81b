//! An operator's word about a near-miss, given over HTTP: said to the ledger, and counted.

use crate::{
    ledger::{Approval, Ledger, LedgerError, NearMissId, Operator, Rejection},
    metrics::{Metrics, NearMissEvent},
};

/// What the operator says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It was a stop.
    Approve,
    /// It was none.
    Reject,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// The person is on the list.
    Approved,
    /// Approved, but the person decided otherwise later, and the list stays as it is.
    Outdated,
    /// It is no stop.
    Rejected,
    /// It had ended so before.
    Already,
    /// Not done: the person answered no to the question.
    AnsweredNo,
    /// Not done: it ended with a stop.
    Stopped,
    /// There is no such near-miss.
    Unknown,
}

/// Says it.
pub(super) async fn say(
    ledger: &Ledger,
    metrics: &Metrics,
    business: &str,
    id: &NearMissId,
    word: Word,
    operator: Operator<'_>,
) -> Result<Said, LedgerError> {
    let said = match word {
        Word::Approve => match ledger.approve_near_miss(business, id, operator).await? {
            Approval::Suppressed(_) => Said::Approved,
            Approval::Outdated => Said::Outdated,
            Approval::Already => Said::Already,
            Approval::AnsweredNo => Said::AnsweredNo,
            Approval::Unknown => Said::Unknown,
        },
        Word::Reject => match ledger.reject_near_miss(business, id, operator).await? {
            Rejection::Rejected => Said::Rejected,
            Rejection::Already => Said::Already,
            Rejection::Stopped => Said::Stopped,
            Rejection::Unknown => Said::Unknown,
        },
    };
    match said {
        Said::Approved | Said::Outdated => metrics.near_miss(NearMissEvent::Approved, 1),
        Said::Rejected => metrics.near_miss(NearMissEvent::Rejected, 1),
        Said::Already | Said::AnsweredNo | Said::Stopped | Said::Unknown => {}
    }
    Ok(said)
}
