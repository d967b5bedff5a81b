//! Which alerts were told, so that one of all replicas tells each, once; and whose turn it is at what one of them does now
//! and then.

use std::time::Duration;

use crate::ledger::{Ledger, LedgerError, connection::read, millis, scripts};

/// Alerts that are remembered.
const REMEMBERED: usize = 1000;

impl Ledger {
    /// Takes an alert upon oneself for a time; false when it was told, or another replica is at it. When the answer
    /// gets lost nobody tells it before the time is over.
    pub async fn claim_alert(&self, business: &str, id: &str, lease: Duration) -> Result<bool, LedgerError> {
        self.alert_call(business, id, "claim", lease).await
    }

    /// Remembers that an alert was told, and need not be for a time.
    pub async fn alert_told(&self, business: &str, id: &str, quiet: Duration) -> Result<(), LedgerError> {
        self.alert_call(business, id, "told", quiet).await.map(drop)
    }

    /// Takes a task upon oneself that one of all replicas does now and then; false while another has it, or it rests.
    ///
    /// # Errors
    ///
    /// When Redis does not answer. When the answer gets lost nobody does it before the time is over.
    pub async fn claim_turn(&self, business: &str, task: &str, lease: Duration) -> Result<bool, LedgerError> {
        self.alert_call(business, &turn(task), "claim", lease).await
    }

    /// Lets no replica take a task for a time.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn rest(&self, business: &str, task: &str, time: Duration) -> Result<(), LedgerError> {
        self.alert_call(business, &turn(task), "told", time).await.map(drop)
    }

    /// When the last verified webhook of a business was handled, unix milliseconds; `None` when none ever was.
    pub async fn last_heartbeat(&self, business: &str) -> Result<Option<i64>, LedgerError> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys(business)?.heartbeat());
        read(self.work.command(command).await?, "heartbeat")
    }

    async fn alert_call(
        &self,
        business: &str,
        id: &str,
        word: &str,
        time: Duration,
    ) -> Result<bool, LedgerError> {
        let keys = vec![self.keys(business)?.alerts()];
        let args = vec![id.to_owned(), word.to_owned(), millis(time).to_string(), REMEMBERED.to_string()];
        let call = self.scripts.alerts.call(keys, args);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        let reply: u8 = read(replies.pop().ok_or(LedgerError::Record("reply"))?, "alert")?;
        Ok(reply == 1)
    }
}

/// A task among the alerts, none of which is called so.
fn turn(task: &str) -> String {
    format!("turn/{task}")
}
