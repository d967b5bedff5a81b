//! What a handler is given: who asks, the body, the query.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Query};
use serde::de::DeserializeOwned;

use super::super::{body::Sent, error::ApiError};
use crate::{
    access::Grant,
    ledger::{NOTE_CHARS, Operator},
};

/// Who asks. Put beside the request by the guard.
#[derive(Clone)]
pub(super) struct Caller(pub(super) Arc<Grant>);

/// The body, read. An empty one is an object without members.
pub(super) struct Input<T>(pub(super) T);

/// The query, read.
pub(super) struct Asked<T>(pub(super) T);

impl Caller {
    /// The caller as who decides something.
    pub(super) fn operator<'a>(&'a self, note: Option<&'a str>) -> Result<Operator<'a>, ApiError> {
        let note = note.unwrap_or_default();
        if note.chars().count() > NOTE_CHARS {
            return Err(ApiError::LongNote);
        }
        Ok(Operator { by: &self.0.name, note })
    }
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Self>().cloned().ok_or(ApiError::TokenMissing))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Input<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sent = request.extensions_mut().remove::<Sent>();
        let bytes = sent.as_ref().map(|sent| &sent.0.bytes[..]).filter(|bytes| !bytes.is_empty());
        // The error's text may repeat what was sent; its place does not.
        let input = serde_json::from_slice(bytes.unwrap_or(b"{}"))
            .map_err(|error| ApiError::BadJson { line: error.line(), column: error.column() });
        ready(input.map(Self))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Asked<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = Query::<T>::from_query(request.query_string()).map_err(|_| ApiError::BadQuery);
        ready(query.map(|query| Self(query.into_inner())))
    }
}
