//! `[business.<slug>]`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use secrecy::SecretString;

use super::cloud_api::CloudApiSettings;
use super::confirm::Confirm;
use super::error::ConfigError;
use super::keys;
use super::reader::Reader;
use super::slot::hash_tag;
use super::store::Redis;

/// The business of a deployment where none is configured.
const DEFAULT: &str = "default";
/// The topic that every business has.
const MARKETING: &str = "marketing";
/// The scope of everything.
const ALL: &str = "all";

/// One legal sender with one opt-out list.
#[derive(Debug, Clone)]
pub struct Business {
    /// Its name in keys and commands: 1 to 40 of `a-z`, `0-9`, `-`, `_`, beginning with a letter or digit.
    pub slug: String,
    /// Meta's ids of its phone numbers. No other business has any of them.
    pub phone_number_ids: Vec<String>,
    /// Meta's ids of its WhatsApp Business Accounts. No other business has any of them.
    pub waba_ids: Vec<String>,
    /// Whether it owns whatever comes: only the one business of a deployment that lists no numbers.
    pub owns_every_number: bool,
    /// Its token for the Cloud API: its own, or else the one of `[cloud_api]`.
    pub access_token: Option<SecretString>,
    /// What a plain STOP refuses: `all`, or one of the topics.
    pub default_scope: String,
    /// The topics by slug. `marketing` is always there.
    pub topics: BTreeMap<String, Topic>,
    /// An existing Redis set of everybody who refused everything.
    pub suppressed_key: Option<String>,
    /// Language for people whose own is not known.
    pub language: String,
    /// A file that changes the texts.
    pub texts: Option<PathBuf>,
    /// A folder with `*.toml` files that add to the words, or change them, for this business alone.
    pub lexicon: Option<PathBuf>,
    /// Whether to ask when a message is likely an opt-out: here and in `[confirm]`.
    pub ask: bool,
}

/// A kind of message that the business sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Topic {
    /// An existing Redis set of those who refused it.
    pub key: Option<String>,
}

impl Business {
    /// The hash tag of its private keys: the one of `suppressed_key` when it has one, that key itself when it has no
    /// tag, or else the slug. So all keys of the business share a slot.
    pub fn hash_tag(&self) -> &str {
        self.suppressed_key.as_deref().map_or(&self.slug, hash_tag)
    }

    /// What Meta can be asked with and about, the token and the accounts; nothing where either is missing.
    pub fn to_ask_with(&self) -> Option<(&SecretString, &[String])> {
        self.access_token.as_ref().zip(Some(self.waba_ids.as_slice()).filter(|ids| !ids.is_empty()))
    }

    /// The missing access token, if it is.
    pub(super) fn missing_token(&self) -> Option<ConfigError> {
        let key = format!("business.{}.access_token", self.slug);
        let hint =
            "set BAJA_ACCESS_TOKEN or BAJA_ACCESS_TOKEN_FILE, or confirm.enabled = false to confirm nothing";
        self.access_token.is_none().then(|| ConfigError::new(&key, "missing", hint))
    }
}

/// Reads every business, or makes the one that owns everything.
pub(super) fn read_all(
    reader: &mut Reader<'_>,
    redis: &Redis,
    confirm: &Confirm,
    cloud_api: &CloudApiSettings,
) -> Vec<Business> {
    let mut slugs = reader.sections_below("business");
    if slugs.is_empty() {
        slugs.insert(DEFAULT.to_owned());
    }
    let alone = slugs.len() == 1;
    let businesses: Vec<_> =
        slugs.into_iter().map(|slug| read(reader, slug, alone, confirm, cloud_api)).collect();
    check_owners(reader, &businesses, "phone_number_ids", |business| &business.phone_number_ids);
    check_owners(reader, &businesses, "waba_ids", |business| &business.waba_ids);
    keys::check(reader, redis, &businesses);
    businesses
}

fn read(
    reader: &mut Reader<'_>,
    slug: String,
    alone: bool,
    confirm: &Confirm,
    cloud_api: &CloudApiSettings,
) -> Business {
    let at = |name: &str| format!("business.{slug}.{name}");
    if !is_slug(&slug) {
        let hint = "give 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit";
        reader.problem(&format!("business.{slug}"), "cannot be the name of a business", hint);
    }
    let phone_number_ids = ids(reader, &at("phone_number_ids"));
    let waba_ids = ids(reader, &at("waba_ids"));
    let none = phone_number_ids.is_empty() && waba_ids.is_empty();
    let owns_every_number = none && alone && slug == DEFAULT;
    if none && !owns_every_number {
        let hint =
            "give phone_number_ids or waba_ids; only a single business named `default` owns every number";
        reader.problem(&at("phone_number_ids"), "the business owns no number", hint);
    }
    let topics = topics(reader, &at("topics"));
    let default_scope = reader.text(&at("default_scope"));
    if default_scope != ALL && !topics.contains_key(&default_scope) {
        reader.problem(&at("default_scope"), "no such topic", "give `all`, or one of the business's topics");
    }
    let language = reader.text(&at("language"));
    if !is_language(&language) {
        reader.problem(&at("language"), "not a language", "give a code, as in es or pt-BR");
    }
    let texts = reader.path(&at("texts"));
    if texts.as_ref().is_some_and(|texts| !texts.is_file()) {
        reader.problem(&at("texts"), "not a file", "give the path of a readable file");
    }
    let lexicon = reader.path(&at("lexicon"));
    if lexicon.as_ref().is_some_and(|folder| !folder.is_dir()) {
        reader.problem(&at("lexicon"), "not a folder", "give the path of a folder with *.toml files");
    }
    let own_token = reader.secret(&at("access_token"));
    let suppressed_key = reader.optional(&at("suppressed_key"));
    let ask = reader.flag(&at("ask")) && confirm.ask;
    Business {
        phone_number_ids,
        waba_ids,
        owns_every_number,
        access_token: own_token.or_else(|| cloud_api.access_token.clone()),
        default_scope,
        topics,
        suppressed_key,
        language,
        texts,
        lexicon,
        ask,
        slug,
    }
}

fn topics(reader: &mut Reader<'_>, section: &str) -> BTreeMap<String, Topic> {
    let mut slugs: BTreeSet<String> = reader.sections_below(section);
    slugs.extend(reader.sections_below("business.*.topics"));
    slugs.insert(MARKETING.to_owned());
    let mut topics = BTreeMap::new();
    for slug in slugs {
        if !is_slug(&slug) || slug == ALL {
            let hint =
                "give 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit, other than `all`";
            reader.problem(&format!("{section}.{slug}"), "cannot be the name of a topic", hint);
        }
        let key = reader.optional(&format!("{section}.{slug}.key"));
        topics.insert(slug, Topic { key });
    }
    topics
}

/// Ids of Meta: digits.
fn ids(reader: &mut Reader<'_>, key: &str) -> Vec<String> {
    let mut ids = reader.list(key);
    ids.sort();
    ids.dedup();
    let usable = |id: &String| id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_digit());
    if !ids.iter().all(usable) {
        reader.problem(
            key,
            "not Meta's ids",
            "give ids in quotes, digits only, as WhatsApp Manager shows them",
        );
    }
    ids
}

/// Notes every id that two businesses claim: an event would belong to both.
fn check_owners(
    reader: &mut Reader<'_>,
    businesses: &[Business],
    name: &str,
    ids: fn(&Business) -> &Vec<String>,
) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for business in businesses {
        for id in ids(business) {
            if let Some(other) = owners.insert(id, &business.slug) {
                let problem = format!("has an id that business `{other}` has too");
                reader.problem(
                    &format!("business.{}.{name}", business.slug),
                    problem,
                    "keep it in one of them",
                );
            }
        }
    }
}

/// Whether this may be the name of a business, a topic, a token or a relay's target: 1 to 40 of `a-z`, `0-9`, `-`, `_`, beginning with a
/// letter or digit.
pub fn is_slug(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 40
        && text.bytes().next().is_some_and(letter)
        && text.bytes().all(|byte| letter(byte) || byte == b'-' || byte == b'_')
}

/// The shape of a language tag (BCP 47): two or three letters, then parts of two to eight letters or digits.
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    matches!(first.len(), 2 | 3)
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}
