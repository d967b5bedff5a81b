//! Words of a sorted list that begin alike, found by what they begin with.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::super::blob::pack;
use super::super::index::probe;
use super::super::table::Table;
use super::builder::place;

/// Where the words of one beginning stand in the list. A slot that is free is all 0.
#[derive(Debug, Clone, Copy, Default, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
struct Slot {
    key: u32,
    from: u32,
    to: u32,
}

/// By the first bytes of words: a run of them. An open-addressed table of a power of two of slots, at most half of them taken.
#[derive(Debug, Default)]
pub(super) struct Runs(Table<Slot>);

pack!(Runs { 0 });

impl Runs {
    /// The runs of a list, by the key of each of its words. Words of the same key stand together.
    pub(super) fn new(keys: &[u32]) -> Self {
        let runs = keys.chunk_by(|one, next| one == next);
        let mut slots = vec![Slot::default(); (2 * runs.clone().count()).next_power_of_two()];
        let mask = slots.len() - 1;
        let mut to = 0;
        for run in runs {
            let from = to;
            to += place(run.len());
            let key = run.first().copied().unwrap_or_default();
            let mut at = key as usize & mask;
            while slots.get(at).is_some_and(|slot| slot.to > 0) {
                at = (at + 1) & mask;
            }
            slots.get_mut(at).into_iter().for_each(|slot| *slot = Slot { key, from, to });
        }
        Self(slots.into())
    }

    /// Where the run of a key begins and ends; nowhere when there is none.
    #[inline]
    pub(super) fn get(&self, key: u32) -> (usize, usize) {
        let found = probe(key, &self.0).find(|slot| slot.to == 0 || slot.key == key);
        found.map_or((0, 0), |slot| (slot.from as usize, slot.to as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_found_and_no_other() {
        // Keys that are alike in their lower half, so that many collide.
        let keys: Vec<u32> = (0..300_u32).flat_map(|n| vec![n << 16; n as usize % 3 + 1]).collect();
        let runs = Runs::new(&keys);
        for n in 0..300 {
            let (from, to) = runs.get(n << 16);
            assert_eq!((to - from, keys[from]), (n as usize % 3 + 1, n << 16));
        }
        assert_eq!(runs.get(7), (0, 0));
        assert_eq!((Runs::new(&[]).get(7), Runs::default().get(7)), ((0, 0), (0, 0)));
    }
}
