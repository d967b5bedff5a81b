//! The keys that exist, taken from `config/default.toml`, and the nearest one to a key that does not.

use std::collections::BTreeSet;

/// The keys that exist, as patterns: the names of businesses, topics, tokens and relay targets are `*`.
#[derive(Debug, Default)]
pub(super) struct Schema {
    keys: BTreeSet<String>,
}

impl Schema {
    pub(super) fn new(keys: impl Iterator<Item = String>) -> Self {
        Self { keys: keys.collect() }
    }

    pub(super) fn knows(&self, key: &str) -> bool {
        self.keys.contains(&pattern(key))
    }

    pub(super) fn has_section(&self, path: &str) -> bool {
        let below = format!("{}.", pattern(path));
        self.keys.iter().any(|known| known.starts_with(&below))
    }

    /// What to write instead of `key`, which does not exist.
    pub(super) fn hint(&self, key: &str) -> String {
        if self.has_section(key) {
            return format!("this is a section: set keys in it, as in [{key}]");
        }
        match self.nearest(key) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "see config/default.toml for every key".to_owned(),
        }
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> &BTreeSet<String> {
        &self.keys
    }

    /// The known key with the fewest changes, or that begins so, or of the same name in another section.
    fn nearest(&self, key: &str) -> Option<String> {
        let wanted = pattern(key);
        let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let close = self.keys.iter().map(|known| (distance(&wanted, known), known)).min();
        let found = match close {
            Some((distance, known)) if distance <= 2 => Some(known),
            _ => None,
        };
        let longer = || self.keys.iter().find(|known| known.starts_with(&wanted));
        let elsewhere = || self.keys.iter().find(|known| last(known) == last(&wanted));
        let found = found.or_else(longer).or_else(elsewhere);
        found.map(|known| named_like(known, key))
    }
}

/// The key with `*` for the names of a business, a topic, a token and a relay's target.
pub(super) fn pattern(key: &str) -> String {
    let business = key.starts_with("business.");
    let named = business || key.starts_with("access.") || key.starts_with("relay.");
    let topics = business && key.split('.').nth(2) == Some("topics");
    let part = |(index, name): (usize, &str)| match index {
        1 if named => "*".to_owned(),
        3 if topics => "*".to_owned(),
        _ => name.to_owned(),
    };
    key.split('.').enumerate().map(part).collect::<Vec<_>>().join(".")
}

/// The number of letters to insert, remove or replace to make one of the other (Levenshtein).
pub(super) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, letter) in a.chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for ((other, diagonal), above) in b.chars().zip(row.iter()).zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(letter != other);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// The pattern with the names that `key` has in the places of `*`.
fn named_like(pattern: &str, key: &str) -> String {
    let mut names = key.split('.');
    let part = |wanted| match (wanted, names.next()) {
        ("*", Some(name)) => name,
        _ => wanted,
    };
    pattern.split('.').map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_insertions_removals_and_replacements() {
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_hint_keeps_the_names_of_the_business_and_the_topic() {
        let keys = ["business.*.language", "business.*.topics.*.key"].map(str::to_owned);
        let schema = Schema::new(keys.into_iter());
        assert_eq!(schema.hint("business.acme.langage"), "did you mean `business.acme.language`?");
        assert_eq!(
            schema.hint("business.acme.topics.offers.kye"),
            "did you mean `business.acme.topics.offers.key`?"
        );
        assert_eq!(schema.hint("business.acme"), "this is a section: set keys in it, as in [business.acme]");
    }
}
