//! A set of classes in one number, which may hold too much but never too little.

/// One bit for each class, shared by those whose numbers are alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClassSet(u64);

impl ClassSet {
    /// Whether a class may be among them.
    #[inline]
    pub(super) fn has(self, class: u16) -> bool {
        self.0 & bit(class) != 0
    }

    /// Whether the two may have a class in common.
    #[inline]
    pub(super) fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of both.
    #[inline]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Adds a class.
    #[inline]
    pub(super) fn add(&mut self, class: u16) {
        self.0 |= bit(class);
    }
}

impl FromIterator<u16> for ClassSet {
    fn from_iter<T: IntoIterator<Item = u16>>(classes: T) -> Self {
        let mut all = Self::default();
        classes.into_iter().for_each(|class| all.add(class));
        all
    }
}

#[inline]
fn bit(class: u16) -> u64 {
    // Classes are numbered language by language, so that neighbours often stand in one text: spread them.
    1 << (class.wrapping_mul(0x9e37) >> 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_added_and_little_else() {
        let some: ClassSet = [1, 70, 4000].into_iter().collect();
        assert!([1, 70, 4000].into_iter().all(|class| some.has(class)));
        assert!((0..u16::MAX).filter(|class| some.has(*class)).count() < 4000);
        assert!(some.meet([70].into_iter().collect()) && !some.meet(ClassSet::default()));
        assert_eq!(some.and(ClassSet::default()), some);
    }
}
