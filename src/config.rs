//! The settings: read, checked, and nothing else. Nothing here binds, connects or writes.
//!
//! Three layers, the later wins: the built-in `config/default.toml`, the file of `--config`, the environment.
//! `config/default.toml` is the reference and the schema at once: a key that it does not have is an error.
//!
//! Everything that is wrong is collected and reported together, each with its key and what to do
//! ([`ConfigErrors`]). No error names a value, because a secret may stand where it does not belong.
//! Secrets are [`SecretString`](secrecy::SecretString): `Debug` does not show them.

mod access;
mod alerts;
mod business;
mod cloud_api;
mod confirm;
mod error;
mod fixed;
mod insight;
mod keys;
mod ledger;
mod lexicon;
mod log;
mod meta;
mod page;
mod reader;
mod relay;
mod schema;
mod server;
mod slot;
mod store;
#[cfg(test)]
mod tests;
mod tls;
mod url;
mod values;
mod variables;

use std::path::Path;

pub use alerts::AlertSettings;
pub use business::{Business, Topic, is_slug};
pub use cloud_api::CloudApiSettings;
pub use confirm::{Confirm, OnUnknown};
pub use error::{ConfigError, ConfigErrors};
pub use fixed::Fixed;
pub use insight::InsightSettings;
pub use ledger::LedgerSettings;
pub use lexicon::LexiconSettings;
pub use log::{Log, LogFormat};
pub use meta::Meta;
pub use page::PageSettings;
pub use relay::{RelayEvents, RelayMode, RelayTarget};
pub use server::Server;
pub use slot::{hash_tag, slot};
pub use store::{Redis, RedisMode};
pub use tls::TlsSettings;
pub(crate) use url::is_loopback;

use reader::Reader;
use values::Values;

use crate::access::AccessToken;

/// The built-in defaults, which are the reference of all keys as well.
pub const DEFAULTS: &str = include_str!("../config/default.toml");

/// The variables of this process that may be settings, for [`Settings::load`]. Unlike [`std::env::vars`] it does not
/// panic on what is not Unicode: such letters are replaced, and the value is then refused or does not fit.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| name.starts_with("BAJA_"))
}

/// Everything that can be configured, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The two listeners and their limits.
    pub server: Server,
    /// What proves that a webhook is Meta's.
    pub meta: Meta,
    /// Where the lists are, and how long to wait for them.
    pub redis: Redis,
    /// How much the ledger keeps, and how long.
    pub ledger: LedgerSettings,
    /// What is learnt of sent messages, and how much of it is kept.
    pub insight: InsightSettings,
    /// Where alerts go.
    pub alerts: AlertSettings,
    /// The operators' page.
    pub page: PageSettings,
    /// The confirmations.
    pub confirm: Confirm,
    /// How to reach Meta.
    pub cloud_api: CloudApiSettings,
    /// What is added to the built-in words.
    pub lexicon: LexiconSettings,
    /// What is logged, and how.
    pub log: Log,
    /// Whose numbers these are. Never empty, in the order of their slugs.
    pub businesses: Vec<Business>,
    /// The tokens of the API and the pages for operators. With none, both are shut.
    pub access: Vec<AccessToken>,
    /// Who else gets the webhooks, in the order of their names.
    pub relays: Vec<RelayTarget>,
    /// What of them counts only from the start on.
    pub fixed: Fixed,
}

impl Settings {
    /// Reads the defaults, then `file`, then `env` ([`environment`]; tests pass their own).
    ///
    /// # Errors
    /// Everything that is wrong, together.
    pub fn load(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let values = Values::gather(DEFAULTS, file, env, &mut errors);
        let mut reader = Reader::new(&values, errors);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    /// Says what is missing to serve webhooks: other commands work without secrets, `serve` does not.
    ///
    /// # Errors
    /// One for each missing secret: app secret, verify token, and the access tokens while this replica confirms.
    pub fn require_serving(&self) -> Result<(), ConfigErrors> {
        let mut errors = self.meta.missing();
        if self.confirm.enabled && self.confirm.worker {
            errors.extend(self.businesses.iter().filter_map(Business::missing_token));
        }
        if errors.is_empty() { Ok(()) } else { Err(ConfigErrors(errors)) }
    }

    /// These settings with what a reload takes over from `new`: businesses, words, tokens and secrets.
    #[must_use]
    pub fn with_reloadable(&self, new: Self) -> Self {
        let Self { meta, lexicon, businesses, access, cloud_api, .. } = new;
        let mut settings = Self { meta, lexicon, businesses, access, ..self.clone() };
        settings.cloud_api.access_token = cloud_api.access_token;
        settings
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let server = Server::read(reader);
        let meta = Meta::read(reader);
        let redis = Redis::read(reader);
        let ledger = LedgerSettings::read(reader);
        let insight = InsightSettings::read(reader);
        let alerts = AlertSettings::read(reader);
        let page = PageSettings::read(reader);
        let cloud_api = CloudApiSettings::read(reader);
        let confirm = Confirm::read(reader, cloud_api.timeout);
        let lexicon = LexiconSettings::read(reader);
        let log = Log::read(reader);
        let businesses = business::read_all(reader, &redis, &confirm, &cloud_api);
        let access = access::read_all(reader, &businesses);
        let relays = relay::read_all(reader, &businesses);
        let fixed = reader.fixed();
        Self {
            server,
            meta,
            redis,
            ledger,
            insight,
            alerts,
            page,
            confirm,
            cloud_api,
            lexicon,
            log,
            businesses,
            access,
            relays,
            fixed,
        }
    }
}
