//! The counts of days, to be reported: `counters(business, from, to)`.

use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::{
    intent::Reason,
    ledger::{Ledger, LedgerError, connection::read},
};

/// A day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day; write it as in 2026-11-25")]
pub struct BadDay;

/// A count for each hour of a day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hours([u64; 24]);

/// What is counted. Figures of a message (`Sent` to `Breaches`) stand in the day and hour of the first word of that
/// message, so that they can be divided by each other; the others in that of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Decisions that put somebody on a list.
    OptOuts,
    /// Decisions that took somebody off.
    Returns,
    /// Reasons given for leaving.
    Reasons,
    /// One reason of them, by template, topic and campaign.
    Reason(Reason),
    /// Messages that left Meta.
    Sent,
    /// Messages that reached the phone.
    Delivered,
    /// Messages that were read.
    Read,
    /// Messages that could not be delivered.
    Failed,
    /// Messages sent to somebody who had refused them.
    Breaches,
    /// Opt-outs that became known only because a message failed with 131050.
    MissedStops,
    /// Our own messages: confirmations, questions, help.
    Confirmations,
    /// Texts that were likely, but not surely, an opt-out.
    NearMisses,
    /// Those of them about which the person was asked.
    Asked,
    /// Statuses that were not looked at because too many came: the figures of messages are then too low.
    DroppedStatuses,
    /// Statuses of messages older than what is kept.
    LateStatuses,
    /// Decisions older than what is kept, as from an import.
    LateDecisions,
    /// Times at which the audit stream was trimmed before it was counted: figures of decisions are then too low.
    Gaps,
}

/// By what a figure can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// Where a decision came from: `text`, `button`, `preference`, `refused`, `operator` …
    Source,
    /// What it concerned: `all` or a topic. Of breaches: the scope that had been refused.
    Scope,
    /// The language of the rule.
    Language,
    /// The rule that fired.
    Rule,
    /// Why they leave.
    Reason,
    /// The template.
    Template,
    /// The topic of the message.
    Topic,
    /// Topic and template together, where the template is known: `offers>spring_promo`. Of [`Figure::Delivered`],
    /// [`Figure::OptOuts`], [`Figure::Reasons`] and "I never signed up" alone.
    TopicTemplate,
    /// The campaign.
    Campaign,
    /// How the message behind an opt-out is known: `button`, `callback`, `context`, `late`, `last` or `none`.
    How,
    /// The error of a failure.
    Code,
    /// What a confirmation told.
    Kind,
    /// What became of it.
    Result,
}

/// Everything that was counted on one day.
#[derive(Clone, PartialEq, Eq)]
pub struct DayCounts {
    /// Which.
    pub day: Day,
    fields: BTreeMap<String, Hours>,
}

impl Day {
    /// The value for what is not known, as an opt-out without a template.
    pub const NONE: &'static str = "-";
    /// The value for those beyond what a day counts apart.
    pub const OTHER: &'static str = "*";

    /// The day of a time in unix milliseconds.
    pub fn of(milliseconds: i64) -> Self {
        Self(super::day_of(milliseconds))
    }

    /// The day so many days later, or earlier.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// When it begins, unix milliseconds.
    pub fn begins(self) -> i64 {
        self.0.saturating_mul(86_400_000)
    }
}

/// As in `2026-11-25`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.begins()) {
            Ok(time) => f.write_str(format!("{time:.0}").get(..10).unwrap_or_default()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let midnight: jiff::Timestamp = format!("{text}T00:00:00Z").parse().map_err(|_| BadDay)?;
        Ok(Self::of(midnight.as_millisecond()))
    }
}

impl Hours {
    /// The whole day.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Each hour, from 0 to 23.
    pub fn each(&self) -> &[u64; 24] {
        &self.0
    }

    /// `9:3 17:1`, as `tally.lua` writes it.
    fn read(text: &str) -> Self {
        let mut hours = Self::default();
        for pair in text.split(' ').filter_map(|pair| pair.split_once(':')) {
            if let (Ok(hour), Ok(count)) = (pair.0.parse::<usize>(), pair.1.parse())
                && let Some(slot) = hours.0.get_mut(hour)
            {
                *slot = count;
            }
        }
        hours
    }
}

impl Figure {
    /// The name in the store and in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::OptOuts => "opt_outs",
            Self::Returns => "returns",
            Self::Reasons => "reasons",
            Self::Reason(Reason::LostInterest) => "reason:lost_interest",
            Self::Reason(Reason::Solved) => "reason:solved",
            Self::Reason(Reason::Content) => "reason:content",
            Self::Reason(Reason::NoConsent) => "reason:no_consent",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Breaches => "breaches",
            Self::MissedStops => "missed_stops",
            Self::Confirmations => "confirmations",
            Self::NearMisses => "near_misses",
            Self::Asked => "asked",
            Self::DroppedStatuses => "statuses_dropped",
            Self::LateStatuses => "statuses_late",
            Self::LateDecisions => "decisions_late",
            Self::Gaps => "gaps",
        }
    }
}

impl Dimension {
    /// The name in the store and in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Scope => "scope",
            Self::Language => "language",
            Self::Rule => "rule",
            Self::Reason => "reason",
            Self::Template => "template",
            Self::Topic => "topic",
            Self::TopicTemplate => "topic_template",
            Self::Campaign => "campaign",
            Self::How => "how",
            Self::Code => "code",
            Self::Kind => "kind",
            Self::Result => "result",
        }
    }
}

impl DayCounts {
    /// A figure by the hour.
    pub fn hours(&self, figure: Figure) -> Hours {
        self.fields.get(figure.name()).copied().unwrap_or_default()
    }

    /// A figure of the whole day.
    pub fn total(&self, figure: Figure) -> u64 {
        self.hours(figure).total()
    }

    /// A figure by the values of a dimension, in their order. [`Day::NONE`] is what is not known, [`Day::OTHER`]
    /// those beyond what a day counts apart. Those that came to nothing are left out.
    pub fn by(&self, figure: Figure, dimension: Dimension) -> impl Iterator<Item = (&str, Hours)> {
        let prefix = format!("{}/{}/", figure.name(), dimension.name());
        let from = self.fields.range(prefix.clone()..);
        from.map_while(move |(field, hours)| Some((field.strip_prefix(&prefix)?, *hours)))
            .filter(|(_, hours)| hours.total() > 0)
    }

    /// A figure by topic and template together; topic, template and hours of each pair. What a day does not count apart
    /// is left out, as is what has no template.
    pub fn by_topic_and_template(&self, figure: Figure) -> impl Iterator<Item = (&str, &str, Hours)> {
        let pairs = self.by(figure, Dimension::TopicTemplate);
        pairs.filter_map(|(pair, hours)| {
            pair.split_once('>').map(|(topic, template)| (topic, template, hours))
        })
    }

    /// A figure by one value of a dimension.
    pub fn of(&self, figure: Figure, dimension: Dimension, value: &str) -> Hours {
        self.fields.get(&by_value(figure, dimension, value)).copied().unwrap_or_default()
    }

    /// Whether the figures of messages are too low, because statuses were dropped under load.
    pub fn is_sampled(&self) -> bool {
        self.total(Figure::DroppedStatuses) > 0
    }

    /// Whether the figures of decisions are too low, because the audit stream was trimmed before it was counted.
    pub fn has_gaps(&self) -> bool {
        self.total(Figure::Gaps) > 0
    }

    /// Whether some values of a dimension were counted together as [`Day::OTHER`].
    pub fn has_others(&self, figure: Figure, dimension: Dimension) -> bool {
        self.by(figure, dimension).any(|(value, _)| value == Day::OTHER)
    }
}

/// What is asked of a day: a figure, or a figure by one value of a dimension.
pub type Wanted<'a> = (Figure, Option<(Dimension, &'a str)>);

impl Ledger {
    /// What was counted on each day from `from` to `to`, both included, oldest first. A day without any count is
    /// there and empty. At most 3,660 days.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn counters(&self, business: &str, from: Day, to: Day) -> Result<Vec<DayCounts>, LedgerError> {
        /// Days asked in one round trip.
        const BATCH: usize = 60;
        let replies = self.ask_days(business, from, to, BATCH, |key| {
            let mut command = redis::cmd("HGETALL");
            command.arg(key);
            command
        });
        let counts = replies.await?.into_iter().map(|(day, reply)| {
            let stored: BTreeMap<String, String> = read(reply, "counts")?;
            let fields = stored
                .into_iter()
                .filter(|(field, _)| !field.starts_with('#'))
                .map(|(field, hours)| (field, Hours::read(&hours)));
            Ok(DayCounts { day, fields: fields.collect() })
        });
        counts.collect()
    }

    /// The same of these counts only, so that a year is read at the cost of what is asked, however much a day counts.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn counters_of(
        &self,
        business: &str,
        from: Day,
        to: Day,
        wanted: &[Wanted<'_>],
    ) -> Result<Vec<DayCounts>, LedgerError> {
        /// Values asked in one round trip.
        const VALUES: usize = 20_000;
        let fields: Vec<String> = wanted
            .iter()
            .map(|(figure, by)| match by {
                Some((dimension, value)) => by_value(*figure, *dimension, value),
                None => figure.name().to_owned(),
            })
            .collect();
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let batch = (VALUES / fields.len()).max(1);
        let replies = self.ask_days(business, from, to, batch, |key| {
            let mut command = redis::cmd("HMGET");
            command.arg(key).arg(&fields);
            command
        });
        let counts = replies.await?.into_iter().map(|(day, reply)| {
            let stored: Vec<Option<String>> = read(reply, "counts")?;
            let known = fields.iter().zip(stored);
            let known = known.filter_map(|(field, hours)| Some((field.clone(), Hours::read(&hours?))));
            Ok(DayCounts { day, fields: known.collect() })
        });
        counts.collect()
    }

    /// Asks something of the counts of each day, `batch` days in one round trip.
    async fn ask_days(
        &self,
        business: &str,
        from: Day,
        to: Day,
        batch: usize,
        command: impl Fn(String) -> redis::Cmd,
    ) -> Result<Vec<(Day, redis::Value)>, LedgerError> {
        const MOST: usize = 3660;
        let keys = self.keys(business)?;
        let days: Vec<Day> = (from.0..=to.0).take(MOST).map(Day).collect();
        let mut replies = Vec::with_capacity(days.len());
        for days in days.chunks(batch) {
            let commands = days.iter().map(|day| command(keys.counts_of(day.0))).collect();
            for (day, reply) in days.iter().zip(self.work.pipeline(commands).await?) {
                replies.push((*day, crate::ledger::connection::refuse_error(reply)?));
            }
        }
        Ok(replies)
    }
}

/// The field of a figure by a value of a dimension.
fn by_value(figure: Figure, dimension: Dimension, value: &str) -> String {
    format!("{}/{}/{value}", figure.name(), dimension.name())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_and_hours_are_read_as_written() {
        let day: Day = "2026-11-25".parse().unwrap();
        assert_eq!(day.to_string(), "2026-11-25");
        assert_eq!(Day::of(day.begins()), day);
        assert_eq!(Day::of(day.begins() - 1).to_string(), "2026-11-24");
        assert_eq!(day.plus(7).to_string(), "2026-12-02");
        let hours = Hours::read("0:1 9:3 23:2 24:9 x:1 5:");
        assert_eq!((hours.total(), hours.each()[9], hours.each()[23]), (6, 3, 2));
        assert_eq!(Hours::read(""), Hours::default());
    }

    #[test]
    fn one_dimension_is_not_taken_for_another() {
        let field = |name: &str, hours: &str| (name.to_owned(), Hours::read(hours));
        let fields = BTreeMap::from([
            field("opt_outs", "9:3"),
            field("opt_outs/rule/es/keyword/baja", "9:2"),
            field("opt_outs/rule/none", ""),
            field("opt_outs/template/a", "9:1"),
        ]);
        let counts = DayCounts { day: Day(0), fields };
        let rules: Vec<_> = counts.by(Figure::OptOuts, Dimension::Rule).collect();
        assert_eq!(rules, [("es/keyword/baja", Hours::read("9:2"))]);
        assert_eq!(counts.total(Figure::OptOuts), 3);
        assert!(!counts.is_sampled() && !counts.has_others(Figure::OptOuts, Dimension::Rule));
    }
}
