//! Meta's wire format in, a small vocabulary of events out.
//!
//! Pure and synchronous. Items are read one by one: a broken one becomes a [`Broken`] and never costs its
//! neighbours (invariant 3); what is the business's own voice (echoes, quoted text, statuses' text) never
//! becomes something a person said (invariant 9).
//!
//! Meta's pages contradict each other and its samples, so nothing is taken for granted:
//!
//! - Missing, `null`, empty and of the wrong type are alike. Strings and numbers are read as each other.
//! - What a change holds decides how it is read; `field` is asked only when that does not tell.
//! - A key that stands twice: lists are joined; identifiers, ids and times are taken from the last place that
//!   has one; words in several places become a [`Said`] each, so that no reading of the item loses an
//!   opt-out; of several preferences, a stop wins.
//! - Half a surrogate pair and bytes that are not UTF-8 become U+FFFD, and the text around them is kept.
//! - A body that stops being JSON half-way yields what was complete before that, and a [`Broken`] for itself.

mod body;
mod contacts;
mod event;
mod fields;
mod form;
mod history;
mod json;
mod labels;
mod message;
mod notice;
mod preference;
mod status;
mod system;
mod time;
mod value;
mod words;

pub use event::{
    AccountNotice, Broken, Event, Ignored, Known, Moved, Parsed, Preference, PreferenceValue, Refused, Route,
    Said, Status, TemplateNotice, Via, Words,
};

pub use labels::Labels;

/// Reads a webhook body. It never fails: what cannot be read is in [`Parsed::broken`].
///
/// Cost: one pass, linear in the body; a second pass over an entry or a change only when its identity
/// (`id`, `metadata`, `contacts`) stands behind what it identifies.
pub fn parse(body: &[u8]) -> Parsed<'_> {
    body::read(body)
}

/// Whether `route` is one of the made-up ones of the "Test" button in Meta's dashboard (account `0`, phone
/// number id `123456123`). Its webhooks are signed like real ones and must neither write nor send.
pub fn is_dashboard_test(route: &Route<'_>) -> bool {
    route.waba_id == "0" || route.phone_number_id.as_deref() == Some("123456123")
}

#[cfg(test)]
mod tests;
