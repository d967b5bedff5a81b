//! After a full disk: has Redis write its append-only file anew, before a restart needs it.

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::ledger::{AppendFile, Ledger, LedgerError};

/// How often it is looked whether Redis refused to write, and while it does whether it still does.
const GLANCE: Duration = Duration::from_secs(1);

/// After an attempt that failed, which may have filled the disk once more.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// Watches for a Redis that could not write.
pub(super) struct FileCare {
    ledger: Arc<Ledger>,
}

impl FileCare {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger }
    }

    /// Watches until it is told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let watch = async {
            loop {
                sleep(GLANCE).await;
                if self.ledger.take_refused_writes() {
                    for business in self.ledger.servers() {
                        if !self.care_for(&business).await {
                            sleep(PAUSE).await;
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = watch => {}
        }
    }

    /// Whether nothing is left to be done.
    async fn care_for(&self, business: &str) -> bool {
        const ADVICE: &str = "make room on its disk and run `redis-cli BGREWRITEAOF`, before it is restarted: it may \
                              not be able to read its append-only file";
        match self.renew(business).await {
            Ok(AppendFile::NotRewritten) => {
                tracing::error!(advice = ADVICE, "redis could not write its append-only file anew");
                false
            }
            Ok(AppendFile::Sound) => {
                tracing::info!(
                    "redis has written its append-only file anew, after it could not write for a while"
                );
                true
            }
            // Without such a file nothing can be wrong with it.
            Ok(_) => true,
            Err(error) => {
                tracing::error!(
                    error = error.kind(),
                    advice = ADVICE,
                    "redis could not be asked to write its append-only file anew"
                );
                false
            }
        }
    }

    /// Waits until it can be written, has it written anew, and tells what came of it.
    async fn renew(&self, business: &str) -> Result<AppendFile, LedgerError> {
        if self.until_writable(business).await? == AppendFile::Off {
            return Ok(AppendFile::Off);
        }
        self.ledger.rewrite_append_file(business).await?;
        self.until_writable(business).await
    }

    /// Looks at the file until it can be written and is not just being written anew. A Redis that is away comes back, or is
    /// nobody's to mend.
    async fn until_writable(&self, business: &str) -> Result<AppendFile, LedgerError> {
        loop {
            match self.ledger.append_file(business).await {
                Ok(AppendFile::Failing | AppendFile::Rewriting) => {}
                Ok(state) => return Ok(state),
                Err(error) if !error.is_passing() => return Err(error),
                Err(_) => {}
            }
            sleep(GLANCE).await;
        }
    }
}
