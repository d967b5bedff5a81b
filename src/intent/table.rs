//! Tables as the build left them in the binary, or as they were just made.

use std::ops::Deref;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::blob::{Pack, Reader, Writer};

/// What a table may hold: rows that any bytes are, without room between their fields.
pub(super) trait Row: FromBytes + IntoBytes + Immutable + KnownLayout + 'static {}

impl<T: FromBytes + IntoBytes + Immutable + KnownLayout + 'static> Row for T {}

/// A list that is complete. Both kinds lie alike, so that a look at it does not ask which one it is.
#[derive(Debug, Clone)]
pub(super) enum Table<T: 'static> {
    /// Part of the binary: what nobody looks at takes no memory.
    Embedded(&'static [T]),
    /// On the heap.
    Made(Box<[T]>),
}

impl<T> Deref for Table<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Embedded(rows) => rows,
            Self::Made(rows) => rows,
        }
    }
}

/// Of the same rows, wherever they are.
impl<T: PartialEq> PartialEq for Table<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Table<T> {}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self::Embedded(&[])
    }
}

impl<T> From<Vec<T>> for Table<T> {
    fn from(rows: Vec<T>) -> Self {
        Self::Made(rows.into_boxed_slice())
    }
}

impl<T> FromIterator<T> for Table<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        rows.into_iter().collect::<Vec<T>>().into()
    }
}

/// The text is looked at in bytes: to check a megabyte for letters would touch it all.
impl From<String> for Table<u8> {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

impl<T: Row> Pack for Table<T> {
    fn pack(&self, out: &mut Writer) {
        out.rows(self);
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        from.rows().map(Self::Embedded)
    }
}

/// A text of a table of bytes. One that is cut within a letter, which no table that was made has, is empty.
#[inline]
pub(super) fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}
