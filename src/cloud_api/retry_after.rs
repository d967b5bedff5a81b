//! The `Retry-After` header, in both of its forms (RFC 9110, section 10.2.3).

use std::time::Duration;

use jiff::Timestamp;

/// The longest wait that is taken from a header: an answer of minutes is plausible, one of days is a mistake.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// How long the header asks to wait, clamped to [`LONGEST`]; zero for a date in the past, `None` for what is
/// neither seconds nor a date. Cloud API documents no such header; gateways before it may send one.
pub(super) fn parse(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    let wait = Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO);
    Some(wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_noon(value: &str) -> Option<Duration> {
        parse(value, "2026-11-23T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(at_noon(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(at_noon("0"), Some(Duration::ZERO));
        assert_eq!(at_noon("Mon, 23 Nov 2026 12:01:30 GMT"), Some(Duration::from_secs(90)));
    }

    #[test]
    fn clamps_and_refuses() {
        assert_eq!(at_noon("86400"), Some(LONGEST));
        assert_eq!(at_noon("99999999999999999999999999"), Some(LONGEST));
        assert_eq!(at_noon("Tue, 24 Nov 2026 12:00:00 GMT"), Some(LONGEST));
        assert_eq!(at_noon("Mon, 23 Nov 2026 11:00:00 GMT"), Some(Duration::ZERO));
        for bad in ["", "-1", "1.5", "soon", "Mon, 32 Nov 2026 12:00:00 GMT"] {
            assert_eq!(at_noon(bad), None, "{bad}");
        }
    }
}
