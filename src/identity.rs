//! Who a person is: phone numbers and business-scoped user ids, and how one person's identifiers are
//! spelled.
//!
//! Pure and synchronous. Nothing here prints an identifier: `Debug` is redacted, `Display` does not exist,
//! and [`Identifier::as_str`] is the one way to the characters.

mod bsuid;
mod mask;
mod person;
mod phone;
mod typed;

pub use bsuid::Bsuid;
pub use mask::masked;
pub use person::{Identifier, Person};
pub use phone::{Phone, PhoneError};
pub use typed::TypedError;
