//! Puts the parts together in three steps: [`Settings`](crate::config::Settings) bind nothing,
//! [`Application::build`] binds and checks, [`Application::run`] serves until it is told to stop.

mod append_file;
mod application;
mod businesses;
mod generation;
mod observers;
pub mod private_redis;
mod promises;
mod relay;
mod reload;
mod rereading;
mod store;
mod tls;
mod words;

pub use application::Application;
pub use businesses::texts;
pub use reload::{Reloaded, Reloader};
pub use rereading::Rereading;
pub use store::{Store, ledger_options};
pub use words::lexicon;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The settings contradict what serving needs.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigErrors),
    /// A listener could not be bound.
    #[error("cannot listen on {address} ({source}); set {key} to a free address")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Its key.
        key: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The secrets cannot be used.
    #[error(transparent)]
    Signature(#[from] crate::signature::SignatureError),
    /// The user's lexicon files do not fit.
    #[error(transparent)]
    Lexicon(#[from] crate::intent::LexiconError),
    /// A file of the configuration cannot be read.
    #[error("cannot read {path} ({source}); check {key}")]
    File {
        /// The file or folder.
        path: std::path::PathBuf,
        /// The key that names it.
        key: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The user's texts do not fit.
    #[error(transparent)]
    Texts(#[from] crate::confirm::TextsError),
    /// The page's own texts do not fit.
    #[error("the texts of the page are not usable: {0}")]
    PageTexts(toml::de::Error),
    /// A scope in the configuration is no slug.
    #[error("the scope of business {0:?} is not usable; use \"all\" or one of its topics")]
    Scope(String),
    /// The address of Redis is not usable.
    #[error(transparent)]
    Ledger(#[from] crate::ledger::LedgerError),
    /// There is no private Redis.
    #[error(transparent)]
    PrivateRedis(#[from] private_redis::PrivateRedisError),
    /// The Cloud API client cannot be made.
    #[error(transparent)]
    CloudApi(#[from] crate::cloud_api::CloudApiError),
    /// A target of the relay cannot be used.
    #[error("relay.{target}: {source}")]
    Relay {
        /// Its name.
        target: String,
        /// Why.
        source: crate::relay::RelayError,
    },
    /// Alerts cannot be told.
    #[error("alerts.url: {0}")]
    Alerts(crate::relay::RelayError),
    /// The worker's settings contradict each other.
    #[error(transparent)]
    Worker(#[from] crate::confirm::WorkerError),
    /// Redis may lose suppressions, and the settings forbid that.
    #[error("redis.require_durable is set, and redis may lose opt-outs: {0}")]
    NotDurable(String),
    /// Preparing a reload panicked.
    #[error("the new configuration could not be prepared; this is a bug, the log has more")]
    Reload,
    /// The TLS of a listener cannot be used.
    #[error("{key}: {source}")]
    Tls {
        /// Its section.
        key: &'static str,
        /// Why.
        source: crate::http::TlsError,
    },
    /// A listener failed.
    #[error("a listener failed ({0})")]
    Serve(std::io::Error),
}
