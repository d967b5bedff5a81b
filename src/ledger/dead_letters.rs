//! Items that could not be read: kept, bounded, to be looked at.

use std::fmt;

use super::{
    EntryId, Ledger, LedgerError, Operator,
    connection::{self, refuse_error},
    scripts,
    stream::{self, Entry},
};

/// What of an item is kept at the most, in bytes: enough to see what is wrong with it.
const KEPT_BYTES: usize = 16 * 1024;

/// An item that could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The id of its entry, which begins with the unix milliseconds of its writing.
    pub id: String,
    /// What it seemed to be.
    pub kind: String,
    /// What is wrong with it.
    pub reason: String,
    /// The item itself, cut at 16 KiB. Personal data.
    pub raw: String,
}

impl DeadLetter {
    /// What of an item is worth keeping: its first 16 KiB.
    pub fn kept(raw: &str) -> &str {
        raw.get(..raw.floor_char_boundary(KEPT_BYTES)).unwrap_or(raw)
    }

    fn new((id, fields): Entry) -> Self {
        let mut letter = Self { id, kind: String::new(), reason: String::new(), raw: String::new() };
        for (name, value) in fields {
            match name.as_str() {
                "kind" => letter.kind = value,
                "reason" => letter.reason = value,
                "raw" => letter.raw = value,
                _ => {}
            }
        }
        letter
    }

    /// When it was written, unix milliseconds.
    pub fn written_at(&self) -> i64 {
        stream::time_of(&self.id)
    }
}

impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeadLetter({}, {}, {})", self.id, self.kind, self.reason)
    }
}

impl Ledger {
    /// Keeps items that could not be read, each `(kind, reason, raw)`, in one round trip.
    pub async fn bury(&self, business: &str, items: &[(&str, &str, &str)]) -> Result<(), LedgerError> {
        let key = self.keys(business)?.dead_letters();
        let commands = items
            .iter()
            .map(|(kind, reason, raw)| {
                let mut command = redis::cmd("XADD");
                command.arg(&key).arg("MAXLEN").arg("~").arg(self.options.dead_letters_max).arg("*");
                command.arg(&["kind", kind, "reason", reason, "raw", DeadLetter::kept(raw)]);
                command
            })
            .collect();
        self.work.pipeline(commands).await?.into_iter().try_for_each(|reply| refuse_error(reply).map(drop))
    }

    /// The newest dead letters of a business, newest first; those older than the entry `before` where it is given.
    pub async fn dead_letters(
        &self,
        business: &str,
        before: Option<&EntryId>,
        at_most: usize,
    ) -> Result<Vec<DeadLetter>, LedgerError> {
        let key = self.keys(business)?.dead_letters();
        let found = self.newest_entries(&key, before, 0, at_most).await?;
        Ok(found.into_iter().map(DeadLetter::new).collect())
    }

    /// One dead letter; `None` when it is gone.
    pub async fn dead_letter(&self, business: &str, id: &EntryId) -> Result<Option<DeadLetter>, LedgerError> {
        Ok(self.entry(&self.keys(business)?.dead_letters(), id).await?.map(DeadLetter::new))
    }

    /// Takes a dead letter away, because it was `read` after all or because nobody needs it, and says in the audit who did
    /// it. Returns whether it was still there.
    pub async fn drop_dead_letter(
        &self,
        business: &str,
        id: &EntryId,
        read: bool,
        operator: Operator<'_>,
    ) -> Result<bool, LedgerError> {
        let keys = self.keys(business)?;
        let result = if read { "read" } else { "dropped" };
        let args = vec![
            id.as_str().to_owned(),
            result.to_owned(),
            operator.event()?,
            self.options.audit_max.to_string(),
        ];
        let call = self.scripts.unbury.call(vec![keys.dead_letters(), keys.audit()], args);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        connection::read(replies.pop().ok_or(LedgerError::Record("reply"))?, "dead letter")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_item_the_beginning_is_kept_in_whole_characters() {
        let raw = format!("a{}", "é".repeat(KEPT_BYTES));
        assert_eq!(DeadLetter::kept(&raw).len(), KEPT_BYTES - 1);
        assert_eq!(DeadLetter::kept("short"), "short");
    }
}
