//! Rings at our own public address as Meta would, with a verify token that is wrong, and looks at who answers and with
//! which certificate.

use std::{error::Error, time::Duration};

use reqwest::{Url, redirect::Policy, tls::TlsInfo};

use super::certificate::not_after;
use super::client::is_local;

/// What our service answers to a wrong verify token, in the body.
const OURS: &str = "bad_verify_token";
const LONGEST_BODY: usize = 4096;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A service like this one, which refused the token.
    Ours,
    /// Something that answers 200 to a wrong token.
    Anything,
    /// Something else, with this status.
    Other(u16),
    /// Nothing: the name is not known, or nobody listens.
    Nobody,
    /// Nothing in time.
    Late,
    /// Somebody whose certificate is not accepted: expired, of another name, self-signed, or without its chain.
    Untrusted,
}

/// Who answered, and until when their certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ring {
    /// Who.
    pub answer: Answer,
    /// Unix seconds; `None` without TLS, or when it cannot be read.
    pub certificate_until: Option<i64>,
}

/// Asks `url` the question of Meta's handshake.
///
/// `None` when the address is no `https://` one (`http://` is for this machine only).
pub async fn ring(url: &str, patience: Duration) -> Option<Ring> {
    let mut url = Url::parse(url).ok()?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_local(&url)) {
        return None;
    }
    let guess = format!("{:032x}", rand::random::<u128>());
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", "1")
        .append_pair("hub.verify_token", &guess);
    let client = reqwest::Client::builder()
        .user_agent(concat!("baja-doctor/", env!("CARGO_PKG_VERSION")))
        .timeout(patience)
        .redirect(Policy::none())
        .no_proxy()
        .tls_info(true)
        .build()
        .ok()?;
    let mut response = match client.get(url).send().await {
        Ok(response) => response,
        Err(error) => return Some(Ring { answer: failure(&error), certificate_until: None }),
    };
    let certificate = response.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate);
    let certificate_until = certificate.and_then(not_after);
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_BODY {
            break;
        }
    }
    let answer = match status {
        403 if String::from_utf8_lossy(&body).contains(OURS) => Answer::Ours,
        200 => Answer::Anything,
        other => Answer::Other(other),
    };
    Some(Ring { answer, certificate_until })
}

fn failure(error: &reqwest::Error) -> Answer {
    if error.is_timeout() {
        return Answer::Late;
    }
    let mut cause: Option<&dyn Error> = Some(error);
    while let Some(error) = cause {
        let told = error.to_string().to_ascii_lowercase();
        if told.contains("certificate") || told.contains("unknownissuer") {
            return Answer::Untrusted;
        }
        cause = error.source();
    }
    Answer::Nobody
}
