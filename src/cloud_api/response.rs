//! What an answer of the Cloud API means.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// What became of one request.
#[derive(Clone, PartialEq, Eq)]
pub enum SendResult {
    /// Meta accepted the message (200 with an id). It may still fail later, which a status tells.
    Accepted {
        /// The id that Meta gave it. Personal data: it decodes to the number.
        wamid: String,
    },
    /// Meta answered, and did not accept it.
    Refused(Refusal),
    /// The request never left, so it was surely not accepted.
    NotSent(NotSent),
    /// The request left, or may have, and nobody knows what became of it.
    Unknown(InDoubt),
}

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// `error.code` of the body; `None` when there was no Graph error in it.
    pub code: Option<i64>,
    /// The HTTP status.
    pub http_status: u16,
    /// What `Retry-After` asked for, if it was there.
    pub retry_after: Option<Duration>,
}

/// Why a request never left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotSent {
    /// No connection: name resolution, TCP or TLS.
    Connect,
    /// The token has characters that no HTTP header may have.
    BadToken,
    /// The `phone_number_id` is not one: Meta's are digits.
    BadNumber,
}

/// Why nobody knows whether a request was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDoubt {
    /// No answer in time.
    Timeout,
    /// The connection broke after the request, or part of it, was written.
    Reset,
    /// A 5xx without a Graph error, so perhaps from a gateway in between.
    ServerError,
    /// A 2xx that does not say what was accepted.
    MalformedSuccess,
}

impl InDoubt {
    /// A stable name, fit for a metric's label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::ServerError => "server_error",
            Self::MalformedSuccess => "malformed_success",
        }
    }
}

impl SendResult {
    /// Reads an answer. `body` may be cut off: what cannot be read is judged by the status alone.
    pub(super) fn read(http_status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = body.get("error").filter(|error| error.is_object());
        // A refusal is a refusal with whatever status it comes: Meta calls the statuses unreliable.
        if error.is_some() {
            let code = error.and_then(|error| error.get("code")).and_then(whole_number);
            if code.is_some() || (400..500).contains(&http_status) {
                return Self::Refused(Refusal { code, http_status, retry_after });
            }
        }
        match http_status {
            200..300 => match accepted_id(&body) {
                Some(wamid) if error.is_none() => Self::Accepted { wamid },
                _ => Self::Unknown(InDoubt::MalformedSuccess),
            },
            300..500 => Self::Refused(Refusal { code: None, http_status, retry_after }),
            _ => Self::Unknown(InDoubt::ServerError),
        }
    }
}

impl fmt::Debug for SendResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { .. } => f.write_str("Accepted(redacted)"),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NotSent(why) => write!(f, "NotSent({why:?})"),
            Self::Unknown(why) => write!(f, "Unknown({why:?})"),
        }
    }
}

fn accepted_id(body: &Value) -> Option<String> {
    let id = body.get("messages")?.get(0)?.get("id")?.as_str()?;
    (!id.is_empty()).then(|| id.to_owned())
}

fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> SendResult {
        SendResult::read(status, None, body.as_bytes())
    }

    fn refused(code: Option<i64>, http_status: u16) -> SendResult {
        SendResult::Refused(Refusal { code, http_status, retry_after: None })
    }

    #[test]
    fn an_accepted_message_has_an_id() {
        let body = r#"{"messaging_product":"whatsapp","messages":[{"id":"wamid.OUT0099"}]}"#;
        assert_eq!(read(200, body), SendResult::Accepted { wamid: "wamid.OUT0099".into() });
        assert!(!format!("{:?}", read(200, body)).contains("OUT0099"));
    }

    #[test]
    fn a_success_that_says_nothing_is_in_doubt() {
        for body in
            ["", "{}", "[]", "null", "<html>", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, "{\"mess"]
        {
            assert_eq!(read(200, body), SendResult::Unknown(InDoubt::MalformedSuccess), "{body}");
        }
    }

    #[test]
    fn a_graph_error_is_a_refusal_with_any_status() {
        for status in [200, 400, 429, 500, 503] {
            assert_eq!(read(status, r#"{"error":{"code":130429}}"#), refused(Some(130_429), status));
        }
        assert_eq!(read(400, r#"{"error":{"code":"190"}}"#), refused(Some(190), 400));
    }

    #[test]
    fn without_a_graph_error_the_status_decides() {
        assert_eq!(read(404, "<html>"), refused(None, 404));
        assert_eq!(read(400, r#"{"error":{}}"#), refused(None, 400));
        assert_eq!(read(302, ""), refused(None, 302));
        for body in ["", "<html>", r#"{"error":"overloaded"}"#, r#"{"error":{}}"#] {
            assert_eq!(read(502, body), SendResult::Unknown(InDoubt::ServerError), "{body}");
        }
    }

    #[test]
    fn an_error_beside_an_id_is_in_doubt() {
        let body = r#"{"error":{},"messages":[{"id":"wamid.OUT0099"}]}"#;
        assert_eq!(read(200, body), SendResult::Unknown(InDoubt::MalformedSuccess));
    }
}
