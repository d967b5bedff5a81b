use std::{fmt, str::FromStr};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// What every token begins with, so that people and scanners for leaked secrets recognise it.
pub const TOKEN_PREFIX: &str = "baja_";

/// Random bytes of a token.
const RANDOM_BYTES: usize = 32;

/// The SHA-256 of a token, as the configuration has it: 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Not 64 hexadecimal digits. The text is not repeated: it may be the token itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the sha256 of a token: 64 hexadecimal digits")]
pub struct BadTokenHash;

impl FromStr for TokenHash {
    type Err = BadTokenHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| BadTokenHash)?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenHash(redacted)")
    }
}

/// A token that was just made. It is told once and kept nowhere.
pub struct NewToken(String);

impl NewToken {
    /// Makes one of 32 random bytes.
    pub fn random() -> Self {
        let bytes: [u8; RANDOM_BYTES] = rand::random();
        Self(format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token: a secret.
    pub fn token(&self) -> &str {
        &self.0
    }

    /// What the configuration gets.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewToken(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_safe_in_a_header_and_never_the_same() {
        let (one, other) = (NewToken::random(), NewToken::random());
        assert_eq!(one.token().len(), TOKEN_PREFIX.len() + 43);
        assert!(one.token().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(one.token(), other.token());
        assert_eq!(one.hash().to_string().parse(), Ok(one.hash()));
        assert!(!format!("{one:?} {:?}", one.hash()).contains(one.token()));
    }

    #[test]
    fn the_digest_is_the_one_that_sha256sum_prints() {
        // printf %s baja_example | sha256sum
        let expected = "86f9bddc57ca9c5a4a671457c83aca77254cdbd718c33ccc9771f01015e9c415";
        assert_eq!(NewToken("baja_example".to_owned()).hash().to_string(), expected);
        assert_eq!("".parse::<TokenHash>(), Err(BadTokenHash));
        assert_eq!("g".repeat(64).parse::<TokenHash>(), Err(BadTokenHash));
    }
}
