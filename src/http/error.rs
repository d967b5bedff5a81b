//! What a caller is told when something is refused: one table of stable codes, each with its status.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;

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
    /// There is nothing at this path.
    #[error("there is nothing here")]
    NotFound,
    /// The path does not know this method.
    #[error("the method is not allowed here")]
    MethodNotAllowed,
    /// A part is not ready.
    #[error("the service is not ready")]
    NotReady,
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
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotReady => "not_ready",
        }
    }
}

#[derive(Serialize)]
struct Body {
    error: Detail,
}

#[derive(Serialize)]
struct Detail {
    code: &'static str,
    message: String,
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::BadSignature => StatusCode::UNAUTHORIZED,
            Self::BadVerifyToken => StatusCode::FORBIDDEN,
            Self::BadHandshake | Self::BadBody => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::ContentEncoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::StoreUnavailable | Self::NotReady | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if self.status_code() == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
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
            (ApiError::NotFound, "not_found", 404),
            (ApiError::MethodNotAllowed, "method_not_allowed", 405),
            (ApiError::NotReady, "not_ready", 503),
        ] {
            assert_eq!((error.code(), error.status_code().as_u16()), (code, status));
            assert_eq!(error.error_response().headers().contains_key("retry-after"), status == 503);
        }
    }
}
