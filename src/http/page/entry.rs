//! The ways in: the root, the first business, another language.

use actix_web::{
    HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    web::Data,
};
use askama::Template;
use serde::Deserialize;

use super::{
    Page,
    error::PageError,
    form::{Asked, go_to, own_path},
    frame::{Frame, Section, page, place},
    language::Locale,
    visit::Visit,
};

/// Remembers a language that somebody chose.
pub(super) const LANGUAGE_COOKIE: &str = "baja_language";

#[derive(Deserialize)]
pub(super) struct Choice {
    to: String,
    #[serde(default)]
    back: String,
}

/// Whoever opens the listener in a browser wants the page.
pub(super) async fn root() -> HttpResponse {
    go_to("/page")
}

/// The first business that the visitor may see.
pub(super) async fn first_business(visit: Visit) -> Result<HttpResponse, PageError> {
    let first = visit.who.seen(visit.grant()?).next();
    Ok(match first {
        Some(business) => go_to(&place(&business.slug, Section::Overview)),
        None => page(&NoBusiness {
            frame: Frame::of(&visit, None, None, visit.texts.common.no_business.title.clone()),
        }),
    })
}

/// Keeps the language for a year.
pub(super) async fn choose_language(
    rules: Data<Page>,
    asked: Asked<Choice>,
) -> Result<HttpResponse, PageError> {
    let locale = Locale::of_tag(&asked.0.to).ok_or(PageError::BadForm)?;
    let cookie = Cookie::build(LANGUAGE_COOKIE, locale.tag())
        .path("/page")
        .secure(rules.rules.is_secure())
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .finish();
    let mut answer = go_to(own_path(&asked.0.back));
    answer.add_cookie(&cookie).map_err(|_| PageError::Internal)?;
    Ok(answer)
}

#[derive(Template)]
#[template(path = "page/no_business.html")]
struct NoBusiness<'a> {
    frame: Frame<'a>,
}
