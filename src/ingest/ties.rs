use std::{
    collections::HashSet,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::identity::Person;

/// How many ties are remembered: about 2 MiB.
const MOST: usize = 100_000;
/// How long, so that the store hears of those who still write before it forgets them.
const LONGEST: Duration = Duration::from_secs(6 * 3600);

/// Which identifiers were lately noted to be one person's, so that each is told the store once in a while and
/// not with every message. Holds hashes, no identifiers; a collision costs one late tie.
pub(super) struct Ties {
    hasher: RandomState,
    seen: Mutex<Seen>,
}

struct Seen {
    ties: HashSet<u64>,
    since: Instant,
}

impl Ties {
    /// Whether this tie was not seen lately; it counts as seen then.
    pub(super) fn are_new(&self, business: &str, person: &Person) -> bool {
        let mut hasher = self.hasher.build_hasher();
        business.hash(&mut hasher);
        for identifier in person.identifiers() {
            identifier.as_str().hash(&mut hasher);
        }
        let mut seen = self.lock();
        if seen.ties.len() >= MOST {
            seen.forget();
        }
        seen.ties.insert(hasher.finish())
    }

    pub(super) fn forget_when_old(&self) {
        let mut seen = self.lock();
        if seen.since.elapsed() >= LONGEST {
            seen.forget();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn forget(&mut self) {
        self.ties.clear();
        self.since = Instant::now();
    }
}

impl Default for Ties {
    fn default() -> Self {
        let seen = Seen { ties: HashSet::new(), since: Instant::now() };
        Self { hasher: RandomState::new(), seen: Mutex::new(seen) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_is_new_once_for_each_business() {
        let ties = Ties::default();
        let mut person = Person::new();
        person.add_text("34600111222");
        person.add_text("ES.1");
        assert!(ties.are_new("acme", &person));
        assert!(!ties.are_new("acme", &person));
        assert!(ties.are_new("other", &person));
    }
}
