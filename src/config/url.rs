//! Which URLs may be sent to.

use std::net::IpAddr;

/// What else a URL may have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Allowed {
    /// A query.
    pub(super) query: bool,
    /// `http` to another machine.
    pub(super) plain_http: bool,
}

/// Whether secrets and people's data may be sent there: over TLS, or without leaving the machine, and to the host that
/// the eye sees.
pub(super) fn is_safe(url: &str, allowed: Allowed) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
    let authority = path.split('/').next().unwrap_or_default();
    let plain = rest.chars().all(|letter| letter.is_ascii_graphic() && !"@#\\\"<>".contains(letter))
        && (query.is_none() || allowed.query);
    let Some(host) = host(authority) else { return false };
    let loopback = is_loopback(host);
    plain && !host.is_empty() && (scheme == "https" || (scheme == "http" && (loopback || allowed.plain_http)))
}

/// Whether a host, without the brackets of an IPv6 address, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
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
    use super::{Allowed, is_safe as is_safe_with};

    fn is_safe(url: &str) -> bool {
        is_safe_with(url, Allowed::default())
    }

    #[test]
    fn what_is_allowed_beside_that() {
        let query = Allowed { query: true, ..Allowed::default() };
        assert!(is_safe_with("https://bot.example/in?token=x&y=/z", query));
        assert!(!is_safe_with("https://bot.example/in?token=x#y", query));
        assert!(!is_safe_with("https://user@bot.example/in", query));
        assert!(!is_safe_with("http://bot.internal:3000/in", query));
        let plain_http = Allowed { plain_http: true, ..Allowed::default() };
        assert!(is_safe_with("http://bot.internal:3000/in", plain_http));
        assert!(!is_safe_with("ftp://bot.internal/in", plain_http));
    }

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
