//! `[redis]`

use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::reader::{Choice, Reader};

/// Where the lists are, and how long to wait for them.
#[derive(Debug, Clone)]
pub struct Redis {
    /// One URL, or the nodes of a cluster, or the sentinels. Secret, because a password may stand in them. Empty with [`Self::private`].
    pub urls: Vec<SecretString>,
    /// What the URLs are.
    pub mode: RedisMode,
    /// The folder of an own `redis-server` that the service starts and looks after; `None` when there is one to connect to.
    pub private: Option<PathBuf>,
    /// What the sentinels call the master; empty unless `mode` is [`RedisMode::Sentinel`].
    pub sentinel_master: String,
    /// First part of every key.
    pub prefix: String,
    /// Whether to refuse a Redis that may lose a suppression.
    pub require_durable: bool,
    /// To connect.
    pub connect_timeout: Duration,
    /// For one answer.
    pub response_timeout: Duration,
    /// For everything that one webhook asks, reconnecting included.
    pub budget: Duration,
    /// Replicas that must hold an opt-out before it is acknowledged; 0 does not wait.
    pub wait_replicas: u32,
    /// To wait for these replicas; less than `response_timeout`.
    pub wait_timeout: Duration,
}

/// How Redis is deployed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RedisMode {
    /// One server.
    #[default]
    Single,
    /// A Redis Cluster.
    Cluster,
    /// A master that sentinels watch.
    Sentinel,
}

impl Choice for RedisMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("single", Self::Single), ("cluster", Self::Cluster), ("sentinel", Self::Sentinel)];
}

impl Redis {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mode = reader.choice("redis.mode");
        let urls = reader.secrets("redis.url");
        let folder = reader.path("redis.private_folder");
        let private = urls.iter().any(|url| url.expose_secret() == "private");
        if private {
            check_private(reader, &urls, mode, folder.is_some());
        } else {
            check_urls(reader, &urls, mode);
        }
        let redis = Self {
            urls: if private { Vec::new() } else { urls },
            mode,
            private: folder.filter(|_| private),
            sentinel_master: reader.text("redis.sentinel_master"),
            prefix: reader.text("redis.prefix"),
            require_durable: reader.flag("redis.require_durable"),
            connect_timeout: reader.milliseconds("redis.connect_timeout_ms", 1..=60_000),
            response_timeout: reader.milliseconds("redis.response_timeout_ms", 1..=60_000),
            budget: reader.milliseconds("redis.budget_ms", 1..=60_000),
            wait_replicas: reader.count("redis.wait_replicas", 0..=100),
            wait_timeout: reader.milliseconds("redis.wait_timeout_ms", 1..=60_000),
        };
        redis.check(reader);
        redis
    }

    fn check(&self, reader: &mut Reader<'_>) {
        if self.mode == RedisMode::Sentinel && self.sentinel_master.is_empty() {
            let hint = "give the name of the master that the sentinels watch";
            reader.problem("redis.sentinel_master", "missing with redis.mode = \"sentinel\"", hint);
        }
        if !super::keys::is_plain(&self.prefix) {
            let hint = "give a printable text without blanks and braces, as in baja";
            reader.problem("redis.prefix", "cannot begin a key", hint);
        }
        if self.wait_timeout >= self.response_timeout {
            let hint = "give less, so that the answer comes before the connection is given up";
            reader.problem("redis.wait_timeout_ms", "not less than redis.response_timeout_ms", hint);
        }
        if self.budget < self.response_timeout {
            let hint = "give at least as much, so that one answer can be waited for";
            reader.problem("redis.budget_ms", "less than redis.response_timeout_ms", hint);
        }
    }
}

fn check_private(reader: &mut Reader<'_>, urls: &[SecretString], mode: RedisMode, folder: bool) {
    if urls.len() > 1 {
        let hint = "keep `private`, or the URLs";
        reader.problem("redis.url", "`private` stands beside a URL", hint);
    }
    if mode != RedisMode::Single {
        let hint = "set single, or give the URLs of your own Redis";
        reader.problem("redis.mode", "a private Redis is a single one", hint);
    }
    if !folder {
        let hint = "give a folder, as in ./data";
        reader.problem("redis.private_folder", "missing with redis.url = \"private\"", hint);
    }
}

/// What is left is for the client to say: here only what can be said without showing the URL.
fn check_urls(reader: &mut Reader<'_>, urls: &[SecretString], mode: RedisMode) {
    let usable = |url: &SecretString| {
        let (scheme, rest) = url.expose_secret().split_once("://").unwrap_or_default();
        match scheme {
            "redis" | "rediss" => !rest.is_empty() && !rest.starts_with('/'),
            "unix" => mode == RedisMode::Single && rest.starts_with('/'),
            _ => false,
        }
    };
    if urls.is_empty() {
        reader.problem("redis.url", "missing", "set BAJA_REDIS_URL, as in redis://127.0.0.1:6379");
    } else if !urls.iter().all(usable) {
        let hint = "give redis://HOST:PORT, rediss://HOST:PORT, unix:///PATH (one Redis only), or private; \
                    a comma in a password is written %2C";
        reader.problem("redis.url", "not the URL of a Redis", hint);
    } else if mode == RedisMode::Single && urls.len() > 1 {
        let hint = "keep one, or set redis.mode to cluster or sentinel";
        reader.problem("redis.url", "several URLs for a single Redis", hint);
    }
}
