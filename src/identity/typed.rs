//! Identifiers as people type and paste them: with a plus or zeros in front, in national form, as a JID or a
//! link, in other digits, between invisible marks.
//!
//! The result is the number with its country code. Which numbers are the same WhatsApp account is the
//! business of [`Phone`]; here only prefixes go that no `wa_id` has: zeros for dialling abroad, trunk
//! prefixes, and the `15` of Argentine mobiles. Numbering plans come from libphonenumber's metadata, through
//! the crate `phonenumber`. A number that a plan allows as it stands is never touched.

use phonenumber::metadata::DATABASE;

use super::{Bsuid, Identifier, Phone, PhoneError};

/// Why a typed text is not an identifier. None of these quotes the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TypedError {
    /// There is nothing in it.
    #[error("it is empty; give a phone number or a user id")]
    Empty,
    /// It is neither a phone number nor a BSUID.
    #[error(
        "neither a phone number nor a user id; write + and the country code, or the user id exactly as Meta does"
    )]
    Unreadable,
    /// Too few or too many digits.
    #[error("an international number has 7 to 15 digits, with its country code")]
    Length,
    /// A national number, without a country.
    #[error("this looks like a national number; write + and the country code, or say the country")]
    National,
    /// Not a number of the default country, nor one with a country code.
    #[error("no number of the country given looks like this; write + and the country code")]
    NotOfCountry,
    /// The default country is not known.
    #[error("a country is two letters, as in MX, of one that has phone numbers")]
    Country,
    /// WhatsApp's id of a group, a list or a channel.
    #[error("this is the id of a group or channel; give a person's number or user id")]
    NotAPerson,
    /// WhatsApp's private id (`@lid`), which holds no number.
    #[error("an id ending in @lid holds no phone number; give the number or the user id")]
    LinkedId,
}

impl TypedError {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unreadable => "unreadable",
            Self::Length => "length",
            Self::National => "national",
            Self::NotOfCountry => "not_of_country",
            Self::Country => "country",
            Self::NotAPerson => "not_a_person",
            Self::LinkedId => "linked_id",
        }
    }
}

impl From<PhoneError> for TypedError {
    fn from(error: PhoneError) -> Self {
        match error {
            PhoneError::NotANumber => Self::Unreadable,
            PhoneError::Length => Self::Length,
        }
    }
}

/// Mexico's country code.
const MEXICO: &str = "52";
/// What stood before Mexican numbers until the reform of 2019: trunk prefix, and the two for mobiles.
/// Source: IFT, "Plan Técnico Fundamental de Numeración", in force since 3 August 2019.
const MEXICAN_PREFIXES: [&str; 3] = ["01", "044", "045"];
/// The digits of a Mexican number without country code.
const MEXICAN_DIGITS: usize = 10;
/// Argentina's country code, and the same with the mark of a mobile.
const ARGENTINA: &str = "54";
const ARGENTINE_MOBILE: &str = "549";
/// A number without `+` that is longer than this has its country code: no national form is longer.
const LONGEST_NATIONAL: usize = 11;

impl Identifier {
    /// Reads what a person typed. `country` (ISO 3166, two letters) is where numbers without a country code
    /// are from; a number without `+` that fits the country's plan is taken for a national one.
    ///
    /// # Errors
    ///
    /// What is wrong, and how to write it instead. A national number without `country` is an error, because
    /// its digits would be somebody else's.
    pub fn read_typed(text: &str, country: Option<&str>) -> Result<Self, TypedError> {
        let text: String = text.chars().filter(|symbol| !is_invisible(*symbol)).collect();
        if let Some(bsuid) = Bsuid::parse(&text) {
            return Ok(Self::Bsuid(bsuid));
        }
        let country = country.map(Country::read).transpose()?;
        let (text, complete) = unwrap_id(text.trim())?;
        if text.is_empty() {
            return Err(TypedError::Empty);
        }
        let mut plain: String = text.chars().map(plain_symbol).collect();
        // The trunk prefix as some write it: +44 (0)20 …
        if complete || plain.starts_with('+') {
            plain = plain.replace("(0)", "");
        }
        let digits = digits_of(&plain)?;
        let digits = match digits.strip_prefix("00") {
            Some(abroad) => international(abroad),
            None if complete || plain.starts_with('+') => international(&digits),
            None => match country {
                Some(country) => country.read_bare(&digits)?,
                None => read_bare(&digits)?,
            },
        };
        Ok(Self::Phone(Phone::parse(&digits)?))
    }
}

/// Where numbers without a country code are from.
struct Country(phonenumber::country::Id);

impl Country {
    fn read(code: &str) -> Result<Self, TypedError> {
        let code = code.trim().to_ascii_uppercase();
        let known = DATABASE.by_id(code.as_str()).is_some();
        code.parse().ok().filter(|_| known).map(Self).ok_or(TypedError::Country)
    }

    /// A number without `+`: of this country if its plan allows, else with another country code.
    fn read_bare(&self, digits: &str) -> Result<String, TypedError> {
        let mexican = (self.0 == phonenumber::country::MX).then(|| without_mexican_prefix(digits)).flatten();
        let national = match mexican {
            Some(number) => Some(format!("{MEXICO}{number}")),
            None => parsed(Some(self.0), digits),
        };
        match national {
            Some(number) if fits_a_plan(&number) => Ok(number),
            _ => read_bare(digits).map_err(|_| TypedError::NotOfCountry),
        }
    }
}

/// A number without `+` and without a country to think of.
fn read_bare(digits: &str) -> Result<String, TypedError> {
    let number = international(digits);
    let without_code = digits.starts_with('0') || (digits.len() <= LONGEST_NATIONAL && !fits_a_plan(&number));
    if without_code { Err(TypedError::National) } else { Ok(number) }
}

/// The same number without a trunk prefix between country code and number.
fn international(digits: &str) -> String {
    let digits = digits.trim_start_matches('0');
    if let Some(number) = digits.strip_prefix(MEXICO).and_then(without_mexican_prefix) {
        return format!("{MEXICO}{number}");
    }
    let known = Phone::parse(digits).is_ok_and(|phone| phone.spellings().len() > 1);
    if known || fits_a_plan(digits) {
        return digits.to_owned();
    }
    // Argentina's 9 and 15 are one mark: with both, libphonenumber takes the number for another.
    let once = digits.strip_prefix(ARGENTINE_MOBILE).map(|rest| format!("+{ARGENTINA}{rest}"));
    [format!("+{digits}")]
        .into_iter()
        .chain(once)
        .filter_map(|number| parsed(None, &number))
        .find(|number| fits_a_plan(number))
        .unwrap_or_else(|| digits.to_owned())
}

fn without_mexican_prefix(digits: &str) -> Option<&str> {
    let number = MEXICAN_PREFIXES.iter().find_map(|prefix| digits.strip_prefix(prefix))?;
    (number.len() == MEXICAN_DIGITS).then_some(number)
}

/// What libphonenumber reads, as digits with country code.
fn parsed(country: Option<phonenumber::country::Id>, number: &str) -> Option<String> {
    let number = phonenumber::parse(country, number).ok()?;
    Some(format!("{}{}", number.code().value(), number.national()))
}

/// Whether some country with the number's code has numbers of this form, in use or not.
fn fits_a_plan(number: &str) -> bool {
    (1..=3).any(|length| {
        let Some((code, national)) = number.split_at_checked(length) else { return false };
        let plans = code.parse::<u16>().ok().and_then(|code| DATABASE.by_code(&code)).unwrap_or_default();
        plans.iter().any(|plan| {
            let kinds = plan.descriptors();
            // The general pattern is not bound to a length; those of the kinds are.
            kinds.general().is_match(national)
                && [kinds.mobile(), kinds.fixed_line(), kinds.toll_free(), kinds.voip()]
                    .into_iter()
                    .flatten()
                    .any(|kind| kind.possible_length().iter().any(|fit| usize::from(*fit) == national.len()))
        })
    })
}

/// The text inside a JID, a URI or a link, and whether that always has the country code.
fn unwrap_id(text: &str) -> Result<(&str, bool), TypedError> {
    if let Some((user, server)) = text.split_once('@') {
        return match server.trim().to_ascii_lowercase().as_str() {
            // A companion device is `number:device`.
            "s.whatsapp.net" | "c.us" => Ok((user.split(':').next().unwrap_or(user), true)),
            "lid" => Err(TypedError::LinkedId),
            "g.us" | "broadcast" | "newsletter" => Err(TypedError::NotAPerson),
            _ => Err(TypedError::Unreadable),
        };
    }
    for (prefix, complete) in
        [("whatsapp:", false), ("tel:", false), ("https://wa.me/", true), ("wa.me/", true)]
    {
        if let Some((start, rest)) = text.split_at_checked(prefix.len())
            && start.eq_ignore_ascii_case(prefix)
        {
            return Ok((rest.trim(), complete));
        }
    }
    Ok((text, false))
}

/// Marks that are pasted along with a number and show nothing: zero-width and directional ones, the soft
/// hyphen, variation selectors.
fn is_invisible(symbol: char) -> bool {
    matches!(symbol, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Digits, plus, hyphens, brackets and blanks of other scripts and widths as their plain ones.
fn plain_symbol(symbol: char) -> char {
    match symbol {
        '\u{ff0b}' | '\u{fe62}' => '+',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}' => '-',
        '\u{ff08}' => '(',
        '\u{ff09}' => ')',
        '\u{ff0e}' => '.',
        '\u{ff0f}' => '/',
        _ if symbol.is_whitespace() => ' ',
        _ => digit_of(symbol).unwrap_or(symbol),
    }
}

/// The zeros of the decimal digits that phone numbers are written with; the other nine follow each.
/// Source: Unicode 17, general category Nd.
const ZEROS: [char; 22] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}',
    '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}',
    '\u{17e0}', '\u{1810}', '\u{a9d0}', '\u{ff10}',
];

fn digit_of(symbol: char) -> Option<char> {
    let value = ZEROS
        .iter()
        .find_map(|zero| (u32::from(symbol).checked_sub(u32::from(*zero))).filter(|value| *value < 10))?;
    char::from_digit(value, 10)
}

/// The digits alone. Too many are refused here, so that nothing long goes further.
fn digits_of(text: &str) -> Result<String, TypedError> {
    let digits = digits_between(text).ok_or(TypedError::Unreadable)?;
    // 15, and what may stand in front of them.
    if (4..=20).contains(&digits.len()) { Ok(digits) } else { Err(TypedError::Length) }
}

fn digits_between(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(20);
    for symbol in text.strip_prefix('+').unwrap_or(text).chars() {
        match symbol {
            '0'..='9' => digits.push(symbol),
            ' ' | '(' | ')' | '-' | '.' | '/' => {}
            _ => return None,
        }
    }
    (!digits.is_empty()).then_some(digits)
}

#[cfg(test)]
#[path = "typed/tests.rs"]
mod tests;
