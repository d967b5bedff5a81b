//! `[meta]`

use secrecy::SecretString;

use super::error::ConfigError;
use super::reader::Reader;

/// What proves that a webhook is Meta's.
#[derive(Debug, Clone)]
pub struct Meta {
    /// The app secrets that a signature may be made with; several while rotating.
    pub app_secrets: Vec<SecretString>,
    /// The tokens of the GET handshake.
    pub verify_tokens: Vec<SecretString>,
}

impl Meta {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            app_secrets: reader.secrets("meta.app_secret"),
            verify_tokens: reader.secrets("meta.verify_token"),
        }
    }

    /// What `serve` cannot do without.
    pub(super) fn missing(&self) -> Vec<ConfigError> {
        let needed = [
            (
                "meta.app_secret",
                &self.app_secrets,
                "set BAJA_APP_SECRET or BAJA_APP_SECRET_FILE to the App Secret in the app's basic settings at Meta",
            ),
            (
                "meta.verify_token",
                &self.verify_tokens,
                "set BAJA_VERIFY_TOKEN or BAJA_VERIFY_TOKEN_FILE to a word of your own, and type it into the webhook settings at Meta",
            ),
        ];
        let missing = needed.into_iter().filter(|(_, secrets, _)| secrets.is_empty());
        missing.map(|(key, _, hint)| ConfigError::new(key, "missing", hint)).collect()
    }
}
