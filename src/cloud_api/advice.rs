//! What to do about a refusal: Meta's error codes as data.
//!
//! Source: Meta's page of Cloud API error codes. Meta asks to build on `code`, since titles go away and HTTP
//! statuses changed without notice. The table says for each code whether the same request can succeed later.
//! A code that Meta adds tomorrow is judged by the status it comes with, in [`by_status`].
//!
//! None of these means that the person opted out: 131050, the one that would, comes with a later status.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::response::Refusal;

/// What to do about a refusal. Reasons are stable names, fit for a metric's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// The same request can succeed later: back off.
    RetryLater {
        /// Why.
        reason: &'static str,
        /// No sooner than this.
        at_least: Duration,
        /// How many attempts in all, where trying for the whole window is no use.
        at_most: Option<u32>,
        /// The limit is the number's, not the message's: its other messages wait as well.
        slow_down: bool,
    },
    /// Too many messages to this person: retry after `4^n` seconds.
    PairLimit,
    /// This message can never succeed.
    Permanent(&'static str),
    /// No message can succeed until somebody acts: stop sending, tell the operator, keep the messages.
    StopSending {
        /// Why.
        reason: &'static str,
        /// What to stop.
        reach: Reach,
    },
    /// A parameter is wrong, most likely the quoted message: send again without the quote.
    DropQuote,
}

/// How much one refusal says about other messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// All of the business: they share the token.
    Business,
    /// All from the same number. A limit of an account is found out by each of its numbers.
    Number,
}

/// What to do about `refusal`.
pub fn advice(refusal: &Refusal) -> Advice {
    let listed = |code| TABLE.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, advice)| *advice);
    refusal.code.and_then(listed).unwrap_or_else(|| by_status(refusal))
}

/// Judges what the table does not know.
///
/// - 401: the token, whatever the code.
/// - 403 without a code: no answer of the API, so something before it denies us all; stop. With a code it may
///   be about this one person (as 130403 is): try a few times and give up.
/// - 408, 425, 429: asked to slow down.
/// - 3xx: the configured address is not the API's; nothing would get through.
/// - any other 4xx, and a 2xx with an error: this message will not do.
/// - 5xx with a code: the API failed and said so; try a number of times.
fn by_status(refusal: &Refusal) -> Advice {
    match (refusal.http_status, refusal.code) {
        (401, _) => stop("unauthorized", Reach::Business),
        (403, None) => stop("forbidden", Reach::Business),
        (403, Some(_)) => retry_few("forbidden"),
        (408 | 425 | 429, _) => slow_down("rate_limit"),
        (300..=399, _) => stop("redirected", Reach::Business),
        (500.., _) => Advice::RetryLater {
            reason: "api_error",
            at_least: Duration::ZERO,
            at_most: Some(10),
            slow_down: false,
        },
        _ => Advice::Permanent("refused"),
    }
}

/// In the order of the codes. A range is one meaning.
const TABLE: &[(RangeInclusive<i64>, Advice)] = &[
    (0..=0, stop("token", Reach::Business)),
    (1..=1, retry_few("api_unknown")),
    (2..=2, retry("api_unavailable")),
    (3..=3, stop("permission", Reach::Business)),
    (4..=4, slow_down("app_rate_limit")),
    (10..=10, stop("permission", Reach::Business)),
    (33..=33, stop("number_gone", Reach::Number)),
    (100..=100, Advice::Permanent("bad_parameter")),
    (190..=190, stop("token", Reach::Business)),
    (200..=299, stop("permission", Reach::Business)),
    (368..=368, stop("account_restricted", Reach::Number)),
    (80_007..=80_007, slow_down("account_rate_limit")),
    (130_403..=130_403, Advice::Permanent("person_blocked_by_business")),
    (130_429..=130_429, slow_down("throughput")),
    (130_472..=130_472, Advice::Permanent("experiment")),
    (130_497..=130_497, Advice::Permanent("country_not_allowed")),
    (131_000..=131_000, retry_few("api_unknown")),
    (131_005..=131_005, stop("permission", Reach::Business)),
    (131_008..=131_008, Advice::Permanent("missing_parameter")),
    (131_009..=131_009, Advice::DropQuote),
    (131_016..=131_016, retry("api_unavailable")),
    (131_021..=131_021, Advice::Permanent("sender_is_recipient")),
    (131_026..=131_026, Advice::Permanent("undeliverable")),
    (131_030..=131_030, Advice::Permanent("not_in_allow_list")),
    (131_031..=131_031, stop("account_locked", Reach::Number)),
    (131_037..=131_037, stop("display_name", Reach::Number)),
    (131_042..=131_042, stop("billing", Reach::Number)),
    (131_044..=131_044, stop("billing", Reach::Number)),
    (131_045..=131_045, stop("number_registration", Reach::Number)),
    (131_047..=131_047, Advice::Permanent("window_closed")),
    (131_048..=131_048, stop("spam_limit", Reach::Number)),
    (131_049..=131_049, Advice::Permanent("not_delivered_by_choice")),
    (131_050..=131_050, Advice::Permanent("person_stopped_marketing")),
    (131_051..=131_051, Advice::Permanent("message_type")),
    (131_052..=131_053, Advice::Permanent("media")),
    (131_055..=131_055, Advice::Permanent("method_not_allowed")),
    (131_056..=131_056, Advice::PairLimit),
    (
        131_057..=131_057,
        Advice::RetryLater {
            reason: "number_maintenance",
            at_least: Duration::from_secs(60),
            at_most: None,
            slow_down: true,
        },
    ),
    (131_060..=131_060, Advice::Permanent("message_unavailable")),
    (131_062..=131_062, Advice::Permanent("bsuid_not_supported")),
    (131_063..=131_064, Advice::Permanent("template")),
    (132_000..=132_999, Advice::Permanent("template")),
    (133_000..=133_003, stop("number_registration", Reach::Number)),
    (133_004..=133_004, retry("api_unavailable")),
    (133_005..=133_999, stop("number_registration", Reach::Number)),
    (134_000..=134_999, Advice::Permanent("marketing_api")),
    (135_000..=135_000, Advice::Permanent("bad_parameter")),
    (137_000..=137_000, Advice::Permanent("identity_changed")),
];

const fn retry(reason: &'static str) -> Advice {
    Advice::RetryLater { reason, at_least: Duration::ZERO, at_most: None, slow_down: false }
}

/// For errors that say nothing: a bad request looks like a bad moment.
const fn retry_few(reason: &'static str) -> Advice {
    Advice::RetryLater { reason, at_least: Duration::ZERO, at_most: Some(5), slow_down: false }
}

const fn slow_down(reason: &'static str) -> Advice {
    Advice::RetryLater { reason, at_least: Duration::from_secs(1), at_most: None, slow_down: true }
}

const fn stop(reason: &'static str, reach: Reach) -> Advice {
    Advice::StopSending { reason, reach }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advise(code: impl Into<Option<i64>>, http_status: u16) -> Advice {
        advice(&Refusal { code: code.into(), http_status, retry_after: None })
    }

    #[test]
    fn codes_decide_and_statuses_do_not() {
        for status in [200, 400, 401, 403, 429, 500] {
            assert_eq!(advise(131_047, status), Advice::Permanent("window_closed"));
            assert_eq!(advise(131_056, status), Advice::PairLimit);
            assert_eq!(advise(131_009, status), Advice::DropQuote);
        }
    }

    #[test]
    fn token_policy_and_billing_stop_everything() {
        let business = [0, 3, 10, 190, 200, 250, 299, 131_005];
        let number = [33, 368, 131_031, 131_042, 131_045, 131_048, 133_010];
        for (codes, reach) in [(business.as_slice(), Reach::Business), (number.as_slice(), Reach::Number)] {
            for &code in codes {
                let Advice::StopSending { reach: said, .. } = advise(code, 400) else { panic!("{code}") };
                assert_eq!(said, reach, "{code}");
            }
        }
    }

    #[test]
    fn the_codes_to_retry_are_those_that_can_succeed_later() {
        let retried: Vec<i64> = (0..300)
            .chain([368])
            .chain(80_000..80_020)
            .chain(130_000..140_000)
            .filter(|&code| advise(code, 400) != Advice::Permanent("refused"))
            .filter(|&code| matches!(advise(code, 400), Advice::RetryLater { .. } | Advice::PairLimit))
            .collect();
        assert_eq!(retried, [1, 2, 4, 80_007, 130_429, 131_000, 131_016, 131_056, 131_057, 133_004]);
    }

    #[test]
    fn limits_of_the_number_slow_down_its_other_messages() {
        for code in [4, 80_007, 130_429, 131_057] {
            assert!(matches!(advise(code, 400), Advice::RetryLater { slow_down: true, .. }), "{code}");
        }
    }

    #[test]
    fn unknown_codes_go_by_their_status() {
        assert_eq!(advise(999_999, 401), stop("unauthorized", Reach::Business));
        assert_eq!(advise(999_999, 403), retry_few("forbidden"));
        assert_eq!(advise(None, 403), stop("forbidden", Reach::Business));
        assert_eq!(advise(None, 429), slow_down("rate_limit"));
        assert_eq!(advise(None, 307), stop("redirected", Reach::Business));
        assert_eq!(advise(None, 404), Advice::Permanent("refused"));
        assert_eq!(advise(999_999, 200), Advice::Permanent("refused"));
        assert!(matches!(advise(-1, 503), Advice::RetryLater { at_most: Some(10), .. }));
    }

    #[test]
    fn the_table_is_in_order_and_no_code_is_listed_twice() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].0.end() < pair[1].0.start(), "{:?} before {:?}", pair[0].0, pair[1].0);
        }
    }
}
