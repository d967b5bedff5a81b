//! Repeats the step until it is told to stop.

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Business, Worker};
use crate::confirm::outbox::Outbox;

impl<O: Outbox> Worker<O> {
    /// Sends for all businesses, each at its own speed, until `stop` is cancelled: then leases no more and
    /// finishes what is under way. Looks whenever `notify` is notified, and at every poll interval in case
    /// nobody did. Tells whether everything under way was finished in time; what was not is settled when its
    /// lease runs out.
    pub async fn run(&self, businesses: &[Business], notify: &Notify, stop: &CancellationToken) -> bool {
        // A notification wakes one waiter only; each business has its own, which keeps a call until it is heard.
        let seats: Vec<_> = businesses.iter().map(|business| (business, Notify::new())).collect();
        let call_all = async {
            loop {
                notify.notified().await;
                seats.iter().for_each(|(_, called)| called.notify_one());
            }
        };
        let serve_all = join_all(seats.iter().map(|(business, called)| self.serve(business, called, stop)));
        let too_late = async {
            stop.cancelled().await;
            tokio::time::sleep(self.settings.drain).await;
        };
        let finished = tokio::select! {
            _ = serve_all => true,
            () = too_late => false,
            () = call_all => false,
        };
        if !finished {
            tracing::warn!("confirmations were still under way at the end of the drain");
        }
        finished
    }

    async fn serve(&self, business: &Business, called: &Notify, stop: &CancellationToken) {
        let mut failing = false;
        while !stop.is_cancelled() {
            let report = self.step(business).await;
            if report.outbox_failed != failing {
                failing = report.outbox_failed;
                if failing {
                    tracing::warn!(business = %business.slug, "the outbox cannot be reached; confirmations wait");
                } else {
                    tracing::info!(business = %business.slug, "the outbox can be reached again");
                }
            }
            if report.leased >= self.settings.at_once {
                continue;
            }
            tokio::select! {
                // A call that came while we looked was kept, so that no job is missed.
                () = called.notified() => {}
                () = tokio::time::sleep(self.settings.poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}
