//! What a caller is told when something is refused: one table of stable codes, each with its status.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{identity::TypedError, ledger::NOTE_CHARS};

/// Seconds after which a caller may try again.
const RETRY_AFTER: &str = "5";

/// A refusal, as the caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// The signature is missing, malformed, or not made with a known app secret.
    #[error("the request is not signed with a known app secret")]
    BadSignature,
    /// The handshake's token is not one of ours.
    #[error("the verify token is not known")]
    BadVerifyToken,
    /// The handshake lacks a parameter or has one that cannot be used.
    #[error("hub.mode, hub.verify_token and hub.challenge are needed")]
    BadHandshake,
    /// The body is larger than any webhook.
    #[error("the body is larger than the limit")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    Timeout,
    /// The body ended early or its framing is broken.
    #[error("the body cannot be read")]
    BadBody,
    /// The body is compressed, so that its signature cannot be checked over the bytes that were signed.
    #[error("send the body without content encoding")]
    ContentEncoding,
    /// The store cannot take it now.
    #[error("the store is not available; send it again later")]
    StoreUnavailable,
    /// Too many large bodies are being read already.
    #[error("too many large requests at once; send it again later")]
    Busy,
    /// A target that must have the webhook before it may be answered has not got it.
    #[error("a target of the relay could not be given the webhook; send it again later")]
    NotPassedOn,
    /// There is nothing at this path.
    #[error("there is nothing here")]
    NotFound,
    /// The path does not know this method.
    #[error("the method is not allowed here")]
    MethodNotAllowed,
    /// A part is not ready.
    #[error("the service is not ready")]
    NotReady,
    /// No token is configured, so the API is shut.
    #[error(
        "the API is shut: no token is configured; make one with `baja token new NAME` and restart with it"
    )]
    ApiShut,
    /// No token was shown.
    #[error("a token is needed: send the header `Authorization: Bearer baja_…`")]
    TokenMissing,
    /// The token is not known.
    #[error("this token is not known; compare it with [access] in the configuration of the service")]
    TokenUnknown,
    /// Too many wrong tokens of late. Seconds to wait.
    #[error("too many wrong tokens; try again later")]
    TooManyFailures(u64),
    /// The token may only ask.
    #[error("this token may only read; use one with role = \"write\"")]
    ReadOnly,
    /// There is no such business, or none that the token may know of.
    #[error("there is no such business; GET /api/v1/businesses names those that this token may see")]
    UnknownBusiness,
    /// The body is not what is expected there. Where that shows.
    #[error("the body is not the JSON that is described for this path (line {line}, column {column})")]
    BadJson {
        /// From 1.
        line: usize,
        /// From 1; 0 for the whole.
        column: usize,
    },
    /// A parameter in the query cannot be used.
    #[error("a parameter of the query is unknown or cannot be used; see /api/v1/openapi.json")]
    BadQuery,
    /// Too few or too many numbers in one call.
    #[error("numbers must have from 1 to {0} items")]
    HowMany(usize),
    /// The business has no such topic.
    #[error(
        "the business has no such topic; GET /api/v1/businesses names them (leave it out for everything)"
    )]
    UnknownTopic,
    /// The default country is not known.
    #[error("country must be two letters, as in MX, of a country that has phone numbers")]
    BadCountry,
    /// The number cannot be read.
    #[error("the number cannot be read: {0}")]
    BadNumber(TypedError),
    /// The note is too long.
    #[error("note must have at most {NOTE_CHARS} characters")]
    LongNote,
    /// There is no such near-miss.
    #[error("there is no near-miss of this id; the oldest go when there are too many")]
    UnknownNearMiss,
    /// The person answered no.
    #[error("the person answered no to the question; suppress them if they say otherwise now")]
    AnsweredNo,
    /// It ended with a stop.
    #[error("it ended with a stop; resume the person to take that back")]
    EndedWithStop,
    /// What is stored cannot be used, or there is a bug.
    #[error("it could not be done; the log says more")]
    Internal,
}

impl ApiError {
    /// The code that callers may rely on.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::BadVerifyToken => "bad_verify_token",
            Self::BadHandshake => "bad_handshake",
            Self::TooLarge => "body_too_large",
            Self::Timeout => "body_timeout",
            Self::BadBody => "bad_body",
            Self::ContentEncoding => "content_encoding",
            Self::StoreUnavailable => "store_unavailable",
            Self::Busy => "busy",
            Self::NotPassedOn => "not_passed_on",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotReady => "not_ready",
            Self::ApiShut => "api_shut",
            Self::TokenMissing => "token_missing",
            Self::TokenUnknown => "token_unknown",
            Self::TooManyFailures(_) => "too_many_failures",
            Self::ReadOnly => "read_only",
            Self::UnknownBusiness => "unknown_business",
            Self::BadJson { .. } => "bad_json",
            Self::BadQuery => "bad_query",
            Self::HowMany(_) => "how_many",
            Self::UnknownTopic => "unknown_topic",
            Self::BadCountry => "bad_country",
            Self::BadNumber(_) => "bad_number",
            Self::LongNote => "long_note",
            Self::UnknownNearMiss => "unknown_near_miss",
            Self::AnsweredNo => "answered_no",
            Self::EndedWithStop => "ended_with_stop",
            Self::Internal => "internal",
        }
    }
}

/// Why something was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
pub(super) struct Body {
    error: Detail,
}

#[derive(Serialize, ToSchema)]
#[schema(as = RefusalDetail)]
struct Detail {
    /// Stable; to be told apart by programs.
    #[schema(example = "unknown_business")]
    code: &'static str,
    /// For people: what is wrong and what to do. Never personal data.
    message: String,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BadSignature | Self::TokenMissing | Self::TokenUnknown => StatusCode::UNAUTHORIZED,
            Self::BadVerifyToken | Self::ApiShut | Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::BadHandshake
            | Self::BadBody
            | Self::BadJson { .. }
            | Self::BadQuery
            | Self::HowMany(_)
            | Self::UnknownTopic
            | Self::BadCountry
            | Self::BadNumber(_)
            | Self::LongNote => StatusCode::BAD_REQUEST,
            Self::TooManyFailures(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::AnsweredNo | Self::EndedWithStop => StatusCode::CONFLICT,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotFound | Self::UnknownBusiness | Self::UnknownNearMiss => StatusCode::NOT_FOUND,
            Self::StoreUnavailable | Self::NotReady | Self::Busy | Self::NotPassedOn => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::TooManyFailures(seconds) => {
                response.insert_header((header::RETRY_AFTER, seconds.to_string()));
            }
            _ if self.status_code() == StatusCode::SERVICE_UNAVAILABLE => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
            }
            Self::TokenMissing | Self::TokenUnknown => {
                response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"baja\""));
            }
            _ => {}
        }
        response.json(Body { error: Detail { code: self.code(), message: self.to_string() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_statuses_are_pinned() {
        for (error, code, status) in [
            (ApiError::BadSignature, "bad_signature", 401),
            (ApiError::BadVerifyToken, "bad_verify_token", 403),
            (ApiError::BadHandshake, "bad_handshake", 400),
            (ApiError::TooLarge, "body_too_large", 413),
            (ApiError::Timeout, "body_timeout", 408),
            (ApiError::BadBody, "bad_body", 400),
            (ApiError::ContentEncoding, "content_encoding", 415),
            (ApiError::StoreUnavailable, "store_unavailable", 503),
            (ApiError::Busy, "busy", 503),
            (ApiError::NotPassedOn, "not_passed_on", 503),
            (ApiError::NotFound, "not_found", 404),
            (ApiError::MethodNotAllowed, "method_not_allowed", 405),
            (ApiError::NotReady, "not_ready", 503),
            (ApiError::ApiShut, "api_shut", 403),
            (ApiError::TokenMissing, "token_missing", 401),
            (ApiError::TokenUnknown, "token_unknown", 401),
            (ApiError::TooManyFailures(6), "too_many_failures", 429),
            (ApiError::ReadOnly, "read_only", 403),
            (ApiError::UnknownBusiness, "unknown_business", 404),
            (ApiError::BadJson { line: 1, column: 2 }, "bad_json", 400),
            (ApiError::BadQuery, "bad_query", 400),
            (ApiError::HowMany(10_000), "how_many", 400),
            (ApiError::UnknownTopic, "unknown_topic", 400),
            (ApiError::BadCountry, "bad_country", 400),
            (ApiError::BadNumber(TypedError::Length), "bad_number", 400),
            (ApiError::LongNote, "long_note", 400),
            (ApiError::UnknownNearMiss, "unknown_near_miss", 404),
            (ApiError::AnsweredNo, "answered_no", 409),
            (ApiError::EndedWithStop, "ended_with_stop", 409),
            (ApiError::Internal, "internal", 500),
        ] {
            assert_eq!((error.code(), error.status_code().as_u16()), (code, status));
            assert_eq!(
                error.error_response().headers().contains_key("retry-after"),
                [429, 503].contains(&status)
            );
        }
    }
}
