//! Everything that a reload replaces, built and checked before any of it is put in place.

use std::{collections::BTreeMap, sync::Arc};

use secrecy::ExposeSecret;
use tokio::sync::watch;

use super::{
    StartError,
    businesses::{directory, polled, senders},
    store::keyspaces,
    words::Shelf,
};
use crate::{
    access::{Access, Sessions},
    config::Settings,
    confirm::Roster,
    http::{Door, KnownBusiness, Page, Proofs, Webhook, Who},
    ingest::Directory,
    insight::Polled,
    ledger::{Keyspace, Ledger},
    live::Live,
    signature::{AppSecrets, VerifyTokens},
};

/// What the settings say of businesses, words and secrets.
pub(super) struct Generation {
    pub(super) keyspaces: BTreeMap<String, Keyspace>,
    pub(super) directory: Directory,
    pub(super) roster: Roster,
    pub(super) who: Who,
    pub(super) proofs: Proofs,
    pub(super) shelf: Shelf,
    pub(super) polled: Vec<Polled>,
    /// All of them, for the page to say how things stand.
    pub(super) settings: Settings,
}

/// Where it goes.
pub(super) struct Places {
    pub(super) ledger: Arc<Ledger>,
    pub(super) webhook: Arc<Webhook>,
    pub(super) door: Arc<Door>,
    pub(super) page: Arc<Page>,
    pub(super) polled: Arc<Live<Vec<Polled>>>,
    /// Also kept when nobody sends, so that its receivers never see it end.
    pub(super) roster: watch::Sender<Roster>,
}

impl Generation {
    /// Reads every file that the settings name. Takes a while: not for a thread that answers.
    ///
    /// # Errors
    ///
    /// The first thing that does not fit.
    pub(super) fn build(settings: &Settings, before: &Shelf) -> Result<Self, StartError> {
        let meta = &settings.meta;
        let proofs = Proofs {
            secrets: AppSecrets::new(meta.app_secrets.iter().map(ExposeSecret::expose_secret))?,
            tokens: VerifyTokens::new(meta.verify_tokens.iter().map(ExposeSecret::expose_secret))?,
        };
        let shelf = Shelf::stock(settings, before)?;
        let directory = directory(settings, &shelf)?;
        let roster = senders(settings)?;
        let who = who(settings, &shelf);
        Ok(Self {
            keyspaces: keyspaces(settings),
            directory,
            roster,
            who,
            proofs,
            shelf,
            polled: polled(settings),
            settings: settings.clone(),
        })
    }
}

impl Places {
    /// Puts a generation in place. The list knows its businesses first, so that none is planned for that it does not
    /// know. Returns the words, for the next one.
    pub(super) fn put(&self, generation: Generation) -> Shelf {
        self.ledger.set_businesses(generation.keyspaces);
        self.webhook.ingest.set_directory(generation.directory);
        self.webhook.proofs.set(generation.proofs);
        self.door.set_who(generation.who);
        self.page.set_settings(generation.settings);
        self.polled.set(generation.polled);
        self.roster.send_replace(generation.roster);
        generation.shelf
    }
}

fn who(settings: &Settings, shelf: &Shelf) -> Who {
    let businesses = settings.businesses.iter().map(|business| {
        Arc::new(KnownBusiness {
            slug: business.slug.clone(),
            topics: business.topics.keys().cloned().collect(),
            default_scope: business.default_scope.clone(),
            languages: shelf.of(&business.slug).map_or_else(Vec::new, |lexicon| {
                lexicon.languages().map(|(tag, _)| tag.to_owned()).collect()
            }),
        })
    });
    Who {
        access: Access::new(settings.access.iter().cloned()),
        sessions: Sessions::new(settings.meta.app_secrets.iter().map(ExposeSecret::expose_secret)),
        businesses: businesses.collect(),
    }
}
