//! Meta's Cloud API, as far as this service uses it: sending one message, and what an answer means; and for
//! `baja doctor` and the insights what it tells of the account.
//!
//! The API has no idempotency key, so the answer that matters most is how sure we are: [`SendResult`] keeps
//! "surely not accepted" apart from "may have been accepted". What to do about a refusal is data, in
//! [`advice()`].

mod account;
mod advice;
mod certificate;
mod client;
mod doorbell;
mod message;
mod response;
mod retry_after;
mod standing;
#[cfg(test)]
mod tests;

pub use account::{
    AccountError, Number, SubscribedApp, Subscription, Throughput, TokenInfo, WebhookConfiguration,
};
pub use advice::{Advice, Reach, advice};
pub use client::{CloudApi, CloudApiError, PlainHttp, Timeouts};
pub use doorbell::{Answer, Ring, ring};
pub use message::{Button, Content, Message, Recipient, Row, limits};
pub use response::{InDoubt, NotSent, Refusal, SendResult};
pub use standing::{NumberStanding, QualityScore, TemplateStanding, Usage};
