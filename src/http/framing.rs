//! Refuses a request that a proxy in front could take for another one than we do.
//!
//! actix-web (actix-http 3.20) refuses two lengths and unknown encodings itself, but reads a request with both a length
//! and chunks by its chunks, ignores chunks in HTTP/1.0, and keeps the connection. A proxy that reads it by its length
//! would pass a hidden request on, or give its answer to somebody else (RFC 9112, 6.3 and 11.2).

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{Payload, RequestHead, ServiceRequest, ServiceResponse},
    http::{ConnectionType, Version, header},
    middleware::Next,
};

use super::{error::ApiError, unread::close_unless_read};

/// Answers such a request itself, as the last one of its connection.
pub(super) async fn refuse_ambiguous(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !is_ambiguous(request.head()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    let body = request.take_payload();
    Ok(request.into_response(refusal(body)))
}

/// What such a request is answered with.
pub(super) fn refusal(body: Payload) -> HttpResponse {
    let mut answer = close_unless_read(ApiError::BadBody.error_response(), body);
    answer.head_mut().set_connection_type(ConnectionType::Close);
    answer
}

/// Whether a proxy could take a request for another one.
pub(super) fn is_ambiguous(head: &RequestHead) -> bool {
    let headers = &head.headers;
    headers.contains_key(header::TRANSFER_ENCODING)
        && (headers.contains_key(header::CONTENT_LENGTH) || head.version < Version::HTTP_11)
}
