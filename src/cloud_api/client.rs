//! The HTTP client.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret, SecretString};

use super::message::Message;
use super::response::{InDoubt, NotSent, SendResult};
use super::retry_after;
use crate::config::is_loopback;

/// An answer of Meta has some hundred bytes; more than this is not one, and is not read.
const LONGEST_BODY: usize = 64 * 1024;

/// Kept shorter than a server's own patience: a connection that the server closes while we write costs a
/// message whose fate nobody knows.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// Sends messages. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct CloudApi {
    client: reqwest::Client,
    base: Url,
    timeouts: Timeouts,
}

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// From the first byte out to the last byte in.
    pub total: Duration,
    /// Name resolution, TCP and TLS. Shorter than `total`, so that a connection that was never made is told
    /// from an answer that never came.
    pub connect: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { total: Duration::from_secs(10), connect: Duration::from_secs(3) }
    }
}

/// Where `http://` is allowed. The token would travel in the clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// To this machine only.
    #[default]
    LoopbackOnly,
    /// To any host: for a gateway inside one's own network.
    Anywhere,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum CloudApiError {
    /// Not an address.
    #[error("the Cloud API's address is not a URL; write for example https://graph.facebook.com/v26.0")]
    NotAUrl,
    /// Another scheme, or the token would travel in the clear.
    #[error("the Cloud API's address must begin with https:// (http:// is for this machine only)")]
    NotSecure,
    /// Something in the address that has no place there.
    #[error("the Cloud API's address may have a host, a port and a path, and no user, query or fragment")]
    Extra,
    /// Time limits that cannot work.
    #[error("the connect timeout must be above zero and shorter than the total timeout")]
    Timeouts,
    /// The TLS library or the system's certificates.
    #[error("cannot set up the HTTP client; check that the system has CA certificates")]
    Client(#[source] reqwest::Error),
}

impl CloudApi {
    /// A client for the API at `base_url`, which ends with the Graph version. Redirects are not followed and
    /// proxies from the environment are not used: the token goes to this host and nowhere else.
    ///
    /// # Errors
    ///
    /// When the address or the timeouts are unusable, or the system has no certificates.
    pub fn new(base_url: &str, timeouts: Timeouts, plain: PlainHttp) -> Result<Self, CloudApiError> {
        if timeouts.connect.is_zero() || timeouts.connect >= timeouts.total {
            return Err(CloudApiError::Timeouts);
        }
        let base = checked(base_url, plain)?;
        let client = reqwest::Client::builder()
            .user_agent(concat!("baja/", env!("CARGO_PKG_VERSION")))
            .timeout(timeouts.total)
            .connect_timeout(timeouts.connect)
            .pool_idle_timeout(IDLE_CONNECTION)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never())
            .https_only(base.scheme() == "https")
            .build()
            .map_err(|error| CloudApiError::Client(error.without_url()))?;
        Ok(Self { client, base, timeouts })
    }

    /// The time limits. A lease must outlast `total`.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// Sends one message from `phone_number_id`, once: nothing is retried here.
    pub async fn send(&self, token: &SecretString, phone_number_id: &str, message: &Message) -> SendResult {
        let Some(url) = self.messages_url(phone_number_id) else {
            return SendResult::NotSent(NotSent::BadNumber);
        };
        let Some(authorization) = bearer(token) else {
            return SendResult::NotSent(NotSent::BadToken);
        };
        // Strings, lists and structs of them: there is nothing in a message that JSON cannot hold.
        let body = serde_json::to_vec(message).unwrap_or_default();
        let request = self
            .client
            .post(url)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(body);
        match request.send().await {
            Ok(response) => read(response).await,
            Err(error) => {
                let result = failure(&error);
                tracing::warn!(error = %causes(&error.without_url()), ?result, "no answer from the Cloud API");
                result
            }
        }
    }

    fn messages_url(&self, phone_number_id: &str) -> Option<Url> {
        let plausible =
            (1..=32).contains(&phone_number_id.len()) && phone_number_id.bytes().all(|b| b.is_ascii_digit());
        if !plausible {
            return None;
        }
        let mut url = self.base.clone();
        url.path_segments_mut().ok()?.pop_if_empty().push(phone_number_id).push("messages");
        Some(url)
    }
}

impl fmt::Debug for CloudApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CloudApi").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

fn checked(base_url: &str, plain: PlainHttp) -> Result<Url, CloudApiError> {
    let base = Url::parse(base_url.trim()).map_err(|_| CloudApiError::NotAUrl)?;
    let secure = match base.scheme() {
        "https" => true,
        "http" => plain == PlainHttp::Anywhere || is_local(&base),
        _ => false,
    };
    if !secure {
        return Err(CloudApiError::NotSecure);
    }
    let extra = !base.username().is_empty()
        || base.password().is_some()
        || base.query().is_some()
        || base.fragment().is_some();
    if extra { Err(CloudApiError::Extra) } else { Ok(base) }
}

/// Whether a URL's host is this machine.
pub(super) fn is_local(url: &Url) -> bool {
    url.host_str().is_some_and(|host| is_loopback(host.trim_start_matches('[').trim_end_matches(']')))
}

fn bearer(token: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// How sure we are that a request without an answer was not accepted.
fn failure(error: &reqwest::Error) -> SendResult {
    if error.is_connect() || error.is_builder() {
        SendResult::NotSent(NotSent::Connect)
    } else if error.is_timeout() {
        SendResult::Unknown(InDoubt::Timeout)
    } else {
        SendResult::Unknown(InDoubt::Reset)
    }
}

/// An error and what lies under it: a refused certificate is told three levels down.
fn causes(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}

/// Reads the answer up to [`LONGEST_BODY`]. When the rest does not come, or there is too much of it, the
/// status decides: a refusal stays one, and a success without its id is in doubt.
async fn read(mut response: Response) -> SendResult {
    let status = response.status().as_u16();
    let wait = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after::parse(value, Timestamp::now()));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) <= LONGEST_BODY => {
                body.extend_from_slice(&chunk);
            }
            Ok(None) => return SendResult::read(status, wait, &body),
            Ok(Some(_)) => return SendResult::read(status, wait, &[]),
            Err(error) => {
                return match SendResult::read(status, wait, &[]) {
                    SendResult::Unknown(_) if error.is_timeout() => SendResult::Unknown(InDoubt::Timeout),
                    SendResult::Unknown(_) => SendResult::Unknown(InDoubt::Reset),
                    judged => judged,
                };
            }
        }
    }
}
