//! What the forms of the views that act have in common.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::{
    error::PageError,
    form::{go_to_with, own_path},
    notice::Notice,
};
use crate::{
    access::Grant,
    ledger::{NOTE_CHARS, Operator},
};

/// What an operator sends along.
#[derive(Deserialize)]
pub(super) struct Act {
    /// Why.
    #[serde(default)]
    pub(super) note: String,
    /// Where they come from.
    #[serde(default)]
    back: String,
}

impl Act {
    /// Whoever acts, with the note.
    pub(super) fn operator<'a>(&'a self, grant: &'a Grant) -> Result<Operator<'a>, PageError> {
        operator(grant, &self.note)
    }

    /// Back to where the form was.
    pub(super) fn done(&self, notice: Notice) -> HttpResponse {
        go_to_with(own_path(&self.back), notice)
    }
}

/// Whoever acts, with a note. Browsers hold the note to its length; what is longer is no form of ours.
pub(super) fn operator<'a>(grant: &'a Grant, note: &'a str) -> Result<Operator<'a>, PageError> {
    if note.chars().count() > NOTE_CHARS {
        return Err(PageError::BadForm);
    }
    Ok(Operator { by: &grant.name, note })
}
