//! What follows from an answer of the Cloud API: for the job, and for the messages after it.

use std::time::Duration;

use crate::cloud_api::{Advice, NotSent, Reach, Refusal, SendResult, advice};
use crate::ledger::{Job, Settlement};

use super::schedule;

/// Given up because a later attempt would fall outside the 24-hour window.
pub(super) const WINDOW_CLOSED: &str = "window_closed";

/// What follows from one answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The job has its result.
    Settle {
        /// For the job.
        settlement: Settlement,
        /// For what is sent after it.
        signal: Signal,
    },
    /// No message would be accepted: sending stops, and the job waits as long as it does.
    Stop {
        /// Why.
        reason: &'static str,
        /// What to stop.
        reach: Reach,
    },
}

/// What follows for other messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// The API answers.
    Answered,
    /// The API answers, and the number should send nothing for a while.
    SlowDown(Duration),
    /// No answer.
    Failed,
    /// Nothing.
    None,
}

/// Moments and chance, from outside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dice {
    /// Unix milliseconds.
    pub(super) now: i64,
    /// From 0 to 1.
    pub(super) random: f64,
}

/// Judges the answer to a message that was sent for `job`, with a quote or without.
pub(super) fn judge(result: SendResult, job: &Job, quoted: bool, dice: Dice) -> Outcome {
    let settle = |settlement, signal| Outcome::Settle { settlement, signal };
    match result {
        SendResult::Accepted { wamid } => settle(Settlement::Sent { wamid }, Signal::Answered),
        SendResult::Refused(refusal) => refused(refusal, job, quoted, dice),
        SendResult::NotSent(NotSent::Connect) => {
            let wait = schedule::backoff(job.attempts, Duration::ZERO, dice.random);
            settle(put_off(job, wait, "connect", dice.now), Signal::Failed)
        }
        SendResult::NotSent(NotSent::BadToken) => Outcome::Stop { reason: "token", reach: Reach::Business },
        SendResult::NotSent(NotSent::BadNumber) => {
            settle(Settlement::Dropped { reason: "bad_phone_number_id" }, Signal::None)
        }
        SendResult::Unknown(doubt) => settle(Settlement::Unknown { reason: doubt.as_str() }, Signal::Failed),
    }
}

/// Puts a job off, or drops it when its window closes before.
pub(super) fn put_off(job: &Job, after: Duration, reason: &'static str, now: i64) -> Settlement {
    if schedule::fits(after, now, job.expires_at) {
        Settlement::Retry { after, reason }
    } else {
        Settlement::Dropped { reason: WINDOW_CLOSED }
    }
}

/// Puts a job off for which nothing was sent, or nothing could have been accepted whatever it says: no attempt
/// of its own. It is dropped when its window closes before.
pub(super) fn hold(job: &Job, after: Duration, reason: &'static str, now: i64) -> Settlement {
    match put_off(job, after, reason, now) {
        Settlement::Retry { after, reason } => Settlement::Held { after, reason },
        other => other,
    }
}

fn refused(refusal: Refusal, job: &Job, quoted: bool, dice: Dice) -> Outcome {
    let hint = refusal.retry_after.unwrap_or_default();
    let mut signal = Signal::Answered;
    let settlement = match advice(&refusal) {
        Advice::StopSending { reason, reach } => return Outcome::Stop { reason, reach },
        Advice::Permanent(reason) => Settlement::Dropped { reason },
        Advice::DropQuote if quoted => Settlement::RetryWithoutQuote { reason: "bad_parameter" },
        Advice::DropQuote => Settlement::Dropped { reason: "bad_parameter" },
        Advice::PairLimit => {
            let wait = schedule::pair_limit(job.attempts, hint, dice.random);
            put_off(job, wait, "pair_rate_limit", dice.now)
        }
        Advice::RetryLater { reason, at_most: Some(at_most), .. } if job.attempts >= at_most => {
            Settlement::Dropped { reason }
        }
        Advice::RetryLater { reason, at_least, slow_down, .. } => {
            let least = hint.max(at_least);
            if slow_down {
                signal = Signal::SlowDown(least);
            }
            put_off(job, backoff_above(job.attempts, least, dice.random), reason, dice.now)
        }
    };
    Outcome::Settle { settlement, signal }
}

/// The back-off, and `least` before it: whoever is told to slow down again and again slows down more.
fn backoff_above(attempts: u32, least: Duration, random: f64) -> Duration {
    schedule::backoff(attempts, Duration::ZERO, random).max(schedule::backoff(attempts, least, random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud_api::InDoubt;
    use crate::confirm::worker::tests::job;

    const NOW: i64 = 1_795_000_000_000;
    const DICE: Dice = Dice { now: NOW, random: 0.0 };

    fn waiting_job() -> Job {
        Job { expires_at: NOW + 3_600_000, attempts: 1, ..job(1) }
    }

    fn code(code: i64) -> SendResult {
        SendResult::Refused(Refusal { code: Some(code), http_status: 400, retry_after: None })
    }

    fn ended(result: SendResult, job: &Job, quoted: bool) -> (Settlement, Signal) {
        match judge(result, job, quoted, DICE) {
            Outcome::Settle { settlement, signal } => (settlement, signal),
            Outcome::Stop { reason, .. } => panic!("stopped: {reason}"),
        }
    }

    fn settled(result: SendResult, job: &Job) -> Settlement {
        ended(result, job, true).0
    }

    fn retry(seconds: u64, reason: &'static str) -> Settlement {
        Settlement::Retry { after: Duration::from_secs(seconds), reason }
    }

    #[test]
    fn what_may_have_been_accepted_is_in_doubt_and_nothing_else_is() {
        let job = waiting_job();
        for doubt in [InDoubt::Timeout, InDoubt::Reset, InDoubt::ServerError, InDoubt::MalformedSuccess] {
            let (settlement, signal) = ended(SendResult::Unknown(doubt), &job, true);
            assert_eq!(settlement, Settlement::Unknown { reason: doubt.as_str() });
            assert_eq!(signal, Signal::Failed);
        }
        let (settlement, signal) = ended(SendResult::NotSent(NotSent::Connect), &job, true);
        assert!(matches!(settlement, Settlement::Retry { reason: "connect", .. }));
        assert_eq!(signal, Signal::Failed);
    }

    #[test]
    fn limits_are_waited_out() {
        assert_eq!(
            settled(code(131_056), &Job { attempts: 3, ..waiting_job() }),
            retry(16, "pair_rate_limit")
        );
        assert_eq!(settled(code(131_057), &waiting_job()), retry(60, "number_maintenance"));
        let limited =
            Refusal { code: Some(130_429), http_status: 429, retry_after: Some(Duration::from_secs(30)) };
        let (settlement, signal) = ended(SendResult::Refused(limited), &waiting_job(), true);
        assert_eq!(settlement, retry(30, "throughput"));
        assert_eq!(signal, Signal::SlowDown(Duration::from_secs(30)));
    }

    #[test]
    fn a_limit_met_again_and_again_backs_off() {
        let job = Job { attempts: 8, ..waiting_job() };
        let outcome = judge(code(130_429), &job, true, Dice { now: NOW, random: 1.0 });
        let Outcome::Settle { settlement, .. } = outcome else { panic!("stopped") };
        assert_eq!(settlement, retry(256, "throughput"));
    }

    #[test]
    fn errors_that_say_nothing_are_retried_a_few_times() {
        let nearly = Job { attempts: 4, ..waiting_job() };
        assert!(matches!(settled(code(131_000), &nearly), Settlement::Retry { .. }));
        let last = Job { attempts: 5, ..waiting_job() };
        assert_eq!(settled(code(131_000), &last), Settlement::Dropped { reason: "api_unknown" });
    }

    #[test]
    fn nothing_is_put_off_past_the_window() {
        let late = Job { expires_at: NOW + 30_000, ..waiting_job() };
        assert_eq!(settled(code(131_057), &late), Settlement::Dropped { reason: WINDOW_CLOSED });
        assert_eq!(settled(code(131_047), &waiting_job()), Settlement::Dropped { reason: WINDOW_CLOSED });
    }

    #[test]
    fn a_bad_parameter_costs_the_quote_first() {
        let job = waiting_job();
        assert_eq!(settled(code(131_009), &job), Settlement::RetryWithoutQuote { reason: "bad_parameter" });
        let (unquoted, _) = ended(code(131_009), &job, false);
        assert_eq!(unquoted, Settlement::Dropped { reason: "bad_parameter" });
    }

    #[test]
    fn token_and_policy_keep_the_job() {
        for result in [code(190), code(368), SendResult::NotSent(NotSent::BadToken)] {
            let outcome = judge(result, &waiting_job(), true, DICE);
            assert!(matches!(outcome, Outcome::Stop { .. }), "{outcome:?}");
        }
    }
}
