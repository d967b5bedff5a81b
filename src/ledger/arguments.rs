//! The keys and arguments of one call of `apply.lua`, whose head describes them.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
    ops::RangeInclusive,
};

use serde::Serialize;

use super::{
    Act, Change, JobKind, Keyspace, LedgerError, Options,
    change::{Wire, WireJob, registers, scope_of},
    insight::day_of,
    millis,
};
use crate::identity::Identifier;

/// Where the sets stand among the keys: everybody's, then one for each topic.
const FIRST_SET: usize = 9;
/// How many arguments stand before those of the events.
const HEADER: usize = 11;
/// One more than the most that one byte of the shape says: it must stay a character of its own.
const BYTE: usize = 128;
/// How many spellings a plain call may hold: Redis takes only so many arguments from a script.
const SPELLINGS_MAX: usize = 2000;
/// Times of 13 digits, unix milliseconds: from the year 2001 on.
const TIMES: std::ops::Range<i64> = 1_000_000_000_000..10_000_000_000_000;

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
        let changes: Vec<&Change> = changes.collect();
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
        let days: BTreeSet<i64> = changes.iter().filter_map(|change| days_before(change)).flatten().collect();
        let sends: Vec<usize> = (names.len() + 1..).take(days.len()).collect();
        names.extend(days.into_iter().map(|day| keys.marketing_of(day)));
        let first_claim = names.len() + 1;
        let topics: Vec<&str> = keys.topics().map(|(topic, _)| topic).collect();

        let mut wires = Vec::new();
        let mut told = Vec::new();
        let mut plain = Some(Plain::default());
        for change in changes {
            let (mut reasons, words) = change.evidence.lines().ok_or(LedgerError::Record("evidence"))?;
            let wire = Wire::new(change, reasons.len(), &sends);
            plain = plain.and_then(|plain| plain.with(change, &wire, &topics));
            reasons.push_str(&words);
            told.push(reasons);
            wires.push(wire);
            names.extend(change.claim.as_ref().map(|claim| keys.claim(claim)));
        }
        let plain = plain.filter(|plain| plain.spellings.len() <= SPELLINGS_MAX).unwrap_or_default();
        let first_spelling = HEADER + told.len() + plain.records.len() + plain.jobs.len() + 1;
        let mut args = vec![
            topics.join(","),
            millis(options.claim_ttl).to_string(),
            options.changes_max.to_string(),
            options.audit_max.to_string(),
            options.outbox.finished_max.to_string(),
            millis(options.cooldown).to_string(),
            told.len().to_string(),
            plain.shape,
            first_claim.to_string(),
            first_spelling.to_string(),
            serde_json::to_string(&wires).map_err(|_| LedgerError::Record("change"))?,
        ];
        args.extend(told);
        args.extend(plain.records);
        args.extend(plain.jobs);
        args.extend(plain.spellings);
        Ok(Self { keys: names, args })
    }
}

/// The days on which marketing may have been delivered that makes a stop of a doubt.
fn days_before(change: &Change) -> Option<RangeInclusive<i64>> {
    let Act::Doubt { after, .. } = change.act else { return None };
    let after = i64::try_from(millis(after)).unwrap_or(i64::MAX);
    Some(day_of(change.at.saturating_sub(after))..=day_of(change.at))
}

/// What a call adds while everybody in it only refuses something, each of them once: if nobody is known to
/// Redis, there is nothing to decide there.
#[derive(Default)]
struct Plain {
    shape: String,
    records: Vec<String>,
    jobs: Vec<String>,
    spellings: Vec<String>,
    seen: HashSet<String>,
}

impl Plain {
    /// With one more change; `None` when it is not of this kind.
    fn with(mut self, change: &Change, wire: &Wire<'_>, topics: &[&str]) -> Option<Self> {
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
        let groups: Vec<Vec<String>> =
            identifiers.iter().map(|one| one.spellings().iter().map(text).collect()).collect();
        let first_is_canonical =
            groups.iter().zip(&canonicals).all(|(group, canonical)| group.first() == Some(canonical));
        let mut names = canonicals.iter().chain(&change.claim);
        if canonicals.is_empty() || !first_is_canonical || !names.all(|name| self.seen.insert(name.clone())) {
            return None;
        }
        let counts: Vec<usize> = groups.iter().map(Vec::len).collect();
        let spellings: Vec<String> = groups.into_iter().flatten().collect();
        let register = registers(&change.act, &scope).into_iter().next()?;
        let registers = BTreeMap::from([(register.as_str(), Stopped { s: change.at })]);
        let newcomer = Newcomer { v: 1, c: &canonicals, m: &spellings, r: registers };
        let mut record = serde_json::to_string(&newcomer).ok()?;
        let is_told = wire.job().is_some();
        if let Some(job) = wire.job() {
            record.pop();
            self.jobs.push(unfinished(job)?);
        }
        write!(self.shape, "{}", change.at).ok()?;
        let numbers =
            [canonicals.len(), set, usize::from(is_told), wire.reasons() / BYTE, wire.reasons() % BYTE];
        for number in numbers.into_iter().chain(counts) {
            let byte = u8::try_from(number).ok().filter(|_| number < BYTE)?;
            self.shape.push(char::from(byte));
        }
        self.records.push(record);
        self.spellings.extend(spellings);
        Some(self)
    }
}

/// The job of a plain call; `None` when such a call cannot queue it.
fn unfinished(job: &WireJob<'_>) -> Option<String> {
    if job.kind == JobKind::Stopped && job.expires_at >= 0 { job.unfinished() } else { None }
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
