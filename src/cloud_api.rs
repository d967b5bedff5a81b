//! Meta's Cloud API, as far as this service uses it: sending one message, and what an answer means.
//!
//! The API has no idempotency key, so the answer that matters most is how sure we are: [`SendResult`] keeps
//! "surely not accepted" apart from "may have been accepted". What to do about a refusal is data, in
//! [`advice()`].

mod advice;
mod client;
mod message;
mod response;
mod retry_after;
#[cfg(test)]
mod tests;

pub use advice::{Advice, Reach, advice};
pub use client::{CloudApi, CloudApiError, PlainHttp, Timeouts};
pub use message::{Button, Content, Message, Recipient, Row, limits};
pub use response::{InDoubt, NotSent, Refusal, SendResult};
