//! Who may come in: the token first, then the body.

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web::Data,
};

use super::{
    super::{body, error::ApiError},
    Api,
    input::Caller,
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
            body::take(&request, BODY_LIMIT, api.body_time, &api.places).await
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
    api.door.admit(&api.door.who(), request.peer_addr(), bearer(request)).map(Caller)
}

fn bearer(request: &ServiceRequest) -> Option<&str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
