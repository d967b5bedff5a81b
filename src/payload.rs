//! Meta's wire format in, a small vocabulary of events out.
//!
//! Pure and synchronous. Items are read one by one: a broken one becomes a [`Broken`] and never costs its
//! neighbours (invariant 3); what is the business's own voice (echoes, quoted text, statuses' text) never
//! becomes something a person said (invariant 9).

mod event;

pub use event::{
    AccountNotice, Broken, Event, Ignored, Known, Moved, Parsed, Preference, PreferenceValue, Refused, Route,
    Said, Status, TemplateNotice, Via, Words,
};
