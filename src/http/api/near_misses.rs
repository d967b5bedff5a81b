use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::{
        error::ApiError,
        verdict::{self, Said, Word},
    },
    Api,
    document::{OfBody, OfBusiness, OfConflict, OfQuery, OfStore, Shut},
    input::{Asked, Caller, Input},
    store_error, time,
};
use crate::{
    identity::masked,
    ledger::{NearMissId, StoredNearMiss},
};

/// How many come with one page, and the most that may be asked for.
const USUAL: usize = 100;
const MOST: usize = 1000;

/// Which near-misses.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NearMissesQuery {
    /// Only those in this state.
    #[param(inline)]
    state: Option<State>,
    /// `next` of the page before.
    #[param(value_type = Option<String>, example = "1790000000000")]
    cursor: Option<u64>,
    /// How many are looked at, from 1 to 1,000; 100 when not given. With a state a page may have fewer.
    #[param(minimum = 1, maximum = 1000, example = 100)]
    limit: Option<usize>,
}

/// How a near-miss ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It did not: the person was not asked, or has not answered.
    Open,
    /// The person answered with a stop.
    Yes,
    /// The person answered that messages may go on.
    No,
    /// An operator took it for a stop.
    Approved,
    /// An operator took it for none.
    Rejected,
}

/// A page of near-misses, the newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct NearMisses {
    #[schema(example = "acme")]
    business: String,
    near_misses: Vec<NearMiss>,
    /// The cursor of the next page; null at the end.
    #[schema(example = "1790000000000")]
    next: Option<String>,
}

/// A text that was likely a stop and not surely one.
#[derive(Serialize, ToSchema)]
pub(super) struct NearMiss {
    #[schema(example = "7c1f09aa52d3e418")]
    id: String,
    /// When it was written, RFC 3339, UTC.
    #[schema(example = "2026-11-25T18:00:00.000Z")]
    time: String,
    /// `open`, `yes`, `no`, `approved` or `rejected`.
    #[schema(example = "open")]
    state: &'static str,
    /// What was decided.
    #[schema(example = "ask")]
    decision: String,
    /// The rule that fired.
    #[schema(example = "es/keyword/no-me-interesa")]
    rule: String,
    /// Its language, BCP-47; may be empty.
    #[schema(example = "es")]
    language: String,
    /// What would have been refused: `all`, or a topic.
    #[schema(example = "all")]
    scope: String,
    /// Whether the person was sent the question.
    asked: bool,
    /// Whose it is. Only the last four characters for tokens that may not see whole numbers.
    #[schema(example = json!(["…5678"]))]
    identifiers: Vec<String>,
    /// The person's words; only for tokens that may see them, and where words are kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "no me interesa")]
    text: Option<String>,
    /// The words as the rules saw them; likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized: Option<String>,
    /// When it ended, RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    /// Which operator ended it: the name of a token.
    #[serde(skip_serializing_if = "String::is_empty")]
    by: String,
    /// That operator's note.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// Why it is decided so.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WordRequest {
    /// Kept as evidence.
    #[schema(max_length = 256, example = "she says so below")]
    note: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct WordAnswer {
    #[schema(example = "7c1f09aa52d3e418")]
    id: String,
    /// `approved`, `rejected`, `already` where it had ended so before, or `outdated`: approved, but the person decided
    /// otherwise later, and the list stays as it is.
    #[schema(example = "approved")]
    result: &'static str,
}

/// Texts that were likely a stop and not surely one, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/businesses/{business}/near-misses",
    operation_id = "list_near_misses",
    tag = "near-misses",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose.", example = "acme"), NearMissesQuery),
    responses((status = 200, description = "A page.", body = NearMisses), Shut, OfBusiness, OfQuery, OfStore)
)]
pub(super) async fn list(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    query: Asked<NearMissesQuery>,
) -> Result<HttpResponse, ApiError> {
    let business = api.business(&caller.0, &business)?;
    let Asked(NearMissesQuery { state, cursor, limit }) = query;
    let limit = Some(limit.unwrap_or(USUAL)).filter(|limit| (1..=MOST).contains(limit));
    let limit = limit.ok_or(ApiError::BadQuery)?;
    let page = api.ledger.near_misses(&business.slug, cursor, limit).await;
    let page = page.map_err(|error| store_error(&error))?;
    let wanted = |one: &&StoredNearMiss| state.is_none_or(|state| state.word() == one.near_miss.state());
    let next = page.last().filter(|_| page.len() == limit).map(|last| last.place.to_string());
    let near_misses = page.iter().filter(wanted).map(|one| near_miss(one, caller.0.reveal)).collect();
    Ok(HttpResponse::Ok().json(NearMisses { business: business.slug.clone(), near_misses, next }))
}

/// Take a near-miss for the stop that it nearly was: the person is suppressed from the time of the text on, with the text
/// as evidence.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/near-misses/{id}/approve",
    operation_id = "approve_near_miss",
    tag = "near-misses",
    security(("token" = [])),
    params(
        ("business" = String, Path, description = "Whose.", example = "acme"),
        ("id" = String, Path, description = "Which.", example = "7c1f09aa52d3e418")
    ),
    request_body = WordRequest,
    responses(
        (status = 200, description = "Done, or done before.", body = WordAnswer),
        Shut, OfBusiness, OfBody, OfConflict, OfStore
    )
)]
pub(super) async fn approve(
    api: Data<Api>,
    caller: Caller,
    path: Path<(String, String)>,
    input: Input<WordRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &caller, path.into_inner(), &input.0, Word::Approve).await
}

/// Take a near-miss for no stop. Changes nothing on the list.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/near-misses/{id}/reject",
    operation_id = "reject_near_miss",
    tag = "near-misses",
    security(("token" = [])),
    params(
        ("business" = String, Path, description = "Whose.", example = "acme"),
        ("id" = String, Path, description = "Which.", example = "7c1f09aa52d3e418")
    ),
    request_body = WordRequest,
    responses(
        (status = 200, description = "Done, or done before.", body = WordAnswer),
        Shut, OfBusiness, OfBody, OfConflict, OfStore
    )
)]
pub(super) async fn reject(
    api: Data<Api>,
    caller: Caller,
    path: Path<(String, String)>,
    input: Input<WordRequest>,
) -> Result<HttpResponse, ApiError> {
    decide(&api, &caller, path.into_inner(), &input.0, Word::Reject).await
}

async fn decide(
    api: &Api,
    caller: &Caller,
    (business, id): (String, String),
    request: &WordRequest,
    word: Word,
) -> Result<HttpResponse, ApiError> {
    let business = api.writable(&caller.0, &business)?;
    let operator = caller.operator(request.note.as_deref())?;
    let id = NearMissId::parse(&id).ok_or(ApiError::UnknownNearMiss)?;
    let said = verdict::say(&api.ledger, &api.metrics, &business.slug, &id, word, operator).await;
    let result = match said.map_err(|error| store_error(&error))? {
        Said::Approved => "approved",
        Said::Outdated => "outdated",
        Said::Rejected => "rejected",
        Said::Already => "already",
        Said::AnsweredNo => return Err(ApiError::AnsweredNo),
        Said::Stopped => return Err(ApiError::EndedWithStop),
        Said::Unknown => return Err(ApiError::UnknownNearMiss),
    };
    Ok(HttpResponse::Ok().json(WordAnswer { id: id.as_str().to_owned(), result }))
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Yes => "yes",
            Self::No => "no",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

fn near_miss(stored: &StoredNearMiss, reveal: bool) -> NearMiss {
    let one = &stored.near_miss;
    let words = |text: &str| Some(text.to_owned()).filter(|text| reveal && !text.is_empty());
    NearMiss {
        id: stored.id.as_str().to_owned(),
        time: time(one.at),
        state: one.state(),
        decision: one.decision.clone(),
        rule: one.rule.clone(),
        language: one.language.clone(),
        scope: one.scope.clone(),
        asked: one.asked == 1,
        identifiers: one.canonical.iter().map(|one| masked(one, reveal)).collect(),
        text: words(&one.text),
        normalized: words(&one.normalized),
        ended_at: one.ended_at.map(time),
        by: one.by.clone(),
        note: one.note.clone(),
    }
}
