//! Tells alerts to a URL of the operators', signed as Meta signs its webhooks, with a secret of its own.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::Alert;
use crate::{
    metrics::{AlertOutcome, Metrics},
    relay::{Address, Courier, Delivered, RelayError},
    signature,
};

/// Between attempts of one look; after them the next look tries again.
pub const PAUSES: &[Duration] = &[Duration::from_secs(1), Duration::from_secs(5)];

/// Where alerts go.
pub struct Teller {
    courier: Courier,
    secret: SecretString,
    pauses: &'static [Duration],
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

impl Teller {
    /// Connects to nothing yet. `timeout` is for one attempt.
    ///
    /// # Errors
    ///
    /// When the URL cannot be used.
    pub fn new(
        url: &str,
        timeout: Duration,
        secret: SecretString,
        pauses: &'static [Duration],
    ) -> Result<Self, RelayError> {
        let courier = Courier::new(&Address { url, timeout, public_only: false })?;
        Ok(Self { courier, secret, pauses })
    }

    /// Tells one; true when it need not be told again: it arrived, or will never be taken.
    pub(super) async fn tell(&self, alert: &Alert, metrics: &Metrics) -> bool {
        let Ok(body) = serde_json::to_vec(alert) else { return true };
        let Ok(signature) = signature::sign(self.secret.expose_secret(), &body) else { return true };
        let mut delivery = hex::encode(Sha256::digest(format!("{}/{}", alert.business, alert.id)));
        delivery.truncate(32);
        let mut pauses = self.pauses.iter();
        loop {
            let sent = self.courier.deliver(&delivery, &signature, "application/json", body.clone().into());
            let reason = match sent.await {
                Delivered::Accepted => {
                    metrics.alert(AlertOutcome::Delivered);
                    return true;
                }
                Delivered::Refused { reason } => {
                    metrics.alert(AlertOutcome::Refused);
                    tracing::warn!(reason, "an alert was refused and is not told again; check alerts.url");
                    return true;
                }
                Delivered::Failed { reason, .. } => reason,
            };
            metrics.alert(AlertOutcome::Failed);
            let Some(pause) = pauses.next() else {
                tracing::warn!(reason, "an alert could not be told; it is tried again in ten minutes");
                return false;
            };
            sleep(*pause).await;
        }
    }
}
