use std::{fmt, ops::RangeInclusive};

/// An international phone number: digits only, with country code, no `+` (the form of a `wa_id`).
///
/// Kept as it was written; [`Phone::canonical`] and [`Phone::spellings`] answer which other strings are the
/// same WhatsApp account. Three countries have two spellings of one mobile:
///
/// - Mexico: `52` and ten digits, or `521` and the same ten (accounts from before the 2019 dialling reform);
/// - Argentina: `54` and ten digits, or `549` and the same ten;
/// - Brazil: `55`, area code and eight digits that begin with 6 to 9, or the same with a 9 before the eight.
///   A Brazilian landline (its eight digits begin with 2 to 5) never gets a ninth digit.
///
/// Source: Meta's "Send messages" notes that Cloud API modifies the prefix for Brazil and Mexico; the forms
/// are those seen in webhooks. For a suppression, matching too much is the safer error.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phone(String);

/// Why a text is not an international phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// There is a character that numbers are not written with.
    #[error("a phone number holds only digits, spaces and + ( ) - . /")]
    NotANumber,
    /// Fewer than 7 or more than 15 digits (ITU-T E.164 allows 15).
    #[error("an international number has 7 to 15 digits, with its country code")]
    Length,
}

impl Phone {
    /// Reads a number as Meta writes it: digits, perhaps with a `+`, spaces or the usual separators. The
    /// country code must be there.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        Self::of_length(text, 7..=15)
    }

    /// Reads a number out of a signed webhook, where it names somebody who exists: of whatever length Meta
    /// writes, up to 20 digits. A plan that E.164 does not foresee must not cost anybody their opt-out.
    pub(super) fn from_webhook(text: &str) -> Option<Self> {
        Self::of_length(text, 1..=20).ok()
    }

    fn of_length(text: &str, length: RangeInclusive<usize>) -> Result<Self, PhoneError> {
        let mut digits = String::with_capacity(15);
        for symbol in text.chars() {
            match symbol {
                '0'..='9' => digits.push(symbol),
                ' ' | '\u{a0}' | '(' | ')' | '-' | '.' | '/' => {}
                '+' if digits.is_empty() => {}
                _ => return Err(PhoneError::NotANumber),
            }
        }
        if length.contains(&digits.len()) { Ok(Self(digits)) } else { Err(PhoneError::Length) }
    }

    /// The digits as they were written. Personal data: not for logs.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The one spelling that stands for all: Mexico without `1`, Argentina without `9`, Brazil without the
    /// ninth digit; the number itself everywhere else.
    pub fn canonical(&self) -> Self {
        match Mobile::of(&self.0) {
            Some(mobile) => Self(mobile.short()),
            None => self.clone(),
        }
    }

    /// Every spelling of this number, the canonical one first.
    pub fn spellings(&self) -> Vec<Self> {
        match Mobile::of(&self.0) {
            Some(mobile) => vec![Self(mobile.short()), Self(mobile.long())],
            None => vec![self.clone()],
        }
    }

    /// Whether both are spellings of one number.
    pub fn is_same_as(&self, other: &Self) -> bool {
        match (Mobile::of(&self.0), Mobile::of(&other.0)) {
            (Some(one), Some(other)) => one.head == other.head && one.tail == other.tail,
            (None, None) => self.0 == other.0,
            _ => false,
        }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(redacted)")
    }
}

/// A mobile of a country that writes it in two ways: `head` and `tail` with or without `mark` between.
struct Mobile<'a> {
    head: &'a str,
    mark: char,
    tail: &'a str,
}

impl<'a> Mobile<'a> {
    fn of(digits: &'a str) -> Option<Self> {
        let (head_length, mark, tail_length) = match digits.get(..2)? {
            "52" => (2, '1', 10),
            "54" => (2, '9', 10),
            "55" => (4, '9', 8),
            _ => return None,
        };
        let (head, rest) = digits.split_at_checked(head_length)?;
        let tail = match rest.len().checked_sub(tail_length)? {
            0 => rest,
            1 => rest.strip_prefix(mark)?,
            _ => return None,
        };
        let brazilian = head.len() == 4;
        if brazilian {
            let area_code = head.get(2..)?;
            let mobile = tail.starts_with(['6', '7', '8', '9']);
            if area_code.contains('0') || !mobile {
                return None;
            }
        } else if tail.starts_with('0') {
            return None;
        }
        Some(Self { head, mark, tail })
    }

    fn short(&self) -> String {
        format!("{}{}", self.head, self.tail)
    }

    fn long(&self) -> String {
        format!("{}{}{}", self.head, self.mark, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spellings(text: &str) -> Vec<String> {
        Phone::parse(text).unwrap().spellings().iter().map(|phone| phone.as_str().to_owned()).collect()
    }

    #[test]
    fn the_three_countries_have_two_spellings() {
        for (number, short, long) in [
            ("+52 1 55 1234 5678", "525512345678", "5215512345678"),
            ("525512345678", "525512345678", "5215512345678"),
            ("54 9 11 2345-6789", "541123456789", "5491123456789"),
            ("542966401234", "542966401234", "5492966401234"),
            ("+55 92 98172-3241", "559281723241", "5592981723241"),
            ("553299814558", "553299814558", "5532999814558"),
        ] {
            assert_eq!(spellings(number), [short, long], "{number}");
        }
    }

    #[test]
    fn landlines_short_numbers_and_other_countries_have_one() {
        for number in
            ["554133334444", "5541933334444", "34612345678", "14155550123", "558001234567", "5255123"]
        {
            assert_eq!(spellings(number), [number]);
        }
    }

    #[test]
    fn similar_digits_are_not_the_same_person() {
        for (a, b) in [
            ("5491123456789", "5511923456789"),
            ("551198765432", "5511987654321"),
            ("5215512345678", "5411512345678"),
        ] {
            assert!(!Phone::parse(a).unwrap().is_same_as(&Phone::parse(b).unwrap()), "{a} {b}");
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for bad in ["", "123456", "1234567890123456", "MX.900177655", "12345x7", "52+5512345678"] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_webhook_may_name_numbers_of_any_plan() {
        for (text, digits) in
            [("5678", "5678"), ("+250 788 123 200", "250788123200"), ("1234567890123456", "1234567890123456")]
        {
            assert_eq!(Phone::from_webhook(text).unwrap().as_str(), digits);
        }
        for bad in ["", "+", " ", "12a", "123456789012345678901"] {
            assert!(Phone::from_webhook(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn debug_shows_no_digit() {
        assert_eq!(format!("{:?}", Phone::parse("5215512345678").unwrap()), "Phone(redacted)");
    }
}
