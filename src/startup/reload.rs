//! New settings without a restart: valid as a whole and put in place, or refused and nothing changed.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    StartError,
    generation::{Generation, Places},
    words::Shelf,
};
use crate::{
    config::{ConfigError, ConfigErrors, Settings},
    metrics::{Metrics, ReloadOutcome},
};

/// Keys by which the keys of the businesses were checked: with another Redis they would have to be checked anew.
const GROUND: [&str; 2] = ["redis.mode", "redis.prefix"];

/// Puts new settings in place of those that a running service has. Take one and keep it: it knows what is in place.
#[derive(Clone)]
pub struct Reloader {
    pub(super) running: Settings,
    pub(super) shelf: Shelf,
    pub(super) places: Arc<Places>,
    pub(super) metrics: Arc<Metrics>,
}

/// What a reload did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// The businesses now.
    pub businesses: Vec<String>,
    /// Those that are new.
    pub added: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Keys that changed since the start and count only after a restart.
    pub after_restart: Vec<String>,
}

impl Reloader {
    /// Reads the settings anew and puts in place what can be: words, texts, businesses, tokens and secrets. Says in the
    /// log what came of it, for each key what is wrong with it.
    ///
    /// # Errors
    ///
    /// Why nothing was changed.
    pub async fn reload(
        &mut self,
        load: impl FnOnce() -> Result<Settings, ConfigErrors> + Send + 'static,
    ) -> Result<Reloaded, StartError> {
        let result = self.replace(load).await;
        match &result {
            Ok(done) => {
                self.metrics.reload(ReloadOutcome::Applied);
                for key in &done.after_restart {
                    tracing::warn!(key, "changed, and counts only after a restart");
                }
                tracing::info!(
                    businesses = done.businesses.len(),
                    added = done.added.join(", "),
                    removed = done.removed.join(", "),
                    "reloaded: words, texts, businesses and tokens are as configured now"
                );
            }
            Err(error) => {
                self.metrics.reload(ReloadOutcome::Refused);
                if let StartError::Config(errors) = error {
                    for ConfigError { key, origin, problem, hint } in &errors.0 {
                        let origin = origin.as_deref();
                        tracing::error!(key, origin, problem, hint, "the new configuration is not usable");
                    }
                } else {
                    tracing::error!(%error, "the new configuration is not usable");
                }
                tracing::error!("not reloaded: everything goes on as before; mend it, and reload again");
            }
        }
        result
    }

    async fn replace(
        &mut self,
        load: impl FnOnce() -> Result<Settings, ConfigErrors> + Send + 'static,
    ) -> Result<Reloaded, StartError> {
        let (running, before) = (self.running.clone(), self.shelf.clone());
        let prepare = move || {
            let new = load()?;
            let after_restart = running.fixed.changed(&new.fixed);
            refuse_moved_ground(&after_restart)?;
            let settings = running.with_reloadable(new);
            settings.require_serving()?;
            let generation = Generation::build(&settings, &before)?;
            Ok::<_, StartError>((settings, generation, after_restart))
        };
        // Files are read and words compiled where nobody waits for an answer.
        let prepared = tokio::task::spawn_blocking(prepare).await;
        let (settings, generation, after_restart) = prepared.map_err(|_| StartError::Reload)??;
        let [before, now] = [&self.running, &settings].map(slugs);
        let difference =
            |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
        let done = Reloaded {
            added: difference(&now, &before),
            removed: difference(&before, &now),
            businesses: now.into_iter().collect(),
            after_restart,
        };
        self.shelf = self.places.put(generation);
        self.running = settings;
        Ok(done)
    }
}

fn slugs(settings: &Settings) -> BTreeSet<String> {
    settings.businesses.iter().map(|business| business.slug.clone()).collect()
}

fn refuse_moved_ground(changed: &[String]) -> Result<(), ConfigErrors> {
    let moved = changed.iter().filter(|key| GROUND.contains(&key.as_str()));
    let errors: Vec<_> = moved
        .map(|key| ConfigError {
            key: key.clone(),
            origin: None,
            problem: "changed, and the keys of the businesses depend on it".to_owned(),
            hint: "restart instead of reloading".to_owned(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(ConfigErrors(errors)) }
}
