//! What every request to the page goes through, on the way in and on the way out.

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    cookie::Cookie,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use askama::Template;

use super::{
    Page,
    entry::LANGUAGE_COOKIE,
    error::PageError,
    form::{self, FormToken, NOTICE_COOKIE, go_to, in_query},
    frame::{Frame, render},
    language::Locale,
    notice::Notice,
    visit::{Known, Visit},
};
use crate::{access::Session, clock::unix_seconds, http::body};

/// Bytes of a form: a note and a few fields, several times over.
const FORM_LIMIT: usize = 16 * 1024;

/// What every answer carries. Nothing is loaded, framed, sent or embedded but by the page itself. `same-origin` and not
/// `no-referrer`: with that browsers say `Origin: null` with forms, which then could not be told from foreign ones.
const HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Finds out the language and the session, lets in who may come in, and takes forms only from the page itself. Makes a page of
/// what was refused, and sets the headers.
pub(super) async fn guard(
    page: Data<Page>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (session, doubt) = session(&page, &request).await;
    let visit = visit(&page, &request, session);
    request.extensions_mut().insert(visit.clone());
    let is_open = OPEN.iter().any(|open| request.path().starts_with(open));
    let mut response = if visit.session.is_none() && !is_open {
        let answer = send_to_sign_in(&visit, &request);
        request.into_response(answer)
    } else if let Some(doubt) = doubt.filter(|_| !is_open) {
        request.error_response(doubt)
    } else {
        match admit_form(&page, &visit, &request).await {
            Ok(()) => next.call(request).await?.map_into_boxed_body(),
            Err(refusal) => request.error_response(refusal),
        }
    };
    if let Some(refusal) = response.response().error().and_then(Error::as_error::<PageError>).copied() {
        // Some are refused before the path is read.
        let below = response.request().path().strip_prefix("/page/of/").map(str::to_owned);
        let slug = below.as_deref().and_then(|below| below.split('/').next());
        let slug = slug.filter(|slug| visit.who.businesses.iter().any(|one| one.slug == **slug));
        let answer = refusal.page(&visit, slug);
        response = response.into_response(answer);
    }
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if visit.notice.is_some() && is_page {
        // It is said once.
        let mut shown = Cookie::build(NOTICE_COOKIE, "").path("/page").finish();
        shown.make_removal();
        response.response_mut().add_cookie(&shown)?;
    }
    protect(response.headers_mut());
    Ok(response)
}

/// Paths for those who are not signed in.
const OPEN: [&str; 3] = ["/page/sign-in", ASSETS, "/page/language"];
const ASSETS: &str = "/page/assets/";

/// Ends of paths where it may remain open whether a session was ended while Redis does not answer: health, which is there to
/// tell of just that, and signing out.
const WITHOUT_STORE: [&str; 2] = ["/health", "/sign-out"];

/// The session that the browser shows, unless it was ended; and what keeps that from being known.
async fn session(page: &Page, request: &ServiceRequest) -> (Option<Session>, Option<PageError>) {
    if request.path().starts_with(ASSETS) {
        return (None, None);
    }
    let who = page.door.who();
    let text = cookie(request, page.session_cookie_name());
    let Some(session) = text.and_then(|text| who.sessions.find(&who.access, &text, unix_seconds())) else {
        return (None, None);
    };
    match page.ledger.has_ended(&session.id).await {
        Ok(true) => (None, None),
        Ok(false) => (Some(session), None),
        Err(_) if WITHOUT_STORE.iter().any(|end| request.path().ends_with(end)) => (Some(session), None),
        Err(error) => (Some(session), Some(error.into())),
    }
}

fn cookie(request: &ServiceRequest, name: &str) -> Option<String> {
    request.cookie(name).map(|cookie| cookie.value().to_owned())
}

fn visit(page: &Page, request: &ServiceRequest, session: Option<Session>) -> Visit {
    let accepted = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let accepted = Locale::negotiate(accepted.unwrap_or_default());
    let locale = cookie(request, LANGUAGE_COOKIE).map_or(accepted, |chosen| accepted.speaking(&chosen));
    Visit::new(Known {
        locale,
        texts: page.texts.of(locale.language),
        session,
        who: page.door.who(),
        path: request.uri().path_and_query().map_or("/page", |path| path.as_str()).to_owned(),
        notice: cookie(request, NOTICE_COOKIE).and_then(|name| Notice::of_name(&name)),
    })
}

/// To the form, and back again afterwards.
fn send_to_sign_in(visit: &Visit, request: &ServiceRequest) -> HttpResponse {
    if request.method() != Method::GET {
        return PageError::SignedOut.page(visit, None);
    }
    // A link from elsewhere comes without the cookie, which is for the page's own links. Coming again from here shows it.
    if site(request) == Some("cross-site") {
        let frame = Frame::of(visit, None, None, visit.texts.sign_in.title.clone());
        return render(&Bounce { frame, next: &visit.path }, &mut HttpResponse::Ok());
    }
    let next = match visit.path.as_str() {
        "/page" => String::new(),
        path => format!("?next={}", in_query(path)),
    };
    go_to(&format!("/page/sign-in{next}"))
}

/// Reads the form of a POST. It must come from the page itself, and from this session.
async fn admit_form(page: &Page, visit: &Visit, request: &ServiceRequest) -> Result<(), PageError> {
    if request.method() != Method::POST {
        return Ok(());
    }
    if !is_own(page, request) {
        return Err(PageError::ForeignForm);
    }
    body::take(request, FORM_LIMIT, page.rules.body_time, &page.places).await?;
    let Some(session) = &visit.session else { return Ok(()) };
    let token = form::read::<FormToken>(request.request())?.form_token;
    // Signing in anew needs none, as the form for it may be older than the session.
    if session.owns(&token) || request.path() == "/page/sign-in" {
        Ok(())
    } else {
        Err(PageError::ForeignForm)
    }
}

/// Whether the browser says that it sends this from the page itself. What no browser sends, a program, says nothing: it
/// carries nobody's cookie by itself, and needs the form's token all the same.
fn is_own(page: &Page, request: &ServiceRequest) -> bool {
    if let Some(site) = site(request) {
        return site == "same-origin";
    }
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    match &page.rules.origin {
        Some(own) => origin.eq_ignore_ascii_case(own),
        None => {
            let scheme = if page.rules.speaks_tls { "https" } else { "http" };
            let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
            host.is_some_and(|host| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")))
        }
    }
}

/// Where a browser says that a request comes from (Fetch Metadata); only over TLS and on the loopback.
fn site(request: &ServiceRequest) -> Option<&str> {
    request.headers().get("sec-fetch-site").map(|site| site.to_str().unwrap_or_default())
}

fn protect(headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What a page shows is of this moment and for this visitor.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Opens the same page again, from the page itself.
#[derive(Template)]
#[template(path = "page/bounce.html")]
struct Bounce<'a> {
    frame: Frame<'a>,
    next: &'a str,
}
