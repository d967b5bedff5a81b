//! The three languages of the page, and how each writes numbers and times.

use crate::ledger::Day;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Spanish,
    Portuguese,
    English,
}

/// A language with the habits of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Locale {
    pub(super) language: Language,
    marks: Marks,
}

/// What stands between thousands, and before decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Marks {
    thousands: char,
    decimal: char,
    /// Whether a number of four digits is left together, as Spanish does where it has points.
    four_together: bool,
}

const COMMAS: Marks = Marks { thousands: ',', decimal: '.', four_together: false };
const POINTS: Marks = Marks { thousands: '.', decimal: ',', four_together: false };
const POINTS_FROM_FIVE: Marks = Marks { four_together: true, ..POINTS };

/// Regions where Spanish has commas between thousands (CLDR 45).
const SPANISH_WITH_COMMAS: [&str; 12] =
    ["419", "do", "gt", "hn", "mx", "ni", "pa", "pe", "pr", "sv", "us", "bz"];

impl Language {
    pub(super) const ALL: [Self; 3] = [Self::Spanish, Self::Portuguese, Self::English];

    /// As in `lang`, BCP-47.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::Spanish => "es",
            Self::Portuguese => "pt-BR",
            Self::English => "en",
        }
    }

    /// What the language calls itself.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::Spanish => "Español",
            Self::Portuguese => "Português",
            Self::English => "English",
        }
    }

    fn months(self) -> [&'static str; 12] {
        match self {
            Self::Spanish => {
                ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"]
            }
            Self::Portuguese => [
                "jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.", "out.", "nov.",
                "dez.",
            ],
            Self::English => {
                ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            }
        }
    }
}

impl Locale {
    /// The locale of a tag like `es-MX`; `None` for a language that the page does not speak.
    pub(super) fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.trim().to_ascii_lowercase();
        let mut parts = tag.split(['-', '_']);
        let language = match parts.next()? {
            "es" => Language::Spanish,
            "pt" => Language::Portuguese,
            "en" => Language::English,
            _ => return None,
        };
        let marks = match language {
            Language::English => COMMAS,
            Language::Portuguese => POINTS,
            Language::Spanish if parts.any(|part| SPANISH_WITH_COMMAS.contains(&part)) => COMMAS,
            Language::Spanish => POINTS_FROM_FIVE,
        };
        Some(Self { language, marks })
    }

    /// The one that suits best what a browser says (`Accept-Language`, RFC 9110); English when none does.
    pub(super) fn negotiate(accepted: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        // The first of equal weight wins; who sends a thousand languages gets one of the first.
        for item in accepted.split(',').take(32) {
            let (tag, parameters) = item.split_once(';').unwrap_or((item, ""));
            let weight = weight(parameters);
            if let Some(locale) = Self::of_tag(tag)
                && weight > best.map_or(0, |(best, _)| best)
            {
                best = Some((weight, locale));
            }
        }
        best.map_or_else(Self::default, |(_, locale)| locale)
    }

    /// Another language, or the same with the habits of this region.
    pub(super) fn speaking(self, tag: &str) -> Self {
        Self::of_tag(tag).filter(|other| other.language != self.language).unwrap_or(self)
    }

    pub(super) fn tag(self) -> &'static str {
        self.language.tag()
    }

    /// A whole number.
    pub(super) fn count(self, number: u64) -> String {
        let digits = number.to_string();
        if digits.len() == 4 && self.marks.four_together {
            return digits;
        }
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(self.marks.thousands);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A number with so many decimals.
    pub(super) fn decimal(self, number: f64, places: usize) -> String {
        if !number.is_finite() {
            return "∞".to_owned();
        }
        let text = format!("{:.places$}", number.abs());
        let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
        let mut written = if number < 0.0 && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
            "−".to_owned()
        } else {
            String::new()
        };
        // Figures of this page are far below 2^64; what is not stands as it is.
        written += &whole.parse().map_or_else(|_| whole.to_owned(), |whole| self.count(whole));
        if !rest.is_empty() {
            written.push(self.marks.decimal);
            written += rest;
        }
        written
    }

    /// A share as a percentage, `0.25` as 25%.
    pub(super) fn percent(self, share: f64, places: usize) -> String {
        let number = self.decimal(share * 100.0, places);
        match self.language {
            Language::Spanish => format!("{number}\u{a0}%"),
            Language::Portuguese | Language::English => format!("{number}%"),
        }
    }

    /// A day, as in 25 Nov 2026.
    pub(super) fn day(self, day: Day) -> String {
        self.date(day.begins(), true)
    }

    /// A day without its year.
    pub(super) fn short_day(self, day: Day) -> String {
        self.date(day.begins(), false)
    }

    /// Unix milliseconds as day and minute, UTC.
    pub(super) fn moment(self, milliseconds: i64) -> String {
        let minute = milliseconds.rem_euclid(86_400_000) / 60_000;
        format!("{}, {:02}:{:02} UTC", self.date(milliseconds, true), minute / 60, minute % 60)
    }

    fn date(self, milliseconds: i64, with_year: bool) -> String {
        let Ok(time) = jiff::Timestamp::from_millisecond(milliseconds) else { return "—".to_owned() };
        let date = jiff::tz::TimeZone::UTC.to_datetime(time).date();
        let month = usize::try_from(date.month() - 1).unwrap_or_default();
        let month = self.language.months().get(month).copied().unwrap_or_default();
        if with_year {
            format!("{}\u{a0}{month}\u{a0}{}", date.day(), date.year())
        } else {
            format!("{}\u{a0}{month}", date.day())
        }
    }
}

impl Default for Locale {
    fn default() -> Self {
        Self { language: Language::English, marks: COMMAS }
    }
}

/// A weight in thousandths: of `q=0.5`, 500. What cannot be read counts nothing.
fn weight(parameters: &str) -> u16 {
    let q = parameters.split(';').find_map(|parameter| parameter.trim().strip_prefix("q="));
    let Some(q) = q else { return 1000 };
    match q.trim().parse::<f32>() {
        Ok(q) if (0.0..=1.0).contains(&q) => (q * 1000.0) as u16,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locale(tag: &str) -> Locale {
        Locale::of_tag(tag).unwrap()
    }

    #[test]
    fn the_browsers_wish_is_heard() {
        for (accepted, tag) in [
            ("", "en"),
            ("es", "es"),
            ("es-MX,es;q=0.9,en;q=0.8", "es"),
            ("pt-PT", "pt-BR"),
            ("de,fr;q=0.9", "en"),
            ("en;q=0.3, pt;q=0.4", "pt-BR"),
            ("es;q=0, en;q=0.1", "en"),
            ("es;q=x, pt;q=0.1", "pt-BR"),
            ("*", "en"),
            ("ES_419", "es"),
        ] {
            assert_eq!(Locale::negotiate(accepted).tag(), tag, "{accepted}");
        }
        assert_eq!(Locale::negotiate(&"es;q=0,".repeat(100_000)).tag(), "en");
    }

    #[test]
    fn numbers_are_written_as_in_the_language() {
        for (tag, expected) in [
            ("en", ["0", "999", "1,234", "12,345", "1,234,567"]),
            ("es", ["0", "999", "1234", "12.345", "1.234.567"]),
            ("es-MX", ["0", "999", "1,234", "12,345", "1,234,567"]),
            ("pt-BR", ["0", "999", "1.234", "12.345", "1.234.567"]),
        ] {
            let written = [0, 999, 1234, 12_345, 1_234_567].map(|number| locale(tag).count(number));
            assert_eq!(written, expected, "{tag}");
        }
        assert_eq!(locale("es").decimal(-1234.56, 1), "−1234,6");
        assert_eq!(locale("en").decimal(-0.001, 1), "0.0");
        assert_eq!(locale("pt").percent(0.125, 1), "12,5%");
        assert_eq!(locale("es").percent(0.5, 0), "50\u{a0}%");
        assert_eq!(locale("en").decimal(f64::INFINITY, 1), "∞");
    }

    #[test]
    fn times_are_written_as_in_the_language() {
        let at = "2026-09-05".parse::<Day>().unwrap().begins() + (18 * 60 + 3) * 60_000;
        assert_eq!(locale("en").moment(at), "5\u{a0}Sep\u{a0}2026, 18:03 UTC");
        assert_eq!(locale("es").moment(at), "5\u{a0}sept\u{a0}2026, 18:03 UTC");
        assert_eq!(locale("pt").short_day(Day::of(at)), "5\u{a0}set.");
        assert_eq!(locale("en").short_day(Day::of(i64::MAX)), "—");
    }
}
