//! `[cloud_api]`

use std::net::IpAddr;
use std::time::Duration;

use secrecy::SecretString;

use super::reader::Reader;

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
        if !is_safe(&settings.url) {
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

/// Whether the access token may be sent there: over TLS, or without leaving the machine, and to the host that the eye sees.
fn is_safe(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let plain = rest.chars().all(|letter| letter.is_ascii_graphic() && !"@?#\\\"<>".contains(letter));
    let Some(host) = host(authority) else { return false };
    let loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    plain && !host.is_empty() && (scheme == "https" || (scheme == "http" && loopback))
}

/// The host of `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.find(':').map_or((authority, ""), |at| authority.split_at(at)),
    };
    let port_is_right = port.is_empty() || port.strip_prefix(':')?.parse::<u16>().is_ok();
    port_is_right.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn only_tls_or_this_machine() {
        for url in [
            "https://graph.facebook.com/v26.0",
            "https://proxy.example:8443/graph",
            "http://127.0.0.1:9",
            "http://localhost:4010/v26.0",
            "http://[::1]:4010",
        ] {
            assert!(is_safe(url), "{url}");
        }
        for url in [
            "",
            "graph.facebook.com",
            "https://",
            "https:///v26.0",
            "http://graph.facebook.com/v26.0",
            "http://localhost@graph.example/v26.0",
            "https://user:word@graph.example",
            "https://graph.example/v26.0?debug=all",
            "https://graph.example/#v26.0",
            "https://graph.example:port",
            "http://127.0.0.1.graph.example",
            "http://[::1",
            "ftp://127.0.0.1",
            "https://graph.example/v26 .0",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
