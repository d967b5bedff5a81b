//! What a target's answer means for the body that it was given.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// The longest wait that a target may ask for.
const LONGEST_HINT: Duration = Duration::from_secs(3600);

/// What became of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    /// The target has it: any 2xx.
    Accepted,
    /// The target will never take this body.
    Refused {
        /// Why, in a word of ours.
        reason: &'static str,
    },
    /// The target did not take it now, or nobody knows whether it did.
    Failed {
        /// Why, in a word of ours.
        reason: &'static str,
        /// How long the target asked to be left alone.
        wait: Option<Duration>,
    },
}

/// Judges an answer. Only what speaks of the body itself is final: a wrong path or a missing permission is mended at the
/// target, and the body is then still wanted.
pub(super) fn judge(status: u16, headers: &HeaderMap) -> Delivered {
    let reason = match status {
        200..=299 => return Delivered::Accepted,
        400 => return Delivered::Refused { reason: "http_400" },
        410 => return Delivered::Refused { reason: "http_410" },
        413 => return Delivered::Refused { reason: "http_413" },
        415 => return Delivered::Refused { reason: "http_415" },
        422 => return Delivered::Refused { reason: "http_422" },
        300..=399 => "redirect",
        401 | 403 => "unauthorized",
        404 | 405 => "not_found",
        408 | 504 => "target_timeout",
        429 => "throttled",
        503 => "unavailable",
        500..=599 => "http_5xx",
        _ => "http_other",
    };
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Delivered::Failed { reason, wait: asked.map(|seconds| Duration::from_secs(seconds).min(LONGEST_HINT)) }
}

/// Judges a delivery without an answer.
pub(super) fn failed(error: &reqwest::Error) -> Delivered {
    let reason = if error.is_connect() {
        "connect"
    } else if error.is_timeout() {
        "timeout"
    } else {
        "broken_off"
    };
    Delivered::Failed { reason, wait: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_speaks_of_the_body_is_final() {
        let none = HeaderMap::new();
        for status in [200, 201, 204] {
            assert_eq!(judge(status, &none), Delivered::Accepted);
        }
        for status in [400, 410, 413, 415, 422] {
            assert!(matches!(judge(status, &none), Delivered::Refused { .. }), "{status}");
        }
        for status in [100, 301, 302, 307, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 599] {
            assert!(matches!(judge(status, &none), Delivered::Failed { wait: None, .. }), "{status}");
        }
    }

    #[test]
    fn a_target_may_ask_for_time_within_reason() {
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            match judge(503, &headers) {
                Delivered::Failed { wait, .. } => wait,
                _ => None,
            }
        };
        assert_eq!(wait("30"), Some(Duration::from_secs(30)));
        assert_eq!(wait("999999999"), Some(LONGEST_HINT));
        assert_eq!(wait("soon"), None);
    }
}
