//! Who may come in at the operators' listener, and which businesses there are: for the API and the page alike.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use super::error::ApiError;
use crate::{
    access::{Access, Failures, Grant, Sessions},
    intent::{Scope, Topic},
    live::Live,
};

/// A business as operators know it.
#[derive(Debug, Clone)]
pub struct KnownBusiness {
    /// Its name.
    pub slug: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// What a plain stop refuses.
    pub default_scope: String,
    /// The languages of its words, as in `pt`.
    pub languages: Vec<String>,
}

/// Who may ask, and about which businesses.
pub struct Who {
    /// The tokens.
    pub access: Access,
    /// The sessions of those who signed in at the page.
    pub sessions: Sessions,
    /// The businesses.
    pub businesses: Vec<Arc<KnownBusiness>>,
}

/// Lets people in, and bears only so many wrong tokens, wherever they are shown.
pub struct Door {
    who: Live<Who>,
    failures: Failures,
    /// Where the clock of [`Failures`] begins.
    started: Instant,
}

impl Door {
    /// Begins with these tokens and businesses.
    pub fn new(who: Who) -> Self {
        Self { who: Live::new(who), failures: Failures::default(), started: Instant::now() }
    }

    /// Replaces them; a request under way keeps what it was let in with.
    pub fn set_who(&self, who: Who) {
        self.who.set(who);
    }

    /// Who may come in now.
    pub(super) fn who(&self) -> Arc<Who> {
        self.who.get()
    }

    /// What whoever shows this token may do. A wrong one counts against the address.
    ///
    /// # Errors
    ///
    /// That nobody can come in, that this address has to wait, or that the token is missing or not known.
    pub(super) fn admit(
        &self,
        who: &Who,
        peer: Option<SocketAddr>,
        token: Option<&str>,
    ) -> Result<Arc<Grant>, ApiError> {
        if who.access.is_empty() {
            return Err(ApiError::ApiShut);
        }
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let now = self.started.elapsed();
        self.failures.admit(peer, now).map_err(|wait| ApiError::TooManyFailures(wait.as_secs() + 1))?;
        let token = token.ok_or(ApiError::TokenMissing)?;
        let Some(grant) = who.access.authenticate(token) else {
            self.failures.failed(peer, now);
            tracing::warn!("an unknown token was shown to the operators' listener");
            return Err(ApiError::TokenUnknown);
        };
        self.failures.succeeded(peer, now);
        Ok(grant)
    }
}

impl Who {
    /// The business of this name. One that the grant may not see is as unknown as one that is not there.
    pub(super) fn business(&self, grant: &Grant, slug: &str) -> Option<Arc<KnownBusiness>> {
        self.seen(grant).find(|business| business.slug == slug).cloned()
    }

    /// The businesses that the grant may see.
    pub(super) fn seen<'a>(&'a self, grant: &'a Grant) -> impl Iterator<Item = &'a Arc<KnownBusiness>> {
        self.businesses.iter().filter(|business| grant.sees(&business.slug))
    }
}

impl KnownBusiness {
    /// The scope that a topic names; everything without one.
    pub(super) fn scope(&self, topic: Option<&str>) -> Result<Scope, ApiError> {
        let Some(topic) = topic else { return Ok(Scope::All) };
        let known = self.topics.iter().any(|known| known == topic);
        Topic::parse(topic).ok().filter(|_| known).map(Scope::Topic).ok_or(ApiError::UnknownTopic)
    }
}
