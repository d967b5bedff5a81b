//! The append-only file of a server whose disk was full.
//!
//! Where the disk fills up in the middle of a write, Redis cuts off what it wrote of it. A file that a rewrite has
//! begun is open without `O_APPEND` (Redis 7.0.15, `src/aof.c`, `openNewIncrAofForAppend`), so the next write goes
//! where the cut one ended and leaves a hole of zeros before it. The server works on, and refuses the file at its next
//! start ("Bad file format reading the append only file"); what `redis-check-aof --fix` saves ends at the hole. While it
//! runs it has everything in memory, and a rewrite makes a file without the hole.

use redis::Value;

use super::{
    Ledger, LedgerError, Topology,
    connection::{read, refuse_error},
    durability::field,
};

/// How the append-only file of a server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendFile {
    /// There is none.
    Off,
    /// It cannot be written, and the server refuses to write.
    Failing,
    /// It is written anew at this moment.
    Rewriting,
    /// It is written; the last attempt to write it anew failed.
    NotRewritten,
    /// It is written.
    Sound,
}

impl Ledger {
    /// Whether a server has refused to write since this was asked last, because it could not write its append-only
    /// file (`MISCONF`).
    pub fn take_refused_writes(&self) -> bool {
        // Every one, so that no refusal is told of again.
        let all = self.webhook.all().chain([&self.work]);
        all.filter(|connection| connection.take_refused_writes()).count() > 0
    }

    /// Businesses, one for each server that may have a file of its own: on a cluster each business may have one.
    pub fn servers(&self) -> Vec<String> {
        let mut businesses = self.businesses();
        if self.options.topology != Topology::Cluster {
            businesses.truncate(1);
        }
        businesses
    }

    /// How the file does on the server of this business.
    ///
    /// # Errors
    ///
    /// When the server does not answer or this user may not ask (`INFO`).
    pub async fn append_file(&self, business: &str) -> Result<AppendFile, LedgerError> {
        let mut info = redis::cmd("INFO");
        info.arg("persistence");
        let info: String = read(self.at_server_of(business, info).await?, "info")?;
        let is = |name, value| field(&info, name) == Some(value);
        Ok(if is("aof_enabled", "0") {
            AppendFile::Off
        } else if is("aof_last_write_status", "err") {
            AppendFile::Failing
        } else if is("aof_rewrite_in_progress", "1") || is("aof_rewrite_scheduled", "1") {
            AppendFile::Rewriting
        } else if is("aof_last_bgrewrite_status", "err") {
            AppendFile::NotRewritten
        } else {
            AppendFile::Sound
        })
    }

    /// Has the server of this business write its file anew. It begins to; [`Self::append_file`] tells when it is done.
    ///
    /// # Errors
    ///
    /// When the server does not answer or this user may not ask for it (`BGREWRITEAOF`). A rewrite that is under way
    /// already is no error.
    pub async fn rewrite_append_file(&self, business: &str) -> Result<(), LedgerError> {
        match self.at_server_of(business, redis::cmd("BGREWRITEAOF")).await {
            Err(LedgerError::Refused { code }) if code == "ERR" => Ok(()),
            reply => reply.map(drop),
        }
    }

    /// A command without a key, on the server that holds the keys of this business.
    async fn at_server_of(&self, business: &str, command: redis::Cmd) -> Result<Value, LedgerError> {
        let mut place = redis::cmd("EXISTS");
        place.arg(self.keys(business)?.barrier());
        let mut replies = self.work.pipeline(vec![place, command]).await?;
        replies.pop().map_or(Err(LedgerError::Record("reply")), refuse_error)
    }
}
