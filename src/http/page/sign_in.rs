//! Signing in with a token of the API, and out again.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::StatusCode,
    web::Data,
};
use askama::Template;
use serde::Deserialize;

use super::{
    Page,
    error::PageError,
    form::{Asked, Form, go_to, go_to_with, own_path},
    frame::{Frame, render},
    notice::Notice,
    person::whom,
    visit::Visit,
};
use crate::{clock::unix_seconds, http::error::ApiError};

/// The longest token that is looked at.
const LONGEST_TOKEN: usize = 256;

#[derive(Deserialize)]
pub(super) struct Next {
    /// Where somebody wanted to go.
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "page/sign_in.html")]
struct SignInView<'a> {
    frame: Frame<'a>,
    next: &'a str,
    /// Why it did not work.
    failure: Option<String>,
    /// Whether any token is configured: without one nobody can sign in.
    is_open: bool,
}

/// The form; whoever is signed in goes on.
pub(super) async fn show(visit: Visit, asked: Asked<Next>) -> HttpResponse {
    let next = own_path(&asked.0.next);
    if visit.session.is_some() {
        return go_to(next);
    }
    form(&visit, next, None, StatusCode::OK)
}

/// Begins a session with the token in the form.
pub(super) async fn sign_in(
    page: Data<Page>,
    visit: Visit,
    request: HttpRequest,
    sent: Form<SignIn>,
) -> Result<HttpResponse, PageError> {
    let next = own_path(&sent.0.next);
    let token = Some(sent.0.token.trim()).filter(|token| !token.is_empty() && token.len() <= LONGEST_TOKEN);
    let texts = &visit.texts.sign_in;
    let grant = match page.door.admit(&visit.who, request.peer_addr(), token) {
        Ok(grant) => grant,
        Err(ApiError::TokenMissing) => {
            return Ok(form(&visit, next, Some(texts.missing.clone()), StatusCode::BAD_REQUEST));
        }
        Err(ApiError::TokenUnknown) => {
            return Ok(form(&visit, next, Some(texts.unknown.clone()), StatusCode::UNAUTHORIZED));
        }
        Err(ApiError::ApiShut) => return Ok(form(&visit, next, None, StatusCode::FORBIDDEN)),
        Err(error) => return Err(error.into()),
    };
    let begun = visit.who.sessions.begin(&visit.who.access, &grant.name, unix_seconds(), page.rules.session);
    let text = begun.ok_or(PageError::Internal)?;
    if let Some(before) = &visit.session {
        // This browser forgets it here. Redis may be away: then it ends by itself.
        let _ = page.ledger.end_session(&before.id, before.expires_at).await;
    }
    tracing::info!(token = grant.name, role = grant.role.as_str(), "signed in at the page");
    let mut answer = go_to(next);
    answer.add_cookie(&session_cookie(&page, text)).map_err(|_| PageError::Internal)?;
    Ok(answer)
}

/// Ends the session at every replica, and takes it from the browser.
pub(super) async fn sign_out(page: Data<Page>, visit: Visit) -> Result<HttpResponse, PageError> {
    let session = visit.session.as_ref().ok_or(PageError::SignedOut)?;
    let ended = page.ledger.end_session(&session.id, session.expires_at).await;
    tracing::info!(token = session.grant.name, everywhere = ended.is_ok(), "signed out of the page");
    // Whatever Redis does, this browser has it no longer.
    let notice = if ended.is_ok() { Notice::SignedOut } else { Notice::SignedOutHere };
    let mut answer = go_to_with("/page/sign-in", notice);
    let mut cookie = session_cookie(&page, String::new());
    cookie.make_removal();
    answer.add_cookie(&cookie).map_err(|_| PageError::Internal)?;
    // Nor whom they were looking at.
    let mut person = whom::cookie(&page, String::new());
    person.make_removal();
    answer.add_cookie(&person).map_err(|_| PageError::Internal)?;
    Ok(answer)
}

impl Page {
    /// What the session's cookie is called. The prefix makes browsers refuse it without TLS, or from another host.
    pub(super) fn session_cookie_name(&self) -> &'static str {
        if self.rules.is_secure() { "__Host-baja_session" } else { "baja_session" }
    }
}

fn session_cookie(page: &Page, text: String) -> Cookie<'static> {
    let lasts = i64::try_from(page.rules.session.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(page.session_cookie_name(), text)
        .path("/")
        .secure(page.rules.is_secure())
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(Duration::seconds(lasts))
        .finish()
}

fn form(visit: &Visit, next: &str, failure: Option<String>, status: StatusCode) -> HttpResponse {
    let frame = Frame::of(visit, None, None, visit.texts.sign_in.title.clone());
    let view = SignInView { frame, next, failure, is_open: !visit.who.access.is_empty() };
    render(&view, &mut HttpResponse::build(status))
}
