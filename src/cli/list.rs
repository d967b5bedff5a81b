//! The list that a command works on: which business's, and where.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use clap::Args;
use secrecy::ExposeSecret;

use super::Global;
use crate::{
    config::{Business, Settings},
    intent::{Scope, Topic},
    ledger::{Channel, Ledger, Observer},
    startup::{ledger_options, private_redis::PrivateRedis},
};

/// Which list.
#[derive(Args)]
pub(super) struct ListArgs {
    /// Whose list: the name of a business in the configuration. Needed when there are several.
    #[arg(long, value_name = "SLUG")]
    business: Option<String>,
}

/// A list that can be asked.
pub(super) struct List {
    /// The connection.
    pub(super) ledger: Arc<Ledger>,
    /// The business.
    pub(super) business: String,
    topics: Vec<String>,
}

impl ListArgs {
    pub(super) async fn open(&self, global: &Global) -> anyhow::Result<List> {
        self.open_with(&global.settings()?).await
    }

    /// The same, for a command that needs more of the settings.
    pub(super) async fn open_with(&self, settings: &Settings) -> anyhow::Result<List> {
        let (business, topics) = self.choose(settings)?;
        Ok(List { ledger: Arc::new(open_ledger(settings).await?), business, topics })
    }

    fn choose(&self, settings: &Settings) -> anyhow::Result<(String, Vec<String>)> {
        let business = match (&self.business, settings.businesses.as_slice()) {
            (None, [only]) => only,
            (None, all) => {
                bail!("there are several businesses: {}; choose one with --business", slugs(all))
            }
            (Some(wanted), all) => named(all, wanted)?,
        };
        Ok((business.slug.clone(), business.topics.keys().cloned().collect()))
    }
}

/// The business with this name.
pub(super) fn named<'b>(businesses: &'b [Business], wanted: &str) -> anyhow::Result<&'b Business> {
    let found = businesses.iter().find(|one| one.slug == wanted);
    found.with_context(|| format!("no business has this name; there are: {}", slugs(businesses)))
}

fn slugs(businesses: &[Business]) -> String {
    businesses.iter().map(|one| one.slug.as_str()).collect::<Vec<_>>().join(", ")
}

/// What the settings name, for commands that are about no business in particular.
pub(super) async fn open_ledger(settings: &Settings) -> anyhow::Result<Ledger> {
    let urls = addresses(settings).await?;
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    Ok(Ledger::new(&urls, ledger_options(settings), Arc::new(Unobserved))?)
}

impl List {
    /// The topics of the business.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    /// The scope that `--topic` names: everything without it. A topic that the business does not have has no
    /// set that could be asked, so it is an error.
    pub(super) fn scope(&self, topic: Option<&str>) -> anyhow::Result<Scope> {
        let Some(topic) = topic else { return Ok(Scope::All) };
        let known = self.topics.iter().any(|known| known == topic);
        let scope = Topic::parse(topic).ok().filter(|_| known).map(Scope::Topic);
        scope.with_context(|| {
            format!(
                "business {} has no such topic; it has: {} (leave --topic out for everything)",
                self.business,
                self.topics.join(", ")
            )
        })
    }
}

/// Redis at the settings' addresses, or the private one that a running service has started.
async fn addresses(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let Some(folder) = &settings.redis.private else {
        return Ok(settings.redis.urls.iter().map(|url| url.expose_secret().to_owned()).collect());
    };
    let running = PrivateRedis::find(folder).await.with_context(|| {
        format!(
            "no private redis-server runs on {}; start `baja serve` first, in the same folder",
            folder.display()
        )
    })?;
    Ok(vec![running])
}

/// What goes wrong is in the errors; a command has nobody else to tell.
pub(super) struct Unobserved;

impl Observer for Unobserved {
    fn operation(&self, _channel: Channel, _took: Duration, _succeeded: bool) {}
    fn connected(&self) {}
    fn disconnected(&self, _reason: &'static str) {}
}
