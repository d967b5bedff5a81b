//! Health: what `baja doctor` says, without anybody having to wait for Meta.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpResponse, web::Data};
use askama::Template;

use super::{
    Page,
    error::PageError,
    form::go_to,
    frame::{Frame, Section, page, place},
    kept::{Age, Kept, Made},
    language::Locale,
    texts::{Health, fill},
    visit::{OfBusiness, Visit},
};
use crate::{
    access::Grant,
    clock::unix_seconds,
    config::Settings,
    doctor::{self, Finding, Status, Words},
    ledger::Ledger,
    live::Live,
};

/// Of secrets and Redis: ten seconds.
const NEAR: Age = Age { fresh: 10_000, usable: 60_000 };
/// Of Meta and the public address: ten minutes, because Meta counts questions.
const FAR: Age = Age { fresh: 600_000, usable: 600_000 };
/// For all questions to Meta and the public address together.
const PATIENCE: Duration = Duration::from_secs(60);
/// Seconds after which a page loads again that waits for them.
const RELOAD: u32 = 3;

/// Looks at the deployment, and remembers for a while what it saw.
pub(super) struct Examiner {
    ledger: Arc<Ledger>,
    settings: Live<Settings>,
    near: Kept<(), Vec<Finding>>,
    far: Kept<(), Vec<Finding>>,
}

/// What is known now.
struct Known {
    near: Arc<Made<Vec<Finding>>>,
    /// Nothing until Meta has been asked for the first time.
    far: Option<Arc<Made<Vec<Finding>>>>,
    is_being_asked: bool,
}

impl Examiner {
    pub(super) fn new(ledger: Arc<Ledger>, settings: Settings) -> Self {
        Self { ledger, settings: Live::new(settings), near: Kept::new(NEAR), far: Kept::new(FAR) }
    }

    pub(super) fn set_settings(&self, settings: Settings) {
        self.settings.set(settings);
        self.forget();
    }

    /// The settings as they are now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.get()
    }

    fn forget(&self) {
        self.near.forget(&());
        self.far.forget(&());
    }

    async fn look(&self) -> Result<Known, PageError> {
        let near = || {
            let (ledger, settings) = (Arc::clone(&self.ledger), self.settings.get());
            async move {
                let mut findings = doctor::examine_secrets(&settings);
                findings.extend(doctor::examine_redis(&settings, &ledger).await);
                Ok(findings)
            }
        };
        let far = || {
            let settings = self.settings.get();
            async move {
                let outside = doctor::examine_outside(&settings, None, unix_seconds());
                Ok(match tokio::time::timeout(PATIENCE, outside).await {
                    Ok(findings) => findings.concat(),
                    Err(_) => {
                        vec![Finding::unchecked("meta", "meta.slow")]
                    }
                })
            }
        };
        let (far, is_being_asked) = self.far.at_once((), far);
        Ok(Known { near: self.near.of((), near).await?, far, is_being_asked })
    }

    /// Whether somebody with this grant may know of the finding: it is of the service, or of a business that they see.
    fn may_know(&self, grant: &Grant, finding: &Finding) -> bool {
        let Some(subject) = &finding.subject else { return true };
        let settings = self.settings.get();
        let owner = settings.businesses.iter().find(|business| {
            business.slug == *subject
                || business.waba_ids.contains(subject)
                || business.phone_number_ids.contains(subject)
        });
        owner.map_or(grant.businesses.is_empty(), |business| grant.sees(&business.slug))
    }
}

#[derive(Template)]
#[template(path = "page/health.html")]
struct HealthView<'a> {
    frame: Frame<'a>,
    v: &'a Health,
    /// Seconds after which to load again.
    reload: Option<u32>,
    counts: Vec<(&'static str, String)>,
    last_webhook: String,
    /// To mend, not looked at, and in order; those of nothing are left out.
    groups: Vec<Group<'a>>,
    all_well: bool,
    as_of: String,
}

struct Group<'a> {
    name: &'a str,
    is_open: bool,
    findings: Vec<Shown<'a>>,
}

struct Shown<'a> {
    class: &'static str,
    word: &'a str,
    area: &'a str,
    check: &'static str,
    subject: Option<String>,
    /// What was found, around an error that it quotes.
    found: (String, Option<&'a str>, String),
    advice: Option<String>,
}

/// Shows it.
pub(super) async fn show(
    data: Data<Page>,
    visit: Visit,
    business: OfBusiness,
) -> Result<HttpResponse, PageError> {
    let (slug, grant) = (&business.0.slug, visit.grant()?);
    let known = data.health.look().await?;
    // When Redis is away the findings say so; this view is the last that should fail for it.
    let last = data.ledger.last_heartbeat(slug).await;
    let (t, locale) = (&*visit.texts, visit.locale);
    let v = &t.health;
    let far = known.far.as_ref().map(|far| far.it.as_slice()).unwrap_or_default();
    let all = known.near.it.iter().chain(far).filter(|finding| data.health.may_know(grant, finding));
    let all: Vec<&Finding> = all.collect();
    let groups = groups(&all, v, data.texts.findings(locale.language));
    let mut as_of = vec![fill(&v.near_as_of, &[("time", &locale.moment(known.near.at))])];
    as_of.extend(known.far.as_ref().map(|far| fill(&v.far_as_of, &[("time", &locale.moment(far.at))])));
    let view = HealthView {
        frame: Frame::of(&visit, Some(slug), Some(Section::Health), v.title.clone()),
        v,
        reload: known.is_being_asked.then_some(RELOAD),
        counts: counts(&all, v, locale),
        last_webhook: match last {
            Ok(Some(at)) => locale.moment(at),
            Ok(None) => v.no_webhook.clone(),
            Err(_) => v.unknown_webhook.clone(),
        },
        all_well: !groups.first().is_some_and(|group| group.is_open),
        groups,
        as_of: as_of.join(" "),
    };
    Ok(page(&view))
}

/// Forgets what was seen, so that it is looked at again.
pub(super) async fn look_again(data: Data<Page>, business: OfBusiness) -> HttpResponse {
    data.health.forget();
    go_to(&place(&business.0.slug, Section::Health))
}

fn counts(all: &[&Finding], v: &Health, locale: Locale) -> Vec<(&'static str, String)> {
    [
        (Status::Problem, &v.problem),
        (Status::Warning, &v.warning),
        (Status::Unchecked, &v.unchecked),
        (Status::Ok, &v.fine),
    ]
    .into_iter()
    .filter_map(|(status, text)| {
        let count = all.iter().filter(|finding| finding.status == status).count();
        let said = || (class(status), text.say(u64::try_from(count).unwrap_or(u64::MAX), locale));
        (count > 0).then(said)
    })
    .collect()
}

fn groups<'a>(all: &[&'a Finding], v: &'a Health, words: &Words) -> Vec<Group<'a>> {
    let group = |name, is_open, statuses: &[Status]| {
        let mut found: Vec<_> = all.iter().filter(|finding| statuses.contains(&finding.status)).collect();
        // The worst first; else in the order in which it was looked at.
        found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
        Group { name, is_open, findings: found.into_iter().map(|finding| shown(finding, v, words)).collect() }
    };
    let groups = [
        group(v.mend.as_str(), true, &[Status::Problem, Status::Warning]),
        group(&v.not_looked_at, false, &[Status::Unchecked]),
        group(&v.in_order, false, &[Status::Ok]),
    ];
    groups.into_iter().filter(|group| !group.findings.is_empty()).collect()
}

fn shown<'a>(finding: &'a Finding, v: &'a Health, words: &Words) -> Shown<'a> {
    let area = match finding.check.split('.').next().unwrap_or_default() {
        "secrets" => &v.secrets,
        "redis" => &v.redis,
        "address" => &v.address,
        _ => &v.meta,
    };
    let word = match finding.status {
        Status::Ok => &v.fine_word,
        Status::Unchecked => &v.unchecked_word,
        Status::Warning => &v.warning_word,
        Status::Problem => &v.problem_word,
    };
    Shown {
        class: class(finding.status),
        word,
        area,
        check: finding.check,
        subject: finding.subject.clone(),
        found: finding.found.around_error(words),
        advice: finding.advice.as_ref().map(|advice| advice.in_words(words)),
    }
}

fn class(status: Status) -> &'static str {
    match status {
        Status::Ok => "good",
        Status::Unchecked => "soft",
        Status::Warning => "warn",
        Status::Problem => "bad",
    }
}
