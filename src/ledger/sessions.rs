//! Sessions of the operators' page that somebody ended before their time, so that no replica takes them any more.

use super::{Ledger, LedgerError, connection::read};

/// Kept for longer than the session lasts, because Redis has a clock of its own; seconds.
const MARGIN: i64 = 3600;

impl Ledger {
    /// Ends a session that would have lasted until `until` (unix seconds).
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn end_session(&self, id: &str, until: i64) -> Result<(), LedgerError> {
        let mut command = redis::cmd("SET");
        command.arg(self.ended_session(id)).arg(1).arg("EXAT").arg(until.saturating_add(MARGIN));
        read(self.work.command(command).await?, "session")
    }

    /// Whether a session was ended.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn has_ended(&self, id: &str) -> Result<bool, LedgerError> {
        let mut command = redis::cmd("EXISTS");
        command.arg(self.ended_session(id));
        read(self.work.command(command).await?, "session")
    }

    fn ended_session(&self, id: &str) -> String {
        super::keys::ended_session(&self.options.prefix, id)
    }
}
