//! A set of classes in one number, which may hold too much but never too little.

/// One bit for each class, shared by those whose numbers are alike. The named classes of one language, numbered one
/// after the other, share none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClassSet(u64, u64);

impl ClassSet {
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
}
