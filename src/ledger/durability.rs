//! Whether the Redis that was found keeps what it is told.
//!
//! An evicted or forgotten suppression is a broken law, so what is missing is said at start, and the service
//! can be told to refuse such a Redis (`redis.require_durable`). Sources: Redis documentation, "Persistence"
//! and "Key eviction".

use redis::Value;

use super::{Ledger, LedgerError, connection::read};

/// One setting that puts suppressions at risk, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weakness {
    /// The setting.
    pub setting: &'static str,
    /// What can happen, and what to set.
    pub advice: &'static str,
}

/// What the server says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// Its version, for example `7.0.15`; empty when it does not say.
    pub version: String,
    /// What puts suppressions at risk.
    pub weaknesses: Vec<Weakness>,
    /// Settings that could not be asked for: the server forbids `CONFIG`, as managed ones do.
    pub unchecked: Vec<&'static str>,
}

impl Ledger {
    /// Asks the server how it keeps its data.
    pub async fn durability(&self) -> Result<Durability, LedgerError> {
        let mut server = redis::cmd("INFO");
        server.arg("server");
        let mut persistence = redis::cmd("INFO");
        persistence.arg("persistence");
        let info = text(self.work.command(server).await?);
        let version = field(&info, "redis_version").unwrap_or_default().to_owned();
        let info = text(self.work.command(persistence).await?);
        let mut found = Durability { version, weaknesses: Vec::new(), unchecked: Vec::new() };
        if older_than_7(&found.version) {
            found.weaknesses.push(Weakness {
                setting: "redis_version",
                advice: "scripts need Redis 7.0 or newer; upgrade the server",
            });
        }
        if field(&info, "aof_enabled") == Some("0") {
            found.weaknesses.push(Weakness {
                setting: "appendonly",
                advice: "a restart loses opt-outs; set `appendonly yes`",
            });
        } else {
            match self.setting("appendfsync").await? {
                Some(value) if value == "always" => {}
                Some(_) => found.weaknesses.push(Weakness {
                    setting: "appendfsync",
                    advice: "a power cut loses the last second or more; set `appendfsync always`",
                }),
                None => found.unchecked.push("appendfsync"),
            }
        }
        match self.setting("maxmemory-policy").await? {
            Some(value) if value == "noeviction" => {}
            Some(_) => found.weaknesses.push(Weakness {
                setting: "maxmemory-policy",
                advice: "a full server may evict the list; set `maxmemory-policy noeviction`",
            }),
            None => found.unchecked.push("maxmemory-policy"),
        }
        Ok(found)
    }

    /// A setting of the server; `None` when it may not be asked for.
    async fn setting(&self, name: &'static str) -> Result<Option<String>, LedgerError> {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        match self.work.command(command).await {
            Ok(reply) => {
                let pairs: Vec<(String, String)> = match reply {
                    Value::Map(_) | Value::Array(_) => redis::from_redis_value(reply).unwrap_or_default(),
                    _ => Vec::new(),
                };
                Ok(pairs.into_iter().next().map(|(_, value)| value))
            }
            Err(LedgerError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn text(reply: Value) -> String {
    match reply {
        // On a cluster every node answers; the first stands for all.
        Value::Map(nodes) => nodes.into_iter().next().map(|(_, info)| text(info)).unwrap_or_default(),
        reply => read::<String>(reply, "info").unwrap_or_default(),
    }
}

pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

fn older_than_7(version: &str) -> bool {
    version.split('.').next().and_then(|major| major.parse::<u32>().ok()).is_some_and(|major| major < 7)
}
