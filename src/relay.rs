//! Passing a webhook on: one body to one target, by HTTP.
//!
//! The target gets the same bytes with the signature and the content type that Meta sent, so that it can check them as
//! if Meta had called it. Redirects are not followed and no proxy is taken from the environment: the body goes to the
//! configured host or nowhere. `docs/relay.md` tells operators what is allowed.

mod answer;
mod filter;
mod public_names;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::{
    Client, Url,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};

pub use answer::Delivered;
pub use filter::{Concerns, Filter, Verdict};

use answer::{failed, judge};
use public_names::PublicNames;

/// Under which a target finds Meta's signature.
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
/// The same at every attempt of one delivery, so that a target can tell a repetition.
const DELIVERY: HeaderName = HeaderName::from_static("x-baja-delivery");
/// A part of the time for a delivery, for connecting.
const CONNECT_SHARE: u32 = 2;
/// How long an idle connection to a target is kept: less than servers usually do.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);
/// What of an answer is read, so that its connection can be used again; its content does not matter.
const READ_OF_ANSWER: usize = 64 * 1024;

/// Where bodies go, and under which conditions.
#[derive(Debug, Clone)]
pub struct Address<'a> {
    /// `https://…`, or `http://…` where the configuration allows it. May hold a secret of the target's.
    pub url: &'a str,
    /// For one delivery, the answer included.
    pub timeout: Duration,
    /// Whether a name that leads to a private or local address is refused.
    pub public_only: bool,
}

/// Why a target cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The URL cannot be read.
    #[error("the URL cannot be used; give https://HOST/PATH")]
    Url,
    /// The host is an address of a private or local network, and only public ones are allowed.
    #[error("the URL leads to a private or local address, which relay.*.public_only refuses")]
    Private,
    /// The HTTP client cannot be set up.
    #[error("cannot set up the HTTP client; check that the system has CA certificates")]
    Client(#[source] reqwest::Error),
}

/// Takes bodies to one target.
pub struct Courier {
    client: Client,
    url: Url,
}

impl fmt::Debug for Courier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Courier").finish_non_exhaustive()
    }
}

impl Courier {
    /// A courier to this address. Connects to nothing yet.
    ///
    /// # Errors
    ///
    /// When the address cannot be used.
    pub fn new(address: &Address<'_>) -> Result<Self, RelayError> {
        let url = Url::parse(address.url).map_err(|_| RelayError::Url)?;
        let mut builder = Client::builder()
            .user_agent(concat!("baja/", env!("CARGO_PKG_VERSION")))
            .timeout(address.timeout)
            .connect_timeout(address.timeout / CONNECT_SHARE)
            .pool_idle_timeout(IDLE_CONNECTION)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never())
            .https_only(url.scheme() == "https");
        if address.public_only {
            // An address in the URL itself is resolved by nobody.
            if public_names::is_private_host(&url) {
                return Err(RelayError::Private);
            }
            builder = builder.dns_resolver(Arc::new(PublicNames));
        }
        let client = builder.build().map_err(|error| RelayError::Client(error.without_url()))?;
        Ok(Self { client, url })
    }

    /// Takes a body to the target, once: nothing is retried here.
    pub async fn deliver(
        &self,
        delivery: &str,
        signature: &str,
        content_type: &str,
        body: Bytes,
    ) -> Delivered {
        let mut request = self.client.post(self.url.clone()).body(body);
        for (name, value) in [(SIGNATURE, signature), (CONTENT_TYPE, content_type), (DELIVERY, delivery)] {
            // What came in as a header goes out as one; what did not come does not go.
            if let Some(value) = Some(value).filter(|value| !value.is_empty())
                && let Ok(value) = HeaderValue::from_str(value)
            {
                request = request.header(name, value);
            }
        }
        match request.send().await {
            Ok(mut response) => {
                let delivered = judge(response.status().as_u16(), response.headers());
                let mut read = 0;
                while let Ok(Some(chunk)) = response.chunk().await {
                    read += chunk.len();
                    if read > READ_OF_ANSWER {
                        break;
                    }
                }
                delivered
            }
            Err(error) => failed(&error),
        }
    }
}
