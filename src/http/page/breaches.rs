//! Messages that were sent against the list.

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    Page,
    error::PageError,
    form::Asked,
    frame::{Frame, Section, page, place},
    paging::{Before, Pages},
    person::whom::Whom,
    texts::{BreachTexts, Work, fill},
    visit::{OfBusiness, Visit},
};
use crate::ledger::{Breach, EntryId};

/// How many are on a page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "page/breaches.html")]
struct BreachesView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    b: &'a BreachTexts,
    rows: Vec<Row<'a>>,
    pages: Pages,
    is_masked: bool,
}

struct Row<'a> {
    sent: String,
    person: String,
    person_link: Option<String>,
    refused: String,
    /// Template, topic and campaign, and Meta's category, each with what it is; where they are known.
    labels: Vec<(&'a str, &'a str)>,
    message_id: Option<String>,
}

/// Shows them.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    Asked(asked): Asked<Before>,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let found = data.ledger.breaches(slug, 0, asked.entry()?.as_ref(), PAGE).await?;
    let last = found.last().filter(|_| found.len() == PAGE).map(|last| last.id.as_str());
    let b = &visit.texts.breaches;
    Ok(page(&BreachesView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Breaches), b.title.clone()),
        w: &visit.texts.work,
        b,
        pages: asked.pages(&place(slug, Section::Breaches), last),
        rows: found.iter().map(|breach| row(&visit, slug, breach)).collect(),
        is_masked: !visit.reveals(),
    }))
}

fn row<'a>(visit: &'a Visit, business: &str, breach: &'a Breach) -> Row<'a> {
    let (b, w, locale) = (&visit.texts.breaches, &visit.texts.work, visit.locale);
    let scope = visit.texts.words.scope(&breach.scope);
    let refused = match breach.since {
        Some(since) => fill(&b.since, &[("scope", scope), ("time", &locale.moment(since))]),
        None => fill(&b.since_unknown, &[("scope", scope)]),
    };
    let labels = [
        (w.template.as_str(), breach.template.as_str()),
        (&w.topic, &breach.topic),
        (&w.campaign, &breach.campaign),
        (&w.category, &breach.category),
    ];
    Row {
        sent: locale.moment(breach.sent_at),
        person: visit.shown(&breach.identifier),
        person_link: EntryId::parse(&breach.id).map(|id| Whom::Breach(id).path(business)),
        refused,
        labels: labels.into_iter().filter(|(_, label)| !label.is_empty()).collect(),
        message_id: Some(breach.message_id.clone()).filter(|id| visit.reveals() && !id.is_empty()),
    }
}
