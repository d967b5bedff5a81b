//! The operators' listener: is it alive, is it ready, what does it count.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use actix_web::{
    HttpResponse, ResponseError,
    web::{self, Data},
};
use serde_json::json;

use super::error::ApiError;
use crate::{
    ledger::Ledger,
    metrics::{self, Metrics},
};

/// What the operators' listener looks at.
pub struct Health {
    /// Asked whether Redis answers and knows the scripts.
    pub ledger: Arc<Ledger>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Set when the service stops, so that no new work is sent to it.
    pub stopping: AtomicBool,
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/live", web::get().to(live))
        .route("/ready", web::get().to(ready))
        .route("/metrics", web::get().to(count))
        .default_service(web::to(async || ApiError::NotFound.error_response()));
}

/// The process runs. Says nothing of Redis, whose outage is no reason to restart this.
async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// Work may be sent here: Redis answers, its scripts are loaded, and the service is not stopping. The
/// configuration was checked before the listener was bound.
async fn ready(health: Data<Health>) -> Result<HttpResponse, ApiError> {
    if health.stopping.load(Ordering::Relaxed) || health.ledger.ping().await.is_err() {
        return Err(ApiError::NotReady);
    }
    Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
}

async fn count(health: Data<Health>) -> HttpResponse {
    HttpResponse::Ok().content_type(metrics::CONTENT_TYPE).body(health.metrics.encode())
}
