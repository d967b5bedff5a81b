//! Who may come in: the token first, then the body.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};

use super::{
    super::{body, error::ApiError, unread::Unread},
    Api,
    input::{Caller, Sent},
};
use crate::metrics::ApiOutcome;

/// Bytes of a body: ten thousand numbers as people write them, several times over.
const BODY_LIMIT: usize = 1024 * 1024;

/// Lets a request through whose token is known, with who it is and its body beside it. Nothing of the body is read
/// before.
pub(super) async fn guard(
    api: Data<Api>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let admitted = match authenticate(&api, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            read(&api, &request).await
        }
        Err(error) => Err(error),
    };
    let response = match admitted {
        Ok(()) => next.call(request).await?.map_into_boxed_body(),
        Err(error) => request.into_response(error.error_response()),
    };
    api.metrics.api(match response.status().as_u16() {
        200..=399 => ApiOutcome::Ok,
        401 => ApiOutcome::Unauthorized,
        403 => ApiOutcome::Forbidden,
        404 => ApiOutcome::NotFound,
        429 => ApiOutcome::Limited,
        503 => ApiOutcome::StoreUnavailable,
        500.. => ApiOutcome::Internal,
        _ => ApiOutcome::BadRequest,
    });
    Ok(response)
}

fn authenticate(api: &Api, request: &ServiceRequest) -> Result<Caller, ApiError> {
    let who = api.who.get();
    if who.access.is_empty() {
        return Err(ApiError::ApiShut);
    }
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    let now = api.started.elapsed();
    api.failures.admit(peer, now).map_err(|wait| ApiError::TooManyFailures(wait.as_secs() + 1))?;
    let token = bearer(request).ok_or(ApiError::TokenMissing)?;
    let Some(grant) = who.access.authenticate(token) else {
        api.failures.failed(peer, now);
        tracing::warn!("the API was asked with an unknown token");
        return Err(ApiError::TokenUnknown);
    };
    api.failures.succeeded(peer, now);
    Ok(Caller(grant))
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Reads the body of a POST; other bodies stay unread, which ends the connection.
async fn read(api: &Api, request: &ServiceRequest) -> Result<(), ApiError> {
    if request.method() != Method::POST {
        return Ok(());
    }
    let unread = request.extensions_mut().remove::<Unread>();
    let Some(mut unread) = unread else { return Ok(()) };
    let body = body::read(request.request(), &mut unread.0, BODY_LIMIT, api.body_time, &api.places).await;
    match body {
        Ok(body) => {
            request.extensions_mut().insert(Sent(body));
            Ok(())
        }
        Err(error) => {
            request.extensions_mut().insert(unread);
            Err(error)
        }
    }
}
