//! The outbox as an operator sees it: what waits and what came of the rest, to be sent again or dropped.

use super::{
    super::{Ledger, LedgerError, Operator, connection},
    JobId, StoredJob,
};

/// What an operator does to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revival {
    /// Send it now.
    Retry,
    /// Never send it.
    Drop,
}

/// What came of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revived {
    /// It was done.
    Done,
    /// There is no such job.
    Absent,
    /// The message was sent before.
    Sent,
    /// The window of 24 hours in which it might be sent has closed.
    Closed,
}

impl Revived {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Absent => "absent",
            Self::Sent => "sent",
            Self::Closed => "closed",
        }
    }

    fn read(word: &str) -> Option<Self> {
        [Self::Done, Self::Absent, Self::Sent, Self::Closed].into_iter().find(|one| one.as_str() == word)
    }
}

/// Which jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Those that wait, are being sent, or are in doubt; what is looked at next comes first.
    Open,
    /// Those that were sent or dropped; the newest comes first.
    Finished,
}

/// A part of the jobs of a shelf.
#[derive(Debug, Clone)]
pub struct JobsPage {
    /// The jobs.
    pub jobs: Vec<StoredJob>,
    /// How many there are on the shelf.
    pub total: u64,
}

impl Ledger {
    /// Sends a job now, or never, as an operator says.
    pub async fn revive(
        &self,
        business: &str,
        job: &JobId,
        how: Revival,
        operator: Operator<'_>,
    ) -> Result<Revived, LedgerError> {
        let mut keys = self.outbox_keys(business)?;
        keys.push(self.keys(business)?.audit());
        let act = match how {
            Revival::Retry => "retry",
            Revival::Drop => "drop",
        };
        let args = vec![
            job.as_str().to_owned(),
            act.to_owned(),
            self.options.outbox.finished_max.to_string(),
            self.options.audit_max.to_string(),
            operator.event()?,
        ];
        let reply = self.outbox_call(self.scripts.revive.call(keys, args)).await?;
        let word: String = connection::read(reply, "revive")?;
        Revived::read(&word).ok_or(LedgerError::Record("revive"))
    }

    /// Those of these jobs that are kept.
    pub async fn jobs_by_id(&self, business: &str, ids: &[JobId]) -> Result<Vec<StoredJob>, LedgerError> {
        let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        self.stored_jobs(business, &ids).await
    }

    /// All jobs that are kept, the oldest first; at most `at_most`.
    pub async fn jobs(&self, business: &str, at_most: usize) -> Result<Vec<StoredJob>, LedgerError> {
        let keys = self.keys(business)?;
        let range = |key: String| {
            let mut command = redis::cmd("ZRANGE");
            command.arg(key).arg(0).arg(at_most.saturating_sub(1));
            command
        };
        let mut ids: Vec<String> = Vec::new();
        for reply in self.work.pipeline(vec![range(keys.outbox_due()), range(keys.outbox_finished())]).await?
        {
            ids.extend(connection::read::<Vec<String>>(connection::refuse_error(reply)?, "outbox")?);
        }
        let mut jobs = self.stored_jobs(business, &ids).await?;
        jobs.sort_by_key(|job| job.made_at);
        jobs.truncate(at_most);
        Ok(jobs)
    }

    /// The jobs of a shelf from the place `from` on (from 0), at most `at_most`. Places shift while jobs come and go.
    pub async fn jobs_page(
        &self,
        business: &str,
        shelf: Shelf,
        from: usize,
        at_most: usize,
    ) -> Result<JobsPage, LedgerError> {
        let keys = self.keys(business)?;
        let (key, range) = match shelf {
            Shelf::Open => (keys.outbox_due(), "ZRANGE"),
            Shelf::Finished => (keys.outbox_finished(), "ZREVRANGE"),
        };
        if at_most == 0 {
            return Err(LedgerError::Record("page"));
        }
        let (mut ids, mut count) = (redis::cmd(range), redis::cmd("ZCARD"));
        ids.arg(&key).arg(from).arg(from.saturating_add(at_most - 1));
        count.arg(&key);
        let mut replies = self.work.pipeline(vec![ids, count]).await?.into_iter();
        let mut reply = || connection::refuse_error(replies.next().ok_or(LedgerError::Record("reply"))?);
        let ids: Vec<String> = connection::read(reply()?, "outbox")?;
        let total = connection::read(reply()?, "outbox")?;
        Ok(JobsPage { jobs: self.stored_jobs(business, &ids).await?, total })
    }

    /// The jobs of these ids that are there, in their order.
    async fn stored_jobs(&self, business: &str, ids: &[String]) -> Result<Vec<StoredJob>, LedgerError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("HMGET");
        command.arg(self.keys(business)?.outbox_jobs()).arg(ids);
        let texts: Vec<Option<String>> = connection::read(self.work.command(command).await?, "outbox")?;
        let read = |text: String| serde_json::from_str(&text).map_err(|_| LedgerError::Record("job"));
        texts.into_iter().flatten().map(read).collect()
    }
}
