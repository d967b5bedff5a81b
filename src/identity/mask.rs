/// How much is shown.
const SHOWN: usize = 4;

/// The last four characters, unless `reveal`. A user id keeps its country, which says what it is.
pub fn masked(identifier: &str, reveal: bool) -> String {
    if reveal {
        return identifier.to_owned();
    }
    let country = identifier.split_once('.').map_or("", |(country, _)| country);
    let from = identifier.len().saturating_sub(SHOWN);
    let end = identifier.get(from..).filter(|_| identifier.len() > 2 * SHOWN).unwrap_or_default();
    let dot = if country.is_empty() { "" } else { "." };
    format!("{country}{dot}…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_left() {
        assert_eq!(masked("5215512345678", false), "…5678");
        assert_eq!(masked("MX.90017765", false), "MX.…7765");
        assert_eq!(masked("1234567", false), "…");
        assert_eq!(masked("5215512345678", true), "5215512345678");
    }
}
