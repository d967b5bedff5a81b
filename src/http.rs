//! The two listeners.
//!
//! The public one serves `/webhook` and nothing else; the operators' one tells how the service is, and has the API and
//! the page. Every answer that is not a success is small JSON with a stable code ([`error`]) and nothing internal; on the page it is a
//! page.

mod api;
mod body;
mod door;
pub mod error;
mod framing;
mod operators;
mod page;
mod server;
pub mod stand_in;
mod tls;
mod unread;
mod verdict;
mod webhook;

pub use api::{Api, openapi};
pub use door::{Door, KnownBusiness, Who};
pub use operators::Health;
pub use page::{Page, PageRules};
pub use server::{Limits, Listener, Servers, bind};
pub use tls::{Tls, TlsClients, TlsError, TlsFiles, pinned_to};
pub use webhook::{Proofs, Webhook};
