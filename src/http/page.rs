//! `/page` on the operators' listener: for people who would rather look than read.
//!
//! Rendered here, as whole pages ([askama], which escapes everything); works without scripts, and asks no other server for
//! anything. A request goes through [`guard`] first, which knows the language and the session, takes forms only from the page
//! itself, and makes every failure a page as well. What a view shows is computed in a file of its own beside this one and laid
//! out in `templates/page/`.

mod act;
mod assets;
mod breaches;
mod chart;
mod dead_letters;
mod entry;
mod error;
mod form;
mod frame;
mod guard;
mod happened;
mod health;
mod kept;
mod language;
mod near_misses;
mod notice;
mod numbers;
mod outbox;
mod overview;
mod paging;
mod period;
mod person;
mod reports;
mod rule;
mod sign_in;
mod sort;
mod templates;
mod texts;
mod visit;

use std::{sync::Arc, time::Duration};

use actix_web::{
    middleware::from_fn,
    web::{self, PathConfig},
};

use error::PageError;
use health::Examiner;
use reports::Reports;
use texts::AllTexts;

use super::{Webhook, body::Places, door::Door};
use crate::{config::Settings, ledger::Ledger};

/// Large bodies read at a time; no form is large.
const LARGE_BODIES: usize = 1;

/// How the page is reached, and how long people stay signed in.
#[derive(Debug, Clone)]
pub struct PageRules {
    /// As browsers see it through a proxy, as in `https://baja.example.com`.
    pub origin: Option<String>,
    /// How long a session lasts.
    pub session: Duration,
    /// Whether the operators' listener speaks TLS itself.
    pub speaks_tls: bool,
    /// For a form to arrive.
    pub body_time: Duration,
}

impl PageRules {
    /// Whether browsers reach the page over TLS, so that cookies are for TLS alone.
    fn is_secure(&self) -> bool {
        self.speaks_tls || self.origin.as_deref().is_some_and(|origin| origin.starts_with("https://"))
    }
}

/// What answers below `/page`.
pub struct Page {
    ledger: Arc<Ledger>,
    /// Has the words of each business, reads dead letters again, and counts.
    webhook: Arc<Webhook>,
    door: Arc<Door>,
    rules: PageRules,
    texts: AllTexts,
    reports: Reports,
    health: Examiner,
    places: Places,
}

impl Page {
    /// Puts the parts together.
    ///
    /// # Errors
    ///
    /// Never with the built-in texts as they are, which a test holds.
    pub fn new(
        ledger: Arc<Ledger>,
        webhook: Arc<Webhook>,
        door: Arc<Door>,
        settings: Settings,
        rules: PageRules,
    ) -> Result<Self, toml::de::Error> {
        let (texts, places) = (AllTexts::builtin()?, Places::new(LARGE_BODIES));
        let reports = Reports::new(Arc::clone(&ledger));
        let health = Examiner::new(Arc::clone(&ledger), settings);
        Ok(Self { ledger, webhook, door, rules, texts, reports, health, places })
    }

    /// Replaces the settings that the view of health looks at.
    pub fn set_settings(&self, settings: Settings) {
        self.health.set_settings(settings);
    }
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let only_get = |path: &str| {
        web::resource(path).default_service(web::to(async || PageError::MethodNotAllowed.refuse()))
    };
    config.service(web::resource("/").route(web::get().to(entry::root))).service(
        web::scope("/page")
            .wrap(from_fn(guard::guard))
            .app_data(PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
            .service(only_get("").route(web::get().to(entry::first_business)))
            .service(only_get("/assets/{name}").route(web::get().to(assets::serve)))
            .service(only_get("/language").route(web::get().to(entry::choose_language)))
            .service(
                only_get("/sign-in")
                    .route(web::get().to(sign_in::show))
                    .route(web::post().to(sign_in::sign_in)),
            )
            .service(only_get("/sign-out").route(web::post().to(sign_in::sign_out)))
            .service(only_get("/of/{business}").route(web::get().to(overview::show)))
            .service(
                only_get("/of/{business}/person")
                    .route(web::get().to(person::show))
                    .route(web::post().to(person::search)),
            )
            .service(only_get("/of/{business}/person/confirm").route(web::post().to(person::decide::confirm)))
            .service(only_get("/of/{business}/person/act").route(web::post().to(person::decide::act)))
            .service(only_get("/of/{business}/near-misses").route(web::get().to(near_misses::show)))
            .service(
                only_get("/of/{business}/near-misses/{id}/{word}").route(web::post().to(near_misses::decide)),
            )
            .service(only_get("/of/{business}/breaches").route(web::get().to(breaches::show)))
            .service(only_get("/of/{business}/outbox").route(web::get().to(outbox::show)))
            .service(only_get("/of/{business}/outbox/{id}/{how}").route(web::post().to(outbox::revive)))
            .service(only_get("/of/{business}/dead-letters").route(web::get().to(dead_letters::show)))
            .service(
                only_get("/of/{business}/dead-letters/{id}/{wish}")
                    .route(web::post().to(dead_letters::decide)),
            )
            .service(only_get("/of/{business}/templates").route(web::get().to(templates::show)))
            .service(only_get("/of/{business}/numbers").route(web::get().to(numbers::show)))
            .service(only_get("/of/{business}/templates/one").route(web::get().to(templates::show_one)))
            .service(
                only_get("/of/{business}/health")
                    .route(web::get().to(health::show))
                    .route(web::post().to(health::look_again)),
            )
            .default_service(web::to(async || PageError::NotFound.refuse())),
    );
}
