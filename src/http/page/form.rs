//! Forms: read from the body that the guard has taken, and answered with a redirect.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    http::header,
    web::Query,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, de::DeserializeOwned};

use super::{error::PageError, notice::Notice};
use crate::http::body::Sent;

/// Carries a [`Notice`] to the next page.
pub(super) const NOTICE_COOKIE: &str = "baja_notice";

/// A form, read.
pub(super) struct Form<T>(pub(super) T);

/// A query, read.
pub(super) struct Asked<T>(pub(super) T);

/// What every form of a session carries.
#[derive(Deserialize)]
pub(super) struct FormToken {
    #[serde(default)]
    pub(super) form_token: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request).map(Self))
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Asked<T> {
    type Error = PageError;
    type Future = Ready<Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = Query::<T>::from_query(request.query_string()).map_err(|_| PageError::BadForm);
        ready(query.map(|query| Self(query.into_inner())))
    }
}

/// The form in the body, as a browser writes it (`application/x-www-form-urlencoded`).
///
/// # Errors
///
/// When it is not one, or lacks a field.
pub(super) fn read<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, PageError> {
    let sent = request.extensions();
    let bytes = sent.get::<Sent>().map(|sent| &sent.0.bytes[..]).unwrap_or_default();
    let text = std::str::from_utf8(bytes).map_err(|_| PageError::BadForm)?;
    Query::from_query(text).map(Query::into_inner).map_err(|_| PageError::BadForm)
}

/// Sends the browser on, so that going back or reloading sends no form again.
pub(super) fn go_to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// The same, with a notice for the page that follows.
pub(super) fn go_to_with(path: &str, notice: Notice) -> HttpResponse {
    let cookie = Cookie::build(NOTICE_COOKIE, notice.name())
        .path("/page")
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::minutes(1))
        .finish();
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).cookie(cookie).finish()
}

/// A path of the page to come back to; anything else becomes the first page, so that no link leads people elsewhere.
pub(super) fn own_path(path: &str) -> &str {
    let fine = path.strip_prefix("/page").is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
    let plain = path.bytes().all(|letter| letter.is_ascii_graphic() && letter != b'\\');
    if fine && plain && path.len() <= 512 { path } else { "/page" }
}

/// What stands for itself in a query (RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as the value of a query.
pub(super) fn in_query(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for own in ["/page", "/page/of/acme?days=7", "/page?x"] {
            assert_eq!(own_path(own), own);
        }
        for other in [
            "",
            "https://evil.example",
            "//evil.example",
            "/page.evil",
            "/\\evil",
            "/page/\\x",
            "/page/\r\nx",
        ] {
            assert_eq!(own_path(other), "/page", "{other:?}");
        }
        assert_eq!(own_path(&format!("/page/{}", "a".repeat(600))), "/page");
    }

    #[test]
    fn a_text_stays_one_value() {
        assert_eq!(in_query("a&b=ñ c"), "a%26b%3D%C3%B1%20c");
    }
}
