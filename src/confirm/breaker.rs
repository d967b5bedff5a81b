//! Stops sending where no message would get through, and finds out when it would again.
//!
//! Two causes, one mechanism. A *pause* follows a refusal that concerns every message (token, policy, billing).
//! A *circuit* opens when a number's requests fail one after the other without an answer. Both hold messages
//! back for a time, then let a single one through as a probe: an answer opens the way, another failure doubles
//! the time.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::cloud_api::Reach;

/// Held messages look again after this long while a probe is on its way.
const WHILE_PROBING: Duration = Duration::from_secs(5);

/// How long sending stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// The first pause after a refusal that concerns every message.
    pub pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// How many requests of a number must fail without an answer, one after the other.
    pub failures: u32,
    /// For how long the number's circuit opens first.
    pub open: Duration,
    /// The longest time it opens for.
    pub longest_open: Duration,
    /// When a probe counts as lost: later than any request can end.
    pub probe: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(60),
            longest_pause: Duration::from_secs(15 * 60),
            failures: 5,
            open: Duration::from_secs(10),
            longest_open: Duration::from_secs(5 * 60),
            probe: Duration::from_secs(20),
        }
    }
}

/// Whether a message may go now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Go,
    /// Not now.
    Held {
        /// Why sending is stopped.
        reason: &'static str,
        /// When to look again.
        wait: Duration,
    },
}

/// The gates that are shut, and the failures that may shut one.
pub(super) struct Breaker {
    settings: BreakerSettings,
    gates: HashMap<Place, Gate>,
    /// Failures without an answer, one after the other, by number.
    failures: HashMap<String, u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Business(String),
    Number(String),
}

/// A shut gate. From `until` on it lets one probe through.
struct Gate {
    reason: &'static str,
    /// How long it was shut for last.
    shut_for: Duration,
    until: Instant,
    /// When the probe under way, if any, counts as lost.
    probe_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, gates: HashMap::new(), failures: HashMap::new() }
    }

    /// How many messages of a business are worth leasing, `at_most` unless its gate is shut.
    pub(super) fn room(&self, business: &str, now: Instant, at_most: usize) -> usize {
        match self.gates.get(&Place::Business(business.to_owned())) {
            None => at_most,
            Some(gate) if gate.wait(now).is_some() => 0,
            Some(_) => at_most.min(1),
        }
    }

    /// Whether a message from `number` may go. Where a gate is due for a probe, that message is it.
    pub(super) fn admit(&mut self, business: &str, number: &str, now: Instant) -> Admission {
        let places = places(business, number);
        let shut = places.iter().filter_map(|place| self.gates.get(place));
        if let Some((reason, wait)) = shut.filter_map(|gate| Some((gate.reason, gate.wait(now)?))).next() {
            return Admission::Held { reason, wait };
        }
        for place in &places {
            if let Some(gate) = self.gates.get_mut(place) {
                gate.probe_until = Some(now + self.settings.probe);
            }
        }
        Admission::Go
    }

    /// A message was answered by anything but a stop: opens what was due for a probe.
    pub(super) fn answered(&mut self, business: &str, number: &str, now: Instant) {
        self.failures.remove(number);
        for place in places(business, number) {
            // An answer to a request from before the gate was shut says nothing about now.
            if self.gates.get(&place).is_some_and(|gate| gate.until <= now) {
                self.gates.remove(&place);
            }
        }
    }

    /// A message was refused for a reason that concerns all. Tells for how long sending stops, and whether
    /// this is news.
    pub(super) fn stopped(
        &mut self,
        business: &str,
        number: &str,
        reach: Reach,
        reason: &'static str,
        now: Instant,
    ) -> (Duration, bool) {
        self.failures.remove(number);
        let place = match reach {
            Reach::Business => Place::Business(business.to_owned()),
            Reach::Number => Place::Number(number.to_owned()),
        };
        self.shut(place, reason, self.settings.pause, self.settings.longest_pause, now)
    }

    /// A request got no answer. Tells for how long the number's circuit opens, when it just has.
    pub(super) fn failed(&mut self, business: &str, number: &str, now: Instant) -> Option<Duration> {
        let probed = places(business, number).into_iter().find(|place| {
            self.gates.get(place).is_some_and(|gate| gate.until <= now && gate.probe_until.is_some())
        });
        let count = self.failures.entry(number.to_owned()).or_default();
        *count = count.saturating_add(1);
        let place = match probed {
            Some(place) => place,
            None if *count >= self.settings.failures => Place::Number(number.to_owned()),
            None => return None,
        };
        self.failures.remove(number);
        let (wait, news) =
            self.shut(place, "circuit_open", self.settings.open, self.settings.longest_open, now);
        news.then_some(wait)
    }

    fn shut(
        &mut self,
        place: Place,
        reason: &'static str,
        first: Duration,
        longest: Duration,
        now: Instant,
    ) -> (Duration, bool) {
        let shut_for = match self.gates.get(&place) {
            // Others that were under way at the same moment say the same.
            Some(gate) if now < gate.until => return (gate.until.saturating_duration_since(now), false),
            Some(gate) => gate.shut_for.saturating_mul(2).clamp(first.min(longest), longest),
            None => first,
        };
        let gate = Gate { reason, shut_for, until: now + shut_for, probe_until: None };
        self.gates.insert(place, gate);
        (shut_for, true)
    }
}

impl Gate {
    /// How long a message has to wait; `None` when it may go as a probe.
    fn wait(&self, now: Instant) -> Option<Duration> {
        if now < self.until {
            return Some(self.until.saturating_duration_since(now));
        }
        self.probe_until.is_some_and(|lost| now < lost).then_some(WHILE_PROBING)
    }
}

fn places(business: &str, number: &str) -> [Place; 2] {
    [Place::Business(business.to_owned()), Place::Number(number.to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);

    fn breaker() -> (Breaker, Instant) {
        (Breaker::new(BreakerSettings::default()), Instant::now())
    }

    #[test]
    fn a_stop_holds_the_whole_business_and_lets_one_probe_through() {
        let (mut breaker, start) = breaker();
        assert_eq!(breaker.stopped("acme", "1", Reach::Business, "token", start), (MINUTE, true));
        assert!(!breaker.stopped("acme", "2", Reach::Business, "token", start + SECOND).1);
        assert_eq!(breaker.room("acme", start + SECOND, 32), 0);
        assert_eq!(breaker.room("other", start + SECOND, 32), 32);
        let held = Admission::Held { reason: "token", wait: MINUTE };
        assert_eq!(breaker.admit("acme", "3", start), held);

        let due = start + MINUTE;
        assert_eq!(breaker.room("acme", due, 32), 1);
        assert_eq!(breaker.admit("acme", "1", due), Admission::Go);
        assert_eq!(breaker.room("acme", due, 32), 0);
        assert!(matches!(breaker.admit("acme", "2", due), Admission::Held { wait: WHILE_PROBING, .. }));
        breaker.answered("acme", "1", due);
        assert_eq!(breaker.admit("acme", "2", due), Admission::Go);
        assert_eq!(breaker.room("acme", due, 32), 32);
    }

    #[test]
    fn pauses_double_up_to_a_quarter_of_an_hour() {
        let (mut breaker, mut now) = breaker();
        let mut minutes = Vec::new();
        for _ in 0..6 {
            let (wait, news) = breaker.stopped("acme", "1", Reach::Number, "billing", now);
            assert!(news);
            minutes.push(wait.as_secs() / 60);
            now += wait;
            assert_eq!(breaker.admit("acme", "1", now), Admission::Go);
            assert_eq!(breaker.admit("acme", "2", now), Admission::Go);
        }
        assert_eq!(minutes, [1, 2, 4, 8, 15, 15]);
    }

    #[test]
    fn five_failures_in_a_row_open_the_circuit_of_that_number() {
        let (mut breaker, start) = breaker();
        for _ in 0..4 {
            assert_eq!(breaker.failed("acme", "1", start), None);
        }
        breaker.answered("acme", "1", start);
        for _ in 0..4 {
            assert_eq!(breaker.failed("acme", "1", start), None);
        }
        assert_eq!(breaker.failed("acme", "1", start), Some(10 * SECOND));
        assert_eq!(breaker.failed("acme", "1", start), None);
        let held = Admission::Held { reason: "circuit_open", wait: 10 * SECOND };
        assert_eq!(breaker.admit("acme", "1", start), held);
        assert_eq!(breaker.admit("acme", "2", start), Admission::Go);
        // One failed probe is enough to shut it again, for twice as long.
        let due = start + 10 * SECOND;
        assert_eq!(breaker.admit("acme", "1", due), Admission::Go);
        assert_eq!(breaker.failed("acme", "1", due), Some(20 * SECOND));
    }

    #[test]
    fn an_answer_from_before_the_stop_opens_nothing() {
        let (mut breaker, start) = breaker();
        breaker.stopped("acme", "1", Reach::Business, "token", start);
        breaker.answered("acme", "1", start + SECOND);
        assert_eq!(breaker.room("acme", start + SECOND, 32), 0);
    }

    #[test]
    fn a_probe_that_never_reports_does_not_shut_the_gate_for_ever() {
        let (mut breaker, start) = breaker();
        breaker.stopped("acme", "1", Reach::Business, "token", start);
        assert_eq!(breaker.admit("acme", "1", start + MINUTE), Admission::Go);
        assert_eq!(breaker.admit("acme", "1", start + 2 * MINUTE), Admission::Go);
    }
}
