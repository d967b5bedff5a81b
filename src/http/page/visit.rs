use std::{
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};

use super::{error::PageError, language::Locale, notice::Notice, texts::Texts};
use crate::{
    access::{Grant, Session},
    http::door::{KnownBusiness, Who},
    identity::masked,
};

/// One request: in which language, by whom, and what was known at that moment. Put beside the request by the guard.
#[derive(Clone)]
pub(super) struct Visit(Rc<Known>);

pub(super) struct Known {
    /// The tokens and businesses that this request was let in with.
    pub(super) who: Arc<Who>,
    pub(super) locale: Locale,
    /// In the language of `locale`.
    pub(super) texts: Arc<Texts>,
    /// Of whom; nobody where a page is for everybody.
    pub(super) session: Option<Session>,
    /// The path with its query, to come back to.
    pub(super) path: String,
    /// What came of the form that led here.
    pub(super) notice: Option<Notice>,
}

/// The business that the path names, which the visitor may see.
pub(super) struct OfBusiness(pub(super) Arc<KnownBusiness>);

impl Visit {
    pub(super) fn new(known: Known) -> Self {
        Self(Rc::new(known))
    }

    /// The visit that the guard has put beside the request.
    pub(super) fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }

    /// What the visitor may do.
    ///
    /// # Errors
    ///
    /// When nobody is signed in, which the guard does not let happen where it matters.
    pub(super) fn grant(&self) -> Result<&Arc<Grant>, PageError> {
        self.session.as_ref().map(|session| &session.grant).ok_or(PageError::SignedOut)
    }

    /// The same for what changes something.
    ///
    /// # Errors
    ///
    /// When the visitor may only look.
    pub(super) fn may_act(&self) -> Result<&Arc<Grant>, PageError> {
        self.grant().and_then(|grant| if grant.may_write() { Ok(grant) } else { Err(PageError::ReadOnly) })
    }

    /// A number or user id, as far as the visitor may see it.
    pub(super) fn shown(&self, identifier: &str) -> String {
        masked(identifier, self.reveals())
    }

    /// Whether the visitor may see whole numbers and people's words.
    pub(super) fn reveals(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.grant.reveal)
    }
}

impl std::ops::Deref for Visit {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.0
    }
}

impl FromRequest for Visit {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request).ok_or(PageError::Internal))
    }
}

impl FromRequest for OfBusiness {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let found = || {
            let visit = Visit::of(request).ok_or(PageError::Internal)?;
            let slug = request.match_info().get("business").unwrap_or_default();
            visit.who.business(visit.grant()?, slug).map(Self).ok_or(PageError::UnknownBusiness)
        };
        ready(found())
    }
}
