use std::collections::BTreeMap;

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
    store_error, time,
};
use crate::{
    identity::{Identifier, Person, TypedError, masked},
    ledger::{Record, StoredEvidence},
};

/// Of whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceRequest {
    /// A phone number with country code, or a user id, in any spelling.
    #[schema(example = "+52 1 55 1234 5678")]
    number: String,
    /// Where a number without a country code is from: two letters.
    #[schema(example = "MX")]
    country: Option<String>,
}

/// All that is known of somebody.
#[derive(Serialize, ToSchema)]
pub(super) struct Known {
    #[schema(example = "acme")]
    business: String,
    /// What they refuse: `all` and topics.
    #[schema(example = json!(["marketing"]))]
    refused: Vec<String>,
    /// One, unless the identifiers are not known to be one person's; none where no event names them.
    people: Vec<Somebody>,
}

/// One person. Numbers by their last four characters for tokens that may not see whole ones.
#[derive(Serialize, ToSchema)]
pub(super) struct Somebody {
    #[schema(example = json!(["…5678"]))]
    identifiers: Vec<String>,
    /// Every spelling, as it stands in the sets.
    #[schema(example = json!(["…5678", "…5678"]))]
    spellings: Vec<String>,
    /// The newest decisions by scope; `marketing@settings` is what was set in WhatsApp's settings.
    decisions: BTreeMap<String, Decisions>,
    /// Identifiers that were given up.
    abandoned: Vec<Abandoned>,
    /// What was said and done, oldest first.
    evidence: Vec<Entry>,
}

/// The newest stop and start.
#[derive(Serialize, ToSchema)]
pub(super) struct Decisions {
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-25T18:00:00.000Z")]
    stop: Option<String>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
}

/// An identifier that was given up.
#[derive(Serialize, ToSchema)]
pub(super) struct Abandoned {
    #[schema(example = "…5678")]
    identifier: String,
    /// When, RFC 3339, UTC.
    time: String,
}

/// One thing that was said or done.
#[derive(Serialize, ToSchema)]
pub(super) struct Entry {
    /// When it happened, RFC 3339, UTC.
    #[schema(example = "2026-11-25T18:00:00.000Z")]
    time: String,
    /// When it was written.
    written: String,
    /// `stop`, `start`, `reason`, `move`, `link` …
    #[schema(example = "stop")]
    act: String,
    /// `all`, or a topic.
    #[schema(example = "all")]
    scope: String,
    /// Whether it changed the list.
    applied: bool,
    /// `text`, `button`, `form`, `preference`, `refused`, `history`, `system`, `operator` …
    #[schema(example = "text")]
    source: String,
    /// The rule that fired.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(example = "es/keyword/baja")]
    rule: String,
    /// The version of the rules.
    #[serde(skip_serializing_if = "String::is_empty")]
    rules_version: String,
    /// The language of the rule, BCP-47.
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    /// `question` or `marketing`: what came before and made a stop of words that alone are none.
    #[serde(skip_serializing_if = "String::is_empty")]
    context: String,
    /// Why they leave.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// An operator's note.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// Which operator: the name of a token.
    #[serde(skip_serializing_if = "String::is_empty")]
    by: String,
    /// The message that provoked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provoked_by: Option<Provocation>,
    /// Only for tokens that may see whole numbers and words.
    #[serde(skip_serializing_if = "Option::is_none")]
    personal: Option<Personal>,
}

/// A message that provoked an opt-out, as its sender calls it. What is not known is empty.
#[derive(Serialize, ToSchema)]
pub(super) struct Provocation {
    #[schema(example = "spring_sale")]
    template: String,
    #[schema(example = "marketing")]
    topic: String,
    #[schema(example = "spring-2026")]
    campaign: String,
    /// How that is known: `button`, `callback`, `context`, `late` or `last`.
    #[schema(example = "context")]
    how: String,
}

/// What says who it was, or in which words. Message ids hold the number.
#[derive(Serialize, ToSchema)]
pub(super) struct Personal {
    /// The person's own words, at most 256 characters.
    #[serde(skip_serializing_if = "String::is_empty")]
    text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message_id: String,
    /// The message that was answered.
    #[serde(skip_serializing_if = "String::is_empty")]
    quoted: String,
    /// What the sender gave along with a button or a message: a campaign, a template, or whatever it wants to know again.
    #[serde(skip_serializing_if = "String::is_empty")]
    reference: String,
    /// Meta's id of the number that was written to.
    #[serde(skip_serializing_if = "String::is_empty")]
    phone_number_id: String,
}

/// All that is known of somebody: who they are, what they refuse, and why.
#[utoipa::path(
    post,
    path = "/api/v1/businesses/{business}/evidence",
    operation_id = "evidence",
    tag = "list",
    security(("token" = [])),
    params(("business" = String, Path, description = "Whose list.", example = "acme")),
    request_body = EvidenceRequest,
    responses(
        (status = 200, description = "What is known; without people where nothing is.", body = Known),
        Shut, OfBusiness, OfBody, OfStore
    )
)]
pub(super) async fn show(
    api: Data<Api>,
    caller: Caller,
    business: Path<String>,
    input: Input<EvidenceRequest>,
) -> Result<HttpResponse, ApiError> {
    let business = api.business(&caller.0, &business)?;
    let identifier =
        Identifier::read_typed(&input.0.number, input.0.country.as_deref()).map_err(|error| match error {
            TypedError::Country => ApiError::BadCountry,
            error => ApiError::BadNumber(error),
        })?;
    let asked: Person = [identifier].into_iter().collect();
    let found = api.ledger.known(&business.slug, &asked).await.map_err(|error| store_error(&error))?;
    let reveal = caller.0.reveal;
    Ok(HttpResponse::Ok().json(Known {
        business: business.slug.clone(),
        refused: found.refused,
        people: found.records.iter().map(|record| somebody(record, reveal)).collect(),
    }))
}

fn somebody(record: &Record, reveal: bool) -> Somebody {
    let shown = |all: &[String]| all.iter().map(|one| masked(one, reveal)).collect();
    let decisions = record.registers.iter().map(|(name, register)| {
        (name.clone(), Decisions { stop: register.stop.map(time), start: register.start.map(time) })
    });
    let abandoned = record
        .abandoned
        .iter()
        .map(|(one, at)| Abandoned { identifier: masked(one, reveal), time: time(*at) });
    Somebody {
        identifiers: shown(&record.canonical),
        spellings: shown(&record.members),
        decisions: decisions.collect(),
        abandoned: abandoned.collect(),
        evidence: record.evidence.iter().map(|stored| entry(stored, reveal)).collect(),
    }
}

fn entry(stored: &StoredEvidence, reveal: bool) -> Entry {
    Entry {
        time: time(stored.at),
        written: time(stored.written_at),
        act: stored.act.clone(),
        scope: stored.scope.clone(),
        applied: stored.applied == 1,
        source: stored.source.clone(),
        rule: stored.rule.clone(),
        rules_version: stored.rules_version.clone(),
        language: stored.language.clone(),
        context: stored.context.clone(),
        reason: stored.reason.clone(),
        note: stored.note.clone(),
        by: stored.by.clone(),
        provoked_by: stored.provoked_by.as_ref().map(|one| Provocation {
            template: one.template.clone(),
            topic: one.topic.clone(),
            campaign: one.campaign.clone(),
            how: one.how.clone(),
        }),
        personal: reveal.then(|| Personal {
            text: stored.text.clone(),
            message_id: stored.message_id.clone(),
            quoted: stored.quoted.clone(),
            reference: stored.reference.clone(),
            phone_number_id: stored.phone_number_id.clone(),
        }),
    }
}
