//! `[cloud_api]`

use std::time::Duration;

use secrecy::SecretString;

use super::reader::Reader;
use super::url::{Allowed, is_safe};

/// How to reach Meta.
#[derive(Debug, Clone)]
pub struct CloudApiSettings {
    /// The Graph API with its version, without a slash at the end. `https` unless it is on this machine.
    pub url: String,
    /// The token of every business that has none of its own.
    pub access_token: Option<SecretString>,
    /// For one send.
    pub timeout: Duration,
    /// To connect, as part of `timeout`.
    pub connect_timeout: Duration,
}

impl CloudApiSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let settings = Self {
            url: reader.text("cloud_api.url").trim_end_matches('/').to_owned(),
            access_token: reader.secret("cloud_api.access_token"),
            timeout: reader.milliseconds("cloud_api.timeout_ms", 1..=300_000),
            connect_timeout: reader.milliseconds("cloud_api.connect_timeout_ms", 1..=300_000),
        };
        if !is_safe(&settings.url, Allowed::default()) {
            let hint =
                "give https://HOST/VERSION without user, query or fragment; http only for this machine";
            reader.problem("cloud_api.url", "the token would not be safe with this URL", hint);
        }
        if settings.connect_timeout >= settings.timeout {
            let hint = "give less, since it is a part of it";
            reader.problem("cloud_api.connect_timeout_ms", "not shorter than cloud_api.timeout_ms", hint);
        }
        settings
    }
}
