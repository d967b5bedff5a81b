//! `[access.<name>]`

use std::collections::{BTreeMap, BTreeSet};

use super::business::{Business, is_slug};
use super::reader::{Choice, Reader};
use crate::access::{AccessToken, Grant, Role, TOKEN_PREFIX, TokenHash};

impl Choice for Role {
    const WORDS: &'static [(&'static str, Self)] = &[("read", Self::Read), ("write", Self::Write)];
}

const NEW: &str = "make one with `baja token new NAME`, and put the sha256 that it prints here";

/// Reads the tokens of the API. What is wrong with one keeps none of the others from being checked.
pub(super) fn read_all(reader: &mut Reader<'_>, businesses: &[Business]) -> Vec<AccessToken> {
    let mut tokens = Vec::new();
    let mut seen: BTreeMap<TokenHash, String> = BTreeMap::new();
    let names = reader.sections_below("access");
    if names.is_empty() {
        // What every token would start with is checked before there is one.
        reader.text("access.*.sha256");
        reader.choice::<Role>("access.*.role");
        reader.flag("access.*.reveal");
        allowed(reader, "access.*.businesses", businesses);
    }
    for name in names {
        let at = |key: &str| format!("access.{name}.{key}");
        if !is_slug(&name) {
            let hint = "give 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit";
            reader.problem(&format!("access.{name}"), "cannot be the name of a token", hint);
        }
        let role = reader.choice(&at("role"));
        let reveal = reader.flag(&at("reveal"));
        let allowed = allowed(reader, &at("businesses"), businesses);
        let Some(hash) = hash(reader, &at("sha256")) else { continue };
        if let Some(other) = seen.insert(hash, name.clone()) {
            let problem = format!("the same token as `access.{other}`");
            reader.problem(
                &at("sha256"),
                problem,
                "give each its own: the audit says who did what by its name",
            );
        }
        tokens.push(AccessToken { hash, grant: Grant { name, role, reveal, businesses: allowed } });
    }
    tokens
}

fn hash(reader: &mut Reader<'_>, key: &str) -> Option<TokenHash> {
    let text = reader.text(key);
    if text.is_empty() {
        reader.problem(key, "missing", NEW);
        return None;
    }
    if text.starts_with(TOKEN_PREFIX) {
        let hint = "put the sha256 of the token here, and make a new token: this one stands in a file now";
        reader.problem(key, "this is the token itself", hint);
        return None;
    }
    let hash = text.to_ascii_lowercase().parse().ok();
    if hash.is_none() {
        reader.problem(key, "not a sha256 in 64 hexadecimal digits", NEW);
    }
    hash
}

fn allowed(reader: &mut Reader<'_>, key: &str, businesses: &[Business]) -> BTreeSet<String> {
    let wanted = reader.list(key);
    let known = |slug: &String| businesses.iter().any(|business| business.slug == *slug);
    if !wanted.iter().all(known) {
        let slugs: Vec<_> = businesses.iter().map(|business| business.slug.as_str()).collect();
        let hint = format!("give some of: {}; or none for all", slugs.join(", "));
        reader.problem(key, "has a business that is not configured", hint);
    }
    wanted.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use crate::{
        access::{NewToken, Role},
        config::{ConfigErrors, Settings},
    };

    fn load(variables: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
        Settings::load(None, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[track_caller]
    fn refused(variables: &[(&str, &str)], expected: &[(&str, &str)]) {
        let errors = load(variables).unwrap_err().0;
        let found: Vec<_> = errors.iter().map(|error| (error.key.as_str(), error.problem.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_token_has_a_name_a_digest_and_what_it_may_do() {
        let digest = NewToken::random().hash();
        let text = digest.to_string().to_uppercase();
        let settings = load(&[
            ("BAJA__ACCESS__CRM__SHA256", &text),
            ("BAJA__ACCESS__DESK__SHA256", &NewToken::random().hash().to_string()),
            ("BAJA__ACCESS__DESK__ROLE", "write"),
            ("BAJA__ACCESS__DESK__REVEAL", "true"),
            ("BAJA__ACCESS__DESK__BUSINESSES", "default"),
        ])
        .unwrap();
        let [crm, desk] = settings.access.as_slice() else { panic!("two tokens") };
        assert_eq!((crm.hash, crm.grant.name.as_str(), crm.grant.role), (digest, "crm", Role::Read));
        assert!(!crm.grant.reveal && crm.grant.businesses.is_empty());
        assert_eq!((desk.grant.role, desk.grant.reveal), (Role::Write, true));
        assert!(desk.grant.sees("default") && !desk.grant.sees("other"));
        assert!(load(&[]).unwrap().access.is_empty());
    }

    #[test]
    fn what_cannot_be_a_token_is_told_all_at_once_and_without_it() {
        let (new, digest) = (NewToken::random(), "0".repeat(64));
        refused(&[("BAJA__ACCESS__A__ROLE", "read")], &[("access.a.sha256", "missing")]);
        refused(
            &[("BAJA__ACCESS__A__SHA256", new.token())],
            &[("access.a.sha256", "this is the token itself")],
        );
        refused(
            &[("BAJA__ACCESS__A__SHA256", "zz"), ("BAJA__ACCESS__A__ROLE", "admin")],
            &[
                ("access.a.role", "this value cannot be used"),
                ("access.a.sha256", "not a sha256 in 64 hexadecimal digits"),
            ],
        );
        refused(
            &[("BAJA__ACCESS__A__SHA256", &digest), ("BAJA__ACCESS__B__SHA256", &digest)],
            &[("access.b.sha256", "the same token as `access.a`")],
        );
        refused(
            &[("BAJA__ACCESS__A__SHA256", &digest), ("BAJA__ACCESS__A__BUSINESSES", "acme")],
            &[("access.a.businesses", "has a business that is not configured")],
        );
        let errors = load(&[("BAJA__ACCESS__A__SHA256", new.token())]).unwrap_err().to_string();
        assert!(!errors.contains(new.token()), "{errors}");
    }
}
