//! The businesses of the list, with the keys of each.

use std::{collections::BTreeMap, sync::Arc};

use super::Keyspace;

/// The businesses at one moment.
#[derive(Debug, Default)]
pub(super) struct Tenants {
    current: BTreeMap<String, Arc<Keyspace>>,
    /// Those that a reload took out: what was begun for them is still written.
    gone: BTreeMap<String, Arc<Keyspace>>,
}

impl Tenants {
    pub(super) fn new(businesses: BTreeMap<String, Keyspace>) -> Self {
        let current = businesses.into_iter().map(|(slug, keys)| (slug, Arc::new(keys))).collect();
        Self { current, gone: BTreeMap::new() }
    }

    /// These businesses instead, with those of before at hand.
    pub(super) fn followed_by(&self, businesses: BTreeMap<String, Keyspace>) -> Self {
        let mut next = Self::new(businesses);
        next.gone = self
            .gone
            .iter()
            .chain(&self.current)
            .map(|(slug, keys)| (slug.clone(), Arc::clone(keys)))
            .collect();
        next.gone.retain(|slug, _| !next.current.contains_key(slug));
        next
    }

    pub(super) fn slugs(&self) -> Vec<String> {
        self.current.keys().cloned().collect()
    }

    pub(super) fn keys(&self, business: &str) -> Option<Arc<Keyspace>> {
        self.current.get(business).or_else(|| self.gone.get(business)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn businesses(slugs: &[&str]) -> BTreeMap<String, Keyspace> {
        slugs.iter().map(|slug| ((*slug).to_owned(), Keyspace::new("baja", slug, None, []))).collect()
    }

    #[test]
    fn one_that_is_gone_is_no_longer_named_and_keeps_its_keys() {
        let first = Tenants::new(businesses(&["acme", "beta"]));
        let second = first.followed_by(businesses(&["beta", "shop"]));
        assert_eq!(second.slugs(), ["beta", "shop"]);
        assert_eq!(second.keys("acme").unwrap().suppressed(), "baja:{acme}:suppressed");
        assert!(second.keys("other").is_none());
        let third = second.followed_by(businesses(&["acme"]));
        assert_eq!(third.slugs(), ["acme"]);
        assert!(["acme", "beta", "shop"].iter().all(|slug| third.keys(slug).is_some()));
        assert_eq!(third.gone.len(), 2);
    }
}
