//! `[lexicon]`

use std::path::PathBuf;

use super::reader::Reader;

/// What is added to the built-in words.
#[derive(Debug, Clone)]
pub struct LexiconSettings {
    /// A folder with `*.toml` files.
    pub folder: Option<PathBuf>,
    /// First words of a payload that opts out, lower case. Never empty.
    pub optout_prefixes: Vec<String>,
    /// First words of a payload that opts back in, lower case. Never empty.
    pub optin_prefixes: Vec<String>,
}

impl LexiconSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let folder = reader.path("lexicon.folder");
        if folder.as_ref().is_some_and(|folder| !folder.is_dir()) {
            reader.problem("lexicon.folder", "not a folder", "give the path of a folder with *.toml files");
        }
        let optout_prefixes = prefixes(reader, "lexicon.optout_prefixes");
        let optin_prefixes = prefixes(reader, "lexicon.optin_prefixes");
        if optin_prefixes.iter().any(|prefix| optout_prefixes.contains(prefix)) {
            let hint = "a payload must mean one thing: take the word out of one list";
            reader.problem("lexicon.optin_prefixes", "has a word of lexicon.optout_prefixes", hint);
        }
        Self { folder, optout_prefixes, optin_prefixes }
    }
}

/// `:` and `|` separate the parts of a payload, so they cannot be in its first.
fn prefixes(reader: &mut Reader<'_>, key: &str) -> Vec<String> {
    let prefixes: Vec<_> = reader.list(key).iter().map(|prefix| prefix.to_lowercase()).collect();
    let usable = |prefix: &String| !prefix.contains(|c: char| c == ':' || c == '|' || c.is_whitespace());
    if prefixes.is_empty() || !prefixes.iter().all(usable) {
        let hint = "give one word or more, without blanks, colons and bars";
        reader.problem(key, "no list of words", hint);
    }
    prefixes
}
