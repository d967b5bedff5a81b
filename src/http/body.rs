//! Reads a request body under our own limit and deadline: the framework has no deadline for bodies, and its
//! extractors would not give the exact bytes that were signed.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use actix_web::{HttpRequest, http::header, web::Payload};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use super::error::ApiError;

/// What is set aside for a body before any of it is there.
const FIRST_CAPACITY: usize = 64 * 1024;

/// Reads the whole body.
///
/// # Errors
///
/// When it is compressed, larger than `limit` bytes, slower than `deadline`, or broken off.
pub(super) async fn read(
    request: &HttpRequest,
    payload: &mut Payload,
    limit: usize,
    deadline: Duration,
) -> Result<Bytes, ApiError> {
    let encoded = request.headers().get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::ContentEncoding);
    }
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced: Option<u64> = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::TooLarge);
    }
    let mut collecting = pin!(collect(payload, limit));
    // A body that is there already needs no timer, and most are.
    match poll_once(collecting.as_mut()).await {
        Poll::Ready(body) => body,
        Poll::Pending => tokio::time::timeout(deadline, collecting).await.map_err(|_| ApiError::Timeout)?,
    }
}

/// Polls once, whatever comes of it.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, ApiError> {
    let first = payload.next().await.transpose().map_err(|_| ApiError::BadBody)?.unwrap_or_default();
    if first.len() > limit {
        return Err(ApiError::TooLarge);
    }
    let Some(second) = payload.next().await else { return Ok(first) };
    // Most bodies come in one piece, which is then not copied.
    let mut body = BytesMut::with_capacity(FIRST_CAPACITY.min(limit).max(first.len()));
    body.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|_| ApiError::BadBody)?;
        if body.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge);
        }
        body.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(body.freeze())
}
