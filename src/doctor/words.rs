//! What findings say: stable codes, with what is put into their texts. The English texts are in `config/doctor/en.toml`;
//! whoever speaks another language has texts of its own for the same codes, beside that file.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Serialize, Serializer};

/// The texts of one language by their codes.
pub type Words = BTreeMap<String, String>;

/// A test holds that it can be read, and that no code is missing.
static ENGLISH: LazyLock<Words> =
    LazyLock::new(|| toml::from_str(include_str!("../../config/doctor/en.toml")).unwrap_or_default());

/// What was found, or what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    code: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Said {
    /// What stands under this code, with nothing in it yet.
    pub fn of(code: &'static str) -> Self {
        Self { code, values: Vec::new() }
    }

    /// The same with a value for a name in braces.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// The stable code, as in `token.expires`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// In the words of a language; in English where that lacks it.
    pub fn in_words(&self, words: &Words) -> String {
        self.filled(self.text(words))
    }

    /// The same around the error that it quotes: what stands before it, the error, and what stands after it. The words of an error
    /// are English in every language; without one all stands before.
    pub fn around_error(&self, words: &Words) -> (String, Option<&str>, String) {
        let (text, error) = (self.text(words), self.values.iter().find(|(name, _)| *name == "error"));
        match (text.split_once("{error}"), error) {
            (Some((before, after)), Some((_, error))) => {
                (self.filled(before), Some(error), self.filled(after))
            }
            _ => (self.filled(text), None, String::new()),
        }
    }

    fn text<'a>(&self, words: &'a Words) -> &'a str {
        words.get(self.code).or_else(|| ENGLISH.get(self.code)).map_or(self.code, String::as_str)
    }

    fn filled(&self, text: &str) -> String {
        let values: Vec<(&str, &str)> =
            self.values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fill(text, &values)
    }
}

impl From<&'static str> for Said {
    fn from(code: &'static str) -> Self {
        Self::of(code)
    }
}

/// In English.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(&ENGLISH))
    }
}

/// In English.
impl Serialize for Said {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Puts values where the text has their names in braces.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // One pass: what is put in is not looked at again, whatever it holds.
    while let Some((before, after)) = rest.split_once('{') {
        filled += before;
        let known = after.split_once('}').and_then(|(name, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((*value, after))
        });
        match known {
            Some((value, after)) => {
                filled += value;
                rest = after;
            }
            None => {
                filled.push('{');
                rest = after;
            }
        }
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every file in which something is found.
    const SOURCES: [&str; 8] = [
        include_str!("../doctor.rs"),
        include_str!("address.rs"),
        include_str!("meta.rs"),
        include_str!("meta/number.rs"),
        include_str!("secrets.rs"),
        include_str!("store.rs"),
        include_str!("../http/page/health.rs"),
        include_str!("../cli/doctor.rs"),
    ];

    fn read(text: &str) -> Words {
        toml::from_str(text).unwrap()
    }

    /// The names in braces.
    fn names(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_code_has_a_text_and_every_text_a_code() {
        // A code is a literal with a dot between words of small letters; checks are called so, too, and are no texts.
        let is_code = |text: &&str| {
            text.contains('.') && text.bytes().all(|byte| byte.is_ascii_lowercase() || b"._".contains(&byte))
        };
        let literals = SOURCES.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
        let used: BTreeSet<&str> = literals.filter(is_code).collect();
        for code in ENGLISH.keys() {
            assert!(used.contains(code.as_str()), "nothing says {code}");
        }
        // What is found is either a text, or nothing but a code of which there is one.
        for source in SOURCES {
            for call in ["Said::of(\"", "told(\""] {
                for code in source.split(call).skip(1).filter_map(|rest| rest.split('"').next()) {
                    assert!(ENGLISH.contains_key(code), "{code} has no text");
                }
            }
        }
    }

    #[test]
    fn every_language_has_every_text_with_the_same_values_in_it() {
        assert!(ENGLISH.len() > 100);
        for (language, text) in [
            ("es", include_str!("../../config/doctor/es.toml")),
            ("pt-BR", include_str!("../../config/doctor/pt-BR.toml")),
        ] {
            let other = read(text);
            assert!(ENGLISH.keys().eq(other.keys()), "{language}");
            for (code, text) in ENGLISH.iter() {
                let translated = &other[code];
                // The weaknesses of a Redis bring their English advice along.
                if text != "{advice}" {
                    assert_eq!(names(text), names(translated), "{language} {code}");
                }
                let words = text.split(' ').filter(|word| !word.contains(['{', '/', '>'])).count();
                assert!(words < 4 || text != translated, "{language} {code}: not translated");
            }
        }
    }

    #[test]
    fn values_are_put_in_once_and_as_they_are() {
        assert_eq!(fill("{a} of {b} {c} {", &[("a", "{b}"), ("b", "2")]), "{b} of 2 {c} {");
        let said = Said::of("token.expires").with("days", 3);
        assert_eq!(said.to_string(), "it expires in 3 days");
        assert_eq!(said.in_words(&read("\"token.expires\" = \"vence en {days} días\"")), "vence en 3 días");
        assert_eq!(serde_json::to_string(&said).unwrap(), "\"it expires in 3 days\"");
    }
}
