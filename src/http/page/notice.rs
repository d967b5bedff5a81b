//! What the page says after a form was sent: one line on the page that follows.

use super::texts::Texts;

/// What came of a form. Travels in a cookie by its name, never as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    SignedOut,
}

/// Each with its name.
const NAMES: [(Notice, &str); 1] = [(Notice::SignedOut, "signed-out")];

impl Notice {
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(notice, _)| *notice == self).map_or("", |(_, name)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(notice, _)| *notice)
    }

    /// Whether it tells that something was not done.
    pub(super) fn is_failure(self) -> bool {
        match self {
            Self::SignedOut => false,
        }
    }

    pub(super) fn text(self, texts: &Texts) -> &str {
        match self {
            Self::SignedOut => &texts.notices.signed_out,
        }
    }
}
