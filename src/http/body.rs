//! Reads a request body under our own limit and deadline: the framework has no deadline for bodies, and its
//! extractors would not give the exact bytes that were signed.
//!
//! Nothing is verified yet while a body arrives, so what anybody can make the service hold is bounded: a body of
//! ordinary size is simply read, and of larger ones only so many are read at a time ([`Places`]).

use std::{
    cell::Cell,
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use actix_web::{
    HttpMessage,
    dev::{Payload, RequestHead, ServiceRequest},
    http::{Method, header},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{error::ApiError, unread::Unread};

/// Up to this a body is ordinary, bytes; and so much is set aside for one that comes in pieces.
const ORDINARY: usize = 64 * 1024;

/// The places for bodies that are larger than ordinary ones.
#[derive(Clone)]
pub(super) struct Places(Arc<Semaphore>);

impl Places {
    pub(super) fn new(places: usize) -> Self {
        Self(Arc::new(Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS))))
    }

    async fn take(&self) -> Result<OwnedSemaphorePermit, ApiError> {
        Arc::clone(&self.0).acquire_owned().await.map_err(|_| ApiError::Busy)
    }
}

/// A whole body. A large one keeps its place until it is dropped.
pub(super) struct Body {
    pub(super) bytes: Bytes,
    _place: Option<OwnedSemaphorePermit>,
}

/// The body of a POST, read and kept beside the request.
pub(super) struct Sent(pub(super) Body);

/// Reads the body of a POST and keeps it beside the request, as [`Sent`]; other bodies stay unread, which ends the
/// connection.
///
/// # Errors
///
/// As [`read`]. The body is then kept as one that nobody has read.
pub(super) async fn take(
    request: &ServiceRequest,
    limit: usize,
    deadline: Duration,
    places: &Places,
) -> Result<(), ApiError> {
    if request.method() != Method::POST {
        return Ok(());
    }
    let unread = request.extensions_mut().remove::<Unread>();
    let Some(mut unread) = unread else { return Ok(()) };
    match read(request.head(), &mut unread.0, limit, deadline, places).await {
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

/// Reads the whole body.
///
/// # Errors
///
/// When it is compressed, larger than `limit` bytes, slower than `deadline`, or broken off, and when there was no
/// place for a large one before the deadline.
pub(super) async fn read(
    head: &RequestHead,
    payload: &mut Payload,
    limit: usize,
    deadline: Duration,
    places: &Places,
) -> Result<Body, ApiError> {
    let encoded = head.headers.get(header::CONTENT_ENCODING);
    if encoded.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::ContentEncoding);
    }
    let announced = head.headers.get(header::CONTENT_LENGTH);
    let announced: Option<u64> = announced.and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::TooLarge);
    }
    // actix-http (3.20) asks for an answer as soon as it has read the headers, and again when it has read what came with
    // them: usually the body, which then needs no timer.
    give_way().await;
    let waits = Cell::new(false);
    let mut collecting = pin!(collect(payload, limit, places, &waits));
    let body = match poll_once(collecting.as_mut()).await {
        Poll::Ready(body) => Some(body),
        Poll::Pending => tokio::time::timeout(deadline, collecting).await.ok(),
    };
    body.unwrap_or(Err(if waits.get() { ApiError::Busy } else { ApiError::Timeout }))
}

/// Waits until asked again, and asks for that at once, where `tokio::task::yield_now` does so only in the runtime's next round.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|context| {
        if gave_way {
            return Poll::Ready(());
        }
        gave_way = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Polls once, whatever comes of it.
async fn poll_once<F: Future>(mut future: Pin<&mut F>) -> Poll<F::Output> {
    poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
}

/// `waits` says, also when this is given up half-way, whether the body stood in line for a place.
async fn collect(
    payload: &mut Payload,
    limit: usize,
    places: &Places,
    waits: &Cell<bool>,
) -> Result<Body, ApiError> {
    let first = payload.next().await.transpose().map_err(|_| ApiError::BadBody)?.unwrap_or_default();
    if first.len() > limit {
        return Err(ApiError::TooLarge);
    }
    let Some(second) = payload.next().await else { return Ok(Body { bytes: first, _place: None }) };
    // Most bodies come in one piece, which is then not copied.
    let mut body = BytesMut::with_capacity(ORDINARY.min(limit).max(first.len()));
    body.extend_from_slice(&first);
    let mut place = None;
    let mut next = Some(second);
    while let Some(chunk) = next {
        let chunk = chunk.map_err(|_| ApiError::BadBody)?;
        let length = body.len() + chunk.len();
        if length > limit {
            return Err(ApiError::TooLarge);
        }
        if length > ORDINARY && place.is_none() {
            waits.set(true);
            place = Some(places.take().await?);
            waits.set(false);
        }
        body.extend_from_slice(&chunk);
        next = payload.next().await;
    }
    Ok(Body { bytes: body.freeze(), _place: place })
}

#[cfg(test)]
mod tests {
    use actix_web::{error::PayloadError, test::TestRequest};
    use futures_util::{Stream, stream};

    use super::*;

    /// Reads a body of two such pieces.
    async fn read_pieces(length: usize, places: &Places) -> Result<Body, ApiError> {
        let pieces =
            [vec![b' '; length], vec![b' '; length]].map(|piece| Ok::<_, PayloadError>(Bytes::from(piece)));
        let pieces: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(stream::iter(pieces));
        let request = TestRequest::default().to_request();
        read(request.head(), &mut Payload::from(pieces), 1 << 20, Duration::from_millis(10), places).await
    }

    #[tokio::test]
    async fn a_large_body_needs_a_place_and_an_ordinary_one_does_not() {
        let places = Places::new(1);
        let held = read_pieces(ORDINARY, &places).await.unwrap();
        assert_eq!(held.bytes.len(), 2 * ORDINARY);
        assert_eq!(read_pieces(ORDINARY, &places).await.err(), Some(ApiError::Busy));
        assert_eq!(read_pieces(ORDINARY / 2, &places).await.unwrap().bytes.len(), ORDINARY);
        drop(held);
        assert!(read_pieces(ORDINARY, &places).await.is_ok());
    }
}
