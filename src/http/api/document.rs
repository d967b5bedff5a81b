//! The description of the API (OpenAPI 3.1), made from the handlers and their types.

use actix_web::{HttpResponse, http::header::ContentType};
use utoipa::{
    IntoResponses, Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{super::error::Body as Refusal, businesses, check, decide, evidence, members, near_misses};

/// Refusals of whatever needs a token.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum Shut {
    /// `token_missing` or `token_unknown`: send `Authorization: Bearer baja_…`.
    #[response(status = 401)]
    Unauthorized(Refusal),
    /// `api_shut`: no token is configured. `read_only`: the token may not change anything.
    #[response(status = 403)]
    Forbidden(Refusal),
    /// `too_many_failures`: too many wrong tokens; `Retry-After` says when to try again.
    #[response(status = 429)]
    TooMany(Refusal),
}

/// Refusals of what is about one business.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum OfBusiness {
    /// `unknown_business`, also for one that the token may not see; `unknown_near_miss`.
    #[response(status = 404)]
    Unknown(Refusal),
}

/// Refusals of what has a body.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum OfBody {
    /// `bad_json`, `how_many`, `bad_number`, `bad_country`, `unknown_topic`, `long_note` or `bad_body`.
    #[response(status = 400)]
    Bad(Refusal),
    /// `body_timeout`: it did not arrive in time.
    #[response(status = 408)]
    Late(Refusal),
    /// `body_too_large`: more than 1 MiB.
    #[response(status = 413)]
    Large(Refusal),
    /// `content_encoding`: it is compressed.
    #[response(status = 415)]
    Encoded(Refusal),
}

/// Refusals of what has a query.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum OfQuery {
    /// `bad_query` or `unknown_topic`.
    #[response(status = 400)]
    Bad(Refusal),
}

/// Refusals of what has happened otherwise already.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum OfConflict {
    /// `answered_no` or `ended_with_stop`: the near-miss ended otherwise, and this does not go over it.
    #[response(status = 409)]
    Ended(Refusal),
}

/// Refusals of what asks Redis.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "read by the macro, which makes the description")]
pub(super) enum OfStore {
    /// `internal`: what is stored cannot be used. Trying again does not help; the log says more.
    #[response(status = 500)]
    Internal(Refusal),
    /// `store_unavailable` or `busy`: try again after `Retry-After`. What changes the list may have been done, and may be
    /// sent again.
    #[response(status = 503)]
    Unavailable(Refusal),
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "baja",
        description = "The opt-out list of WhatsApp senders. On the operators' listener; tokens are configured in [access]."
    ),
    paths(
        businesses::list,
        check::check,
        members::list,
        decide::suppress,
        decide::resume,
        evidence::show,
        near_misses::list,
        near_misses::approve,
        near_misses::reject
    ),
    components(schemas(Refusal)),
    modifiers(&BearerToken),
    tags(
        (name = "list", description = "Who may not be sent to, and why."),
        (name = "near-misses", description = "Texts that were likely a stop and not surely one."),
        (name = "businesses", description = "Whose lists there are.")
    )
)]
struct Document;

struct BearerToken;

impl Modify for BearerToken {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("baja_…").build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(scheme));
    }
}

/// The description as JSON, with a line for each member.
///
/// # Errors
///
/// When it cannot be written as JSON, which the tests rule out.
pub fn openapi() -> Result<String, serde_json::Error> {
    Document::openapi().to_pretty_json()
}

/// The description. Open to everybody who reaches the listener: there is nothing of anybody in it.
pub(super) async fn show() -> HttpResponse {
    match openapi() {
        Ok(document) => HttpResponse::Ok().insert_header(ContentType::json()).body(document),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
