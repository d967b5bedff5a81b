//! How a lexicon's tables are laid into one block of bytes, and found there again without a copy.
//!
//! ```text
//! sign of the format, 8 bytes │ length of the head, 8 bytes │ head │ body
//! ```
//!
//! The head has what is small (numbers, names, how many rows each table has) and is read at once. The body has the rows of the
//! tables, each beginning at a multiple of eight bytes, and is not touched before somebody looks at them: Linux maps sixteen
//! pages around each page that is touched, and a length before each table would have most of the megabytes resident.
//! Numbers lie as the processor has them, so the block is for processors of one kind; the sign tells others to keep off.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::decision::{Language, Topic};
use super::table::Row;

/// Tables begin at a multiple of so many bytes.
const ALIGNMENT: usize = 8;

/// Where a block begins.
#[derive(Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Start {
    sign: u64,
    /// In bytes, a multiple of [`ALIGNMENT`].
    head: u64,
}

/// "baja" and the version of the format.
const SIGN: u64 = 0x6261_6a61_0000_0001;

/// What is written into a block and read from it.
pub(super) trait Pack: Sized {
    /// Writes it behind what was written before.
    fn pack(&self, out: &mut Writer);

    /// Reads what was written by [`Self::pack`]. `None` when something else stands there.
    fn unpack(from: &mut Reader) -> Option<Self>;
}

/// Has a struct written and read field by field.
macro_rules! pack {
    ($type:ty { $($field:tt),+ $(,)? }) => {
        impl $crate::intent::blob::Pack for $type {
            fn pack(&self, out: &mut $crate::intent::blob::Writer) {
                $(self.$field.pack(out);)+
            }

            fn unpack(from: &mut $crate::intent::blob::Reader) -> Option<Self> {
                Some(Self { $($field: $crate::intent::blob::Pack::unpack(from)?),+ })
            }
        }
    };
}

pub(super) use pack;

/// A block that is being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Writer {
    /// Writes the rows of a table.
    pub(super) fn rows<T: Row>(&mut self, rows: &[T]) {
        // A table of more rows has no numbers for them.
        u32::try_from(rows.len()).unwrap_or(u32::MAX).pack(self);
        self.body.extend_from_slice(rows.as_bytes());
        fill(&mut self.body);
    }

    /// The block.
    pub(super) fn finish(mut self) -> Vec<u8> {
        fill(&mut self.head);
        let head = u64::try_from(self.head.len()).unwrap_or(u64::MAX);
        [Start { sign: SIGN, head }.as_bytes(), &self.head, &self.body].concat()
    }
}

fn fill(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
}

/// What is still to be read of a block.
#[derive(Debug)]
pub(super) struct Reader {
    head: &'static [u8],
    body: &'static [u8],
}

impl Reader {
    /// Opens a block. `None` when it is none that this kind of processor wrote.
    pub(super) fn open(block: &'static [u8]) -> Option<Self> {
        let (start, rest) = Start::read_from_prefix(block).ok().filter(|(start, _)| start.sign == SIGN)?;
        let (head, body) = rest.split_at_checked(usize::try_from(start.head).ok()?)?;
        Some(Self { head, body })
    }

    /// Ends reading. `None` when there is more than was read.
    pub(super) fn close(self) -> Option<()> {
        (self.head.len() < ALIGNMENT && self.body.is_empty()).then_some(())
    }

    /// The rows of a table, as they lie there.
    pub(super) fn rows<T: Row>(&mut self) -> Option<&'static [T]> {
        let count = usize::try_from(u32::unpack(self)?).ok()?;
        let (rows, rest) = <[T]>::ref_from_prefix_with_elems(self.body, count).ok()?;
        let length = size_of_val(rows);
        self.body = rest.get(length.next_multiple_of(ALIGNMENT) - length..)?;
        Some(rows)
    }

    fn bytes(&mut self, count: usize) -> Option<&'static [u8]> {
        let (bytes, rest) = self.head.split_at_checked(count)?;
        self.head = rest;
        Some(bytes)
    }
}

impl Pack for u16 {
    fn pack(&self, out: &mut Writer) {
        out.head.extend_from_slice(&self.to_ne_bytes());
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        Self::read_from_bytes(from.bytes(size_of::<Self>())?).ok()
    }
}

impl Pack for u32 {
    fn pack(&self, out: &mut Writer) {
        out.head.extend_from_slice(&self.to_ne_bytes());
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        Self::read_from_bytes(from.bytes(size_of::<Self>())?).ok()
    }
}

impl Pack for String {
    fn pack(&self, out: &mut Writer) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        out.head.extend_from_slice(self.as_bytes());
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        let length = usize::try_from(u32::unpack(from)?).ok()?;
        str::from_utf8(from.bytes(length)?).ok().map(str::to_owned)
    }
}

impl Pack for Language {
    fn pack(&self, out: &mut Writer) {
        self.as_str().to_owned().pack(out);
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        String::unpack(from).map(Self::new)
    }
}

impl Pack for Topic {
    fn pack(&self, out: &mut Writer) {
        self.as_str().to_owned().pack(out);
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        Self::parse(&String::unpack(from)?).ok()
    }
}

/// A list of what is small.
impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, out: &mut Writer) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        self.iter().for_each(|one| one.pack(out));
    }

    fn unpack(from: &mut Reader) -> Option<Self> {
        let count = u32::unpack(from)?;
        (0..count).map(|_| T::unpack(from)).collect()
    }
}
