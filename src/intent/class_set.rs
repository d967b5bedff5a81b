//! A set of classes in one number, which may hold too much but never too little.

use rustc_hash::FxHashMap;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::blob::pack;
use super::table::Table;

/// One bit for each class, shared by those whose numbers are alike. The named classes of one language, numbered one
/// after the other, share none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, FromBytes, Immutable, IntoBytes, KnownLayout)]
#[repr(C)]
pub(super) struct ClassSet(u64, u64);

impl ClassSet {
    /// No class.
    pub(super) const NONE: Self = Self(0, 0);

    /// Any class.
    pub(super) const ANY: Self = Self(u64::MAX, u64::MAX);

    /// What is there in any case, so that [`Self::ANY`] meets what nothing was added to.
    pub(super) const ONE: Self = Self(0, 1 << 63);

    /// Whether a class may be among them.
    #[inline]
    pub(super) fn has(self, class: u16) -> bool {
        (if class & 64 == 0 { self.0 } else { self.1 }) >> (class & 63) & 1 != 0
    }

    /// Whether the two may have a class in common.
    #[inline]
    pub(super) fn meet(self, other: Self) -> bool {
        self.0 & other.0 | self.1 & other.1 != 0
    }

    /// Those of both.
    #[inline]
    pub(super) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0, self.1 | other.1)
    }

    /// Adds a class.
    #[inline]
    pub(super) fn add(&mut self, class: u16) {
        let half = if class & 64 == 0 { &mut self.0 } else { &mut self.1 };
        *half |= 1 << (class & 63);
    }
}

impl FromIterator<u16> for ClassSet {
    fn from_iter<T: IntoIterator<Item = u16>>(classes: T) -> Self {
        let mut all = Self::default();
        classes.into_iter().for_each(|class| all.add(class));
        all
    }
}

/// Sets by number: few are unlike all others.
#[derive(Debug, Default)]
pub(super) struct ClassSets(Table<ClassSet>);

pack!(ClassSets { 0 });

impl ClassSets {
    /// A set by its number; what has none may hold any class.
    #[inline]
    pub(super) fn get(&self, number: u16) -> ClassSet {
        self.0.get(usize::from(number)).copied().unwrap_or(ClassSet::ANY)
    }
}

/// Sets that are being numbered.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    sets: Vec<ClassSet>,
    numbers: FxHashMap<ClassSet, u16>,
}

impl Numbering {
    /// The number of a set, new or known. When there are no more, it is one that none has.
    pub(super) fn number(&mut self, set: ClassSet) -> u16 {
        let next = u16::try_from(self.sets.len()).unwrap_or(u16::MAX);
        if next == u16::MAX {
            return self.numbers.get(&set).copied().unwrap_or(next);
        }
        let number = *self.numbers.entry(set).or_insert(next);
        if number == next {
            self.sets.push(set);
        }
        number
    }

    /// The sets.
    pub(super) fn finish(self) -> ClassSets {
        ClassSets(self.sets.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_added_and_little_else() {
        let some: ClassSet = [1, 70, 4000].into_iter().collect();
        assert!([1, 70, 4000].into_iter().all(|class| some.has(class)));
        assert!((0..128).filter(|class| some.has(*class)).count() == 3);
        assert!(some.meet([70].into_iter().collect()) && !some.meet(ClassSet::default()));
    }

    #[test]
    fn numbers_sets_and_takes_what_has_no_number_for_any() {
        let mut numbering = Numbering::default();
        let set = |n: u32| ClassSet(u64::from(n), 0);
        let numbers: Vec<u16> = (0..70_000).map(|n| numbering.number(set(n))).collect();
        assert_eq!(numbering.number(set(7)), 7);
        let sets = numbering.finish();
        assert!((0..65_535).all(|n| sets.get(numbers[n as usize]) == set(n)));
        assert!((65_535..70_000).all(|n| sets.get(numbers[n]) == ClassSet::ANY));
    }
}
