//! What is learnt of sends: deliveries, breaches, attribution, counts.

mod attribution;
mod breaches;
mod counting;
mod registry;
mod service;

use std::time::Duration;

use baja::{
    ledger::{
        Act, Change, Day, DayCounts, Dimension, Evidence, Figure, InsightRules, Ledger, Seen, SeenKind,
    },
    payload::Labels,
};

use crate::support::{
    store::{Store, ledger, options, person},
    webhook::now,
};

pub const ANA: &str = "5215512340001";

/// Unix milliseconds, this many seconds from now.
pub fn at(seconds: i64) -> i64 {
    (now() + seconds) * 1000
}

/// A status of a message to Ana that tells nothing more.
pub fn status(id: &str, kind: SeenKind, at: i64) -> Seen {
    Seen {
        message_id: id.to_owned(),
        kind,
        at,
        to: ANA.to_owned(),
        person: person(&[ANA]),
        class: None,
        labels: Labels::default(),
        code: None,
    }
}

/// The same with what its sender attached.
pub fn labelled(id: &str, kind: SeenKind, at: i64, data: &str) -> Seen {
    Seen { labels: Labels::read(data), ..status(id, kind, at) }
}

/// A decision of Ana's, typed.
pub fn decides(act: Act, at: i64) -> Change {
    Change {
        person: person(&[ANA]),
        act,
        at,
        claim: None,
        evidence: Evidence {
            source: "text",
            rule: "es/keyword/baja".to_owned(),
            language: "es".to_owned(),
            ..Evidence::default()
        },
        message: None,
    }
}

/// A ledger with these rules, and no grace unless they say so.
pub fn with_rules(store: &Store, change: impl FnOnce(&mut InsightRules)) -> Ledger {
    let mut options = options();
    options.insight.breach_grace = Duration::ZERO;
    change(&mut options.insight);
    ledger(&[&store.server.url()], options)
}

/// Counts every decision there is.
pub async fn count_all(ledger: &Ledger) {
    while ledger.count_decisions("acme").await.unwrap().taken > 0 {}
}

/// What was counted from yesterday to tomorrow.
pub async fn counts(ledger: &Ledger) -> Vec<DayCounts> {
    let today = Day::of(at(0));
    ledger.counters("acme", today.plus(-1), today.plus(1)).await.unwrap()
}

pub async fn total(ledger: &Ledger, figure: Figure) -> u64 {
    counts(ledger).await.iter().map(|day| day.total(figure)).sum()
}

/// `value count` for each value of a dimension, parted by commas.
pub async fn by(ledger: &Ledger, figure: Figure, dimension: Dimension) -> String {
    let mut found = std::collections::BTreeMap::new();
    for day in counts(ledger).await {
        for (value, hours) in day.by(figure, dimension) {
            *found.entry(value.to_owned()).or_insert(0) += hours.total();
        }
    }
    let texts: Vec<_> = found.iter().map(|(value, count)| format!("{value} {count}")).collect();
    texts.join(", ")
}
