//! Names of Redis keys: which are usable, and whether those of all businesses go together.

use std::collections::BTreeMap;

use super::business::Business;
use super::reader::Reader;
use super::slot::slot;
use super::store::{Redis, RedisMode};

/// Printable, without blanks and braces, not empty.
pub(super) fn is_plain(text: &str) -> bool {
    is_printable(text) && !text.contains(['{', '}'])
}

/// A name that an existing key may have: printable, without blanks, braces only as one hash tag that is not empty.
pub(super) fn is_key(text: &str) -> bool {
    let well_formed = match text.split_once('{') {
        None => !text.contains('}'),
        Some((before, rest)) => rest.split_once('}').is_some_and(|(tag, after)| {
            !tag.is_empty() && ![before, tag, after].concat().contains(['{', '}'])
        }),
    };
    is_printable(text) && well_formed
}

/// Notes every key, tag and slot that would mix two businesses, two scopes, or private and public keys.
pub(super) fn check(reader: &mut Reader<'_>, redis: &Redis, businesses: &[Business]) {
    let mut tags = BTreeMap::new();
    let mut keys = BTreeMap::new();
    for business in businesses {
        let place = format!("business.{}", business.slug);
        if let Some(other) = tags.insert(business.hash_tag().to_owned(), &business.slug) {
            let problem = format!("has the hash tag of business `{other}`");
            reader.problem(&place, problem, "give each business a key with a hash tag of its own");
            // All of its keys would be reported again.
            continue;
        }
        for (scope, key, name) in named_sets(business, redis) {
            if let Some(other) = keys.insert(name, scope.clone()) {
                let hint = "give each business and topic a set of its own";
                reader.problem(&key, format!("the same Redis key as {other}"), hint);
            }
        }
        for (key, name) in custom_sets(business) {
            check_custom(reader, redis, business, &key, name);
        }
    }
}

fn check_custom(reader: &mut Reader<'_>, redis: &Redis, business: &Business, key: &str, name: &str) {
    if !is_key(name) {
        let hint = "give the name of a Redis set: printable, no blanks, braces only as one hash tag";
        reader.problem(key, "cannot be the name of a key", hint);
        return;
    }
    let private = name.strip_prefix(&format!("{}:{{", redis.prefix)).and_then(|rest| rest.split_once("}:"));
    if private.is_some_and(|(_, rest)| rest != "suppressed" && !rest.starts_with("suppressed:")) {
        let hint = "give another name: this one may be taken by what the service keeps for itself";
        reader.problem(key, "a private key of the service", hint);
    }
    if redis.mode == RedisMode::Cluster && slot(name) != slot(business.hash_tag()) {
        let hint = format!("give the key the hash tag {{{}}}, as in {{{0}}}:name", business.hash_tag());
        reader.problem(key, "in another slot of the cluster than the rest of the business", hint);
    }
}

/// The sets that were given a name: the setting's key, and the name.
fn custom_sets(business: &Business) -> impl Iterator<Item = (String, &str)> {
    let slug = &business.slug;
    let all = business.suppressed_key.iter().map(move |name| (all_key(slug), name.as_str()));
    let topics = business
        .topics
        .iter()
        .filter_map(move |(topic, settings)| Some((topic_key(slug, topic), settings.key.as_deref()?)));
    all.chain(topics)
}

/// All public sets: whose it is in words, the setting's key, and the name.
fn named_sets(business: &Business, redis: &Redis) -> Vec<(String, String, String)> {
    let slug = &business.slug;
    let own = format!("{}:{{{}}}:suppressed", redis.prefix, business.hash_tag());
    let all = business.suppressed_key.clone().unwrap_or_else(|| own.clone());
    let mut sets = vec![(format!("`{slug}`"), all_key(slug), all)];
    for (topic, settings) in &business.topics {
        let name = settings.key.clone().unwrap_or_else(|| format!("{own}:{topic}"));
        sets.push((format!("topic `{topic}` of `{slug}`"), topic_key(slug, topic), name));
    }
    sets
}

fn all_key(slug: &str) -> String {
    format!("business.{slug}.suppressed_key")
}

fn topic_key(slug: &str, topic: &str) -> String {
    format!("business.{slug}.topics.{topic}.key")
}

fn is_printable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_one_hash_tag_or_none() {
        for name in ["wa:optout", "wa:{acme}:optout", "{acme}", "ñ"] {
            assert!(is_key(name), "{name}");
        }
        for name in ["", "wa optout", "wa\u{7}", "wa:{}", "wa:{acme", "wa:acme}", "}wa{", "{a}{b}", "{{a}}"] {
            assert!(!is_key(name), "{name}");
        }
        assert!(is_plain("baja") && !is_plain("ba{ja}") && !is_plain(""));
    }
}
