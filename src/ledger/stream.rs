//! Entries of streams: read, paged from the newest, named.

use std::fmt;

use redis::Value;

use super::{
    Ledger, LedgerError,
    connection::{read, refuse_error},
};

/// An entry of a stream: its id and its fields, in the order in which they stand.
pub(super) type Entry = (String, Vec<(String, String)>);

/// Names an entry of a stream, as Redis does: unix milliseconds and a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryId(String);

impl EntryId {
    /// Reads an id; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (time, number) = text.split_once('-')?;
        let is_number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok();
        (is_number(time) && is_number(number)).then(|| Self(text.to_owned()))
    }

    /// As Redis writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ledger {
    /// The newest entries of a stream that are older than `before` and not older than `from` (unix milliseconds), newest
    /// first.
    pub(super) async fn newest_entries(
        &self,
        key: &str,
        before: Option<&EntryId>,
        from: i64,
        at_most: usize,
    ) -> Result<Vec<Entry>, LedgerError> {
        let below = before.map_or_else(|| "+".to_owned(), |before| format!("({before}"));
        let mut command = redis::cmd("XREVRANGE");
        command.arg(key).arg(below).arg(from.max(0)).arg("COUNT").arg(at_most);
        entries(self.work.command(command).await?)
    }

    /// One entry of a stream.
    pub(super) async fn entry(&self, key: &str, id: &EntryId) -> Result<Option<Entry>, LedgerError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(key).arg(id.as_str()).arg(id.as_str());
        Ok(entries(self.work.command(command).await?)?.into_iter().next())
    }
}

/// Reads entries of a stream. What is not UTF-8 is replaced: senders write some of it.
pub(super) fn entries(reply: Value) -> Result<Vec<Entry>, LedgerError> {
    let raw: Vec<(String, Vec<Vec<u8>>)> = read(refuse_error(reply)?, "stream")?;
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let pairs = |fields: Vec<Vec<u8>>| {
        fields
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [name, value] => Some((text(name), text(value))),
                _ => None,
            })
            .collect()
    };
    Ok(raw.into_iter().map(|(id, fields)| (id, pairs(fields))).collect())
}

/// When an entry was written, unix milliseconds.
pub(super) fn time_of(id: &str) -> i64 {
    id.split('-').next().and_then(|time| time.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_redis_writes_is_an_id() {
        for right in ["0-0", "1790000000000-17"] {
            assert_eq!(EntryId::parse(right).map(|id| id.to_string()).as_deref(), Some(right));
        }
        for wrong in ["", "-", "1", "1-", "-1", "1-1-1", "+-1", "1- 1", "99999999999999999999999-1", "(1-1"] {
            assert_eq!(EntryId::parse(wrong), None, "{wrong}");
        }
    }
}
