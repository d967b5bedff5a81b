//! Who may use the API and the pages for operators: tokens, what each may do, and how many wrong ones are borne.
//!
//! A token is 32 random bytes. Only its SHA-256 is configured, so that whoever reads the configuration cannot
//! use it; a plain digest is enough, because nobody can try 2^256 tokens. Pure: the caller brings the time.

mod failures;
mod session;
mod token;

use std::{collections::BTreeSet, fmt, sync::Arc};

use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

pub use failures::Failures;
pub use session::{Session, Sessions};
pub use token::{NewToken, TOKEN_PREFIX, TokenHash};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Role {
    /// Ask.
    #[default]
    Read,
    /// Ask, and decide.
    Write,
}

impl Role {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// What somebody with a known token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token's name in the configuration; stands in the audit as who did it.
    pub name: String,
    /// Whether it may decide.
    pub role: Role,
    /// Whether it may see whole numbers and people's words.
    pub reveal: bool,
    /// The businesses that it may see; empty: all.
    pub businesses: BTreeSet<String>,
}

impl Grant {
    /// Whether it may change the list.
    pub fn may_write(&self) -> bool {
        self.role == Role::Write
    }

    /// Whether it may know of this business at all.
    pub fn sees(&self, business: &str) -> bool {
        self.businesses.is_empty() || self.businesses.contains(business)
    }
}

/// A configured token: what it is known by, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The digest of the token.
    pub hash: TokenHash,
    /// What it may do.
    pub grant: Grant,
}

/// Every configured token.
#[derive(Clone, Default)]
pub struct Access {
    tokens: Vec<(TokenHash, Arc<Grant>)>,
}

impl Access {
    /// Takes the configured tokens.
    pub fn new(tokens: impl IntoIterator<Item = AccessToken>) -> Self {
        Self { tokens: tokens.into_iter().map(|token| (token.hash, Arc::new(token.grant))).collect() }
    }

    /// Whether no token is configured, so that nobody can come in.
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// What `token` may do; `None` when it is not known. Its digest is compared with every configured one in
    /// constant time, so that neither the match nor its place shows in the time taken.
    pub fn authenticate(&self, token: &str) -> Option<Arc<Grant>> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let mut place = u32::MAX;
        for (index, (hash, _)) in (0u32..).zip(&self.tokens) {
            place.conditional_assign(&index, hash.bytes().ct_eq(&digest));
        }
        let (_, grant) = self.tokens.get(usize::try_from(place).ok()?)?;
        Some(Arc::clone(grant))
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Access({} tokens)", self.tokens.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(name: &str, role: Role, businesses: &[&str]) -> (String, AccessToken) {
        let new = NewToken::random();
        let businesses = businesses.iter().map(|one| (*one).to_owned()).collect();
        let grant = Grant { name: name.to_owned(), role, reveal: false, businesses };
        (new.token().to_owned(), AccessToken { hash: new.hash(), grant })
    }

    #[test]
    fn each_token_opens_its_own_grant_and_nothing_near_it_opens_any() {
        let (read, first) = token("crm", Role::Read, &["acme"]);
        let (write, second) = token("desk", Role::Write, &[]);
        let access = Access::new([first, second]);
        let found = access.authenticate(&read).unwrap();
        assert_eq!((found.name.as_str(), found.may_write()), ("crm", false));
        assert!(found.sees("acme") && !found.sees("other"));
        let found = access.authenticate(&write).unwrap();
        assert_eq!((found.name.as_str(), found.may_write()), ("desk", true));
        assert!(found.sees("acme") && found.sees("other"));
        for wrong in ["", "baja_", &read[1..], &format!("{read} "), &read.to_uppercase()] {
            assert!(access.authenticate(wrong).is_none(), "{wrong}");
        }
        assert!(Access::default().authenticate(&read).is_none());
    }

    #[test]
    fn the_digest_of_a_token_is_no_token() {
        let (token, configured) = token("crm", Role::Read, &[]);
        let digest = configured.hash.to_string();
        let access = Access::new([configured]);
        assert!(access.authenticate(&token).is_some());
        assert!(access.authenticate(&digest).is_none());
    }
}
