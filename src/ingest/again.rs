//! A dead letter, read once more: what an older version could not read, or what Meta has since explained.

use serde_json::value::RawValue;

use super::{Ingest, Owner, Reading, unix_millis};
use crate::{
    ledger::{DeadLetter, EntryId, LedgerError, Operator},
    payload,
};

/// What came of reading a dead letter again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reread {
    /// It was read, and is no dead letter any more. So many changes were written, none where it asked for none.
    Read {
        /// How many.
        changes: usize,
    },
    /// It still cannot be read, and stays.
    StillBroken,
    /// It is gone, or the business is.
    Gone,
}

impl Reread {
    /// The stable word: `read`, `still_broken`, `gone`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::StillBroken => "still_broken",
            Self::Gone => "gone",
        }
    }
}

impl Ingest {
    /// Reads a dead letter of a business once more, writes what it changes, and takes it away; `operator` says so and is named
    /// in the audit. What is only an item of a body does not say which number was written to, so nobody is sent a message.
    ///
    /// # Errors
    ///
    /// When Redis did not take all of it. The letter then stays, and reading it again acts once.
    pub async fn read_again(
        &self,
        business: &str,
        id: &EntryId,
        operator: Operator<'_>,
    ) -> Result<Reread, LedgerError> {
        let Some(letter) = self.ledger.dead_letter(business, id).await? else { return Ok(Reread::Gone) };
        let Some((body, is_item)) = body_of(&letter) else { return Ok(Reread::StillBroken) };
        let directory = self.directory.get();
        let Some(rules) = directory.of_slug(business) else { return Ok(Reread::Gone) };
        let parsed = payload::parse(body.as_bytes());
        if !parsed.broken.is_empty() || parsed.events.is_empty() {
            return Ok(Reread::StillBroken);
        }
        let reading = self.read(&parsed, unix_millis(), |event| {
            if is_item { Owner::Business(rules) } else { directory.owner(event) }
        });
        let Reading { batch, asides, buried, open, .. } = reading;
        if !buried.is_empty() {
            return Ok(Reread::StillBroken);
        }
        let batch = batch.into_changes();
        self.write_all(&batch, asides, open).await?;
        self.ledger.drop_dead_letter(business, id, true, operator).await?;
        Ok(Reread::Read { changes: batch.len() })
    }
}

/// A letter as the body that it might have come in, and whether it is only an item of one; `None` when it is not whole, or
/// nothing that could stand in one.
fn body_of(letter: &DeadLetter) -> Option<(String, bool)> {
    // Only JSON that is whole can stand in other JSON without becoming something else.
    let raw = serde_json::from_str::<&RawValue>(&letter.raw).ok()?.get();
    let body = |entry: &str| format!(r#"{{"object":"whatsapp_business_account","entry":[{entry}]}}"#);
    let change = |change: &str| body(&format!(r#"{{"changes":[{change}]}}"#));
    let item = |list: &str| change(&format!(r#"{{"field":"{list}","value":{{"{list}":[{raw}]}}}}"#));
    Some(match letter.kind.as_str() {
        "body" => (raw.to_owned(), false),
        "entry" => (body(raw), false),
        "change" => (change(raw), false),
        "message" | "system" => (item("messages"), true),
        "status" => (item("statuses"), true),
        "preference" => (item("user_preferences"), true),
        "history" => (item("history"), true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(kind: &str, raw: &str) -> DeadLetter {
        let [id, reason] = ["1-0", ""].map(str::to_owned);
        DeadLetter { id, kind: kind.to_owned(), reason, raw: raw.to_owned() }
    }

    #[test]
    fn an_item_stands_in_a_body_and_cannot_leave_its_place() {
        let message = r#"{"from":"34600000001","id":"wamid.A","type":"text","text":{"body":"BAJA"}}"#;
        let (body, is_item) = body_of(&letter("message", message)).unwrap();
        assert!(is_item && payload::parse(body.as_bytes()).broken.is_empty(), "{body}");
        for broken in ["", "{", r#"{}]}}]}]},{"x":[{"#, "{},{}", "message id wamid.A"] {
            assert!(body_of(&letter("message", broken)).is_none(), "{broken}");
        }
        assert!(body_of(&letter("contact", "{}")).is_none());
        assert!(!body_of(&letter("body", "{}")).unwrap().1);
    }
}
