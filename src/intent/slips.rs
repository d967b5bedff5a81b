//! Which words may be meant by a misspelling: a large table in little room.

/// The filter has 2 to this many bits: 128 KiB.
const FILTER_BITS: u32 = 20;

/// Words by the keys of their misspellings. Keys are shortened, so what is found is only a candidate.
#[derive(Debug, Default)]
pub(super) struct Slips {
    /// Shortened keys and words, sorted.
    entries: Vec<(u32, u32)>,
    /// A small filter before the table: most keys of a text are not in it.
    filter: Vec<u64>,
}

impl Slips {
    /// A table of keys and words, in any order.
    pub(super) fn new(keys: impl IntoIterator<Item = (u64, u32)>) -> Self {
        let mut filter = vec![0; 1 << (FILTER_BITS - 6)];
        let mut entries = Vec::new();
        for (key, word) in keys {
            let (place, bit) = filter_place(key);
            if let Some(bits) = filter.get_mut(place) {
                *bits |= bit;
            }
            entries.push((short(key), word));
        }
        entries.sort_unstable();
        entries.dedup();
        entries.shrink_to_fit();
        Self { entries, filter }
    }

    /// The words that have this key, and perhaps a few others.
    pub(super) fn get(&self, key: u64) -> impl Iterator<Item = u32> + '_ {
        let (place, bit) = filter_place(key);
        let likely = self.filter.get(place).is_some_and(|bits| bits & bit != 0);
        let entries = if likely { self.entries.as_slice() } else { &[] };
        let key = short(key);
        let from = entries.partition_point(|(other, _)| *other < key);
        entries.iter().skip(from).take_while(move |(other, _)| *other == key).map(|(_, word)| *word)
    }
}

fn short(key: u64) -> u32 {
    u32::try_from((key ^ (key >> 32)) & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

fn filter_place(key: u64) -> (usize, u64) {
    let bit = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - FILTER_BITS);
    (usize::try_from(bit >> 6).unwrap_or(0), 1 << (bit & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_keys_and_once() {
        let slips = Slips::new([(7, 1), (u64::MAX, 2), (7, 3), (7, 1)]);
        assert_eq!(slips.get(7).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(slips.get(u64::MAX).collect::<Vec<_>>(), [2]);
        assert_eq!(slips.get(8).count(), 0);
    }
}
