//! What `baja doctor` asks the server, beside how it keeps its data (`durability`). Writes nothing.

use redis::{Cmd, Value};

use super::{
    Ledger, LedgerError, Topology,
    connection::read,
    durability::{field, text},
};
use crate::clock::unix_millis;

/// What the server tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Bytes in use.
    pub memory_used: Option<u64>,
    /// Bytes allowed; 0: as many as there are.
    pub memory_max: Option<u64>,
    /// Bytes of the machine.
    pub memory_of_machine: Option<u64>,
    /// `master` or `slave`, as Redis says.
    pub role: String,
    /// Replicas that are connected.
    pub replicas: Option<u64>,
    /// How far the server's clock is ahead of this machine's, milliseconds.
    pub clock_ahead: Option<i64>,
    /// The state of the cluster, `ok` or `fail`; `None` without one.
    pub cluster: Option<String>,
    /// What the service needs and this user may not do.
    pub forbidden: Vec<&'static str>,
}

impl Ledger {
    /// Asks the server about memory, replication, clock, cluster, and what this user may do with the keys of a business.
    ///
    /// # Errors
    ///
    /// When it does not answer. What it does not tell is left empty.
    pub async fn survey(&self, business: &str) -> Result<Survey, LedgerError> {
        let mut found = Survey::default();
        let memory = self.info("memory").await?;
        let bytes = |name| field(&memory, name).and_then(|value| value.parse().ok());
        found.memory_used = bytes("used_memory");
        found.memory_max = bytes("maxmemory");
        found.memory_of_machine = bytes("total_system_memory");
        let replication = self.info("replication").await?;
        found.role = field(&replication, "role").unwrap_or_default().to_owned();
        found.replicas = field(&replication, "connected_slaves").and_then(|value| value.parse().ok());
        found.clock_ahead = self.clock_ahead().await?;
        if self.options.topology == Topology::Cluster {
            let mut command = redis::cmd("CLUSTER");
            command.arg("INFO");
            let told = self.allowed(command).await?.map(text);
            found.cluster =
                Some(told.as_deref().and_then(|told| field(told, "cluster_state")).unwrap_or("").to_owned());
        }
        for (name, command) in self.needed(business)? {
            match self.work.command(command).await {
                Err(LedgerError::Refused { code }) if code == "NOPERM" => found.forbidden.push(name),
                Err(error) if error.is_passing() => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(found)
    }

    /// Commands that the scripts and the service use, in a form that changes nothing.
    fn needed(&self, business: &str) -> Result<Vec<(&'static str, Cmd)>, LedgerError> {
        let keys = self.keys(business)?;
        let command = |words: &[&str]| {
            let mut command = redis::cmd(words.first().copied().unwrap_or_default());
            command.arg(words.get(1..).unwrap_or_default());
            command
        };
        let mut needed = vec![
            ("SISMEMBER on the list", command(&["SISMEMBER", keys.suppressed(), ""])),
            ("SREM on the list", command(&["SREM", keys.suppressed(), ""])),
            ("HDEL on the records", command(&["HDEL", &keys.people(), ""])),
            ("ZREM on the outbox", command(&["ZREM", &keys.outbox_due(), ""])),
            ("XDEL on the audit", command(&["XDEL", &keys.audit(), "0-0"])),
            ("XDEL on the changes", command(&["XDEL", &keys.changes(), "0-0"])),
            ("GET on the heartbeat", command(&["GET", &keys.heartbeat()])),
            ("SCRIPT LOAD", command(&["SCRIPT", "LOAD", "return 1"])),
        ];
        for (_, set) in keys.topics() {
            needed.push(("SREM on the list of a topic", command(&["SREM", set, ""])));
        }
        if self.options.wait.0 > 0 {
            needed.push(("WAIT", command(&["WAIT", "0", "1"])));
        }
        Ok(needed)
    }

    async fn clock_ahead(&self) -> Result<Option<i64>, LedgerError> {
        let before = unix_millis();
        let Some(reply) = self.allowed(redis::cmd("TIME")).await? else { return Ok(None) };
        let after = unix_millis();
        let reply = match reply {
            // On a cluster every node answers.
            Value::Map(nodes) => nodes.into_iter().next().map_or(Value::Nil, |(_, time)| time),
            reply => reply,
        };
        let (seconds, micros): (i64, i64) = read(reply, "time")?;
        Ok(Some(seconds * 1000 + micros / 1000 - before.midpoint(after)))
    }

    async fn info(&self, section: &str) -> Result<String, LedgerError> {
        let mut command = redis::cmd("INFO");
        command.arg(section);
        Ok(self.allowed(command).await?.map(text).unwrap_or_default())
    }

    /// The reply; `None` when it may not be asked.
    async fn allowed(&self, command: Cmd) -> Result<Option<Value>, LedgerError> {
        match self.work.command(command).await {
            Ok(reply) => Ok(Some(reply)),
            Err(LedgerError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
