//! What the service remembers: the types of its outbox.

mod outbox;

pub use outbox::{Job, JobId, JobKind, Lease, Settled, Settlement};
