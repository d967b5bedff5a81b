//! What a visitor is told when something is refused, as a page.

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use super::{
    frame::{Frame, render},
    texts::{Texts, Told},
    visit::Visit,
};
use crate::{http::error::ApiError, ledger::LedgerError};
use askama::Template;

/// Seconds after which to try again.
const RETRY_AFTER: u64 = 5;

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum PageError {
    /// Nothing is at this path.
    #[error("nothing is here")]
    NotFound,
    /// There is no such business, or none that the visitor may know of.
    #[error("there is no such business")]
    UnknownBusiness,
    /// The path does not know this method.
    #[error("the method is not allowed here")]
    MethodNotAllowed,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignedOut,
    /// The visitor may only look.
    #[error("this token may only read")]
    ReadOnly,
    /// The form is not one that this session was given.
    #[error("the form does not come from this page")]
    ForeignForm,
    /// The form or the query cannot be read.
    #[error("the form cannot be read")]
    BadForm,
    /// Too many wrong tokens of late. Seconds to wait.
    #[error("too many wrong tokens")]
    TooManyFailures(u64),
    /// Redis does not answer.
    #[error("the store is not available")]
    StoreUnavailable,
    /// What is stored cannot be used, or there is a bug.
    #[error("it could not be done")]
    Internal,
}

impl PageError {
    /// The refusal as an answer; the guard makes it a page.
    pub(super) fn refuse(self) -> Result<HttpResponse, Self> {
        Err(self)
    }

    fn told(self, texts: &Texts) -> &Told {
        let errors = &texts.errors;
        match self {
            Self::NotFound => &errors.not_found,
            Self::UnknownBusiness => &errors.unknown_business,
            Self::MethodNotAllowed => &errors.method_not_allowed,
            Self::SignedOut => &errors.signed_out,
            Self::ReadOnly => &errors.read_only,
            Self::ForeignForm => &errors.foreign_form,
            Self::BadForm => &errors.bad_form,
            Self::TooManyFailures(_) => &errors.too_many_failures,
            Self::StoreUnavailable => &errors.store_unavailable,
            Self::Internal => &errors.internal,
        }
    }

    /// The refusal as a page of this visit.
    pub(super) fn page(self, visit: &Visit, business: Option<&str>) -> HttpResponse {
        let told = self.told(&visit.texts);
        let frame = Frame::of(visit, business, None, told.title.clone());
        let view = ErrorView {
            frame,
            body: told.body.clone(),
            again: self.is_passing().then(|| visit.path.clone()),
        };
        let mut response = self.bare();
        render(&view, &mut response)
    }

    fn is_passing(self) -> bool {
        matches!(self, Self::StoreUnavailable)
    }

    fn bare(self) -> actix_web::HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status_code());
        let wait = match self {
            Self::TooManyFailures(seconds) => Some(seconds),
            Self::StoreUnavailable => Some(RETRY_AFTER),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound | Self::UnknownBusiness => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::ReadOnly | Self::ForeignForm => StatusCode::FORBIDDEN,
            Self::BadForm => StatusCode::BAD_REQUEST,
            Self::TooManyFailures(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::StoreUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Without a body: the guard replaces it.
    fn error_response(&self) -> HttpResponse {
        self.bare().finish()
    }
}

impl From<LedgerError> for PageError {
    fn from(error: LedgerError) -> Self {
        if error.is_passing() {
            return Self::StoreUnavailable;
        }
        tracing::error!(error = error.kind(), "the page could not answer, and will not until this is mended");
        Self::Internal
    }
}

/// What the shared parts of the operators' listener refuse.
impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::TooManyFailures(seconds) => Self::TooManyFailures(seconds),
            ApiError::TokenMissing | ApiError::TokenUnknown | ApiError::ApiShut => Self::SignedOut,
            ApiError::StoreUnavailable | ApiError::Busy => Self::StoreUnavailable,
            ApiError::Internal => Self::Internal,
            _ => Self::BadForm,
        }
    }
}

#[derive(Template)]
#[template(path = "page/error.html")]
struct ErrorView<'a> {
    frame: Frame<'a>,
    body: String,
    /// Where to try again.
    again: Option<String>,
}
