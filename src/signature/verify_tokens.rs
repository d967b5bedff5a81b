use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::SignatureError;

/// The tokens that are accepted in the GET handshake: the app's, and those of webhook overrides, which carry
/// their own (Meta, "Webhook overrides").
///
/// Digests are kept and compared, so neither content nor length of a token shows in the time taken, and a
/// dump of this value shows no token.
#[derive(Clone)]
pub struct VerifyTokens {
    digests: Vec<[u8; 32]>,
}

impl VerifyTokens {
    /// Takes the tokens as they were entered in Meta's dashboard.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Empty`] when there is none or one of them is empty.
    pub fn new<S: AsRef<str>>(tokens: impl IntoIterator<Item = S>) -> Result<Self, SignatureError> {
        let mut digests = Vec::new();
        for token in tokens {
            let token = token.as_ref();
            if token.is_empty() {
                return Err(SignatureError::Empty);
            }
            digests.push(Sha256::digest(token.as_bytes()).into());
        }
        if digests.is_empty() { Err(SignatureError::Empty) } else { Ok(Self { digests }) }
    }

    /// Whether `token` (`hub.verify_token`, decoded) is one of them. Every one is compared, in constant time.
    pub fn accept(&self, token: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let found = self.digests.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&digest));
        found.into()
    }
}

impl fmt::Debug for VerifyTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyTokens({} redacted)", self.digests.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_is_accepted_and_nothing_near_it() {
        let tokens = VerifyTokens::new(["first-token", "second-token"]).unwrap();
        assert!(tokens.accept(b"first-token") && tokens.accept(b"second-token"));
        for wrong in ["", "first", "first-token ", "First-token", "first-tokensecond-token"] {
            assert!(!tokens.accept(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn an_empty_token_is_no_token() {
        assert_eq!(VerifyTokens::new([""; 0]).unwrap_err(), SignatureError::Empty);
        assert_eq!(VerifyTokens::new(["good", ""]).unwrap_err(), SignatureError::Empty);
    }

    #[test]
    fn debug_shows_no_token() {
        let tokens = VerifyTokens::new(["first-token"]).unwrap();
        assert_eq!(format!("{tokens:?}"), "VerifyTokens(1 redacted)");
    }
}
