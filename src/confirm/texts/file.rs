use std::collections::BTreeMap;
use std::fmt;

use super::{Key, LONGEST_SLUG, LanguageTexts};

/// The longest name of a topic, in characters.
const LONGEST_TOPIC_NAME: usize = 60;

/// All that is wrong with the texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextsError(Vec<TextsProblem>);

/// One thing that is wrong with the texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextsProblem {
    /// A file cannot be read as TOML.
    #[error("{file} is not TOML: {reason}")]
    NotToml {
        /// The file's name.
        file: String,
        /// What the TOML reader says.
        reason: String,
    },
    /// A file does not say its language.
    #[error("{file}: language is missing; write for example language = \"es\"")]
    NoLanguage {
        /// The file's name.
        file: String,
    },
    /// A key that no file has.
    #[error("{file}: {key} is not a key of this file")]
    UnknownKey {
        /// The file's name.
        file: String,
        /// The key.
        key: String,
    },
    /// A number, list or table in a text's place.
    #[error("{file}: {key} must be a text")]
    NotText {
        /// The file's name.
        file: String,
        /// The key.
        key: String,
    },
    /// A language that is not built in lacks a text.
    #[error("{language}: {key} is missing")]
    Missing {
        /// The language.
        language: String,
        /// The key.
        key: String,
    },
    /// WhatsApp would refuse the message.
    #[error("{language}: {key} has {length} characters, WhatsApp shows at most {limit}")]
    TooLong {
        /// The language.
        language: String,
        /// The key.
        key: String,
        /// The length, with the longest words put in.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// A `{` that begins no placeholder of this text.
    #[error("{language}: {key} has an unknown placeholder; known there are {known}")]
    UnknownPlaceholder {
        /// The language.
        language: String,
        /// The key.
        key: String,
        /// Which placeholders the text may have.
        known: String,
    },
    /// A confirmation that leaves no way back.
    #[error("{language}: {key} must name the way back: put {{start}} in it")]
    NoWayBack {
        /// The language.
        language: String,
        /// The key.
        key: String,
    },
    /// Two buttons or rows of one message are alike.
    #[error("{language}: {one} and {other} show the same")]
    Alike {
        /// The language.
        language: String,
        /// The one key.
        one: &'static str,
        /// The other key.
        other: &'static str,
    },
    /// The default language has no texts.
    #[error("there are no texts for the default language {0:?}; add a file or choose another language")]
    DefaultLanguage(String),
}

/// The contents of the files read so far, later files over earlier ones.
#[derive(Default)]
pub(super) struct Collected {
    languages: Vec<LanguageTexts>,
    problems: Vec<TextsProblem>,
}

impl Collected {
    /// Adds a file. An empty one adds nothing.
    pub(super) fn add(&mut self, file: &str, toml: &str) {
        let table = match toml.parse::<toml::Table>() {
            Ok(table) if table.is_empty() => return,
            Ok(table) => table,
            Err(error) => {
                let reason = error.message().to_owned();
                return self.problems.push(TextsProblem::NotToml { file: file.to_owned(), reason });
            }
        };
        let Some(language) = table.get("language").and_then(toml::Value::as_str) else {
            return self.problems.push(TextsProblem::NoLanguage { file: file.to_owned() });
        };
        let Self { languages, problems } = self;
        if !languages.iter().any(|texts| texts.language.eq_ignore_ascii_case(language)) {
            languages.push(LanguageTexts::empty(language));
        }
        let texts = languages.iter_mut().filter(|texts| texts.language.eq_ignore_ascii_case(language));
        for texts in texts {
            let values = flat(&table).into_iter().filter(|(key, _)| key != "language");
            problems.extend(values.filter_map(|(key, value)| texts.set(file, key, value).err()));
        }
    }

    /// The languages, when nothing is wrong with any of them.
    pub(super) fn finish(mut self) -> Result<Vec<LanguageTexts>, TextsError> {
        for texts in &self.languages {
            check(texts, &mut self.problems);
        }
        if self.problems.is_empty() { Ok(self.languages) } else { Err(TextsError(self.problems)) }
    }
}

impl LanguageTexts {
    fn empty(language: &str) -> Self {
        Self { language: language.to_owned(), texts: BTreeMap::new(), topics: BTreeMap::new() }
    }

    fn set(&mut self, file: &str, key: String, value: &toml::Value) -> Result<(), TextsProblem> {
        let file = || file.to_owned();
        let known = Key::ALL.into_iter().find(|known| known.name() == key);
        let topic = key.strip_prefix("topics.");
        if known.is_none() && topic.is_none() {
            return Err(TextsProblem::UnknownKey { file: file(), key });
        }
        let Some(text) = value.as_str().map(str::to_owned) else {
            return Err(TextsProblem::NotText { file: file(), key });
        };
        if let Some(known) = known {
            self.texts.insert(known, text);
        } else if let Some(slug) = topic {
            self.topics.insert(slug.to_owned(), text);
        }
        Ok(())
    }
}

impl fmt::Display for TextsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for TextsError {}

impl From<TextsProblem> for TextsError {
    fn from(problem: TextsProblem) -> Self {
        Self(vec![problem])
    }
}

impl TextsError {
    /// Every problem, in the order of the files.
    pub fn problems(&self) -> &[TextsProblem] {
        &self.0
    }
}

/// The values of a file as `section.key`.
fn flat(table: &toml::Table) -> Vec<(String, &toml::Value)> {
    let mut values = Vec::new();
    for (name, value) in table {
        match value.as_table() {
            Some(section) => {
                values.extend(section.iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            None => values.push((name.clone(), value)),
        }
    }
    values
}

fn check(texts: &LanguageTexts, problems: &mut Vec<TextsProblem>) {
    let language = || texts.language.clone();
    let names = texts.topics.values().map(|name| name.chars().count());
    let longest_topic = "x".repeat(names.max().unwrap_or_default().max(LONGEST_SLUG));
    for key in Key::ALL {
        let name = || key.name().to_owned();
        let raw = texts.raw(key);
        if raw.trim().is_empty() {
            problems.push(TextsProblem::Missing { language: language(), key: name() });
            continue;
        }
        let rest = key.placeholders().iter().fold(raw.to_owned(), |rest, known| rest.replace(known, ""));
        if rest.contains(['{', '}']) {
            let known = key.placeholders().join(", ");
            problems.push(TextsProblem::UnknownPlaceholder { language: language(), key: name(), known });
        }
        if key.names_the_way_back() && !raw.contains("{start}") {
            problems.push(TextsProblem::NoWayBack { language: language(), key: name() });
        }
        let length = texts.fill(key, &longest_topic).chars().count();
        if length > key.limit() {
            let limit = key.limit();
            problems.push(TextsProblem::TooLong { language: language(), key: name(), length, limit });
        }
    }
    for (slug, name) in &texts.topics {
        let (key, length) = (format!("topics.{slug}"), name.chars().count());
        if length > LONGEST_TOPIC_NAME {
            let limit = LONGEST_TOPIC_NAME;
            problems.push(TextsProblem::TooLong { language: language(), key, length, limit });
        } else if name.trim().is_empty() {
            problems.push(TextsProblem::Missing { language: language(), key });
        }
    }
    for choices in [BUTTONS.as_slice(), ROWS.as_slice()] {
        for (index, &one) in choices.iter().enumerate() {
            for &other in choices.iter().skip(index + 1) {
                if !texts.raw(one).is_empty() && texts.raw(one) == texts.raw(other) {
                    let (one, other) = (one.name(), other.name());
                    problems.push(TextsProblem::Alike { language: language(), one, other });
                }
            }
        }
    }
}

/// What stands side by side in one message.
const BUTTONS: [Key; 3] = [Key::AskAll, Key::AskTopic, Key::AskKeep];
const ROWS: [Key; 5] =
    [Key::ListUndo, Key::ListLostInterest, Key::ListSolved, Key::ListContent, Key::ListNoConsent];
