#[cfg(test)]
pub(super) mod memory;

use std::error::Error;

use crate::ledger::{JobId, Lease, Settled, Settlement};

/// Where jobs wait. The ledger is one; tests bring their own.
pub trait Outbox: Send + Sync {
    /// Why the outbox cannot be reached. Shown in logs: free of personal data.
    type Error: Error + Send + Sync + 'static;

    /// Takes up to `at_most` due jobs of a business, so that nobody else has them until the lease runs out.
    fn lease(
        &self,
        business: &str,
        at_most: usize,
    ) -> impl Future<Output = Result<Vec<Lease>, Self::Error>> + Send;

    /// Records what became of a job. Repeating it changes nothing.
    fn settle(
        &self,
        business: &str,
        job: &JobId,
        token: u64,
        settlement: Settlement,
    ) -> impl Future<Output = Result<Settled, Self::Error>> + Send;
}
