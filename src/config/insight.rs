//! `[insight]`

use std::time::Duration;

use super::reader::Reader;

/// What is learnt of sent messages, and how much of it is kept.
#[derive(Debug, Clone)]
pub struct InsightSettings {
    /// Whether statuses are counted, judged and tied to opt-outs at all.
    pub statuses: bool,
    /// Days for which a sent message is known by the digest of its id.
    pub sends_days: u32,
    /// Messages known of one day.
    pub sends_a_day: u64,
    /// Days for which counts are kept.
    pub counts_days: u32,
    /// Values of one dimension that a day counts apart.
    pub values: u32,
    /// How long after an opt-out a message may still be under way.
    pub breach_grace: Duration,
    /// Breaches kept to be looked at.
    pub breaches_max: u64,
    /// News of templates, numbers and accounts kept.
    pub news_max: u64,
    /// Whether an opt-out of which nothing better is known counts for the last template delivered to the person.
    pub last_template: bool,
    /// How often Meta is asked how templates and numbers stand; `None` for never.
    pub poll: Option<Duration>,
}

impl InsightSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let (poll, every) = (reader.flag("insight.poll"), reader.minutes("insight.poll_minutes", 10..=1440));
        Self {
            poll: poll.then_some(every),
            statuses: reader.flag("insight.statuses"),
            sends_days: reader.count("insight.sends_days", 1..=90),
            sends_a_day: reader.number("insight.sends_a_day", 1..=100_000_000),
            counts_days: reader.count("insight.counts_days", 1..=3650),
            values: reader.count("insight.values", 1..=10_000),
            breach_grace: reader.seconds("insight.breach_grace_s", 0..=86_400),
            breaches_max: reader.number("insight.breaches_max", 1..=10_000_000),
            news_max: reader.number("insight.news_max", 1..=10_000_000),
            last_template: reader.flag("insight.last_template"),
        }
    }
}
