//! A forgiving JSON reader: one pass over the bytes, borrowed strings, no recursion, no tree.
//!
//! A general parser gives up a whole document for one lone surrogate, one key that stands twice or one byte
//! that is not UTF-8, and in a webhook such a thing belongs to one item of up to a thousand. Here the caller
//! walks the document and says for each key what it expects; what stands there instead is passed over. Only
//! what makes it impossible to know where an item ends is an error.
//!
//! What is passed over is checked for balanced brackets and closed strings, no further. Nesting costs no
//! stack, so no depth is too deep.

mod string;

use std::borrow::Cow;

use string::Quoted;

/// The bytes are not JSON from here on, and what follows cannot be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotJson;

/// What a step of reading yields.
pub(super) type Read<T> = Result<T, NotJson>;

/// A place in a document. A copy can be kept, to read from there once more.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    /// The document as text: checked once, strings are cut out of it for nothing. Empty when the document is not
    /// UTF-8; then each string is checked for itself.
    text: &'a str,
    /// Where what comes next begins.
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the start of `bytes`; a byte order mark is passed over.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self { bytes, text: simdutf8::basic::from_utf8(bytes).unwrap_or_default(), at: 0 }
    }

    /// The first byte of what comes next, white space passed over; `None` at the end.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        match self.bytes.get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.peek_further(),
        }
    }

    /// The same where white space comes first, or the end.
    #[cold]
    fn peek_further(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    /// Walks an object: `each` gets every key and must read or skip its value. A key that stands twice comes
    /// twice. `false` when the value is no object; it is passed over then.
    #[inline]
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, &[u8]) -> Read<()>) -> Read<bool> {
        if self.peek() != Some(b'{') {
            self.skip()?;
            return Ok(false);
        }
        self.advance();
        if self.peek() == Some(b'}') {
            self.advance();
            return Ok(true);
        }
        loop {
            self.peek();
            let key = self.quoted()?;
            if self.take() != Some(b':') {
                return Err(NotJson);
            }
            match key.plain() {
                Some(key) => each(self, key)?,
                None => each(self, key.decode().as_bytes())?,
            }
            match self.take() {
                Some(b',') => {}
                Some(b'}') => return Ok(true),
                _ => return Err(NotJson),
            }
        }
    }

    /// Walks an array: `each` must read or skip one item. `false` when the value is no array; it is passed
    /// over then.
    #[inline]
    pub(super) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Read<()>) -> Read<bool> {
        if self.peek() != Some(b'[') {
            self.skip()?;
            return Ok(false);
        }
        self.advance();
        if self.peek() == Some(b']') {
            self.advance();
            return Ok(true);
        }
        loop {
            each(self)?;
            match self.take() {
                Some(b',') => {}
                Some(b']') => return Ok(true),
                _ => return Err(NotJson),
            }
        }
    }

    /// Reads a string, or a number by its digits. Anything else is passed over and is empty, so that missing,
    /// `null` and empty are alike.
    #[inline]
    pub(super) fn text(&mut self) -> Read<Cow<'a, str>> {
        match self.peek() {
            Some(b'"') => {
                let from = self.at + 1;
                let quoted = self.quoted()?;
                let plain = quoted.plain().and_then(|_| self.text.get(from..self.at - 1));
                Ok(plain.map_or_else(|| quoted.decode(), Cow::Borrowed))
            }
            Some(b'-' | b'0'..=b'9') => {
                let from = self.at;
                let (_, digits) = self.spanned(Self::bare_word)?;
                let plain = self.text.get(from..self.at);
                Ok(plain.map_or_else(|| String::from_utf8_lossy(digits), Cow::Borrowed))
            }
            _ => {
                self.skip()?;
                Ok(Cow::Borrowed(""))
            }
        }
    }

    /// Whether `true` comes next; the value is read in any case.
    pub(super) fn flag(&mut self) -> Read<bool> {
        Ok(matches!(self.skip()?, b"true" | b"\"true\""))
    }

    /// Runs `read` and yields, beside its result, the bytes that it read.
    #[inline]
    pub(super) fn spanned<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<(T, &'a [u8])> {
        self.peek();
        let from = self.at;
        let value = read(self)?;
        Ok((value, self.bytes.get(from..self.at).unwrap_or_default()))
    }

    /// Passes over one value and yields its bytes.
    pub(super) fn skip(&mut self) -> Read<&'a [u8]> {
        self.spanned(Self::pass_over).map(|((), bytes)| bytes)
    }

    /// Passes over one value, however deep.
    pub(super) fn pass_over(&mut self) -> Read<()> {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(NotJson)? {
                b'"' => {
                    self.quoted()?;
                }
                b'{' | b'[' => {
                    self.advance();
                    depth += 1;
                }
                b'}' | b']' => {
                    self.advance();
                    depth = depth.checked_sub(1).ok_or(NotJson)?;
                }
                b',' | b':' if depth > 0 => self.advance(),
                _ => self.bare_word()?,
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// `true`, `false`, `null` or a number.
    fn bare_word(&mut self) -> Read<()> {
        let ends = |byte: &u8| !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'E' | b'+' | b'-' | b'.');
        let rest = self.bytes.get(self.at..).ok_or(NotJson)?;
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        match rest.get(..length).unwrap_or_default() {
            b"true" | b"false" | b"null" | [b'-' | b'0'..=b'9', ..] => Ok(()),
            _ => Err(NotJson),
        }
    }

    #[inline]
    fn quoted(&mut self) -> Read<Quoted<'a>> {
        let quoted = Quoted::read(self.bytes, self.at).ok_or(NotJson)?;
        // With its quotes.
        self.at += quoted.len() + 2;
        Ok(quoted)
    }

    #[inline]
    fn take(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.advance();
        byte
    }

    #[inline]
    fn advance(&mut self) {
        self.at += 1;
    }
}

#[cfg(test)]
mod tests;
