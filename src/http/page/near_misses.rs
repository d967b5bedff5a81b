//! Texts that were nearly an opt-out: decided here, with the rule that would have caught them.

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
    rule::{self, RuleLine},
    texts::{NearMissTexts, Work, called, fill},
    visit::{OfBusiness, Visit},
};
use crate::{
    http::verdict::{self, Said, Word},
    intent::{Lexicon, propose},
    ledger::{NearMissEnd, NearMissId, StoredNearMiss},
};

/// How many are on a page.
const PAGE: usize = 25;
/// How many are looked through for a page of one state.
const LOOKED_THROUGH: usize = 1000;

/// The states to choose from; the first is all.
const STATES: [&str; 6] = ["", "open", "yes", "no", "approved", "rejected"];

#[derive(Deserialize)]
pub(super) struct Query {
    #[serde(default)]
    state: String,
    /// The place of the last one of the page before.
    below: Option<u64>,
}

#[derive(Template)]
#[template(path = "page/near_misses.html")]
struct NearMissesView<'a> {
    frame: Frame<'a>,
    w: &'a Work,
    n: &'a NearMissTexts,
    here: String,
    back: &'a str,
    states: Vec<Link<'a>>,
    items: Vec<Item<'a>>,
    pages: Pages,
    is_masked: bool,
}

struct Item<'a> {
    id: String,
    time: String,
    person: String,
    person_link: String,
    state: &'a str,
    tag: &'static str,
    asked: &'a str,
    words: Option<String>,
    /// Why there are no words to see.
    no_words: &'a str,
    rule: Option<RuleLine>,
    scope: String,
    decided: Option<(String, String, String)>,
    now: Option<String>,
    /// The rule to add, and the file.
    proposal: Option<(String, String)>,
    is_too_long: bool,
    may_approve: bool,
    may_reject: bool,
}

/// Shows them.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    asked: Asked<Query>,
) -> Result<HttpResponse, PageError> {
    let slug = &business.0.slug;
    let Query { state, below } = &asked.0;
    let state = STATES.into_iter().find(|known| known == state).ok_or(PageError::NotFound)?;
    let (found, older) = read(&data, slug, state, *below).await?;
    let lexicon = data.webhook.ingest.lexicon(slug);
    let here = place(slug, Section::NearMisses);
    let n = &visit.texts.near_misses;
    let address = |state: &str, below: Option<u64>| match (state, below) {
        ("", None) => here.clone(),
        ("", Some(below)) => format!("{here}?below={below}"),
        (state, None) => format!("{here}?state={state}"),
        (state, Some(below)) => format!("{here}?state={state}&below={below}"),
    };
    let states = STATES.into_iter().map(|one| Link {
        href: address(one, None),
        text: if one.is_empty() { &n.all } else { called(&n.states, one) },
        lang: "",
        current: one == state,
    });
    Ok(page(&NearMissesView {
        frame: Frame::of(&visit, Some(slug), Some(Section::NearMisses), n.title.clone()),
        w: &visit.texts.work,
        n,
        back: &visit.path,
        states: states.collect(),
        items: found.iter().map(|one| item(&visit, lexicon.as_deref(), slug, one)).collect(),
        pages: Pages {
            newest: below.map(|_| address(state, None)),
            older: older.map(|below| address(state, Some(below))),
        },
        is_masked: !visit.reveals(),
        here,
    }))
}

/// A page of those in a state, and where the next one begins.
async fn read(
    data: &Page,
    business: &str,
    state: &str,
    below: Option<u64>,
) -> Result<(Vec<StoredNearMiss>, Option<u64>), PageError> {
    let depth = if state.is_empty() { PAGE } else { LOOKED_THROUGH };
    let looked_through = data.ledger.near_misses(business, below, depth).await?;
    let last = looked_through.last().filter(|_| looked_through.len() == depth).map(|one| one.place);
    let wanted = |one: &StoredNearMiss| state.is_empty() || one.near_miss.state() == state;
    let mut found: Vec<_> = looked_through.into_iter().filter(wanted).collect();
    if found.len() <= PAGE {
        return Ok((found, last));
    }
    found.truncate(PAGE);
    let next = found.last().map(|one| one.place);
    Ok((found, next))
}

/// Takes one for an opt-out, or for none.
pub(super) async fn decide(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
    path: Path<(String, String, String)>,
    form: Form<Act>,
) -> Result<HttpResponse, PageError> {
    let operator = form.0.operator(visit.may_act()?)?;
    let (_, id, word) = path.into_inner();
    let id = NearMissId::parse(&id).ok_or(PageError::NotFound)?;
    let word = match word.as_str() {
        "approve" => Word::Approve,
        "reject" => Word::Reject,
        _ => return Err(PageError::NotFound),
    };
    let metrics = &data.webhook.metrics;
    let said = verdict::say(&data.ledger, metrics, &business.0.slug, &id, word, operator).await?;
    Ok(form.0.done(match said {
        Said::Approved => Notice::Approved,
        Said::Outdated => Notice::Outdated,
        Said::Rejected => Notice::Rejected,
        Said::Already => Notice::AlreadySo,
        Said::AnsweredNo => Notice::AnsweredNo,
        Said::Stopped => Notice::EndedWithStop,
        Said::Unknown => Notice::Gone,
    }))
}

fn item<'a>(
    visit: &'a Visit,
    lexicon: Option<&Lexicon>,
    business: &str,
    stored: &StoredNearMiss,
) -> Item<'a> {
    let (t, n, one) = (&*visit.texts, &visit.texts.near_misses, &stored.near_miss);
    let words = Some(one.text.clone()).filter(|text| visit.reveals() && !text.is_empty());
    let decided = one.ended_at.map(|at| {
        let by = if one.by.is_empty() && one.ended.is_some_and(is_operators) {
            &t.work.by_command
        } else {
            &one.by
        };
        (visit.locale.moment(at as i64), by.clone(), one.note.clone())
    });
    let is_open = one.ended.is_none();
    // What a rule of now makes a stop of needs no rule more, nor does what was said to be none.
    let undecided = words.as_ref().filter(|_| is_open || one.ended == Some(NearMissEnd::Approved));
    let now = undecided
        .zip(lexicon)
        .and_then(|(text, lexicon)| rule::now(visit, lexicon, text, &one.decision, &one.rule, false));
    let is_candidate = undecided.is_some() && now.is_none() && one.scope == "all";
    let proposal =
        Some(&one.normalized).filter(|_| is_candidate).and_then(|text| propose(text, &one.language));
    Item {
        id: stored.id.as_str().to_owned(),
        time: visit.locale.moment(one.at as i64),
        person: super::person::name(visit, &one.person()),
        person_link: Whom::NearMiss(stored.id.clone()).path(business),
        state: called(&n.states, one.state()),
        tag: if is_open { "warn" } else { "soft" },
        asked: if one.asked == 1 { &n.asked } else { &n.not_asked },
        no_words: if one.text.is_empty() { &n.no_words } else { &t.person.hidden_words },
        words,
        rule: rule::line(visit, &one.rule),
        scope: t.words.scope(&one.scope).to_owned(),
        decided,
        now: now.map(|decision| fill(&n.now, &[("decision", &decision)])),
        is_too_long: is_candidate && proposal.is_none(),
        proposal: proposal
            .map(|rule| (rule, fill(&n.proposal_hint, &[("file", &format!("{}.toml", one.language))]))),
        may_approve: matches!(one.ended, None | Some(NearMissEnd::Rejected)),
        may_reject: matches!(one.ended, None | Some(NearMissEnd::No)),
    }
}

fn is_operators(end: NearMissEnd) -> bool {
    matches!(end, NearMissEnd::Approved | NearMissEnd::Rejected)
}
