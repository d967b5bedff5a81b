//! Cells that a spreadsheet would run as a formula, written so that it shows them as text.
//!
//! Source: OWASP, "CSV Injection". A quote of its own in front makes Excel, LibreOffice and Google Sheets take
//! the cell for text; `import` takes it off again.

use std::borrow::Cow;

fn is_dangerous(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'])
}

/// The text as a cell.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    // One more quote in front of what looks escaped already, so that reading gives back the same.
    if is_dangerous(text)
        || text.strip_prefix('\'').is_some_and(|rest| rest.starts_with('\'') || is_dangerous(rest))
    {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text of a cell.
pub(super) fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || is_dangerous(rest) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_come_back() {
        for text in
            ["=1+1", "+52", "-x", "@SUM", "\tx", "\rx", "\nx", "＝1", "'=1", "''", "'", "'a", "plain", ""]
        {
            let cell = escape(text);
            assert!(!is_dangerous(&cell), "{cell}");
            assert_eq!(unescape(&cell), text);
        }
        assert_eq!(escape("=1"), "'=1");
        assert_eq!(escape("plain"), "plain");
    }
}
