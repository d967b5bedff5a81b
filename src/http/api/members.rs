use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::error::ApiError,
    Api,
    document::{OfBusiness, OfQuery, OfStore, Shut},
    input::{Asked, Caller},
    store_error,
};
use crate::identity::masked;

/// About how many come with one page, and the most that may be asked for.
const USUAL: usize = 500;
const MOST: usize = 5000;

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MembersQuery {
    /// A topic, for who refused it; without it, who refused everything.
    #[param(example = "marketing")]
    topic: Option<String>,
    /// `next` of the page before.
    #[param(value_type = Option<String>, example = "0")]
    cursor: Option<u64>,
    /// About how many, from 1 to 5,000; 500 when not given. A page may have fewer, none, or a few more.
    #[param(minimum = 1, maximum = 5000, example = 500)]
    limit: Option<usize>,
}

/// A page of the list, in no order.
#[derive(Serialize, ToSchema)]
pub(super) struct Members {
    #[schema(example = "acme")]
    business: String,
    /// `all`, or the topic.
    #[schema(example = "all")]
    scope: String,
    /// Every spelling is an entry of its own. One may come twice while the list changes; none that stays is left out. Only
    /// the last four characters are shown to tokens that may not see whole numbers.
    #[schema(example = json!(["…5678"]))]
    identifiers: Vec<String>,
    /// The cursor of the next page; null at the end.
    #[schema(example = "3072")]
    next: Option<String>,
}

/// Who is on the list, page by page.
#[utoipa::path(
    get,
    path = "/api/v1/businesses/{business}/suppressions",
    operation_id = "list_suppressions",
    tag = "list",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose list.", example = "acme"), MembersQuery),
    responses((status = 200, description = "A page.", body = Members), Shut, OfBusiness, OfQuery, OfStore)
)]
pub(super) async fn list(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    query: Asked<MembersQuery>,
) -> Result<HttpResponse, ApiError> {
    let business = api.business(&caller.0, &business)?;
    let Asked(MembersQuery { topic, cursor, limit }) = query;
    let scope = business.scope(topic.as_deref())?;
    let limit = Some(limit.unwrap_or(USUAL)).filter(|limit| (1..=MOST).contains(limit));
    let limit = limit.ok_or(ApiError::BadQuery)?;
    let page = api.ledger.members(&business.slug, &scope, cursor.unwrap_or(0), limit).await;
    let page = page.map_err(|error| store_error(&error))?;
    Ok(HttpResponse::Ok().json(Members {
        business: business.slug.clone(),
        scope: scope.to_string(),
        identifiers: page.identifiers.iter().map(|one| masked(one, caller.0.reveal)).collect(),
        next: page.next.map(|next| next.to_string()),
    }))
}
