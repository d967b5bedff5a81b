//! Messages of ours that wait, and what came of the others.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use serde::Deserialize;

use super::{
    Page,
    act::Act,
    error::PageError,
    form::{Asked, Form},
    frame::{Frame, Link, Section, page, place},
    notice::Notice,
    paging::Pages,
    person::whom::Whom,
    texts::{OutboxTexts, Told, Work, called},
    visit::{OfBusiness, Visit},
};
use crate::{
    clock::unix_millis,
    ledger::{JobId, Revival, Revived, Shelf, StoredJob},
};

/// How many are on a page.
const PAGE: usize = 50;

#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    finished: bool,
    #[serde(default)]
    from: usize,
}

#[derive(Template)]
#[template(path = "page/outbox.html")]
struct OutboxView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    o: &'a OutboxTexts,
    here: String,
    back: &'a str,
    shelves: [Link<'a>; 2],
    total: String,
    rows: Vec<Row<'a>>,
    /// Whether there is anything that the visitor may do about one of them.
    has_actions: bool,
    empty: &'a Told,
    pages: Pages,
}

struct Row<'a> {
    id: String,
    kind: &'a str,
    about: String,
    person: String,
    person_link: String,
    state: &'a str,
    tag: &'static str,
    /// Why it is in its state, as it is called, and its word.
    reason: Option<(&'a str, &'a str)>,
    message_id: Option<String>,
    attempts: Option<String>,
    queued: String,
    until: String,
    may_retry: bool,
    may_drop: bool,
    is_in_doubt: bool,
}

/// Shows a part of them.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Query>,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let Query { finished, from } = asked.0;
    let shelf = if finished { Shelf::Finished } else { Shelf::Open };
    let found = data.ledger.jobs_page(slug, shelf, from, PAGE).await?;
    let here = place(slug, Section::Outbox);
    let o = &visit.texts.outbox;
    let address = |finished: bool, from: usize| match (finished, from) {
        (false, 0) => here.clone(),
        (true, 0) => format!("{here}?finished=true"),
        (finished, from) => format!("{here}?finished={finished}&from={from}"),
    };
    let link = |text, of| Link { href: address(of, 0), text, lang: "", current: of == finished };
    let end = from.saturating_add(PAGE);
    let rows: Vec<Row<'_>> = found.jobs.iter().map(|job| row(&visit, slug, job)).collect();
    let may_act = visit.may_act().is_ok();
    let has_more = usize::try_from(found.total).is_ok_and(|total| total > end);
    Ok(page(&OutboxView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Outbox), o.title.clone()),
        w: &visit.texts.work,
        o,
        back: &visit.path,
        shelves: [link(&o.waiting, false), link(&o.finished, true)],
        total: o.total.say(found.total, visit.locale),
        has_actions: may_act && rows.iter().any(|row| row.may_retry || row.may_drop),
        rows,
        empty: if finished { &o.empty_finished } else { &o.empty_waiting },
        pages: Pages {
            newest: (from > 0).then(|| address(finished, 0)),
            older: has_more.then(|| address(finished, end)),
        },
        here,
    }))
}

/// Sends one now, or never.
pub(super) async fn revive(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    path: Path<(String, String, String)>,
    form: Form<Act>,
) -> Result<HttpResponse, PageError> {
    let operator = form.0.operator(visit.may_act()?)?;
    let (_, id, how) = path.into_inner();
    let id = JobId::parse(&id).ok_or(PageError::NotFound)?;
    let how = match how.as_str() {
        "retry" => Revival::Retry,
        "drop" => Revival::Drop,
        _ => return Err(PageError::NotFound),
    };
    let revived = data.ledger.revive(&business.0.slug, &id, how, operator).await?;
    Ok(form.0.done(match (revived, how) {
        (Revived::Done, Revival::Retry) => Notice::WillBeSent,
        (Revived::Done, Revival::Drop) => Notice::JobDropped,
        (Revived::Absent, _) => Notice::Gone,
        (Revived::Sent, _) => Notice::JobSent,
        (Revived::Closed, _) => Notice::WindowClosed,
    }))
}

/// The colour of a state.
pub(super) fn tag(state: &str) -> &'static str {
    match state {
        "sent" => "good",
        "unknown" => "warn",
        "dropped" => "bad",
        _ => "soft",
    }
}

fn row<'a>(visit: &'a Visit, business: &str, job: &'a StoredJob) -> Row<'a> {
    let (o, locale) = (&visit.texts.outbox, visit.locale);
    let is_open = matches!(job.state.as_str(), "due" | "unknown");
    Row {
        id: job.id.as_str().to_owned(),
        kind: called(&o.kinds, job.kind.as_str()),
        about: visit.texts.words.scope(&job.scope).to_owned(),
        person: visit.shown(&job.to),
        person_link: Whom::Job(job.id.clone()).path(business),
        state: called(&o.states, &job.state),
        tag: tag(&job.state),
        reason: job.why().map(|word| (called(&o.reasons, word), word)),
        message_id: job.message_id().filter(|_| visit.reveals()).map(str::to_owned),
        attempts: (job.attempts > 0).then(|| o.attempts.say(job.attempts.into(), locale)),
        queued: locale.moment(job.made_at),
        until: locale.moment(job.expires_at),
        may_retry: (is_open || job.state == "dropped") && job.expires_at > unix_millis(),
        may_drop: is_open,
        is_in_doubt: job.state == "unknown",
    }
}
