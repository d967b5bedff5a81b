//! `[page]`

use std::time::Duration;

use super::reader::Reader;

/// The operators' page.
#[derive(Debug, Clone)]
pub struct PageSettings {
    /// The address by which browsers reach it through a proxy, as in `https://baja.example.com`; `None` where they reach the
    /// operators' listener itself.
    pub origin: Option<String>,
    /// How long somebody stays signed in.
    pub session: Duration,
}

impl PageSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let origin = reader.optional("page.origin").map(|origin| origin.to_ascii_lowercase());
        if origin.as_deref().is_some_and(|origin| !is_origin(origin)) {
            let hint = "give scheme and host, and the port where it is not the usual one, as in https://baja.example.com";
            reader.problem("page.origin", "not the origin of a web page", hint);
        }
        Self { origin, session: reader.minutes("page.session_minutes", 5..=43_200) }
    }
}

/// Whether a browser would send it as `Origin`: without path, user and usual port.
fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else { return false };
    let usual = if scheme == "https" { ":443" } else { ":80" };
    ["http", "https"].contains(&scheme)
        && !authority.is_empty()
        && !authority.ends_with(usual)
        && authority.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-:[]".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for origin in ["https://baja.example.com", "http://10.0.0.7:9090", "https://[::1]:8443"] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in [
            "baja.example.com",
            "https://",
            "https://baja.example.com/",
            "https://baja.example.com:443",
            "http://baja.example.com:80",
            "https://desk@baja.example.com",
            "ftp://baja.example.com",
        ] {
            assert!(!is_origin(other), "{other}");
        }
    }
}
