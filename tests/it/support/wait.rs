//! Waiting for something to become true, with a deadline.

use std::time::Duration;

/// For anything that the service does after its answer.
pub const DEADLINE: Duration = Duration::from_secs(10);

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// For what compiles the words of several businesses, without optimisation and on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// Looks until there is something, and fails the test when there is nothing in time.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    until_within(DEADLINE, what, look).await
}

/// The same with a deadline of its own.
pub async fn until_within<T>(deadline: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(deadline, found).await.unwrap_or_else(|_| panic!("not in time: {what}"))
}
