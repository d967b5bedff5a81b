//! Redis, and the ledger on it without HTTP in front.

use std::sync::Arc;

use baja::{
    config::Settings,
    metrics::Metrics,
    startup::{Store, private_redis::PrivateRedis},
};
use redis::aio::MultiplexedConnection;

/// A server of one's own with the durable settings, gone with this value.
pub struct Redis {
    pub url: String,
    _server: Option<(PrivateRedis, tempfile::TempDir)>,
}

impl Redis {
    /// Starts one; or takes the empty one that `BENCH_REDIS_URL` names, for example one that runs under callgrind.
    pub async fn start() -> Self {
        if let Ok(url) = std::env::var("BENCH_REDIS_URL") {
            return Self { url, _server: None };
        }
        let folder = tempfile::tempdir().unwrap();
        let server = PrivateRedis::start(folder.path(), None).await.unwrap();
        Self { url: server.url(), _server: Some((server, folder)) }
    }

    /// A connection that waits as long as it takes: emptying and sizing a full server does.
    pub async fn connect(&self) -> MultiplexedConnection {
        let patient = redis::AsyncConnectionConfig::new().set_response_timeout(None);
        let client = redis::Client::open(self.url.as_str()).unwrap();
        client.get_multiplexed_async_connection_with_config(&patient).await.unwrap()
    }

    /// The ledger on it. It waits longer than usual: a machine with other work stands still now and then.
    pub async fn open(&self) -> Store {
        let settings = [
            ("BAJA_REDIS_URL", self.url.as_str()),
            ("BAJA__REDIS__RESPONSE_TIMEOUT_MS", "59000"),
            ("BAJA__REDIS__BUDGET_MS", "60000"),
        ];
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Store::open(&Settings::load(None, settings).unwrap(), &Arc::new(Metrics::new())).await.unwrap()
    }
}

/// A figure of `INFO section`.
pub async fn info(redis: &mut MultiplexedConnection, section: &str, name: &str) -> f64 {
    let info: String = redis::cmd("INFO").arg(section).query_async(redis).await.unwrap();
    let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    value.trim().parse().unwrap()
}
