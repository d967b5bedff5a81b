//! Trying again what fails only for a moment.

use std::time::Duration;

use crate::ledger::LedgerError;

/// How often, and how long after each failure: five seconds in all, enough for a failover to begin to show.
const PAUSES_MS: [u64; 5] = [100, 300, 700, 1500, 2400];

/// Asks until there is an answer, an error that will not pass, or no patience left. What is asked may have been
/// done by a try that failed.
///
/// # Errors
///
/// The last one.
pub(super) async fn patiently<T>(
    mut ask: impl AsyncFnMut() -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    for pause in PAUSES_MS {
        match ask().await {
            Err(error) if error.is_passing() => tokio::time::sleep(Duration::from_millis(pause)).await,
            answer => return answer,
        }
    }
    ask().await
}
