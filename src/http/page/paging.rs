//! Lists of entries of a stream, a page at a time: the newest first, and then those before the last one shown.

use serde::Deserialize;

use super::error::PageError;
use crate::ledger::EntryId;

/// Which page is asked for.
#[derive(Deserialize)]
pub(super) struct Before {
    before: Option<String>,
}

/// Ways to other pages; `templates/page/pages.html` shows them.
pub(super) struct Pages {
    /// To the first page, where this is another.
    pub(super) newest: Option<String>,
    /// To the next.
    pub(super) older: Option<String>,
}

impl Before {
    /// The entry that the page begins after.
    pub(super) fn entry(&self) -> Result<Option<EntryId>, PageError> {
        let id = self.before.as_deref().map(|id| EntryId::parse(id).ok_or(PageError::NotFound));
        id.transpose()
    }

    /// The ways from a page at `here`, whose last entry is `last` where there may be more.
    pub(super) fn pages(&self, here: &str, last: Option<&str>) -> Pages {
        Pages {
            newest: self.before.is_some().then(|| here.to_owned()),
            older: last.map(|last| format!("{here}?before={last}")),
        }
    }
}
