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
    HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    web::Payload,
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
