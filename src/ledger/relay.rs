//! The queues of the relay: bodies that wait to be passed on, one bounded queue a target.
//!
//! What a queue is made of is in `lua/relay/queue.lua`. Its keys have a hash tag of their own, because a body may concern
//! several businesses, and because no opt-out's script ever touches them.

use std::{fmt, time::Duration};

use bytes::Bytes;
use redis::Value;

use super::{
    Ledger, LedgerError,
    connection::read,
    scripts::{self, Call, Script},
};

/// How many lanes a queue has: so many deliveries to one target can be under way.
pub const LANES: usize = 16;

const QUEUE: &str = include_str!("lua/relay/queue.lua");

/// How one target's queue is kept.
#[derive(Debug, Clone)]
pub struct RelayRules {
    /// Its keys.
    pub keys: RelayKeys,
    /// How many bodies wait at the most.
    pub max_entries: u64,
    /// How many bytes wait at the most; and how many of dead bodies are kept.
    pub max_bytes: u64,
    /// How many dead bodies are kept.
    pub max_dead: u64,
    /// How long one worker has a delivery.
    pub lease: Duration,
}

/// The keys of one target's queue.
#[derive(Debug, Clone)]
pub struct RelayKeys {
    base: String,
}

impl RelayKeys {
    /// The keys for `target` under `prefix`. The target's name is the hash tag's end.
    pub fn new(prefix: &str, target: &str) -> Self {
        Self { base: format!("{prefix}:{{relay:{target}}}:") }
    }

    /// In the order of `queue.lua`.
    fn all(&self) -> Vec<String> {
        let named = ["entries", "order", "due", "state", "dead"].map(|name| format!("{}{name}", self.base));
        let lanes = (0..LANES).map(|lane| format!("{}lane:{lane}", self.base));
        named.into_iter().chain(lanes).collect()
    }

    fn dead(&self) -> String {
        format!("{}dead", self.base)
    }
}

/// A body as it came, with what its receiver needs to check it.
#[derive(Clone, PartialEq, Eq)]
pub struct Passage {
    /// The value of `X-Hub-Signature-256`.
    pub signature: String,
    /// The value of `Content-Type`.
    pub content_type: String,
    /// The bytes that were signed. Personal data.
    pub body: Bytes,
}

/// Shows the size, never the content.
impl fmt::Debug for Passage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Passage({} bytes)", self.body.len())
    }
}

impl Passage {
    /// As one string: two lines, then the bytes. Header values have no line breaks.
    fn pack(&self) -> Vec<u8> {
        let mut packed = format!("{}\n{}\n", self.signature, self.content_type).into_bytes();
        packed.extend_from_slice(&self.body);
        packed
    }

    fn unpack(packed: &[u8]) -> Option<Self> {
        let mut parts = packed.splitn(3, |byte| *byte == b'\n');
        let text = |part: &[u8]| String::from_utf8(part.to_vec()).ok();
        Some(Self {
            signature: text(parts.next()?)?,
            content_type: text(parts.next()?)?,
            body: Bytes::copy_from_slice(parts.next()?),
        })
    }
}

/// A body in the hands of one worker.
#[derive(Debug, Clone)]
pub struct Errand {
    /// Its id: `<unix ms>-<number>-<lane>`, the same at every attempt.
    pub id: String,
    /// Its lane.
    pub lane: String,
    /// Grows with every lease of the lane.
    pub token: u64,
    /// How often it was leased, this time included.
    pub attempts: u32,
    /// What to pass on.
    pub passage: Passage,
}

impl Errand {
    /// When it was queued, unix milliseconds.
    pub fn queued_at(&self) -> i64 {
        self.id.split('-').next().and_then(|time| time.parse().ok()).unwrap_or_default()
    }
}

/// What became of an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrandEnd {
    /// The target has it.
    Done,
    /// To be tried again.
    Retry {
        /// After this time.
        after: Duration,
        /// Why.
        reason: &'static str,
    },
    /// Given up, and kept to be looked at.
    Dead {
        /// Why.
        reason: &'static str,
    },
}

/// What waits for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RelayDepth {
    /// Bodies.
    pub entries: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long the oldest has waited.
    pub oldest: Duration,
    /// How many were dropped for want of room, ever.
    pub dropped: u64,
    /// How many dead ones are kept.
    pub dead: u64,
}

/// A body that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadErrand {
    /// The id of its entry, which begins with the unix milliseconds of its end.
    pub id: String,
    /// Why.
    pub reason: String,
    /// When it was queued, unix milliseconds.
    pub queued_at: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// The body.
    pub passage: Passage,
}

/// What an operator does to dead bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelayRevival {
    /// Puts them back into the queue.
    Replay,
    /// Throws them away.
    Drop,
}

/// The scripts of a queue.
#[derive(Debug)]
pub(super) struct RelayScripts {
    push: Script,
    lease: Script,
    settle: Script,
    revive: Script,
    depth: Script,
}

impl RelayScripts {
    pub(super) fn new(clock: &str) -> Self {
        let script = |own: &str| Script::new(&[clock, QUEUE, own]);
        Self {
            push: script(include_str!("lua/relay/push.lua")),
            lease: script(include_str!("lua/relay/lease.lua")),
            settle: script(include_str!("lua/relay/settle.lua")),
            revive: script(include_str!("lua/relay/revive.lua")),
            depth: script(include_str!("lua/relay/depth.lua")),
        }
    }

    pub(super) fn all(&self) -> [&Script; 5] {
        [&self.push, &self.lease, &self.settle, &self.revive, &self.depth]
    }
}

impl Ledger {
    /// The names of the targets that have a queue.
    pub fn relay_targets(&self) -> impl Iterator<Item = &str> {
        self.options.relays.keys().map(String::as_str)
    }

    /// Queues a body for a target, in a lane below [`LANES`]. On the webhook's connection: a body is answered 200 when it
    /// is in every queue. Returns how many older ones were dropped for want of room.
    pub async fn relay_push(&self, target: &str, lane: usize, passage: &Passage) -> Result<u64, LedgerError> {
        let rules = self.relay_rules(target)?;
        let args = vec![
            rules.max_entries.to_string().into_bytes(),
            rules.max_bytes.to_string().into_bytes(),
            (lane % LANES).to_string().into_bytes(),
            passage.pack(),
        ];
        let call = self.scripts.relay.push.call_with_bytes(rules.keys.all(), args);
        read(one(scripts::run(self.webhook.next(), &[call]).await?)?, "relay push")
    }

    /// Leases at most `at_most` bodies of a target that are due.
    pub async fn relay_lease(&self, target: &str, at_most: usize) -> Result<Vec<Errand>, LedgerError> {
        let rules = self.relay_rules(target)?;
        let args = vec![at_most.to_string(), rules.lease.as_millis().to_string()];
        let reply = self.relay_call(self.scripts.relay.lease.call(rules.keys.all(), args)).await?;
        let leased: Vec<(String, String, u64, u32, Vec<u8>)> = read(reply, "relay lease")?;
        let errand = |(lane, id, token, attempts, entry): (String, String, u64, u32, Vec<u8>)| {
            let passage = Passage::unpack(&entry).ok_or(LedgerError::Record("relay entry"))?;
            Ok(Errand { id, lane, token, attempts, passage })
        };
        leased.into_iter().map(errand).collect()
    }

    /// Records what became of a leased body. `false` when the lease had ended, or the body was dropped meanwhile.
    pub async fn relay_settle(
        &self,
        target: &str,
        errand: &Errand,
        end: ErrandEnd,
    ) -> Result<bool, LedgerError> {
        let rules = self.relay_rules(target)?;
        let (outcome, reason, delay) = match end {
            ErrandEnd::Done => ("done", "", Duration::ZERO),
            ErrandEnd::Retry { after, reason } => ("retry", reason, after),
            ErrandEnd::Dead { reason } => ("dead", reason, Duration::ZERO),
        };
        let args = vec![
            errand.lane.clone(),
            errand.id.clone(),
            errand.token.to_string(),
            outcome.to_owned(),
            reason.to_owned(),
            delay.as_millis().to_string(),
            rules.max_dead.to_string(),
            rules.max_bytes.to_string(),
        ];
        let reply = self.relay_call(self.scripts.relay.settle.call(rules.keys.all(), args)).await?;
        Ok(read::<String>(reply, "relay settle")? == "done")
    }

    /// What waits for a target.
    pub async fn relay_depth(&self, target: &str) -> Result<RelayDepth, LedgerError> {
        let keys = self.relay_rules(target)?.keys.all();
        let reply = self.relay_call(self.scripts.relay.depth.call(keys, Vec::new())).await?;
        let (entries, bytes, oldest, dropped, dead): (u64, u64, u64, u64, u64) = read(reply, "relay depth")?;
        Ok(RelayDepth { entries, bytes, oldest: Duration::from_millis(oldest), dropped, dead })
    }

    /// The bodies for a target that were given up, the newest first.
    pub async fn relay_dead(&self, target: &str, at_most: usize) -> Result<Vec<DeadErrand>, LedgerError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(self.relay_rules(target)?.keys.dead()).arg("+").arg("-").arg("COUNT").arg(at_most);
        let entries: Vec<(String, Vec<Vec<u8>>)> = read(self.work.command(command).await?, "relay dead")?;
        entries.into_iter().map(|(id, fields)| dead_errand(id, &fields)).collect()
    }

    /// Replays or drops a dead body, or all of them. Returns how many that were.
    pub async fn relay_revive(
        &self,
        target: &str,
        id: Option<&str>,
        revival: RelayRevival,
    ) -> Result<u64, LedgerError> {
        let rules = self.relay_rules(target)?;
        let what = match revival {
            RelayRevival::Replay => "replay",
            RelayRevival::Drop => "drop",
        };
        let args = vec![
            what.to_owned(),
            rules.max_entries.to_string(),
            rules.max_bytes.to_string(),
            id.unwrap_or("*").to_owned(),
        ];
        read(self.relay_call(self.scripts.relay.revive.call(rules.keys.all(), args)).await?, "relay revive")
    }

    fn relay_rules(&self, target: &str) -> Result<&RelayRules, LedgerError> {
        self.options.relays.get(target).ok_or_else(|| LedgerError::NoTarget(target.to_owned()))
    }

    async fn relay_call(&self, call: Call<'_>) -> Result<Value, LedgerError> {
        one(scripts::run(&self.work, &[call]).await?)
    }
}

fn one(mut replies: Vec<Value>) -> Result<Value, LedgerError> {
    replies.pop().ok_or(LedgerError::Record("reply"))
}

/// Reads the fields of a dead entry: `lane`, `reason`, `since`, `attempts`, `entry`, each behind its name.
fn dead_errand(id: String, fields: &[Vec<u8>]) -> Result<DeadErrand, LedgerError> {
    let broken = || LedgerError::Record("relay dead");
    let field = |name: &str| {
        let mut pairs = fields.chunks_exact(2);
        pairs.find_map(|pair| match pair {
            [key, value] if key == name.as_bytes() => Some(value.as_slice()),
            _ => None,
        })
    };
    let text = |name: &str| String::from_utf8_lossy(field(name).unwrap_or_default()).into_owned();
    let since = text("since");
    Ok(DeadErrand {
        id,
        reason: text("reason"),
        queued_at: since.split('-').next().and_then(|time| time.parse().ok()).unwrap_or_default(),
        attempts: text("attempts").parse().unwrap_or_default(),
        passage: field("entry").and_then(Passage::unpack).ok_or_else(broken)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_comes_back_as_it_was_whatever_its_bytes() {
        for body in [b"".as_slice(), b"{}", b"a\nb\n\n", &[0, 255, 10, 10]] {
            let passage = Passage {
                signature: "sha256=00".into(),
                content_type: "application/json".into(),
                body: Bytes::from_static(body),
            };
            assert_eq!(Passage::unpack(&passage.pack()), Some(passage));
        }
    }

    #[test]
    fn the_keys_of_a_target_share_a_slot() {
        let keys = RelayKeys::new("baja", "bot").all();
        assert_eq!(keys.len(), 5 + LANES);
        assert!(keys.iter().all(|key| key.starts_with("baja:{relay:bot}:")), "{keys:?}");
    }
}
