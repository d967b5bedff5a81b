use std::borrow::Cow;

use memchr::memchr2;
use wide::u8x16;

/// A string as it stands in a document, without its quotes.
pub(super) struct Quoted<'a> {
    bytes: &'a [u8],
    has_escapes: bool,
}

impl<'a> Quoted<'a> {
    /// The string that begins at a place; `None` when there is none or it has no end.
    #[inline]
    pub(super) fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let from = at + 1;
        let mut has_escapes = false;
        let mut end = from;
        loop {
            end = quote_or_backslash(bytes, end)?;
            if bytes.get(end) == Some(&b'"') {
                return Some(Self { bytes: bytes.get(from..end)?, has_escapes });
            }
            has_escapes = true;
            // The backslash and what it escapes, so that an escaped quote does not end the string.
            end += 2;
        }
    }

    /// Its length in the document, without the quotes.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes, when they mean themselves.
    #[inline]
    pub(super) fn plain(&self) -> Option<&'a [u8]> {
        (!self.has_escapes).then_some(self.bytes)
    }

    /// The text. What cannot be decoded (half a surrogate pair, bytes that are not UTF-8, an unknown escape)
    /// becomes U+FFFD; the rest of the text is kept.
    #[cold]
    pub(super) fn decode(&self) -> Cow<'a, str> {
        if self.has_escapes { Cow::Owned(unescape(self.bytes)) } else { String::from_utf8_lossy(self.bytes) }
    }
}

/// Where the first quote or backslash from a place on is, looked for sixteen bytes at a time.
#[inline]
fn quote_or_backslash(bytes: &[u8], mut at: usize) -> Option<usize> {
    let (quote, backslash) = (u8x16::splat(b'"'), u8x16::splat(b'\\'));
    while let Some(chunk) = bytes.get(at..)?.first_chunk() {
        let chunk = u8x16::new(*chunk);
        let marks = (chunk.simd_eq(quote) | chunk.simd_eq(backslash)).to_bitmask();
        if marks != 0 {
            return Some(at + marks.trailing_zeros() as usize);
        }
        at += 16;
    }
    Some(at + memchr2(b'"', b'\\', bytes.get(at..)?)?)
}

fn unescape(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        text.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        let (symbol, after) = escaped(rest);
        text.extend_from_slice(symbol.encode_utf8(&mut [0; 4]).as_bytes());
        rest = after;
    }
    text.extend_from_slice(rest);
    String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// What the escape behind a backslash means, and what follows it.
fn escaped(bytes: &[u8]) -> (char, &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return (char::REPLACEMENT_CHARACTER, bytes) };
    match kind {
        b'"' => ('"', rest),
        b'\\' => ('\\', rest),
        b'/' => ('/', rest),
        b'b' => ('\u{8}', rest),
        b'f' => ('\u{c}', rest),
        b'n' => ('\n', rest),
        b'r' => ('\r', rest),
        b't' => ('\t', rest),
        b'u' => unicode(rest),
        // The byte itself may begin a longer character: it stays in the text.
        _ => (char::REPLACEMENT_CHARACTER, bytes),
    }
}

/// Four hex digits, and four more when they begin a surrogate pair.
fn unicode(bytes: &[u8]) -> (char, &[u8]) {
    let Some((unit, rest)) = code_unit(bytes) else {
        // A cut-off escape: the digits that are left of it are no words.
        let digits = bytes.iter().take(3).take_while(|byte| byte.is_ascii_hexdigit()).count();
        return (char::REPLACEMENT_CHARACTER, bytes.get(digits..).unwrap_or_default());
    };
    if let Some(symbol) = char::from_u32(u32::from(unit)) {
        return (symbol, rest);
    }
    let pair = rest.strip_prefix(b"\\u").and_then(code_unit).and_then(|(low, after)| {
        let symbol = char::decode_utf16([unit, low]).next()?.ok()?;
        Some((symbol, after))
    });
    pair.unwrap_or((char::REPLACEMENT_CHARACTER, rest))
}

fn code_unit(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = bytes.split_at_checked(4)?;
    let unit = digits.iter().try_fold(0_u16, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })?;
    Some((unit, rest))
}
