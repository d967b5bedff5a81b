use super::*;

/// Pairs of typed identifiers: whether they are one person, and a note with the default country.
const PAIRS: &str = include_str!("../../../tests/data/numbers.tsv");

fn digits(text: &str, country: &str) -> String {
    let country = (!country.is_empty()).then_some(country);
    Identifier::read_typed(text, country)
        .map_or_else(|error| format!("{error:?}"), |id| id.as_str().to_owned())
}

/// The table writes invisible marks as `\u202a`.
fn unescape(cell: &str) -> String {
    let mut parts = cell.split("\\u");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(4);
        text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}

#[test]
fn every_pair_of_the_table_comes_out_as_it_says() {
    let mut pairs = 0;
    for line in PAIRS.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let country = cells[3].split("default=").nth(1).map(|rest| &rest[..2]);
        let read =
            |cell| Identifier::read_typed(&unescape(cell), country).unwrap_or_else(|e| panic!("{cell}: {e}"));
        let same = read(cells[0]).canonical() == read(cells[1]).canonical();
        assert_eq!(same, cells[2] == "yes", "{line}");
        pairs += 1;
    }
    assert!(pairs >= 27);
}

#[test]
fn prefixes_that_no_wa_id_has_go() {
    for (text, country, expected) in [
        ("00 52 1 55 1234 5678", "", "5215512345678"),
        ("+52 01 55 1234 5678", "", "525512345678"),
        ("+52 044 55 1234 5678", "", "525512345678"),
        ("045 55 1234 5678", "MX", "525512345678"),
        ("55 1234 5678", "MX", "525512345678"),
        ("5215512345678", "mx", "5215512345678"),
        ("34612345678", "MX", "34612345678"),
        ("011 52 55 1234 5678", "US", "525512345678"),
        ("011 15 2345-6789", "AR", "5491123456789"),
        ("+54 9 11 15 2345 6789", "", "5491123456789"),
        ("02966 15 40-1234", "AR", "5492966401234"),
        ("0 11 98765-4321", "BR", "5511987654321"),
        ("0 15 11 98765-4321", "BR", "5511987654321"),
        ("+55 0 41 3333-4444", "", "554133334444"),
        ("+55 15 99123-4567", "", "5515991234567"),
        ("+44 (0)20 7946 0958", "", "442079460958"),
        ("+39 06 1234 5678", "", "390612345678"),
        ("06 1234 5678", "IT", "390612345678"),
    ] {
        assert_eq!(digits(text, country), expected, "{text} {country}");
    }
}

#[test]
fn wrappings_digits_and_marks_of_all_sorts() {
    for text in [
        "5215512345678@s.whatsapp.net",
        "5215512345678:12@s.whatsapp.net",
        "5215512345678@c.us",
        "whatsapp:+5215512345678",
        "WhatsApp: +52 1 55 1234 5678",
        "tel:+52-1-55-1234-5678",
        "https://wa.me/5215512345678",
        "＋５２ １ ５５ １２３４ ５６７８",
        "٥٢١٥٥١٢٣٤٥٦٧٨",
        "+۵۲۱۵۵۱۲۳۴۵۶۷۸",
        "५२१५५१२३४५६७८",
        "\u{200e}+52\u{a0}1\u{202f}55\u{2011}1234\u{2013}5678\u{feff}",
    ] {
        assert_eq!(digits(text, ""), "5215512345678", "{text}");
    }
    // A default country changes nothing where the country code is there.
    assert_eq!(digits("5512345678@s.whatsapp.net", "MX"), "5512345678");
}

#[test]
fn a_landline_grows_no_digit_and_a_user_id_is_not_touched() {
    for text in ["554133334444", "+55 41 3333 4444", "041 3333-4444"] {
        let read = Identifier::read_typed(text, Some("BR")).unwrap();
        assert_eq!(read.spellings().len(), 1, "{text}");
        assert_eq!(read.as_str(), "554133334444");
    }
    for text in ["MX.90017765520044113386", "US.ENT.118", "\u{202a}AR.0054911\u{202c}"] {
        assert_eq!(digits(text, "MX"), text.trim_matches(['\u{202a}', '\u{202c}']));
    }
}

#[test]
fn what_would_be_somebody_elses_number_is_refused() {
    use TypedError as E;
    for (text, country, error) in [
        ("", "", E::Empty),
        (" \u{200e} ", "", E::Empty),
        ("hello", "", E::Unreadable),
        ("mx.900", "", E::Unreadable),
        ("+", "", E::Unreadable),
        ("52+5512345678", "", E::Unreadable),
        ("a@b.example", "", E::Unreadable),
        ("123", "", E::Length),
        ("+5215512345678901", "", E::Length),
        ("123456789012345678901", "", E::Length),
        ("55 1234 5678", "", E::National),
        ("01 55 1234 5678", "", E::National),
        ("11987654321", "", E::National),
        ("12345", "MX", E::NotOfCountry),
        ("0123", "MX", E::NotOfCountry),
        ("5215512345678", "Mexico", E::Country),
        ("5215512345678", "AQ", E::Country),
        ("120363000000000000@g.us", "", E::NotAPerson),
        ("90017765520044@lid", "", E::LinkedId),
    ] {
        let country = (!country.is_empty()).then_some(country);
        assert_eq!(Identifier::read_typed(text, country).err(), Some(error), "{text:?} {country:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,40}", country in proptest::option::of("[A-Z]{2}")) {
        let _ = Identifier::read_typed(&text, country.as_deref());
    }

    #[test]
    fn no_digits_panic(text in "[+0-9 ()-]{0,24}", country in proptest::sample::select(vec!["MX", "AR", "BR", "US", "IT"])) {
        let _ = Identifier::read_typed(&text, Some(country));
    }

    #[test]
    fn what_was_read_reads_as_itself(text in "[1-9][0-9]{9,13}") {
        if let Ok(first) = Identifier::read_typed(&format!("+{text}"), None) {
            let again = Identifier::read_typed(&format!("+{}", first.as_str()), None).unwrap();
            proptest::prop_assert_eq!(first.canonical(), again.canonical());
        }
    }
}
