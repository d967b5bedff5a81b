//! Repeats the step until it is told to stop.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{Roster, Worker};
use crate::confirm::outbox::Outbox;

impl<O: Outbox> Worker<O> {
    /// Sends for all businesses, each at its own speed, until `stop` is cancelled: then leases no more and
    /// finishes what is under way. Looks whenever `notify` is notified, and at every poll interval in case
    /// nobody did. When the roster changes, new businesses are served and those that are gone are left; what is
    /// under way keeps the token and the texts that it began with. Tells whether everything under way was finished
    /// in time; what was not is settled when its lease runs out.
    pub async fn run(
        &self,
        mut roster: watch::Receiver<Roster>,
        notify: &Notify,
        stop: &CancellationToken,
    ) -> bool {
        // A notification wakes one waiter only; each business has a receiver, which keeps a call until it is heard.
        let calls = watch::Sender::new(());
        let call_all = async {
            loop {
                notify.notified().await;
                calls.send_replace(());
            }
        };
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(self.settings.drain).await;
        };
        tokio::pin!(call_all, too_late);
        let mut serving = FuturesUnordered::new();
        let mut served = BTreeSet::new();
        let mut may_change = true;
        let finished = loop {
            if !stop.is_cancelled() {
                let slugs: Vec<String> = roster.borrow_and_update().keys().cloned().collect();
                for slug in slugs {
                    if served.insert(slug.clone()) {
                        serving.push(self.serve(slug, roster.clone(), calls.subscribe(), stop));
                    }
                }
            }
            tokio::select! {
                Some(slug) = serving.next() => drop(served.remove(&slug)),
                changed = roster.changed(), if may_change => may_change = changed.is_ok(),
                () = stop.cancelled(), if serving.is_empty() => break true,
                () = &mut too_late => break false,
                () = &mut call_all => {}
            }
        };
        if !finished {
            tracing::warn!("confirmations were still under way at the end of the drain");
        }
        finished
    }

    /// Serves one business until it is gone from the roster, or `stop`. Returns its name.
    async fn serve(
        &self,
        slug: String,
        roster: watch::Receiver<Roster>,
        mut called: watch::Receiver<()>,
        stop: &CancellationToken,
    ) -> String {
        let mut failing = false;
        while !stop.is_cancelled() {
            let Some(business) = roster.borrow().get(&slug).cloned() else { break };
            let report = self.step(&business).await;
            if report.outbox_failed != failing {
                failing = report.outbox_failed;
                if failing {
                    tracing::warn!(business = %slug, "the outbox cannot be reached; confirmations wait");
                } else {
                    tracing::info!(business = %slug, "the outbox can be reached again");
                }
            }
            if report.leased >= self.settings.at_once {
                continue;
            }
            tokio::select! {
                // A call that came while we looked was kept, so that no job is missed.
                Ok(()) = called.changed() => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                () = stop.cancelled() => {}
            }
        }
        slug
    }
}
