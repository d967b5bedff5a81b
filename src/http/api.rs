//! `/api/v1` on the operators' listener: the list for programs without Redis access, and for operators' tools.
//!
//! Numbers stand in bodies only, never in a path, because proxies write paths into logs. What is described
//! ([`document`]) is what is answered; `tests/it/api` compares the two.

mod businesses;
mod check;
mod decide;
mod document;
mod evidence;
mod guard;
mod input;
mod members;
mod near_misses;
mod numbers;

use std::{sync::Arc, time::Duration};

use actix_web::{
    ResponseError,
    middleware::from_fn,
    web::{self, PathConfig},
};

pub use document::openapi;

use super::{
    body::Places,
    door::{Door, KnownBusiness},
    error::ApiError,
};
use crate::{
    access::Grant,
    ledger::{Ledger, LedgerError},
    metrics::Metrics,
};

/// Large bodies read at a time: of those who have a token.
const LARGE_BODIES: usize = 8;

/// What answers below `/api/v1`.
pub struct Api {
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    door: Arc<Door>,
    /// For a body to arrive.
    body_time: Duration,
    places: Places,
}

impl Api {
    /// Puts the parts together. `body_time` is how long a body may take to arrive.
    pub fn new(ledger: Arc<Ledger>, metrics: Arc<Metrics>, door: Arc<Door>, body_time: Duration) -> Self {
        Self { ledger, metrics, door, body_time, places: Places::new(LARGE_BODIES) }
    }

    /// The business of a path. One that the token may not see is as unknown as one that is not there.
    fn business(&self, grant: &Grant, slug: &str) -> Result<Arc<KnownBusiness>, ApiError> {
        self.door.who().business(grant, slug).ok_or(ApiError::UnknownBusiness)
    }

    /// The same for what changes something.
    fn writable(&self, grant: &Grant, slug: &str) -> Result<Arc<KnownBusiness>, ApiError> {
        let business = self.business(grant, slug)?;
        if grant.may_write() { Ok(business) } else { Err(ApiError::ReadOnly) }
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let nothing = || web::to(async || ApiError::NotFound.error_response());
    let other_method = || web::to(async || ApiError::MethodNotAllowed.error_response());
    let get = |path: &str| web::resource(path).default_service(other_method());
    config.service(get("/api/v1/openapi.json").route(web::get().to(document::show))).service(
        web::scope("/api/v1")
            .wrap(from_fn(guard::guard))
            .app_data(PathConfig::default().error_handler(|_, _| ApiError::NotFound.into()))
            .service(get("/businesses").route(web::get().to(businesses::list)))
            .service(get("/businesses/{business}/check").route(web::post().to(check::check)))
            .service(get("/businesses/{business}/suppressions").route(web::get().to(members::list)))
            .service(get("/businesses/{business}/suppress").route(web::post().to(decide::suppress)))
            .service(get("/businesses/{business}/resume").route(web::post().to(decide::resume)))
            .service(get("/businesses/{business}/evidence").route(web::post().to(evidence::show)))
            .service(get("/businesses/{business}/near-misses").route(web::get().to(near_misses::list)))
            .service(
                get("/businesses/{business}/near-misses/{id}/approve")
                    .route(web::post().to(near_misses::approve)),
            )
            .service(
                get("/businesses/{business}/near-misses/{id}/reject")
                    .route(web::post().to(near_misses::reject)),
            )
            .default_service(nothing()),
    );
}

/// What the caller is told when the store failed; what will fail again goes to the log.
fn store_error(error: &LedgerError) -> ApiError {
    if error.is_passing() {
        return ApiError::StoreUnavailable;
    }
    tracing::error!(error = error.kind(), "the API could not answer, and will not until this is mended");
    ApiError::Internal
}

/// Unix milliseconds as RFC 3339 in UTC. Stored times are JSON numbers far below 2^53; the cast saturates.
fn time(milliseconds: f64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds as i64)
        .map_or_else(|_| String::new(), |time| format!("{time:.3}"))
}
