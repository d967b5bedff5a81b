//! What is around every view: names, navigation, who is signed in.

use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError, http::header::ContentType};
use askama::Template;

use super::{
    assets::{ICON, SCRIPT, STYLE},
    error::PageError,
    form::in_query,
    language::Language,
    texts::Texts,
    visit::Visit,
};

/// A view of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Templates,
    Numbers,
    Person,
    NearMisses,
    Breaches,
    Outbox,
    DeadLetters,
    Health,
}

/// The sections as the navigation has them: groups of what belongs together.
const SECTIONS: [(Group, &[Section]); 3] = [
    (Group::Insight, &[Section::Overview, Section::Templates, Section::Numbers]),
    (Group::People, &[Section::Person, Section::NearMisses, Section::Breaches]),
    (Group::Operation, &[Section::Outbox, Section::DeadLetters, Section::Health]),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Insight,
    People,
    Operation,
}

impl Section {
    /// Where it is, below `/page/of/{business}`.
    fn place(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Person => "/person",
            Self::NearMisses => "/near-misses",
            Self::Breaches => "/breaches",
            Self::Outbox => "/outbox",
            Self::DeadLetters => "/dead-letters",
            Self::Templates => "/templates",
            Self::Numbers => "/numbers",
            Self::Health => "/health",
        }
    }

    fn name(self, texts: &Texts) -> &str {
        match self {
            Self::Overview => &texts.nav.overview,
            Self::Person => &texts.nav.person,
            Self::NearMisses => &texts.nav.near_misses,
            Self::Breaches => &texts.nav.breaches,
            Self::Outbox => &texts.nav.outbox,
            Self::DeadLetters => &texts.nav.dead_letters,
            Self::Templates => &texts.nav.templates,
            Self::Numbers => &texts.nav.numbers,
            Self::Health => &texts.nav.health,
        }
    }
}

impl Group {
    fn name(self, texts: &Texts) -> &str {
        match self {
            Self::Insight => &texts.nav.insight,
            Self::People => &texts.nav.people,
            Self::Operation => &texts.nav.operation,
        }
    }
}

/// The layout's part of every view; `templates/page/layout.html` reads it as `frame`.
pub(super) struct Frame<'a> {
    pub(super) t: &'a Texts,
    pub(super) lang: &'static str,
    pub(super) title: String,
    pub(super) groups: Vec<NavGroup<'a>>,
    pub(super) business: Option<&'a str>,
    pub(super) businesses: Vec<Link<'a>>,
    pub(super) visitor: Option<Visitor<'a>>,
    pub(super) notice: Option<NoticeLine<'a>>,
    pub(super) languages: Vec<Link<'a>>,
    pub(super) style: &'static str,
    pub(super) script: &'static str,
    pub(super) icon: &'static str,
    pub(super) version: &'static str,
}

pub(super) struct NavGroup<'a> {
    pub(super) name: &'a str,
    pub(super) links: Vec<Link<'a>>,
}

/// A link; `current` for where one is.
pub(super) struct Link<'a> {
    pub(super) href: String,
    pub(super) text: &'a str,
    /// The language of `text`, where it is not the page's.
    pub(super) lang: &'static str,
    pub(super) current: bool,
}

pub(super) struct Visitor<'a> {
    pub(super) name: &'a str,
    pub(super) role: &'a str,
    pub(super) form_token: &'a str,
    pub(super) may_act: bool,
}

pub(super) struct NoticeLine<'a> {
    pub(super) text: &'a str,
    pub(super) is_failure: bool,
}

impl<'a> Frame<'a> {
    /// Around a view of this business, where there is one and the visitor may see it.
    pub(super) fn of(
        visit: &'a Visit,
        business: Option<&'a str>,
        section: Option<Section>,
        title: impl Into<String>,
    ) -> Self {
        let t = &*visit.texts;
        let session = visit.session.as_ref();
        let business = business.filter(|slug| session.is_some_and(|session| session.grant.sees(slug)));
        let groups = business.map_or_else(Vec::new, |slug| groups(t, slug, section));
        let businesses = session.map_or_else(Vec::new, |session| {
            let seen = visit.who.seen(&session.grant);
            seen.map(|one| Link {
                href: place(&one.slug, Section::Overview),
                text: &one.slug,
                lang: "",
                current: Some(one.slug.as_str()) == business,
            })
            .collect()
        });
        let visitor = session.map(|session| Visitor {
            name: &session.grant.name,
            role: if session.grant.may_write() { &t.common.role_act } else { &t.common.role_see },
            form_token: &session.form_token,
            may_act: session.grant.may_write(),
        });
        let notice =
            visit.notice.map(|notice| NoticeLine { text: notice.text(t), is_failure: notice.is_failure() });
        let back = in_query(&visit.path);
        let languages = Language::ALL.into_iter().map(|language| Link {
            href: format!("/page/language?to={}&back={back}", language.tag()),
            text: language.own_name(),
            lang: language.tag(),
            current: language == visit.locale.language,
        });
        Self {
            t,
            lang: visit.locale.tag(),
            title: title.into(),
            groups,
            business,
            businesses,
            visitor,
            notice,
            languages: languages.collect(),
            style: &STYLE.path,
            script: &SCRIPT.path,
            icon: &ICON.path,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The path of a section.
pub(super) fn place(business: &str, section: Section) -> String {
    // A business is a slug: nothing in it needs to be encoded.
    format!("/page/of/{business}{}", section.place())
}

/// A view as the answer.
pub(super) fn render(view: &impl Template, response: &mut HttpResponseBuilder) -> HttpResponse {
    match view.render() {
        Ok(page) => response.insert_header(ContentType::html()).body(without_turns(page)),
        Err(error) => {
            tracing::error!(%error, "a page could not be laid out");
            PageError::Internal.error_response()
        }
    }
}

/// Without the marks that turn the direction of what follows (UAX #9, 2.1 to 2.5). `<bdi>` does not hold them: the end of an
/// element closes one isolate, and a text may open more, or close that one before. Marks that turn nothing stay.
fn without_turns(mut page: String) -> String {
    page.retain(|symbol| !matches!(symbol, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    page
}

/// A view as an answer with 200.
pub(super) fn page(view: &impl Template) -> HttpResponse {
    render(view, &mut HttpResponse::Ok())
}

fn groups<'a>(t: &'a Texts, business: &str, current: Option<Section>) -> Vec<NavGroup<'a>> {
    let link = |section: &Section| Link {
        href: place(business, *section),
        text: section.name(t),
        lang: "",
        current: Some(*section) == current,
    };
    SECTIONS
        .iter()
        .map(|(group, sections)| NavGroup { name: group.name(t), links: sections.iter().map(link).collect() })
        .collect()
}
