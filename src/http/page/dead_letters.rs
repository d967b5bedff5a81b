//! What came in and could not be read.

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;

use super::{
    Page,
    act::Act,
    error::PageError,
    form::{Asked, Form},
    frame::{Frame, Section, page, place},
    notice::Notice,
    paging::{Before, Pages},
    texts::{DeadLetterTexts, Work, called},
    visit::{OfBusiness, Visit},
};
use crate::{ingest::Reread, ledger::EntryId};

/// How many are on a page.
const PAGE: usize = 25;

#[derive(Template)]
#[template(path = "page/dead_letters.html")]
struct DeadLettersView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    d: &'a DeadLetterTexts,
    here: String,
    back: &'a str,
    rows: Vec<Row>,
    pages: Pages,
    hidden_words: &'a str,
}

struct Row {
    id: String,
    came: String,
    kind: String,
    reason: String,
    /// Personal data: for those who may see it.
    raw: Option<String>,
}

/// Shows them.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    Asked(asked): Asked<Before>,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let found = data.ledger.dead_letters(slug, asked.entry()?.as_ref(), PAGE).await?;
    let here = place(slug, Section::DeadLetters);
    let last = found.last().filter(|_| found.len() == PAGE).map(|last| last.id.as_str());
    let d = &visit.texts.dead_letters;
    Ok(page(&DeadLettersView {
        frame: Frame::of(&visit, Some(slug), Some(Section::DeadLetters), d.title.clone()),
        w: &visit.texts.work,
        d,
        back: &visit.path,
        pages: asked.pages(&here, last),
        rows: found
            .into_iter()
            .map(|letter| Row {
                came: visit.locale.moment(letter.written_at()),
                id: letter.id,
                kind: letter.kind,
                reason: called(&d.reasons, &letter.reason).to_owned(),
                raw: Some(letter.raw).filter(|_| visit.reveals()),
            })
            .collect(),
        hidden_words: &visit.texts.person.hidden_words,
        here,
    }))
}

/// Reads one again, or drops it.
pub(super) async fn decide(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    path: Path<(String, String, String)>,
    form: Form<Act>,
) -> Result<HttpResponse, PageError> {
    let operator = form.0.operator(visit.may_act()?)?;
    let (_, id, wish) = path.into_inner();
    let (id, slug) = (EntryId::parse(&id).ok_or(PageError::NotFound)?, &business.0.slug);
    Ok(form.0.done(match wish.as_str() {
        "again" => match data.webhook.ingest.read_again(slug, &id, operator).await? {
            Reread::Read { changes: 0 } => Notice::LetterReadNothing,
            Reread::Read { .. } => Notice::LetterRead,
            Reread::StillBroken => Notice::StillBroken,
            Reread::Gone => Notice::Gone,
        },
        "drop" if data.ledger.drop_dead_letter(slug, &id, false, operator).await? => Notice::LetterDropped,
        "drop" => Notice::Gone,
        _ => return Err(PageError::NotFound),
    }))
}
