//! Reading dead letters again for a command: the words and rules of every business, as the service has them, without anything
//! that serves.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{StartError, businesses::directory, words::Shelf};
use crate::{
    config::Settings,
    ingest::{Aftercare, AftercareTask, Ingest, Sends, SendsTask},
    ledger::Ledger,
    metrics::Metrics,
};

/// For what a letter brings that nobody waits for: statuses, near-misses, who is who.
const DRAIN: Duration = Duration::from_secs(10);

/// Reads them.
pub struct Rereading {
    /// What reads.
    pub ingest: Ingest,
    aftercare: AftercareTask,
    sends: SendsTask,
}

impl Rereading {
    /// Compiles the words.
    ///
    /// # Errors
    ///
    /// When a file of the configuration does not fit.
    pub fn new(settings: &Settings, ledger: Arc<Ledger>) -> Result<Self, StartError> {
        let metrics = Arc::new(Metrics::new());
        let directory = directory(settings, &Shelf::stock(settings, &Shelf::default())?)?;
        let (left, aftercare) = Aftercare::new(Arc::clone(&ledger), Arc::clone(&metrics));
        let (seen, sends) = Sends::new(Arc::clone(&ledger), Arc::clone(&metrics));
        // Whoever sends finds what was queued by itself.
        let ingest = Ingest::new(directory, ledger, metrics, left, seen, Arc::new(Notify::new()));
        Ok(Self { ingest, aftercare, sends })
    }

    /// Does what nobody waited for, and ends.
    pub async fn finish(self) {
        let done = CancellationToken::new();
        done.cancel();
        tokio::join!(self.aftercare.run(done.clone(), DRAIN), self.sends.run(done, DRAIN));
    }
}
