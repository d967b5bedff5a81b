use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::error::ApiError,
    Api,
    document::{OfBody, OfBusiness, OfStore, Shut},
    input::{Caller, Input},
    numbers::{self, Whom},
    store_error,
};
use crate::ledger::Way;

/// Numbers in one call: each is a change of its own.
const MOST: usize = 1000;

/// Whom to put on the list, or take off it, and why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecideRequest {
    /// Phone numbers with country code, or user ids, in any spelling.
    #[schema(min_items = 1, max_items = 1000, example = json!(["+52 1 55 1234 5678"]))]
    numbers: Vec<String>,
    /// One kind of message only. Without it, everything.
    #[schema(example = "marketing")]
    topic: Option<String>,
    /// Why; kept as evidence.
    #[schema(max_length = 256, example = "asked by telephone")]
    note: Option<String>,
    /// Where numbers without a country code are from: two letters.
    #[schema(example = "MX")]
    country: Option<String>,
}

/// What came of each number, in their order.
#[derive(Serialize, ToSchema)]
pub(super) struct DecideAnswer {
    #[schema(example = "acme")]
    business: String,
    /// `all`, or the topic.
    #[schema(example = "marketing")]
    scope: String,
    /// Whether the list now says of every one what was asked for.
    all_done: bool,
    results: Vec<Decided>,
}

/// What came of one number.
#[derive(Serialize, ToSchema)]
pub(super) struct Decided {
    /// Which one.
    whom: Whom,
    /// `suppressed` or `resumed` when the list changed; `already` when it said so before; `refused` when it does not say
    /// what was asked for, as where everything is refused and one topic was resumed; `unreadable` when nothing was done.
    #[schema(example = "suppressed")]
    result: &'static str,
    /// Whether messages of the scope may go there now.
    allowed: bool,
}

/// Put on the list, as an operator. Outlasts whatever is known; sends no confirmation. Up to 1,000 numbers; after an error
/// send them again, and what is done answers `already`.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/suppress",
    operation_id = "suppress",
    tag = "list",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose list.", example = "acme")),
    request_body = DecideRequest,
    responses(
        (status = 200, description = "What came of each number, in their order.", body = DecideAnswer),
        Shut, OfBusiness, OfBody, OfStore
    )
)]
pub(super) async fn suppress(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    input: Input<DecideRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &caller, &business, input.0, Way::Suppress).await
}

/// Take off the list, as an operator: for people who surely want messages again. Without a topic every topic is lifted too;
/// with one, that alone. Sends no confirmation. Up to 1,000 numbers.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/resume",
    operation_id = "resume",
    tag = "list",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose list.", example = "acme")),
    request_body = DecideRequest,
    responses(
        (status = 200, description = "What came of each number, in their order.", body = DecideAnswer),
        Shut, OfBusiness, OfBody, OfStore
    )
)]
pub(super) async fn resume(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    input: Input<DecideRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &caller, &business, input.0, Way::Resume).await
}

async fn decide(
    api: &Api,
    caller: &Caller,
    business: &str,
    request: DecideRequest,
    way: Way,
) -> Result<HttpResponse, ApiError> {
    let business = api.writable(&caller.0, business)?;
    let scope = business.scope(request.topic.as_deref())?;
    let operator = caller.operator(request.note.as_deref())?;
    let given = numbers::read(request.numbers, request.country, MOST).await?;
    let identifiers = numbers::readable(&given);
    let decided = api.ledger.decide(&business.slug, way, &scope, operator, &identifiers).await;
    let mut decided = decided.map_err(|error| store_error(&error))?.into_iter();
    let mut all_done = true;
    let results = given.iter().enumerate().map(|(index, one)| {
        let outcome = one.read.is_ok().then(|| decided.next()).flatten();
        let result = outcome.map_or("unreadable", |one| one.word(way));
        all_done &= !matches!(result, "unreadable" | "refused");
        let allowed = outcome.is_some_and(|one| one.allowed());
        Decided { whom: one.whom(index, caller.0.reveal), result, allowed }
    });
    let results = results.collect();
    let (business, scope) = (business.slug.clone(), scope.to_string());
    Ok(HttpResponse::Ok().json(DecideAnswer { business, scope, all_done, results }))
}
