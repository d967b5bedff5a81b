//! `[alerts]`

use std::time::Duration;

use secrecy::SecretString;

use super::reader::Reader;
use super::url::{Allowed, is_safe};

/// Where to tell what is worth waking somebody for.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// Where alerts are posted to, and the secret that signs them; `None` when they are not. The URL may hold a token
    /// of the target's: not for logs.
    pub target: Option<(String, SecretString)>,
    /// For one attempt.
    pub timeout: Duration,
    /// How long webhooks may be answered 503; `None` when that is no alert.
    pub refusals: Option<Duration>,
    /// How long no webhook may come; `None` when that is no alert.
    pub silence: Option<Duration>,
}

impl AlertSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let url = reader.text("alerts.url");
        let secret = reader.secret("alerts.secret");
        if !url.is_empty() && !is_safe(&url, Allowed { query: true, plain_http: false }) {
            let hint = "give https://HOST/PATH without user or fragment; http only for this machine";
            reader.problem("alerts.url", "alerts would not be safe with this URL", hint);
        }
        if !url.is_empty() && secret.is_none() {
            let hint = "give a secret that the receiver knows, as from `openssl rand -hex 32`";
            reader.problem("alerts.secret", "is missing, and alerts.url is set", hint);
        }
        let mut patience = |key| Some(reader.minutes(key, 0..=525_600)).filter(|time| !time.is_zero());
        let (silence, refusals) = (patience("alerts.silence_minutes"), patience("alerts.refusals_minutes"));
        Self {
            target: secret.filter(|_| !url.is_empty()).map(|secret| (url, secret)),
            timeout: reader.milliseconds("alerts.attempt_timeout_ms", 1..=60_000),
            silence,
            refusals,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn load(variables: &[(&str, &str)]) -> Result<AlertSettings, Vec<String>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match Settings::load(None, variables) {
            Ok(settings) => Ok(settings.alerts),
            Err(errors) => Err(errors.0.into_iter().map(|error| error.key).collect()),
        }
    }

    #[test]
    fn alerts_go_nowhere_unless_told_and_never_unsigned_or_in_the_clear() {
        let shipped = load(&[]).unwrap();
        assert!(shipped.target.is_none());
        assert_eq!(shipped.silence, Some(Duration::from_secs(6 * 3600)));
        assert_eq!(shipped.refusals, Some(Duration::from_secs(300)));
        assert_eq!(load(&[("BAJA__ALERTS__SILENCE_MINUTES", "0")]).unwrap().silence, None);
        let url = |url: &'static str| ("BAJA__ALERTS__URL", url);
        let secret = ("BAJA__ALERTS__SECRET", "alerts-secret");
        assert_eq!(load(&[url("https://hooks.example.com/a")]).unwrap_err(), ["alerts.secret"]);
        assert_eq!(load(&[url("http://hooks.example.com/a"), secret]).unwrap_err(), ["alerts.url"]);
        assert!(load(&[url("https://hooks.example.com/a?token=x"), secret]).unwrap().target.is_some());
        assert!(load(&[url("http://127.0.0.1:9999/a"), secret]).unwrap().target.is_some());
    }
}
