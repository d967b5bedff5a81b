//! What was sent, what came of it, and why people leave: learnt off the way to the 200.
//!
//! Three things are fed in: statuses ([`Ledger::note_sends`]), what senders tell in a stream
//! ([`Ledger::take_registered`]), and the audit stream of decisions ([`Ledger::count_decisions`]). Two scripts
//! (`lua/sends.lua`, `lua/count.lua`, with their parts in `lua/insight/`) count them by day and hour, find who was
//! sent to against the list, and tie opt-outs to messages. Feeding the same twice changes nothing. What comes out
//! is read by [`Ledger::counters`] and [`Ledger::breaches`].

mod alerts;
mod breaches;
mod counters;
mod decisions;
mod registry;
mod sends;

use std::{collections::BTreeSet, time::Duration};

pub use breaches::Breach;
pub use counters::{BadDay, Day, DayCounts, Dimension, Figure, Hours, Wanted};
pub use decisions::Decisions;
pub use registry::{News, Standing, TemplateRecord};
pub use sends::{MessageClass, Noted, Seen, SeenKind};

use serde::Serialize;

use super::{
    Ledger, LedgerError, millis,
    scripts::{Call, Script},
};
use crate::clock::unix_millis;

/// How many items one call of a script takes: Redis does nothing else meanwhile.
const CALL: usize = 100;
/// Opt-outs that wait for word of the message that they answer.
const WAITING: u64 = 10_000;
/// Where a stream begins.
const BEGINNING: &str = "0-0";

/// How much is kept of sends and counts.
#[derive(Debug, Clone)]
pub struct InsightRules {
    /// Days for which a sent message is known.
    pub sends_days: u32,
    /// Messages known of one day.
    pub sends_a_day: u64,
    /// Days for which counts are kept.
    pub counts_days: u32,
    /// Values of one dimension that a day counts apart.
    pub values: u32,
    /// How long after an opt-out a message may still be under way.
    pub breach_grace: Duration,
    /// Breaches kept.
    pub breaches_max: u64,
    /// News of templates, numbers and accounts kept.
    pub news_max: u64,
    /// Whether the last template delivered to somebody explains an opt-out of which nothing better is known.
    pub last_template: bool,
    /// How long it is known when marketing was last delivered to somebody.
    pub marketing: Duration,
}

impl Default for InsightRules {
    /// As `config/default.toml` has them.
    fn default() -> Self {
        Self {
            sends_days: 30,
            sends_a_day: 1_000_000,
            counts_days: 400,
            values: 200,
            breach_grace: Duration::from_secs(60),
            breaches_max: 10_000,
            news_max: 10_000,
            last_template: false,
            marketing: Duration::from_secs(24 * 3600),
        }
    }
}

/// What `insight/open.lua` reads.
#[derive(Serialize)]
struct Options<'a> {
    topics: Vec<&'a str>,
    days: Vec<i64>,
    first: i64,
    sends_days: u32,
    counts_days: u32,
    sends_max: u64,
    values_max: u32,
    waiting_max: u64,
    breaches_max: u64,
    audit_max: u64,
    grace: u64,
    last: bool,
    marketing: u64,
    dropped: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    from: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    to: &'a str,
    /// The first id after `to`.
    #[serde(skip_serializing_if = "String::is_empty")]
    to_next: String,
    #[serde(skip_serializing_if = "is_not")]
    gap: bool,
}

/// A part of a stream that is taken once.
#[derive(Default)]
struct Cursor {
    stream: Option<&'static str>,
    from: String,
    to: String,
    gap: bool,
}

fn is_not(flag: &bool) -> bool {
    !flag
}

impl Ledger {
    /// A call of one of the two scripts. `times` are those of the items, unix milliseconds.
    fn insight_call<'s>(
        &self,
        script: &'s Script,
        business: &str,
        times: impl Iterator<Item = i64>,
        cursor: &Cursor,
        dropped: u64,
        items: Vec<String>,
    ) -> Result<Call<'s>, LedgerError> {
        let keys = self.keys(business)?;
        let rules = &self.options.insight;
        let today = day_of(unix_millis());
        // A day more at either end: Redis has a clock of its own.
        let first = today - i64::from(rules.sends_days);
        let oldest = today - i64::from(rules.counts_days);
        let days: BTreeSet<i64> = (first..=today + 1)
            .chain(times.map(day_of).filter(|day| (oldest..first).contains(day)))
            .collect();
        let (topics, sets): (Vec<_>, Vec<_>) = keys.topics().unzip();
        let [waiting, order] = keys.waiting();
        let mut names = vec![
            keys.people(),
            keys.evidence(),
            keys.audit(),
            keys.breaches(),
            keys.open(),
            waiting,
            order,
            keys.cursors(),
            keys.sends(),
            keys.suppressed().to_owned(),
        ];
        names.extend(sets.into_iter().map(str::to_owned));
        for &day in &days {
            names.extend(keys.sends_of(day));
            names.push(keys.counts_of(day));
        }
        let options = Options {
            topics,
            days: days.into_iter().collect(),
            first,
            sends_days: rules.sends_days,
            counts_days: rules.counts_days,
            sends_max: rules.sends_a_day,
            values_max: rules.values,
            waiting_max: WAITING,
            breaches_max: rules.breaches_max,
            audit_max: self.options.audit_max,
            grace: millis(rules.breach_grace),
            last: rules.last_template,
            marketing: millis(rules.marketing),
            dropped,
            stream: cursor.stream,
            from: &cursor.from,
            to: &cursor.to,
            to_next: next_id(&cursor.to),
            gap: cursor.gap,
        };
        let mut args = Vec::with_capacity(items.len() + 1);
        args.push(serde_json::to_string(&options).map_err(|_| LedgerError::Record("options"))?);
        args.extend(items);
        Ok(script.call(names, args))
    }
}

/// The number of the day, UTC, since 1970.
pub(super) fn day_of(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(86_400_000)
}

/// The id after this one in a stream; empty when there is none.
fn next_id(id: &str) -> String {
    let parts = id.split_once('-').and_then(|(time, number)| Some((time, number.parse::<u64>().ok()?)));
    parts.map(|(time, number)| format!("{time}-{}", number.saturating_add(1))).unwrap_or_default()
}
