//! Numbers as callers hold them.

use actix_web::web;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::error::ApiError;
use crate::identity::{Identifier, TypedError, masked};

/// More than so many are read on a thread of their own, so that the others are answered meanwhile.
const FEW: usize = 100;

/// A number as it was given, and what it is.
pub(super) struct Given {
    text: String,
    pub(super) read: Result<Identifier, TypedError>,
}

/// Why a number cannot be read.
#[derive(Serialize, ToSchema)]
pub(super) struct NumberError {
    /// Stable: `empty`, `unreadable`, `length`, `national`, `not_of_country`, `not_a_person` or `linked_id`.
    #[schema(example = "national")]
    code: &'static str,
    /// What to write instead.
    message: String,
}

/// Which number an answer is about.
#[derive(Serialize, ToSchema)]
pub(super) struct Whom {
    /// Its place in `numbers`, from 0.
    #[schema(example = 0)]
    index: usize,
    /// As it was given; only for tokens that may see whole numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+52 1 55 1234 5678")]
    number: Option<String>,
    /// What it was read as: digits with country code, or a user id. Only the last four characters are shown to tokens that
    /// may not see whole numbers. Missing where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "…5678")]
    identifier: Option<String>,
    /// Why it could not be read; such a number must not be sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<NumberError>,
}

impl Given {
    /// Says which one it is, as far as the caller may see.
    pub(super) fn whom(&self, index: usize, reveal: bool) -> Whom {
        Whom {
            index,
            number: reveal.then(|| self.text.clone()),
            identifier: self.read.as_ref().ok().map(|one| masked(one.as_str(), reveal)),
            error: self
                .read
                .as_ref()
                .err()
                .map(|error| NumberError { code: error.code(), message: error.to_string() }),
        }
    }
}

/// Reads from 1 to `most` numbers, each as `baja check` does.
///
/// # Errors
///
/// When there are none or too many, or the country is not known. What cannot be read is an answer of its own.
pub(super) async fn read(
    numbers: Vec<String>,
    country: Option<String>,
    most: usize,
) -> Result<Vec<Given>, ApiError> {
    if numbers.is_empty() || numbers.len() > most {
        return Err(ApiError::HowMany(most));
    }
    let few = numbers.len() <= FEW;
    let all = move || -> Result<Vec<Given>, ApiError> {
        let read_one = |text: String| match Identifier::read_typed(&text, country.as_deref()) {
            // It would be wrong for each of them.
            Err(TypedError::Country) => Err(ApiError::BadCountry),
            read => Ok(Given { text, read }),
        };
        numbers.into_iter().map(read_one).collect()
    };
    if few { all() } else { web::block(all).await.map_err(|_| ApiError::Internal)? }
}

/// Those that could be read.
pub(super) fn readable(given: &[Given]) -> Vec<Identifier> {
    given.iter().filter_map(|one| one.read.as_ref().ok().cloned()).collect()
}
