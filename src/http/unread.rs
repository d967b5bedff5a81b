//! Closes the connection of a request whose body was not read to its end.
//!
//! actix-web (actix-http 3.20) reads the rest of a chunked body that nobody holds any more, without a limit and
//! without a deadline, so that a caller could keep its connection for ever after any answer. It closes the
//! connection when the body is still held at the end of the answer; so the answer holds it.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
};
use bytes::Bytes;

/// The answer's body, with the request's.
struct Holding {
    answer: BoxBody,
    _unread: Payload,
}

impl MessageBody for Holding {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.answer.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.answer).poll_next(context)
    }
}

/// Makes `answer` the last one of its connection unless the request's `body` was read to its end.
pub(super) fn close_unless_read(answer: HttpResponse, body: Payload) -> HttpResponse {
    answer.map_body(|_, answer| BoxBody::new(Holding { answer, _unread: body }))
}

/// The body of a request that nobody has read so far, kept beside the request ([`keep`]).
pub(super) struct Unread(pub(super) Payload);

/// Keeps the body beside the request, for whoever wants it, and makes the answer the last one of its connection when
/// nobody has taken it. For whole listeners: nothing behind it can leave a body to the framework.
pub(super) async fn keep(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let body = request.take_payload();
    request.extensions_mut().insert(Unread(body));
    let response = next.call(request).await?.map_into_boxed_body();
    let unread = response.request().extensions_mut().remove::<Unread>();
    Ok(match unread {
        Some(Unread(body)) => response.map_body(|_, answer| BoxBody::new(Holding { answer, _unread: body })),
        None => response,
    })
}
