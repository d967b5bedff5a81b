use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Access, Grant, TokenHash};

/// Says what the keys are for, so that nothing that an app secret signs elsewhere is taken for a session.
const LABEL: &[u8] = b"baja page sessions 1";
/// Of the form of a session's text.
const VERSION: &str = "1";
const NONCE_BYTES: usize = 16;

/// Keeps and finds the sessions of people who signed in with a token. Nothing is stored here: a session is a text that the
/// browser keeps, signed. Whoever ends one before its time notes its [`Session::id`].
///
/// The key is derived from an app secret, which every replica has and keeps over a restart, and from the digest of the
/// token, so that neither of the two alone makes a session. A session ends with its time, and at once when its token is taken out of
/// the configuration or replaced, or its app secret is. What it may do is what the token may do now.
#[derive(Clone, Default)]
pub struct Sessions {
    /// The newest secret first; sessions are signed with that one.
    keyed: Vec<Hmac<Sha256>>,
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct Session {
    /// What they may do.
    pub grant: Arc<Grant>,
    /// When it ends, unix seconds.
    pub expires_at: i64,
    /// What each form of this session carries; nobody else knows it.
    pub form_token: String,
    /// Names this session and no other, and says nothing of whose it is.
    pub id: String,
}

impl Sessions {
    /// With these app secrets, the newest first.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let keyed = secrets.into_iter().filter_map(|secret| {
            let mut derived = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
            derived.update(LABEL);
            Hmac::new_from_slice(&derived.finalize().into_bytes()).ok()
        });
        Self { keyed: keyed.collect() }
    }

    /// Begins a session at `now` (unix seconds) and returns its text: a secret for the browser. `None` when the token is
    /// no longer configured, or there is no secret.
    pub fn begin(&self, access: &Access, name: &str, now: i64, lasts: Duration) -> Option<String> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let expires_at = now.saturating_add(i64::try_from(lasts.as_secs()).unwrap_or(i64::MAX));
        let token = access.named(name)?;
        let claim = format!("{VERSION}.{name}.{expires_at}.{}", BASE64_URL_SAFE_NO_PAD.encode(nonce));
        let signature = mac(self.keyed.first()?, token.hash, "session", &claim)?.finalize().into_bytes();
        Some(format!("{claim}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The session of a text that a browser sent; `None` when it is not one of ours, is over, or its token is gone.
    pub fn find(&self, access: &Access, text: &str, now: i64) -> Option<Session> {
        let (claim, signature) = text.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        let [version, name, expires_at, _nonce] = parts(claim)?;
        let token = access.named(name).filter(|_| version == VERSION)?;
        let signed = |keyed: &&Hmac<Sha256>| {
            mac(keyed, token.hash, "session", claim).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
        };
        let keyed = self.keyed.iter().find(signed)?;
        let expires_at: i64 = expires_at.parse().ok().filter(|end| now < *end)?;
        let form_token = mac(keyed, token.hash, "form", claim)?.finalize().into_bytes();
        let id = mac(keyed, token.hash, "id", claim)?.finalize().into_bytes();
        Some(Session {
            grant: Arc::clone(token.grant),
            expires_at,
            form_token: BASE64_URL_SAFE_NO_PAD.encode(form_token),
            id: hex::encode(id),
        })
    }
}

impl Session {
    /// Whether a form is one of this session's. In constant time.
    pub fn owns(&self, form_token: &str) -> bool {
        use subtle::ConstantTimeEq;
        self.form_token.as_bytes().ct_eq(form_token.as_bytes()).into()
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} secrets)", self.keyed.len())
    }
}

/// The MAC of a claim, for one purpose.
fn mac(keyed: &Hmac<Sha256>, hash: &TokenHash, purpose: &str, claim: &str) -> Option<Hmac<Sha256>> {
    let mut derived = keyed.clone();
    derived.update(hash.bytes());
    let mut mac = Hmac::<Sha256>::new_from_slice(&derived.finalize().into_bytes()).ok()?;
    mac.update(purpose.as_bytes());
    mac.update(b"\0");
    mac.update(claim.as_bytes());
    Some(mac)
}

fn parts(claim: &str) -> Option<[&str; 4]> {
    claim.split('.').collect::<Vec<_>>().try_into().ok()
}

impl Access {
    /// The token of this name.
    fn named(&self, name: &str) -> Option<NamedToken<'_>> {
        let (hash, grant) = self.tokens.iter().find(|(_, grant)| grant.name == name)?;
        Some(NamedToken { hash, grant })
    }
}

struct NamedToken<'a> {
    hash: &'a TokenHash,
    grant: &'a Arc<Grant>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{
        super::{AccessToken, NewToken, Role},
        *,
    };

    const NOW: i64 = 1_764_000_000;
    const HOUR: Duration = Duration::from_secs(3600);

    fn configured(name: &str, role: Role) -> AccessToken {
        let grant = Grant { name: name.to_owned(), role, reveal: false, businesses: BTreeSet::new() };
        AccessToken { hash: NewToken::random().hash(), grant }
    }

    #[test]
    fn a_session_lasts_its_time_on_every_replica_and_no_longer() {
        let access = Access::new([configured("desk", Role::Write)]);
        let text = Sessions::new(["secret"]).begin(&access, "desk", NOW, HOUR).unwrap();
        let replica = Sessions::new(["secret"]);
        let session = replica.find(&access, &text, NOW + 3599).unwrap();
        assert_eq!((session.grant.name.as_str(), session.expires_at), ("desk", NOW + 3600));
        assert!(session.owns(&session.form_token) && !session.owns("") && !session.owns(&text));
        assert!(replica.find(&access, &text, NOW + 3600).is_none());
        let other = replica.begin(&access, "desk", NOW, HOUR).unwrap();
        let other = replica.find(&access, &other, NOW).unwrap();
        assert_ne!(other.form_token, session.form_token);
        assert!(other.id != session.id && session.id != session.form_token);
        assert_eq!(replica.find(&access, &text, NOW).unwrap().id, session.id, "on every replica");
    }

    #[test]
    fn it_ends_with_its_token_and_with_its_secret_and_has_the_role_of_now() {
        let token = configured("desk", Role::Write);
        let access = Access::new([token.clone(), configured("other", Role::Read)]);
        let text = Sessions::new(["old"]).begin(&access, "desk", NOW, HOUR).unwrap();
        let rotated = Sessions::new(["new", "old"]);
        assert!(rotated.find(&access, &text, NOW).is_some());
        assert!(Sessions::new(["new"]).find(&access, &text, NOW).is_none());
        for gone in [vec![configured("other", Role::Write)], vec![configured("desk", Role::Write)]] {
            assert!(rotated.find(&Access::new(gone), &text, NOW).is_none());
        }
        let mut lesser = token;
        lesser.grant.role = Role::Read;
        assert!(!rotated.find(&Access::new([lesser]), &text, NOW).unwrap().grant.may_write());
    }

    #[test]
    fn nothing_that_was_changed_is_a_session() {
        let access = Access::new([configured("desk", Role::Read), configured("boss", Role::Write)]);
        let sessions = Sessions::new(["secret"]);
        let text = sessions.begin(&access, "desk", NOW, HOUR).unwrap();
        let form_token = sessions.find(&access, &text, NOW).unwrap().form_token;
        let (claim, _) = text.rsplit_once('.').unwrap();
        let later = text.replacen(&(NOW + 3600).to_string(), &(NOW + 9999).to_string(), 1);
        for wrong in [
            String::new(),
            ".".to_owned(),
            "....".to_owned(),
            claim.to_owned(),
            format!("{claim}."),
            format!("{claim}.{form_token}"),
            format!("{text}."),
            format!("{text}A"),
            text.replacen("desk", "boss", 1),
            text.replacen("1.", "2.", 1),
            later,
        ] {
            assert!(sessions.find(&access, &wrong, NOW).is_none(), "{wrong}");
        }
        assert!(Sessions::default().begin(&access, "desk", NOW, HOUR).is_none());
        assert!(sessions.begin(&access, "nobody", NOW, HOUR).is_none());
    }
}
