//! An outbox in memory, for tests.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use tokio::sync::Notify;

use super::Outbox;
use crate::ledger::{Job, JobId, Lease, Settled, Settlement};

#[derive(Default)]
pub(in crate::confirm) struct Memory {
    state: Mutex<State>,
    /// Notified at every settlement.
    pub(in crate::confirm) settled: Notify,
    /// Notified at every look for jobs.
    pub(in crate::confirm) looked: Notify,
    /// Notified at every lease that gave something.
    pub(in crate::confirm) leased: Notify,
}

#[derive(Default)]
struct State {
    due: VecDeque<Job>,
    put_off: Vec<Job>,
    leased: HashMap<JobId, Lease>,
    settlements: Vec<Settlement>,
    token: u64,
    failures: u32,
}

#[derive(Debug, thiserror::Error)]
#[error("out of order")]
pub(in crate::confirm) struct OutOfOrder;

impl Memory {
    pub(in crate::confirm) fn with(jobs: impl IntoIterator<Item = Job>) -> Self {
        let memory = Self::default();
        jobs.into_iter().for_each(|job| memory.push(job));
        memory
    }

    pub(in crate::confirm) fn push(&self, job: Job) {
        self.state.lock().unwrap().due.push_back(job);
    }

    /// Makes due what was put off.
    pub(in crate::confirm) fn release(&self) {
        let mut state = self.state.lock().unwrap();
        let jobs = std::mem::take(&mut state.put_off);
        state.due.extend(jobs);
    }

    /// Gives every leased job to somebody else.
    pub(in crate::confirm) fn steal(&self) {
        self.state.lock().unwrap().leased.values_mut().for_each(|lease| lease.token += 1000);
    }

    /// Fails the next so many calls.
    pub(in crate::confirm) fn fail(&self, calls: u32) {
        self.state.lock().unwrap().failures = calls;
    }

    pub(in crate::confirm) fn settlements(&self) -> Vec<Settlement> {
        self.state.lock().unwrap().settlements.clone()
    }
}

impl State {
    fn may_fail(&mut self) -> Result<(), OutOfOrder> {
        if self.failures == 0 {
            return Ok(());
        }
        self.failures -= 1;
        Err(OutOfOrder)
    }
}

impl Outbox for Memory {
    type Error = OutOfOrder;

    async fn lease(&self, _business: &str, at_most: usize) -> Result<Vec<Lease>, OutOfOrder> {
        self.looked.notify_one();
        let mut state = self.state.lock().unwrap();
        state.may_fail()?;
        let count = at_most.min(state.due.len());
        let jobs: Vec<Job> = state.due.drain(..count).collect();
        let mut leases = Vec::new();
        for mut job in jobs {
            job.attempts += 1;
            state.token += 1;
            let lease = Lease { token: state.token, job };
            state.leased.insert(lease.job.id.clone(), lease.clone());
            leases.push(lease);
        }
        if !leases.is_empty() {
            self.leased.notify_one();
        }
        Ok(leases)
    }

    async fn settle(
        &self,
        _business: &str,
        job: &JobId,
        token: u64,
        settlement: Settlement,
    ) -> Result<Settled, OutOfOrder> {
        let mut state = self.state.lock().unwrap();
        state.may_fail()?;
        if state.leased.get(job).is_none_or(|lease| lease.token != token) {
            return Ok(Settled::Stale);
        }
        let mut job = state.leased.remove(job).unwrap().job;
        match settlement {
            Settlement::Retry { .. } | Settlement::Held { .. } => state.put_off.push(job),
            Settlement::RetryWithoutQuote { .. } => {
                job.quote_refused = true;
                state.due.push_back(job);
            }
            Settlement::Sent { .. } | Settlement::Unknown { .. } | Settlement::Dropped { .. } => {}
        }
        state.settlements.push(settlement);
        self.settled.notify_one();
        Ok(Settled::Done)
    }
}

/// Shared with the test that fills it.
impl Outbox for std::sync::Arc<Memory> {
    type Error = OutOfOrder;

    async fn lease(&self, business: &str, at_most: usize) -> Result<Vec<Lease>, OutOfOrder> {
        self.as_ref().lease(business, at_most).await
    }

    async fn settle(
        &self,
        business: &str,
        job: &JobId,
        token: u64,
        settlement: Settlement,
    ) -> Result<Settled, OutOfOrder> {
        self.as_ref().settle(business, job, token, settlement).await
    }
}
