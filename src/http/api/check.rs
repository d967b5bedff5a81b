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
use crate::{intent::Scope, ledger::Verdict};

/// Numbers in one call.
const MOST: usize = 10_000;

/// May I send?
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckRequest {
    /// Phone numbers with country code, or user ids, in any spelling.
    #[schema(min_items = 1, max_items = 10_000, example = json!(["+52 1 55 1234 5678", "MX.9001"]))]
    numbers: Vec<String>,
    /// The kind of message. Without it: whether anything at all may go, which is not enough for a kind of message that
    /// somebody may have refused alone.
    #[schema(example = "marketing")]
    topic: Option<String>,
    /// Where numbers without a country code are from: two letters.
    #[schema(example = "MX")]
    country: Option<String>,
}

/// One answer for each number, in their order.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckAnswer {
    #[schema(example = "acme")]
    business: String,
    /// What was asked: `all`, or the topic.
    #[schema(example = "marketing")]
    scope: String,
    /// Whether every one of them may be sent to.
    all_allowed: bool,
    results: Vec<Checked>,
}

/// Whether one number may be sent to.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    /// Which one.
    whom: Whom,
    /// Whether messages of the scope may go there. What is not `true` must not be sent to.
    allowed: bool,
    /// The scopes that forbid it, and without a topic all topics that are refused too.
    #[schema(example = json!(["marketing"]))]
    refused: Vec<String>,
}

/// May I send? Up to 10,000 numbers in one call.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/check",
    operation_id = "check",
    tag = "list",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose list.", example = "acme")),
    request_body = CheckRequest,
    responses(
        (status = 200, description = "One answer for each number, in their order.", body = CheckAnswer),
        Shut, OfBusiness, OfBody, OfStore
    )
)]
pub(super) async fn check(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    input: Input<CheckRequest>,
) -> Result<HttpResponse, ApiError> {
    let business = api.business(&caller.0, &business)?;
    let Input(CheckRequest { numbers, topic, country }) = input;
    let scope = business.scope(topic.as_deref())?;
    let given = numbers::read(numbers, country, MOST).await?;
    let identifiers = numbers::readable(&given);
    let failed = |error| store_error(&error);
    let verdicts = api.ledger.check(&business.slug, &scope, &identifiers).await.map_err(failed)?;
    let topics = match scope {
        Scope::All => api.ledger.refused_topics(&business.slug, &identifiers).await.map_err(failed)?,
        Scope::Topic(_) => vec![Vec::new(); identifiers.len()],
    };
    let mut answers = verdicts.into_iter().zip(topics);
    let results: Vec<Checked> = given
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let answer = one.read.is_ok().then(|| answers.next()).flatten();
            let whom = one.whom(index, caller.0.reveal);
            let Some((verdict, topics)) = answer else {
                return Checked { whom, allowed: false, refused: Vec::new() };
            };
            let own = match verdict {
                Verdict::Allowed => None,
                Verdict::RefusedAll => Some(Scope::All.to_string()),
                Verdict::RefusedTopic => Some(scope.to_string()),
            };
            let refused = own.into_iter().chain(topics).collect();
            Checked { whom, allowed: verdict == Verdict::Allowed, refused }
        })
        .collect();
    Ok(HttpResponse::Ok().json(CheckAnswer {
        business: business.slug.clone(),
        scope: scope.to_string(),
        all_allowed: results.iter().all(|one| one.allowed),
        results,
    }))
}
