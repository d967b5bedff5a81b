//! The keys and arguments of one call of `apply.lua`, whose head describes them.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::{
    Act, Change, JobKind, Keyspace, LedgerError, Options,
    change::{Wire, WireJob, registers, scope_of},
    millis,
};
use crate::identity::Identifier;

/// Where the sets stand among the keys: everybody's, then one for each topic.
const FIRST_SET: usize = 9;
/// The most that one byte of the shape says: it must stay a character of its own.
const BYTE_MAX: usize = 127;
/// How many spellings a plain call may hold: Redis takes only so many arguments from a script.
const SPELLINGS_MAX: usize = 2000;
/// Times that Lua and JSON write with the same digits, unix milliseconds.
const TIMES: std::ops::Range<i64> = 1..100_000_000_000_000;

/// What a script is called with.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) keys: Vec<String>,
    pub(super) args: Vec<String>,
}

impl Arguments {
    /// A call that writes `changes`, in their order.
    pub(super) fn new<'c>(
        keys: &Keyspace,
        options: &Options,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<Self, LedgerError> {
        let mut names = vec![
            keys.people(),
            keys.evidence(),
            keys.tombstones(),
            keys.changes(),
            keys.audit(),
            keys.outbox_due(),
            keys.outbox_jobs(),
            keys.outbox_finished(),
            keys.suppressed().to_owned(),
        ];
        names.extend(keys.topics().map(|(_, set)| set.to_owned()));
        let first_claim = names.len() + 1;
        let topics: Vec<&str> = keys.topics().map(|(topic, _)| topic).collect();

        let mut events = Vec::new();
        let mut plain = Some(Plain::default());
        let mut earlier_claims = Vec::new();
        let mut count = 0_usize;
        for change in changes {
            count += 1;
            let wire = Wire::new(change);
            let newcomer = plain.as_mut().and_then(|plain| plain.add(change, wire.job(), &topics));
            if newcomer.is_none() {
                plain = None;
            }
            let (record, job) = newcomer.unwrap_or_default();
            let (reasons, words) = change.evidence.lines().ok_or(LedgerError::Record("evidence"))?;
            let wire = serde_json::to_string(&wire).map_err(|_| LedgerError::Record("change"))?;
            events.extend([wire, change.at.to_string(), reasons, words, record, job]);
            if let Some(claim) = &change.claim {
                names.push(keys.claim(claim));
                earlier_claims.push(keys.earlier_claim(claim));
            }
        }
        names.extend(earlier_claims);
        let plain = plain.filter(|plain| plain.spellings.len() <= SPELLINGS_MAX).unwrap_or_default();
        let mut args = vec![
            topics.join(","),
            millis(options.claim_ttl).to_string(),
            options.changes_max.to_string(),
            options.audit_max.to_string(),
            options.outbox.finished_max.to_string(),
            millis(options.cooldown).to_string(),
            count.to_string(),
            plain.shape,
            first_claim.to_string(),
        ];
        args.extend(events);
        args.extend(plain.canonicals);
        args.extend(plain.spellings);
        Ok(Self { keys: names, args })
    }
}

/// What a call adds while everybody in it only refuses something, each of them once: if nobody is known to
/// Redis, there is nothing to decide there.
#[derive(Default)]
struct Plain {
    shape: String,
    canonicals: Vec<String>,
    spellings: Vec<String>,
    seen: HashSet<String>,
}

impl Plain {
    /// Adds a change, and returns the record that a newcomer gets and the job, as the script completes them.
    /// `None` when the change is not of this kind.
    fn add(
        &mut self,
        change: &Change,
        job: Option<&WireJob<'_>>,
        topics: &[&str],
    ) -> Option<(String, String)> {
        if !matches!(change.act, Act::Stop(_) | Act::SettingsStop) || !TIMES.contains(&change.at) {
            return None;
        }
        let scope = scope_of(&change.act);
        let set = match topics.iter().position(|topic| *topic == scope) {
            Some(topic) => FIRST_SET + 1 + topic,
            None if change.act.is_for_everything() => FIRST_SET,
            None => return None,
        };
        let identifiers = change.person.identifiers();
        let text = |identifier: &Identifier| identifier.as_str().to_owned();
        let canonicals: Vec<String> = identifiers.iter().map(|one| text(&one.canonical())).collect();
        let spellings: Vec<String> =
            identifiers.iter().flat_map(Identifier::spellings).map(|one| text(&one)).collect();
        let mut names = canonicals.iter().chain(&change.claim);
        if canonicals.is_empty() || !names.all(|name| self.seen.insert(name.clone())) {
            return None;
        }
        let register = registers(&change.act, &scope).into_iter().next()?;
        let registers = BTreeMap::from([(register.as_str(), Stopped { s: change.at })]);
        let newcomer = Newcomer { v: 1, c: &canonicals, m: &spellings, r: registers };
        let mut record = serde_json::to_string(&newcomer).ok()?;
        record.pop();
        let job = match job {
            Some(job) if job.kind == JobKind::Stopped && job.expires_at >= 0 => job.unfinished()?,
            Some(_) => return None,
            None => String::new(),
        };
        for number in [canonicals.len(), spellings.len(), set, usize::from(change.claim.is_some())] {
            let byte = u8::try_from(number).ok().filter(|_| number <= BYTE_MAX)?;
            self.shape.push(char::from(byte));
        }
        self.canonicals.extend(canonicals);
        self.spellings.extend(spellings);
        Some((record, job))
    }
}

/// The record of somebody whose first word is a stop; the form is in `lua/prelude.lua`.
#[derive(Serialize)]
struct Newcomer<'a> {
    v: u8,
    c: &'a [String],
    m: &'a [String],
    r: BTreeMap<&'a str, Stopped>,
}

#[derive(Serialize)]
struct Stopped {
    s: i64,
}
