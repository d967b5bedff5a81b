//! A person: found by any spelling, with everything that happened to them and why, and what may be decided.

pub(super) mod decide;
mod timeline;
pub(super) mod whom;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    Page,
    error::PageError,
    form::{Asked, Form, go_to},
    frame::{Frame, Section, page, render},
    texts::{PersonTexts, Told, Work, called, fill},
    visit::{OfBusiness, Visit},
};
use crate::{
    identity::{Identifier, Person},
    ledger::{Dossier, EntryId, Known, Record},
};
use timeline::Item;
use whom::Whom;

#[derive(Deserialize)]
pub(super) struct Where {
    /// What led here.
    of: Option<String>,
    /// Where to go on in the audit.
    before: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    number: String,
}

#[derive(Template)]
#[template(path = "page/person.html")]
struct PersonView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    p: &'a PersonTexts,
    here: String,
    /// In the field.
    number: String,
    failure: Option<&'a str>,
    /// Instead of a person.
    told: Option<&'a Told>,
    found: Option<Found<'a>>,
}

/// Somebody, as the view shows them.
struct Found<'a> {
    whom: Hidden,
    name: String,
    standing: Standing,
    from_before: bool,
    people: Vec<Somebody>,
    items: Vec<Item<'a>>,
    looked_through: String,
    further: Option<String>,
    scopes: Vec<(String, String)>,
    is_masked: bool,
}

/// Whom a form is about, in fields that nobody sees.
pub(super) struct Hidden {
    of: Option<String>,
    number: Option<String>,
}

/// What the list says, in a word and a colour.
pub(super) struct Standing {
    tag: &'static str,
    text: String,
}

/// One record.
struct Somebody {
    identifiers: Vec<String>,
    spellings: Vec<String>,
    given_up: Vec<(String, String)>,
    /// Of what, and when.
    decisions: Vec<(String, String)>,
}

/// Shows whoever was looked up, or what led here.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Where>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let whom = match &asked.0.of {
        Some(reference) => Some(Whom::of_reference(reference).ok_or(PageError::NotFound)?),
        None => Whom::of_cookie(&request),
    };
    let before = asked.0.before.as_deref().map(|id| EntryId::parse(id).ok_or(PageError::NotFound));
    let before = before.transpose()?;
    let mut view = empty(&visit, slug);
    let Some(whom) = whom else { return Ok(page(&view)) };
    let Some(person) = whom.person(&data, slug).await? else {
        view.told = Some(&visit.texts.person.gone);
        return Ok(page(&view));
    };
    let dossier = data.ledger.dossier(slug, &person, before.as_ref()).await?;
    view.number = whom.typed().unwrap_or_default().to_owned();
    if dossier.known.is_nothing() && dossier.near_misses.is_empty() && dossier.breaches.is_empty() {
        view.told = Some(&visit.texts.person.unknown);
    }
    let lexicon = data.webhook.ingest.lexicon(slug);
    let items = timeline::items(&visit, lexicon.as_deref(), &dossier);
    view.found = Some(found(&visit, &business, &whom, &person, dossier, items));
    Ok(page(&view))
}

/// Looks a number up.
pub(super) async fn search(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    form: Form<Search>,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    match Identifier::read_typed(&form.0.number, None) {
        Ok(identifier) => {
            let whom = Whom::Typed(identifier);
            let mut answer = go_to(&whom.path(slug));
            whom.remember(&data, &mut answer)?;
            Ok(answer)
        }
        Err(error) => {
            let mut view = empty(&visit, slug);
            view.failure = Some(called(&visit.texts.person.errors, error.code()));
            view.number = form.0.number.chars().take(64).collect();
            Ok(render(&view, &mut HttpResponse::build(StatusCode::BAD_REQUEST)))
        }
    }
}

fn empty<'a>(visit: &'a Visit, business: &'a str) -> PersonView<'a> {
    let p = &visit.texts.person;
    PersonView {
        frame: Frame::of(visit, Some(business), Some(Section::Person), p.title.clone()),
        w: &visit.texts.work,
        p,
        here: super::frame::place(business, Section::Person),
        number: String::new(),
        failure: None,
        told: None,
        found: None,
    }
}

fn found<'a>(
    visit: &'a Visit,
    business: &OfBusiness,
    whom: &Whom,
    person: &Person,
    dossier: Dossier,
    items: Vec<Item<'a>>,
) -> Found<'a> {
    let looked_through = looked_through(visit, &dossier);
    let Dossier { known, trail, .. } = dossier;
    let path = whom.path(&business.0.slug);
    let joint = if path.contains('?') { '&' } else { '?' };
    Found {
        whom: whom.hidden(),
        name: name(visit, person),
        standing: standing(visit, &known),
        from_before: known.records.is_empty() && !known.refused.is_empty(),
        people: known.records.iter().map(|record| somebody(visit, record)).collect(),
        items,
        looked_through,
        further: trail.next.map(|next| format!("{path}{joint}before={next}")),
        scopes: scopes(visit, business),
        is_masked: !visit.reveals(),
    }
}

/// How much of what has no index by person was looked through, and whether that is all.
fn looked_through(visit: &Visit, dossier: &Dossier) -> String {
    let (p, locale, trail) = (&visit.texts.person, visit.locale, &dossier.trail);
    if trail.next.is_none() {
        return p.looked_through.say(trail.looked_through as u64, locale);
    }
    let [audit, breaches] =
        [trail.looked_through, dossier.breaches_looked_through].map(|count| locale.count(count as u64));
    fill(&p.looked_in_part, &[("audit", &audit), ("breaches", &breaches)])
}

impl Whom {
    pub(super) fn hidden(&self) -> Hidden {
        Hidden { of: self.reference(), number: self.typed().map(str::to_owned) }
    }
}

/// What can be decided about: everything, and each topic.
fn scopes(visit: &Visit, business: &OfBusiness) -> Vec<(String, String)> {
    let topics = business.0.topics.iter().map(String::as_str);
    let all = std::iter::once("all").chain(topics);
    all.map(|scope| (scope.to_owned(), visit.texts.words.scope(scope).to_owned())).collect()
}

/// What a person is called on the view.
pub(super) fn name(visit: &Visit, person: &Person) -> String {
    person.identifiers().iter().map(|one| visit.shown(one.as_str())).collect::<Vec<_>>().join(" · ")
}

fn standing(visit: &Visit, known: &Known) -> Standing {
    let p = &visit.texts.person;
    if known.refused.is_empty() {
        return Standing { tag: "good", text: p.free.clone() };
    }
    if known.refused.iter().any(|scope| scope == "all") {
        return Standing { tag: "bad", text: p.refuses_all.clone() };
    }
    let scopes: Vec<_> = known.refused.iter().map(|scope| visit.texts.words.scope(scope)).collect();
    Standing { tag: "warn", text: fill(&p.refuses, &[("scopes", &scopes.join(", "))]) }
}

fn somebody(visit: &Visit, record: &Record) -> Somebody {
    let (p, locale) = (&visit.texts.person, visit.locale);
    let shown = |all: &[String]| all.iter().map(|one| visit.shown(one)).collect();
    let decisions = record.registers.iter().map(|(register, newest)| {
        let name = match register.split_once('@') {
            Some((scope, _)) => fill(&p.in_settings, &[("scope", visit.texts.words.scope(scope))]),
            None => visit.texts.words.scope(register).to_owned(),
        };
        let times = [(&p.stopped_at, newest.stop), (&p.started_at, newest.start)];
        let times = times.into_iter().filter_map(|(text, at)| {
            // Stored times are JSON numbers far below 2^53; the cast saturates.
            Some(fill(text, &[("time", &locale.moment(at? as i64))]))
        });
        (name, times.collect::<Vec<_>>().join(" · "))
    });
    let given_up = record.abandoned.iter().map(|(one, at)| (visit.shown(one), locale.moment(*at as i64)));
    Somebody {
        identifiers: shown(&record.canonical),
        spellings: shown(&record.members),
        given_up: given_up.collect(),
        decisions: decisions.collect(),
    }
}
