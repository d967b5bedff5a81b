use std::borrow::Cow;

use super::json::{Read, Reader};

/// Takes a text into `place`, unless there is none: of a key that stands twice the last text counts.
// At each of its many places it would be read into the processor's cache anew for each webhook.
#[inline(never)]
pub(super) fn take<'a>(reader: &mut Reader<'a>, place: &mut Cow<'a, str>) -> Read<()> {
    let text = reader.text()?;
    if !text.is_empty() {
        *place = text;
    }
    Ok(())
}

/// `None` for an empty text.
pub(super) fn non_empty(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!text.is_empty()).then_some(text)
}
