//! Whom a view is about. Never named by number in a path, because proxies write paths into logs: by what led there, or by a
//! cookie that only this browser has.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
};

use super::super::{
    Page,
    error::PageError,
    frame::{Section, place},
};
use crate::{
    identity::{Identifier, Person},
    ledger::{EntryId, JobId, NearMissId},
};

/// Carries who was looked up. Ends with the browser, and when somebody signs out.
pub(in crate::http::page) const PERSON_COOKIE: &str = "baja_person";

/// What leads to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::http::page) enum Whom {
    /// What the visitor typed.
    Typed(Identifier),
    /// Their text.
    NearMiss(NearMissId),
    /// A message that was sent to them.
    Breach(EntryId),
    /// A message of ours.
    Job(JobId),
}

impl Whom {
    /// Reads what [`Whom::reference`] wrote.
    pub(super) fn of_reference(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once('.')?;
        match kind {
            "near-miss" => NearMissId::parse(id).map(Self::NearMiss),
            "breach" => EntryId::parse(id).map(Self::Breach),
            "job" => JobId::parse(id).map(Self::Job),
            _ => None,
        }
    }

    /// Whom the browser was looking at last.
    pub(super) fn of_cookie(request: &HttpRequest) -> Option<Self> {
        Identifier::read(request.cookie(PERSON_COOKIE)?.value()).map(Self::Typed)
    }

    /// As a query or a form names it; nothing for what was typed.
    pub(super) fn reference(&self) -> Option<String> {
        match self {
            Self::Typed(_) => None,
            Self::NearMiss(id) => Some(format!("near-miss.{}", id.as_str())),
            Self::Breach(id) => Some(format!("breach.{id}")),
            Self::Job(id) => Some(format!("job.{}", id.as_str())),
        }
    }

    /// What was typed.
    pub(super) fn typed(&self) -> Option<&str> {
        if let Self::Typed(identifier) = self { Some(identifier.as_str()) } else { None }
    }

    /// Where the view of this person is.
    pub(in crate::http::page) fn path(&self, business: &str) -> String {
        let own = place(business, Section::Person);
        self.reference().map_or_else(|| own.clone(), |of| format!("{own}?of={of}"))
    }

    /// Lets the browser find the person again.
    pub(super) fn remember(&self, page: &Page, answer: &mut HttpResponse) -> Result<(), PageError> {
        let Some(typed) = self.typed() else { return Ok(()) };
        answer.add_cookie(&cookie(page, typed.to_owned())).map_err(|_| PageError::Internal)
    }

    /// Their identifiers as far as they stand there; `None` when what led to them is gone.
    pub(super) async fn person(&self, page: &Page, business: &str) -> Result<Option<Person>, PageError> {
        let one = |text: &str| Identifier::read(text).map(|identifier| [identifier].into_iter().collect());
        Ok(match self {
            Self::Typed(identifier) => Some([identifier.clone()].into_iter().collect()),
            Self::NearMiss(id) => page.ledger.near_miss(business, id).await?.map(|found| found.person()),
            Self::Breach(id) => {
                page.ledger.breach(business, id).await?.and_then(|found| one(&found.identifier))
            }
            Self::Job(id) => {
                let found = page.ledger.jobs_by_id(business, std::slice::from_ref(id)).await?;
                found.first().and_then(|job| one(&job.to))
            }
        })
    }
}

/// The cookie with this value.
pub(in crate::http::page) fn cookie(page: &Page, value: String) -> Cookie<'static> {
    Cookie::build(PERSON_COOKIE, value)
        .path("/page")
        .secure(page.rules.is_secure())
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_a_person_is_never_a_number() {
        for reference in
            ["near-miss.7c1f09aa52d3e418", "breach.1790000000000-0", "job.0123456789abcdef0123456789abcdef"]
        {
            let whom = Whom::of_reference(reference).unwrap();
            assert_eq!(whom.reference().as_deref(), Some(reference));
            assert_eq!(whom.path("acme"), format!("/page/of/acme/person?of={reference}"));
        }
        for wrong in ["", "near-miss", "near-miss.x", "typed.5215512345678", "breach.5215512345678", "job.1"]
        {
            assert_eq!(Whom::of_reference(wrong), None, "{wrong}");
        }
        let typed = Whom::Typed(Identifier::read("5215512345678").unwrap());
        assert_eq!((typed.path("acme").as_str(), typed.reference()), ("/page/of/acme/person", None));
    }
}
