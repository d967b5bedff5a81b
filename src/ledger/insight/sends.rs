//! What was sent and what came of it, from statuses and from what senders tell.

use std::fmt;

use serde::Serialize;

use super::{BEGINNING, CALL, Cursor};
use crate::{
    identity::Person,
    ledger::{
        Ledger, LedgerError,
        change::{WireId, wire_ids},
        connection::read,
        scripts,
        stream::{Entry, entries, time_of},
    },
    payload::Labels,
};

/// What is known to have happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenKind {
    /// Left Meta.
    Sent,
    /// Reached the phone.
    Delivered,
    /// Was read, or a voice message played.
    Read,
    /// Could not be delivered.
    Failed,
    /// Its sender told what it is; nothing is known to have happened.
    Known,
}

/// What Meta's price says of a message (`pricing.category`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageClass {
    /// A marketing template.
    Marketing,
    /// A utility or authentication template.
    Utility,
    /// A reply in the window of 24 hours that the person opened.
    Service,
}

impl MessageClass {
    /// Reads Meta's word; `None` for one that is not known here.
    pub fn read(category: &str) -> Option<Self> {
        Some(match category.to_ascii_lowercase().as_str() {
            "marketing" | "marketing_lite" => Self::Marketing,
            "utility" | "authentication" | "authentication_international" => Self::Utility,
            "service" | "referral_conversion" => Self::Service,
            _ => return None,
        })
    }
}

/// One word about a sent message. Personal data.
#[derive(Clone)]
pub struct Seen {
    /// The message's id.
    pub message_id: String,
    /// What happened.
    pub kind: SeenKind,
    /// When, unix milliseconds.
    pub at: i64,
    /// To whom, as Meta wrote it.
    pub to: String,
    /// The same, as identifiers.
    pub person: Person,
    /// What Meta's price says.
    pub class: Option<MessageClass>,
    /// What the sender says.
    pub labels: Labels,
    /// The error of a failure.
    pub code: Option<i64>,
}

/// Shows what happened and nothing of the person.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Seen({:?}, {:?})", self.kind, self.class)
    }
}

/// What came of telling about sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noted {
    /// How many were taken.
    pub taken: usize,
    /// Messages that were sent against the list, found just now.
    pub breaches: u64,
    /// Opt-outs of which the template became known just now.
    pub attributed: u64,
    /// Sends that look like breaches and wait for their `sent` status.
    pub open: u64,
}

impl Noted {
    fn add(&mut self, other: Self) {
        self.taken += other.taken;
        self.breaches += other.breaches;
        self.attributed += other.attributed;
        self.open = other.open;
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    id: &'a str,
    kind: SeenKind,
    t: i64,
    to: &'a str,
    ids: Vec<WireId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<MessageClass>,
    #[serde(skip_serializing_if = "str::is_empty")]
    template: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    topic: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    campaign: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i64>,
}

impl<'a> Wire<'a> {
    fn new(seen: &'a Seen) -> Self {
        Self {
            id: &seen.message_id,
            kind: seen.kind,
            t: seen.at,
            to: &seen.to,
            ids: wire_ids(&seen.person),
            class: seen.class,
            template: &seen.labels.template,
            topic: &seen.labels.topic,
            campaign: &seen.labels.campaign,
            code: seen.code,
        }
    }
}

impl Ledger {
    /// Notes what happened to sent messages. `dropped` is how many statuses were not looked at meanwhile, which
    /// the counts then say. With nothing at all it judges those whose time has come.
    pub async fn note_sends(
        &self,
        business: &str,
        seen: &[Seen],
        dropped: u64,
    ) -> Result<Noted, LedgerError> {
        let mut noted = Noted::default();
        let mut dropped = dropped;
        let mut rest = seen;
        loop {
            let (now, later) = rest.split_at(rest.len().min(CALL));
            noted.add(self.sends_call(business, now, &Cursor::default(), dropped).await?.unwrap_or_default());
            (rest, dropped) = (later, 0);
            if rest.is_empty() {
                return Ok(noted);
            }
        }
    }

    /// Takes what senders told of their messages since it was last asked, at most a hundred. `taken` is 0 when
    /// there was nothing, or another replica took it.
    pub async fn take_registered(&self, business: &str) -> Result<Noted, LedgerError> {
        let keys = self.keys(business)?;
        let from = self.cursor(business, "sends").await?;
        let entries = self.stream_after(&keys.sends(), &from).await?;
        let Some((last, _)) = entries.last() else { return Ok(Noted::default()) };
        let cursor = Cursor { stream: Some("sends"), from, to: last.clone(), gap: false };
        let seen: Vec<Seen> = entries.iter().filter_map(|(id, fields)| registered(id, fields)).collect();
        Ok(self.sends_call(business, &seen, &cursor, 0).await?.unwrap_or_default())
    }

    /// `None` when another replica was faster.
    async fn sends_call(
        &self,
        business: &str,
        seen: &[Seen],
        cursor: &Cursor,
        dropped: u64,
    ) -> Result<Option<Noted>, LedgerError> {
        let items = seen
            .iter()
            .map(|seen| serde_json::to_string(&Wire::new(seen)).map_err(|_| LedgerError::Record("status")))
            .collect::<Result<Vec<_>, _>>()?;
        let times = seen.iter().map(|seen| seen.at);
        let call = self.insight_call(&self.scripts.sends, business, times, cursor, dropped, items)?;
        let mut replies = scripts::run(&self.work, &[call]).await?;
        let reply = replies.pop().ok_or(LedgerError::Record("reply"))?;
        let (word, breaches, attributed, open): (String, u64, u64, u64) = read(reply, "sends")?;
        Ok((word == "done").then_some(Noted { taken: seen.len().max(1), breaches, attributed, open }))
    }

    /// The last entry of a stream that was taken.
    pub(super) async fn cursor(&self, business: &str, stream: &str) -> Result<String, LedgerError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.keys(business)?.cursors()).arg(stream);
        let cursor: Option<String> = read(self.work.command(command).await?, "cursor")?;
        Ok(cursor.unwrap_or_else(|| BEGINNING.to_owned()))
    }

    /// The next entries of a stream, oldest first, at most [`CALL`].
    pub(super) async fn stream_after(&self, key: &str, from: &str) -> Result<Vec<Entry>, LedgerError> {
        let mut command = redis::cmd("XRANGE");
        command.arg(key).arg(format!("({from}")).arg("+").arg("COUNT").arg(CALL);
        entries(self.work.command(command).await?)
    }
}

/// What a sender told; `None` when it does not say of which message.
fn registered(id: &str, fields: &[(String, String)]) -> Option<Seen> {
    let mut labels = Labels::default();
    let mut message_id = "";
    for (name, value) in fields {
        if !labels.set(name, value) && name.trim().eq_ignore_ascii_case("id") {
            message_id = value.trim();
        }
    }
    (!message_id.is_empty()).then(|| Seen {
        message_id: message_id.to_owned(),
        kind: SeenKind::Known,
        at: time_of(id),
        to: String::new(),
        person: Person::new(),
        class: None,
        labels,
        code: None,
    })
}
