//! Passing webhooks on to others: which body goes where, and when Meta may be answered.
//!
//! Meta sends each webhook to one address only, so whoever has a chatbot gets it from here. What people decided is in
//! Redis before anything is passed on, so no target ever delays an opt-out. An inline target must take the body before
//! Meta gets its 200; for a queued one the body must be in its queue. Otherwise Meta gets a 503 and sends everything again:
//! no target loses a body, and each may get one twice.

mod schedule;
mod worker;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use tokio::sync::{Notify, Semaphore};

pub use worker::{ForwardWorker, Step};

use crate::{
    ledger::{LANES, Ledger, Passage},
    metrics::{Metrics, RelayOutcome},
    relay::{Concerns, Courier, Delivered, Filter, Verdict},
};

/// How a target gets its bodies.
pub enum Way {
    /// Before Meta is answered; so many at a time.
    Inline {
        /// Room for deliveries.
        room: Semaphore,
        /// How long a delivery may wait for room.
        patience: Duration,
    },
    /// Through its queue.
    Queued {
        /// Told when something was queued.
        ready: Arc<Notify>,
    },
}

/// Somebody who gets the same webhooks.
pub struct Target {
    /// Its name.
    pub name: String,
    /// Which bodies it gets.
    pub filter: Filter,
    /// Who takes them there.
    pub courier: Arc<Courier>,
    /// How.
    pub way: Way,
}

/// A target has not got a body that it must get. Meta is to send it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a relay target could not be given the webhook")]
pub struct NotPassedOn;

/// Passes webhooks on.
pub struct Forward {
    targets: Vec<Target>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
}

impl Forward {
    /// To these targets.
    pub fn new(targets: Vec<Target>, ledger: Arc<Ledger>, metrics: Arc<Metrics>) -> Self {
        Self { targets, ledger, metrics }
    }

    /// Whether there is anybody to pass anything on to.
    pub fn is_idle(&self) -> bool {
        self.targets.is_empty()
    }

    /// Passes a body on to every target that it is for, all at once.
    ///
    /// # Errors
    ///
    /// When one of them has not got it. Others may have.
    pub async fn pass_on(&self, passage: &Passage, concerns: &Concerns) -> Result<(), NotPassedOn> {
        let mut targets = Vec::new();
        for target in &self.targets {
            match target.filter.judge(concerns) {
                Verdict::Pass => targets.push(target),
                Verdict::Other => {}
                Verdict::Mixed => {
                    self.metrics.relayed(&target.name, RelayOutcome::Mixed);
                    tracing::warn!(
                        target_name = target.name,
                        "a webhook of several businesses was not passed on to a target of one; \
                         it cannot be cut without breaking its signature"
                    );
                }
            }
        }
        let passed =
            join_all(targets.into_iter().map(|target| self.pass_to(target, passage, concerns))).await;
        passed.into_iter().collect()
    }

    async fn pass_to(
        &self,
        target: &Target,
        passage: &Passage,
        concerns: &Concerns,
    ) -> Result<(), NotPassedOn> {
        match &target.way {
            Way::Inline { room, patience } => {
                let deliver = async {
                    let _room = room.acquire().await.map_err(|_| NotPassedOn)?;
                    let id = format!("{:016x}", rand::random::<u64>());
                    let body = passage.body.clone();
                    let courier = &target.courier;
                    let delivered =
                        courier.deliver(&id, &passage.signature, &passage.content_type, body).await;
                    self.metrics.relayed(&target.name, outcome(delivered));
                    match delivered {
                        // What it will never take would come again for a week.
                        Delivered::Accepted | Delivered::Refused { .. } => Ok(()),
                        Delivered::Failed { .. } => Err(NotPassedOn),
                    }
                };
                tokio::time::timeout(*patience, deliver).await.unwrap_or_else(|_| {
                    self.metrics.relayed(&target.name, RelayOutcome::Failed);
                    Err(NotPassedOn)
                })
            }
            Way::Queued { ready } => {
                let lane = usize::try_from(concerns.person % LANES as u64).unwrap_or_default();
                match self.ledger.relay_push(&target.name, lane, passage).await {
                    Ok(dropped) => {
                        self.metrics.relay_dropped(&target.name, dropped);
                        ready.notify_one();
                        Ok(())
                    }
                    Err(error) => {
                        tracing::warn!(
                            error = error.kind(),
                            target_name = target.name,
                            "a webhook could not be queued for a target; Meta sends it again"
                        );
                        Err(NotPassedOn)
                    }
                }
            }
        }
    }

    /// The workers of the queues, by the names of their targets.
    pub fn workers(&self, rules: &BTreeMap<String, WorkerRules>) -> Vec<ForwardWorker> {
        let queued = self.targets.iter().filter_map(|target| match &target.way {
            Way::Queued { ready } => Some((target, ready)),
            Way::Inline { .. } => None,
        });
        queued
            .filter_map(|(target, ready)| {
                let rules = rules.get(&target.name)?;
                Some(ForwardWorker::new(
                    target.name.clone(),
                    Arc::clone(&target.courier),
                    Arc::clone(&self.ledger),
                    Arc::clone(&self.metrics),
                    Arc::clone(ready),
                    *rules,
                ))
            })
            .collect()
    }
}

/// How a queue is worked off.
#[derive(Debug, Clone, Copy)]
pub struct WorkerRules {
    /// Deliveries under way at a time.
    pub at_once: usize,
    /// When a body is given up.
    pub give_up_after: Duration,
}

fn outcome(delivered: Delivered) -> RelayOutcome {
    match delivered {
        Delivered::Accepted => RelayOutcome::Delivered,
        Delivered::Refused { .. } => RelayOutcome::Refused,
        Delivered::Failed { .. } => RelayOutcome::Failed,
    }
}
