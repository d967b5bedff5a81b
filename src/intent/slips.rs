//! Which words may be meant by a misspelling: a large table in little room.

use super::blob::pack;
use super::index::Id;
use super::table::Table;

/// About so many entries share a bucket.
const PER_BUCKET: usize = 8;

/// Words by the keys of their misspellings, or by how they sound. Keys are shortened, so what is found is only
/// a candidate.
#[derive(Debug, Default)]
pub(super) struct Slips {
    /// Where each bucket begins; the last number is the end of all.
    starts: Table<u32>,
    /// What tells the keys of a bucket apart.
    tags: Table<u16>,
    /// By their numbers, in three bytes each: a third of a million of them stand here.
    words: Table<[u8; 3]>,
    /// How far a spread key is shifted to make its bucket.
    shift: u32,
}

pack!(Slips { starts, tags, words, shift });

impl Slips {
    /// A table of keys and words, in any order.
    pub(super) fn new(mut keys: Vec<(u64, Id)>) -> Self {
        let buckets = (keys.len() / PER_BUCKET).next_power_of_two().max(2);
        let shift = u64::BITS - buckets.trailing_zeros();
        let bucket = |key: u64| usize::try_from(key >> shift).unwrap_or(0);
        keys.iter_mut().for_each(|(key, _)| *key = spread(*key));
        // Put into their buckets, which are then sorted each by itself: that is cheaper than sorting all.
        let mut ends = vec![0_u32; buckets];
        for (key, _) in &keys {
            ends.get_mut(bucket(*key)).into_iter().for_each(|count| *count += 1);
        }
        let mut end = 0;
        for count in &mut ends {
            end += std::mem::replace(count, end);
        }
        let mut sorted = keys.clone();
        for one in keys {
            if let Some(end) = ends.get_mut(bucket(one.0)) {
                sorted.get_mut(*end as usize).into_iter().for_each(|place| *place = one);
                *end += 1;
            }
        }
        let mut starts = Vec::with_capacity(buckets + 1);
        let (mut tags, mut words) = (Vec::with_capacity(sorted.len()), Vec::with_capacity(sorted.len()));
        let mut from = 0;
        for end in ends {
            starts.push(position(words.len()));
            let own = sorted.get_mut(from..end as usize).unwrap_or_default();
            from = end as usize;
            own.sort_unstable();
            let mut before = None;
            for one in own {
                let (key, word) = *one;
                // A word whose number is longer is found as it is written alone.
                let [a, b, c, 0] = word.get().to_le_bytes() else { continue };
                if before.replace((key, word)) != Some((key, word)) {
                    tags.push(tag(key));
                    words.push([a, b, c]);
                }
            }
        }
        starts.push(position(words.len()));
        Self { starts: starts.into(), tags: tags.into(), words: words.into(), shift }
    }

    /// The words that have this key, and perhaps a few others.
    #[inline]
    pub(super) fn get(&self, key: u64) -> impl Iterator<Item = Id> + '_ {
        let key = spread(key);
        let bucket = usize::try_from(key >> self.shift).unwrap_or(usize::MAX);
        let (from, to) = match self.starts.get(bucket..) {
            Some([from, to, ..]) => (*from as usize, *to as usize),
            _ => (0, 0),
        };
        let (tag, tags) = (tag(key), self.tags.get(from..to).unwrap_or_default());
        let fitting = tags.iter().zip(from..).filter(move |(other, _)| **other == tag);
        fitting.filter_map(|(_, at)| {
            let [a, b, c] = *self.words.get(at)?;
            Id::new(u32::from_le_bytes([a, b, c, 0]))
        })
    }
}

/// Keys are polynomials, which use their low bits most.
fn spread(key: u64) -> u64 {
    let key = (key ^ (key >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key ^ (key >> 29)
}

fn tag(key: u64) -> u16 {
    u16::try_from(key & u64::from(u16::MAX)).unwrap_or(0)
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_keys_and_once() {
        let id = |n| Id::new(n).unwrap();
        let slips = Slips::new(vec![(7, id(1)), (u64::MAX, id(2)), (7, id(3)), (7, id(1))]);
        assert_eq!(slips.get(7).collect::<Vec<_>>(), [id(1), id(3)]);
        assert_eq!(slips.get(u64::MAX).collect::<Vec<_>>(), [id(2)]);
        assert_eq!(slips.get(8).count(), 0);
        let many = Slips::new((1..5000).map(|n| (u64::from(n), id(n))).collect());
        assert!((1..5000).all(|n| many.get(u64::from(n)).any(|found| found == id(n))));
        assert_eq!(Slips::new(Vec::new()).get(1).count(), 0);
    }
}
