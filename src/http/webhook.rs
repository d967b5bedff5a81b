//! `/webhook`: Meta's handshake and Meta's deliveries.

use std::{convert::Infallible, rc::Rc, sync::Arc, time::Instant};

use actix_http::Request;
use actix_web::{
    HttpResponse, ResponseError,
    dev::{AppConfig, Payload, RequestHead, ServiceFactory, fn_service},
    http::{
        Method, StatusCode,
        header::{self, ContentType, HeaderName},
    },
    web::Query,
};
use bytes::Bytes;
use serde::Deserialize;

use super::{
    body::{self, Places},
    error::ApiError,
    framing::{is_ambiguous, refusal},
    server::Limits,
    unread::close_unless_read,
};
use crate::{
    forward::Forward,
    ingest::Ingest,
    ledger::Passage,
    live::Live,
    metrics::{HandshakeOutcome, Metrics, WebhookOutcome},
    signature::{self, AppSecrets, VerifyTokens},
};

/// A challenge longer than this is none of Meta's.
const LONGEST_CHALLENGE: usize = 1024;

/// What a request must bring to be let in.
pub struct Proofs {
    /// The app secrets that deliveries may be signed with.
    pub secrets: AppSecrets,
    /// The tokens of the handshake.
    pub tokens: VerifyTokens,
}

/// What answers at `/webhook`.
pub struct Webhook {
    /// What is let in.
    pub proofs: Live<Proofs>,
    /// Where verified bodies go.
    pub ingest: Ingest,
    /// Who else gets them.
    pub forward: Forward,
    /// What counts.
    pub metrics: Arc<Metrics>,
    /// How much and how long.
    pub limits: Limits,
}

/// The only path of the public listener.
const PATH: &str = "/webhook";
/// [`signature::HEADER`], as headers are looked up.
static SIGNATURE: HeaderName = HeaderName::from_static(signature::HEADER);

/// What a worker's requests share: one for each worker, so that no request counts references that others count too.
struct Shared {
    webhook: Arc<Webhook>,
    places: Places,
}

/// The whole of the public listener. It has one path, so it does without the framework's routing, which costs a delivery
/// nearly as much as its signature.
pub(super) fn service(
    webhook: Arc<Webhook>,
    places: Places,
) -> impl ServiceFactory<Request, Config = AppConfig, Response = HttpResponse, Error = Infallible, InitError = ()>
{
    let shared = Rc::new(Shared { webhook, places });
    fn_service(move |request| answer(request, Rc::clone(&shared)))
}

async fn answer(mut request: Request, shared: Rc<Shared>) -> Result<HttpResponse, Infallible> {
    let body = request.take_payload();
    let head = request.head();
    Ok(if is_ambiguous(head) {
        refusal(body)
    } else if request.path() != PATH {
        refuse(ApiError::NotFound, body)
    } else if head.method == Method::POST {
        deliver(head, body, &shared).await
    } else if head.method == Method::GET {
        handshake(head, body, &shared.webhook)
    } else {
        refuse(ApiError::MethodNotAllowed, body)
    })
}

/// Meta's question, sent when the callback URL or the verify token is set.
#[derive(Deserialize)]
struct Handshake {
    #[serde(rename = "hub.mode")]
    mode: String,
    #[serde(rename = "hub.verify_token")]
    verify_token: String,
    #[serde(rename = "hub.challenge")]
    challenge: String,
}

fn handshake(head: &RequestHead, body: Payload, webhook: &Webhook) -> HttpResponse {
    let answer = answer_handshake(head, webhook).unwrap_or_else(|error| error.error_response());
    close_unless_read(answer, body)
}

fn answer_handshake(head: &RequestHead, webhook: &Webhook) -> Result<HttpResponse, ApiError> {
    let question = Query::<Handshake>::from_query(head.uri.query().unwrap_or_default());
    let Some(question) = question.ok().map(Query::into_inner).filter(is_plausible) else {
        webhook.metrics.handshake(HandshakeOutcome::BadRequest);
        return Err(ApiError::BadHandshake);
    };
    if !webhook.proofs.get().tokens.accept(question.verify_token.as_bytes()) {
        webhook.metrics.handshake(HandshakeOutcome::Refused);
        tracing::warn!(
            "a webhook handshake came with an unknown verify token; compare it with Meta's dashboard"
        );
        return Err(ApiError::BadVerifyToken);
    }
    webhook.metrics.handshake(HandshakeOutcome::Ok);
    tracing::info!("the webhook handshake succeeded");
    // Echoed as text that no browser takes for a page.
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::plaintext())
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(question.challenge))
}

fn is_plausible(question: &Handshake) -> bool {
    question.mode == "subscribe"
        && !question.challenge.is_empty()
        && question.challenge.len() <= LONGEST_CHALLENGE
}

async fn deliver(head: &RequestHead, mut payload: Payload, shared: &Shared) -> HttpResponse {
    let received = Instant::now();
    let Shared { webhook, places } = shared;
    let in_flight = webhook.metrics.in_flight();
    let result = take(head, &mut payload, webhook, places).await;
    drop(in_flight);
    webhook.metrics.webhook(match &result {
        Ok(true) => WebhookOutcome::Ok,
        Ok(false) => WebhookOutcome::Unreadable,
        Err(ApiError::BadSignature) => WebhookOutcome::BadSignature,
        Err(ApiError::TooLarge) => WebhookOutcome::TooLarge,
        Err(ApiError::Timeout) => WebhookOutcome::Timeout,
        Err(ApiError::StoreUnavailable) => WebhookOutcome::StoreUnavailable,
        Err(ApiError::Busy) => WebhookOutcome::Busy,
        Err(ApiError::NotPassedOn) => WebhookOutcome::NotPassedOn,
        Err(_) => WebhookOutcome::BadRequest,
    });
    match result {
        Ok(_) => {
            webhook.metrics.answered(received.elapsed());
            HttpResponse::new(StatusCode::OK)
        }
        Err(error) => refuse(error, payload),
    }
}

fn refuse(error: ApiError, body: Payload) -> HttpResponse {
    close_unless_read(error.error_response(), body)
}

/// Bytes, then signature, then meaning. `Ok(false)` is a genuine body that is no webhook.
async fn take(
    head: &RequestHead,
    payload: &mut Payload,
    webhook: &Webhook,
    places: &Places,
) -> Result<bool, ApiError> {
    let limits = &webhook.limits;
    let body = body::read(head, payload, limits.body, limits.body_time, places).await?;
    let signatures = head.headers.get_all(&SIGNATURE).map(|value| value.as_bytes());
    webhook.proofs.get().secrets.verify(signatures, &body.bytes).map_err(|_| ApiError::BadSignature)?;
    let receipt = webhook.ingest.receive(&body.bytes).await.map_err(|error| {
        tracing::warn!(
            error = error.kind(),
            "a webhook with opt-outs could not be written; Meta sends it again"
        );
        ApiError::StoreUnavailable
    })?;
    if !webhook.forward.is_idle() {
        let passage = passage(head, body.bytes.clone());
        webhook.forward.pass_on(&passage, &receipt.concerns).await.map_err(|_| ApiError::NotPassedOn)?;
    }
    Ok(receipt.readable)
}

/// The body with the headers that its next receiver needs.
fn passage(head: &RequestHead, body: Bytes) -> Passage {
    let text = |name| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    Passage { signature: text(&SIGNATURE), content_type: text(&header::CONTENT_TYPE), body }
}
