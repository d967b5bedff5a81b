//! Whether a webhook really comes from Meta: the signature of a delivery and the token of the handshake.
//!
//! Meta signs each POST with HMAC-SHA256 over the body's bytes, keyed with the app secret, and sends the
//! result as `X-Hub-Signature-256: sha256=<64 lower-case hex digits>` (Meta, "Create a webhook endpoint").
//! Nothing changes without a valid one (invariant 1). The older `X-Hub-Signature: sha1=…` is never read.

mod verify_tokens;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

pub use verify_tokens::VerifyTokens;

/// The header that carries the signature.
pub const HEADER: &str = "x-hub-signature-256";

/// What stands before the digits.
const PREFIX: &[u8] = b"sha256=";

/// Why a delivery, or a list of secrets, is refused. Holds nothing of the header, the body or a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SignatureError {
    /// There is no signature header.
    #[error("the X-Hub-Signature-256 header is missing")]
    Missing,
    /// There is more than one, so that a proxy and we could each look at another.
    #[error("there is more than one X-Hub-Signature-256 header; send exactly one")]
    Several,
    /// It is not `sha256=` and 64 lower-case hex digits.
    #[error("the X-Hub-Signature-256 header is not sha256= and 64 lower-case hex digits")]
    Malformed,
    /// No configured secret makes this signature for this body.
    #[error("the signature fits no configured app secret")]
    Mismatch,
    /// The configuration holds no secret, or an empty one.
    #[error("there is no app secret or verify token, or an empty one; set at least one")]
    Empty,
}

/// The app secrets that are accepted, several while one is being replaced.
///
/// The keyed state of each is kept, which saves two of the compressions that a signature of a small body
/// costs.
#[derive(Clone)]
pub struct AppSecrets {
    keyed: Vec<Hmac<Sha256>>,
}

impl AppSecrets {
    /// Takes the secrets as Meta's dashboard shows them.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Empty`] when there is none or one of them is empty.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, SignatureError> {
        let keyed: Vec<_> =
            secrets.into_iter().map(|secret| keyed(secret.as_ref())).collect::<Result<_, _>>()?;
        if keyed.is_empty() { Err(SignatureError::Empty) } else { Ok(Self { keyed }) }
    }

    /// Checks a delivery: `headers` are the values of every [`HEADER`] of the request, `body` the exact bytes
    /// received. A malformed header is refused before anything is computed; the comparison takes the same
    /// time whatever differs, and every secret is tried.
    ///
    /// Upper-case digits are refused: Meta sends lower-case ones, and one spelling is easier to reason about.
    ///
    /// # Errors
    ///
    /// What is wrong with the header, or [`SignatureError::Mismatch`].
    pub fn verify<'h>(
        &self,
        headers: impl IntoIterator<Item = &'h [u8]>,
        body: &[u8],
    ) -> Result<(), SignatureError> {
        let mut headers = headers.into_iter();
        let header = headers.next().ok_or(SignatureError::Missing)?;
        if headers.next().is_some() {
            return Err(SignatureError::Several);
        }
        let claimed = claimed_digest(header).ok_or(SignatureError::Malformed)?;
        let fits = self.keyed.iter().fold(Choice::from(0), |fits, keyed| {
            let mut mac = keyed.clone();
            mac.update(body);
            fits | mac.finalize().into_bytes().as_slice().ct_eq(&claimed)
        });
        if fits.into() { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl fmt::Debug for AppSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppSecrets({} redacted)", self.keyed.len())
    }
}

/// The header value that Meta would send for `body`, for trying the service by hand and for tests.
///
/// # Errors
///
/// [`SignatureError::Empty`] when the secret is empty.
pub fn sign(secret: &str, body: &[u8]) -> Result<String, SignatureError> {
    let mut mac = keyed(secret)?;
    mac.update(body);
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

fn keyed(secret: &str) -> Result<Hmac<Sha256>, SignatureError> {
    if secret.is_empty() {
        return Err(SignatureError::Empty);
    }
    // HMAC takes keys of every length, so this error does not happen.
    Hmac::new_from_slice(secret.as_bytes()).map_err(|_| SignatureError::Empty)
}

/// The 32 bytes that a well-formed header claims.
fn claimed_digest(header: &[u8]) -> Option<[u8; 32]> {
    let digits: &[u8; 64] = header.strip_prefix(PREFIX)?.try_into().ok()?;
    let values = digits.map(value);
    let mut digest = [0; 32];
    for (byte, [high, low]) in digest.iter_mut().zip(values.as_chunks::<2>().0) {
        *byte = high << 4 | low;
    }
    values.iter().all(|value| *value < NO_DIGIT).then_some(digest)
}

/// More than any digit is worth.
const NO_DIGIT: u8 = 16;

/// The value of a lower-case hexadecimal digit. Without an early end, so that all digits are read at once.
fn value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => NO_DIGIT,
    }
}

#[cfg(test)]
mod tests;
