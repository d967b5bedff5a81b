//! The three layers, laid over each other: every key that was set, with where it was set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::error::ConfigError;
use super::schema::{Schema, pattern};
use super::variables::{Variable, meaning};

/// How errors call the file of `--config`.
const FILE: &str = "the configuration file";

/// Where a value comes from; the later wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    Default,
    File,
    Environment,
}

/// A value before it is read.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// From a file: its type must be right.
    Toml(Value),
    /// From a variable: text, to be read as whatever the key is.
    Text(String),
}

/// A value and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) raw: Raw,
    pub(super) layer: Layer,
    /// The variable's name, or `the configuration file`; `None` for a default.
    pub(super) origin: Option<String>,
}

/// All values of all layers.
#[derive(Debug, Default)]
pub(super) struct Values {
    schema: Schema,
    entries: BTreeMap<String, Entry>,
    defaults: BTreeMap<String, Entry>,
    /// Every section that was named, so that one without keys counts.
    sections: BTreeSet<String>,
}

impl Values {
    /// Lays the file over the defaults and the environment over the file.
    pub(super) fn gather(
        defaults: &str,
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        errors: &mut Vec<ConfigError>,
    ) -> Self {
        let mut values = Self::default();
        if let Some(table) = parse("default.toml", defaults, errors) {
            let (entries, sections) = flatten(&table, Layer::Default, None);
            values.schema = Schema::new(entries.iter().map(|(key, _)| key.clone()));
            values.sections.extend(sections);
            values.defaults = entries.into_iter().collect();
            values.entries = values.defaults.clone();
        }
        if let Some(path) = file {
            values.add_file(path, errors);
        }
        values.add_environment(env, errors);
        values
    }

    /// The value that counts for `key`: its own, or the one of every business.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        find(&self.entries, key)
    }

    /// Every key that has a value, with it.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// The built-in value of `key`.
    pub(super) fn default_of(&self, key: &str) -> Option<&Entry> {
        self.defaults.get(&pattern(key))
    }

    /// The names of the sections directly below `parent`, `*` left out.
    pub(super) fn sections_below(&self, parent: &str) -> BTreeSet<String> {
        let below = self.sections.iter().filter_map(|path| path.strip_prefix(parent)?.strip_prefix('.'));
        below.filter(|name| !name.contains('.') && *name != "*").map(str::to_owned).collect()
    }

    #[cfg(test)]
    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    fn add_file(&mut self, path: &Path, errors: &mut Vec<ConfigError>) {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let hint = "give the path of a readable TOML file with --config";
                errors.push(ConfigError::new(&name, format!("cannot be read: {}", error.kind()), hint));
                return;
            }
        };
        let Some(table) = parse(&name, &text, errors) else { return };
        let (entries, sections) = flatten(&table, Layer::File, Some(FILE));
        for section in sections {
            let below = format!("{section}.");
            if self.schema.has_section(&section) {
                self.sections.insert(section);
            } else if !entries.iter().any(|(key, _)| key.starts_with(&below)) {
                // With keys in it, each of them is reported.
                let hint = self.schema.hint(&section);
                errors.push(ConfigError::new(&section, "unknown section", hint).from(Some(FILE.to_owned())));
            }
        }
        for (key, entry) in entries {
            self.add(key, entry, errors);
        }
    }

    fn add_environment(
        &mut self,
        env: impl Iterator<Item = (String, String)>,
        errors: &mut Vec<ConfigError>,
    ) {
        let mut variables: Vec<_> = env.filter(|(_, value)| !value.trim().is_empty()).collect();
        variables.sort();
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in variables {
            let key = match meaning(&name) {
                Variable::Key(key) => key,
                Variable::Misspelt(short) => {
                    errors.push(ConfigError::new(
                        &name,
                        "unknown variable",
                        format!("did you mean `{short}`?"),
                    ));
                    continue;
                }
                Variable::Foreign => continue,
            };
            if let Some(other) = seen.insert(key.clone(), name.clone()) {
                let problem = format!("set by `{other}` and by `{name}`");
                errors.push(ConfigError::new(&key, problem, "keep one of them"));
                continue;
            }
            let entry = Entry { raw: Raw::Text(value), layer: Layer::Environment, origin: Some(name) };
            self.add(key, entry, errors);
        }
    }

    fn add(&mut self, key: String, entry: Entry, errors: &mut Vec<ConfigError>) {
        if pattern(&key) == "business.*.topics" {
            self.add_topics(&key, entry, errors);
        } else if self.schema.knows(&key) {
            let mut parent = key.as_str();
            while let Some((section, _)) = parent.rsplit_once('.') {
                self.sections.insert(section.to_owned());
                parent = section;
            }
            self.entries.insert(key, entry);
        } else {
            errors.push(ConfigError::new(&key, "unknown key", self.schema.hint(&key)).from(entry.origin));
        }
    }

    /// `topics = ["receipts"]` is short for a section `topics.receipts` without keys.
    fn add_topics(&mut self, key: &str, entry: Entry, errors: &mut Vec<ConfigError>) {
        let Some(topics) = entry.raw.list() else {
            let hint = "give a list of names, or a section for each, as in [business.acme.topics.offers]";
            errors.push(ConfigError::new(key, "not a list of texts", hint).from(entry.origin));
            return;
        };
        self.sections.extend(key.rsplit_once('.').map(|(business, _)| business.to_owned()));
        self.sections.extend(topics.iter().map(|topic| format!("{key}.{}", topic.replace('.', "?"))));
    }
}

impl Raw {
    /// A list of texts, from a list or from a text with commas; blank items are left out.
    pub(super) fn list(&self) -> Option<Vec<String>> {
        let split = |text: &str| text.split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>();
        let items = match self {
            Self::Text(text) | Self::Toml(Value::String(text)) => split(text),
            Self::Toml(Value::Array(items)) => {
                let text = |item: &Value| item.as_str().map(|text| text.trim().to_owned());
                items.iter().map(text).collect::<Option<_>>()?
            }
            Self::Toml(_) => return None,
        };
        Some(items.into_iter().filter(|item| !item.is_empty()).collect())
    }
}

fn find<'m>(entries: &'m BTreeMap<String, Entry>, key: &str) -> Option<&'m Entry> {
    let every_business = || match key.strip_prefix("business.").and_then(|rest| rest.split_once('.')) {
        Some((_, rest)) => entries.get(&format!("business.*.{rest}")),
        None => None,
    };
    entries.get(key).or_else(every_business).or_else(|| entries.get(&pattern(key)))
}

/// Parses TOML. The error says where, and does not show the line, which may hold a secret.
fn parse(name: &str, text: &str, errors: &mut Vec<ConfigError>) -> Option<Table> {
    let error = match text.parse::<Table>() {
        Ok(table) => return Some(table),
        Err(error) => error,
    };
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    errors.push(ConfigError::new(
        name,
        format!("line {line} is not TOML"),
        "mend it; texts stand in double quotes",
    ));
    None
}

/// The keys of a table as dotted paths, and the paths of its sections.
fn flatten(table: &Table, layer: Layer, origin: Option<&str>) -> (Vec<(String, Entry)>, Vec<String>) {
    let mut entries = Vec::new();
    let mut sections = Vec::new();
    let mut left: Vec<(String, &Table)> = vec![(String::new(), table)];
    while let Some((path, table)) = left.pop() {
        for (name, value) in table {
            let key = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if let Value::Table(table) = value {
                sections.push(key.clone());
                left.push((key, table));
            } else {
                let raw = Raw::Toml(value.clone());
                entries.push((key, Entry { raw, layer, origin: origin.map(str::to_owned) }));
            }
        }
    }
    (entries, sections)
}
