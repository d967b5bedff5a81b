//! Reads one key at a time, and goes on after an error, so that all errors are found in one go.

#[cfg(test)]
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use toml::Value;

use super::error::{ConfigError, ConfigErrors};
use super::fixed::Fixed;
use super::values::{Entry, Layer, Raw, Values};

/// A key with a fixed set of words.
pub(super) trait Choice: Copy + Default + 'static {
    /// Each word and what it stands for.
    const WORDS: &'static [(&'static str, Self)];
}

/// Takes values out by key and type. On an error it notes it and hands out the default.
pub(super) struct Reader<'v> {
    values: &'v Values,
    errors: Vec<ConfigError>,
    /// The patterns of the keys that were read, to compare with the schema.
    #[cfg(test)]
    pub(super) seen: BTreeSet<String>,
}

impl<'v> Reader<'v> {
    pub(super) fn new(values: &'v Values, errors: Vec<ConfigError>) -> Self {
        Self {
            values,
            errors,
            #[cfg(test)]
            seen: BTreeSet::new(),
        }
    }

    /// The settings, unless anything was wrong.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, ConfigErrors> {
        if self.errors.is_empty() { Ok(settings) } else { Err(ConfigErrors(self.errors)) }
    }

    /// Notes that the value of `key` cannot be used.
    pub(super) fn problem(&mut self, key: &str, problem: impl Into<String>, hint: impl Into<String>) {
        let origin = self.values.get(key).and_then(|entry| entry.origin.clone());
        self.errors.push(ConfigError::new(key, problem, hint).from(origin));
    }

    /// What counts only from the start on.
    pub(super) fn fixed(&self) -> Fixed {
        Fixed::of(self.values)
    }

    /// The names of the sections below `parent`.
    pub(super) fn sections_below(&self, parent: &str) -> std::collections::BTreeSet<String> {
        self.values.sections_below(parent)
    }

    /// A text, without the blanks around it.
    pub(super) fn text(&mut self, key: &str) -> String {
        self.take(key, "give a text", text).unwrap_or_default()
    }

    /// A text that must not be empty to count.
    pub(super) fn optional(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, key: &str) -> bool {
        let read = |raw: &Raw| match raw {
            Raw::Toml(value) => value.as_bool(),
            Raw::Text(text) => text.trim().to_ascii_lowercase().parse().ok(),
        };
        self.take(key, "give true or false", read).unwrap_or_default()
    }

    /// A whole number within `range`.
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<u64>) -> u64 {
        let hint = match (range.start(), range.end()) {
            (0, &u64::MAX) => "give a whole number".to_owned(),
            (from, &u64::MAX) => format!("give a whole number of at least {from}"),
            (from, to) => format!("give a whole number from {from} to {to}"),
        };
        let read = |raw: &Raw| {
            let number = match raw {
                Raw::Toml(value) => u64::try_from(value.as_integer()?).ok()?,
                Raw::Text(text) => text.trim().parse().ok()?,
            };
            range.contains(&number).then_some(number)
        };
        self.take(key, &hint, read).unwrap_or_default()
    }

    /// As [`Self::number`], for what counts things in memory.
    pub(super) fn count(&mut self, key: &str, range: RangeInclusive<u32>) -> u32 {
        let number = self.number(key, u64::from(*range.start())..=u64::from(*range.end()));
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// As [`Self::count`], as a size.
    pub(super) fn size(&mut self, key: &str, range: RangeInclusive<u32>) -> usize {
        usize::try_from(self.count(key, range)).unwrap_or(usize::MAX)
    }

    /// A time in milliseconds.
    pub(super) fn milliseconds(&mut self, key: &str, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(key, range))
    }

    /// A time in seconds.
    pub(super) fn seconds(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(self.count(key, range).into())
    }

    /// A time in minutes.
    pub(super) fn minutes(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(60 * u64::from(self.count(key, range)))
    }

    /// A time in days.
    pub(super) fn days(&mut self, key: &str, range: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(86_400 * u64::from(self.count(key, range)))
    }

    /// An address and port to listen on.
    pub(super) fn address(&mut self, key: &str) -> SocketAddr {
        let read = |raw: &Raw| text(raw)?.parse().ok();
        self.take(key, "give an address and a port, as in 127.0.0.1:8080", read)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// One of the words of `C`.
    pub(super) fn choice<C: Choice>(&mut self, key: &str) -> C {
        let words: Vec<_> = C::WORDS.iter().map(|(word, _)| *word).collect();
        let read = |raw: &Raw| {
            let text = text(raw)?.to_ascii_lowercase();
            C::WORDS.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
        };
        self.take(key, &format!("give one of: {}", words.join(", ")), read).unwrap_or_default()
    }

    /// A list of texts.
    pub(super) fn list(&mut self, key: &str) -> Vec<String> {
        self.take(key, "give a list of texts", Raw::list).unwrap_or_default()
    }

    /// A path; nothing is asked of it.
    pub(super) fn path(&mut self, key: &str) -> Option<PathBuf> {
        self.optional(key).map(PathBuf::from)
    }

    /// A secret, from `key` or from the file that `key_file` names.
    pub(super) fn secret(&mut self, key: &str) -> Option<SecretString> {
        let secret = self.text_or_file(key)?;
        match text(&secret) {
            Some(text) => Some(text).filter(|text| !text.is_empty()).map(SecretString::from),
            None => {
                self.problem(key, "not a text", "give a text in double quotes");
                None
            }
        }
    }

    /// Several secrets: a list, or a text with commas, from `key` or from the file that `key_file` names.
    pub(super) fn secrets(&mut self, key: &str) -> Vec<SecretString> {
        let Some(secrets) = self.text_or_file(key) else { return Vec::new() };
        let Some(secrets) = secrets.list() else {
            self.problem(key, "not a list of texts", "give a list, or one text with commas");
            return Vec::new();
        };
        secrets.into_iter().map(SecretString::from).collect()
    }

    /// Whichever of `key` and `key_file` was set in the later layer.
    fn text_or_file(&mut self, key: &str) -> Option<Raw> {
        let file_key = format!("{key}_file");
        let file = self.take(&file_key, "give the path of a file", text).unwrap_or_default();
        let set = |entry: &Entry| entry.raw.list().is_none_or(|items| !items.is_empty());
        let own = self.entry(key).filter(|entry| set(entry)).cloned();
        let file_layer = self.values.get(&file_key).map_or(Layer::Default, |entry| entry.layer);
        match own {
            Some(own) if file.is_empty() || own.layer > file_layer => Some(own.raw),
            Some(own) if own.layer == file_layer => {
                self.problem(&file_key, format!("set beside `{key}`"), "keep one of them");
                None
            }
            Some(_) | None if !file.is_empty() => self.contents(&file_key, &file),
            _ => None,
        }
    }

    /// What a file holds. The path is not shown: somebody may have put the secret there.
    fn contents(&mut self, key: &str, path: &str) -> Option<Raw> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text.trim().to_owned(),
            Err(error) => {
                let hint = "give the path of a readable file that holds nothing but the secret";
                self.problem(key, format!("the file cannot be read: {}", error.kind()), hint);
                return None;
            }
        };
        if text.is_empty() {
            self.problem(key, "the file is empty", "write the secret into it");
            return None;
        }
        Some(Raw::Text(text))
    }

    fn entry(&mut self, key: &str) -> Option<&'v Entry> {
        #[cfg(test)]
        self.seen.insert(super::schema::pattern(key));
        self.values.get(key)
    }

    /// The value of `key` as `read` understands it; on failure the problem is noted and the default taken.
    fn take<T>(&mut self, key: &str, hint: &str, read: impl Fn(&Raw) -> Option<T>) -> Option<T> {
        let value = self.entry(key).and_then(|entry| read(&entry.raw));
        if value.is_some() {
            return value;
        }
        self.problem(key, "this value cannot be used", hint);
        self.values.default_of(key).and_then(|entry| read(&entry.raw))
    }
}

fn text(raw: &Raw) -> Option<String> {
    match raw {
        Raw::Text(text) | Raw::Toml(Value::String(text)) => Some(text.trim().to_owned()),
        Raw::Toml(_) => None,
    }
}
