//! What an operator decides about a person: asked once more, then done, and told on the view that follows.

use actix_web::{HttpResponse, web::Data};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{
        Page,
        act::operator,
        error::PageError,
        form::{Form, go_to_with},
        frame::{Frame, Section, page, place},
        notice::Notice,
        texts::{PersonTexts, Work},
        visit::{OfBusiness, Visit},
    },
    Hidden, Standing, name, standing,
    whom::Whom,
};
use crate::{
    identity::{Identifier, Person},
    intent::Scope,
    ledger::{Decided, Forgotten, Operator, Way},
};

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Wish {
    Suppress,
    Resume,
    Forget,
}

#[derive(Deserialize)]
pub(in crate::http::page) struct Wanted {
    wish: Wish,
    of: Option<String>,
    number: Option<String>,
    scope: String,
    #[serde(default)]
    note: String,
}

#[derive(Template)]
#[template(path = "page/person_confirm.html")]
struct ConfirmView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    p: &'a PersonTexts,
    here: String,
    back: String,
    whom: Hidden,
    name: String,
    standing: Standing,
    wish: &'static str,
    about: &'a str,
    button: &'a str,
    is_grave: bool,
    scope: &'a str,
    /// In words; nothing where it is about the whole person.
    scope_name: Option<&'a str>,
    note: &'a str,
    erasure: Option<Erasure<'a>>,
}

/// What an erasure would take.
struct Erasure<'a> {
    counts: Vec<(String, &'a str)>,
    refuses: bool,
}

/// Asks once more.
pub(in crate::http::page) async fn confirm(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    form: Form<Wanted>,
) -> Result<HttpResponse, PageError> {
    let (slug, wanted, p) = (&business.0.slug, &form.0, &visit.texts.person);
    let operator = operator(visit.may_act()?, &wanted.note)?;
    let whom = wanted.whom()?;
    wanted.scope(&business)?;
    let person = whom.person(&data, slug).await?.ok_or(PageError::NotFound)?;
    let known = data.ledger.known(slug, &person).await?;
    let erasure = match wanted.wish {
        Wish::Forget => Some(erasure(&visit, &data.ledger.forget(slug, &person, operator, true).await?)),
        Wish::Suppress | Wish::Resume => None,
    };
    let (wish, title, about, button) = match wanted.wish {
        Wish::Suppress => ("suppress", &p.confirm_suppress, &p.suppress_about, &p.suppress),
        Wish::Resume => ("resume", &p.confirm_resume, &p.resume_about, &p.resume),
        Wish::Forget => ("forget", &p.confirm_forget, &p.forget_about, &p.forget),
    };
    Ok(page(&ConfirmView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Person), title.clone()),
        w: &visit.texts.work,
        p,
        here: place(slug, Section::Person),
        back: whom.path(slug),
        name: name(&visit, &person),
        standing: standing(&visit, &known),
        whom: whom.hidden(),
        wish,
        about,
        button,
        is_grave: wanted.wish == Wish::Forget,
        scope: &wanted.scope,
        scope_name: erasure.is_none().then(|| visit.texts.words.scope(&wanted.scope)),
        note: &wanted.note,
        erasure,
    }))
}

/// Does it.
pub(in crate::http::page) async fn act(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    form: Form<Wanted>,
) -> Result<HttpResponse, PageError> {
    let (slug, wanted) = (&business.0.slug, &form.0);
    let operator = operator(visit.may_act()?, &wanted.note)?;
    let (whom, scope) = (wanted.whom()?, wanted.scope(&business)?);
    let person = whom.person(&data, slug).await?.ok_or(PageError::NotFound)?;
    let notice = match wanted.wish {
        Wish::Suppress => decide(&data, slug, Way::Suppress, &scope, operator, &person).await?,
        Wish::Resume => decide(&data, slug, Way::Resume, &scope, operator, &person).await?,
        Wish::Forget => {
            let forgotten = data.ledger.forget(slug, &person, operator, false).await?;
            if forgotten.is_nothing() { Notice::NothingErased } else { Notice::Erased }
        }
    };
    // An erasure takes away what led here.
    let path = match (wanted.wish, &whom) {
        (Wish::Suppress | Wish::Resume, _) | (_, Whom::Typed(_)) => whom.path(slug),
        (Wish::Forget, _) => place(slug, Section::Person),
    };
    let mut answer = go_to_with(&path, notice);
    whom.remember(&data, &mut answer)?;
    Ok(answer)
}

async fn decide(
    data: &Page,
    business: &str,
    way: Way,
    scope: &Scope,
    operator: Operator<'_>,
    person: &Person,
) -> Result<Notice, PageError> {
    let decided = data.ledger.decide(business, way, scope, operator, person.identifiers()).await?;
    let words: Vec<_> = decided.iter().map(|one: &Decided| one.word(way)).collect();
    Ok(match way {
        Way::Suppress if words.contains(&"refused") => Notice::NotSuppressed,
        Way::Resume if words.contains(&"refused") => Notice::NotResumed,
        _ if words.iter().all(|word| *word == "already") => Notice::AlreadySo,
        Way::Suppress => Notice::Suppressed,
        Way::Resume => Notice::Resumed,
    })
}

fn erasure<'a>(visit: &'a Visit, found: &Forgotten) -> Erasure<'a> {
    let c = &visit.texts.person.erased_counts;
    let counts = [
        (found.records_removed, &c.records),
        (found.evidence, &c.evidence),
        (found.jobs, &c.jobs),
        (found.dead_letters, &c.dead_letters),
        (found.near_misses, &c.near_misses),
        (found.sends, &c.sends),
        (found.audit_entries, &c.audit),
    ];
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let counts = counts.map(|(count, name)| (visit.locale.count(count), name.as_str())).collect();
    Erasure { counts, refuses: found.refuses }
}

impl Wanted {
    fn whom(&self) -> Result<Whom, PageError> {
        let found = match (&self.of, &self.number) {
            (Some(reference), None) => Whom::of_reference(reference),
            (None, Some(number)) => Identifier::read(number).map(Whom::Typed),
            _ => None,
        };
        found.ok_or(PageError::BadForm)
    }

    /// A scope that the business has.
    fn scope(&self, business: &OfBusiness) -> Result<Scope, PageError> {
        let topic = Some(self.scope.as_str()).filter(|scope| *scope != "all");
        business.0.scope(topic).map_err(|_| PageError::BadForm)
    }
}
