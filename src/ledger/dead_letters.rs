//! Items that could not be read: kept, bounded, to be looked at.

use std::fmt;

use redis::Value;

use super::{
    Ledger, LedgerError,
    connection::{read, refuse_error},
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

    /// The newest dead letters of a business, newest first.
    pub async fn dead_letters(&self, business: &str, at_most: usize) -> Result<Vec<DeadLetter>, LedgerError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(self.keys(business)?.dead_letters()).arg("+").arg("-").arg("COUNT").arg(at_most);
        let entries: Vec<(String, Vec<(String, String)>)> =
            read(as_pairs(self.work.command(command).await?), "dead letter")?;
        Ok(entries
            .into_iter()
            .map(|(id, fields)| {
                let mut letter =
                    DeadLetter { id, kind: String::new(), reason: String::new(), raw: String::new() };
                for (name, value) in fields {
                    match name.as_str() {
                        "kind" => letter.kind = value,
                        "reason" => letter.reason = value,
                        "raw" => letter.raw = value,
                        _ => {}
                    }
                }
                letter
            })
            .collect())
    }
}

/// Stream entries hold their fields as a flat list; makes each a list of pairs.
fn as_pairs(entries: Value) -> Value {
    let Value::Array(entries) = entries else { return entries };
    let pair_up = |entry| match entry {
        Value::Array(mut parts) => {
            if let Some(Value::Array(fields)) = parts.get_mut(1) {
                let flat = std::mem::take(fields);
                let mut flat = flat.into_iter();
                while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
                    fields.push(Value::Array(vec![name, value]));
                }
            }
            Value::Array(parts)
        }
        other => other,
    };
    Value::Array(entries.into_iter().map(pair_up).collect())
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
