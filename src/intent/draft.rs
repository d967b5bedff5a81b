//! A lexicon that is read and not compiled yet: what its files say outright is known, and compiling is what takes time.

use std::collections::HashSet;

use super::compile::{LexiconError, compile};
use super::decision::{Action, Scope};
use super::embedded;
use super::lexicon::Lexicon;
use super::payload_grammar::PayloadGrammar;
use super::source::{LanguageFile, Means};

/// The files of a lexicon.
#[derive(Debug)]
pub struct Draft {
    files: Vec<LanguageFile>,
    overrides: Vec<(String, String)>,
}

impl Draft {
    /// Reads the embedded files with a user's files (name and content) laid over them: a file of a known language adds
    /// words and replaces rules of the same id, a file of another language is added.
    ///
    /// # Errors
    /// [`LexiconError`] names the file that cannot be read.
    pub fn read(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LexiconError> {
        Self { files: parse(&[])?, overrides: Vec::new() }.with(files)
    }

    /// The same with more of a user's files laid over it.
    ///
    /// # Errors
    /// [`LexiconError`] names the file that cannot be read.
    pub fn with(mut self, files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LexiconError> {
        for (name, text) in files {
            lay(&mut self.files, &name, &text)?;
            self.overrides.push((name, text));
        }
        Ok(self)
    }

    /// The words and phrases, in their normal form, that some language has as keywords that say this. A lexicon may
    /// understand others, and a keyword may be taken back: only the compiled lexicon knows.
    #[must_use]
    pub fn keywords(&self, action: &Action) -> HashSet<String> {
        let wanted = match action {
            Action::Stop(Scope::All) => Some(Means::Stop),
            Action::Start(Scope::All) => Some(Means::Start),
            _ => None,
        };
        let spoken = self.files.iter().flat_map(LanguageFile::spoken);
        spoken
            .filter(|keyword| Some(keyword.means) == wanted)
            .map(|keyword| keyword.word.replace('-', " "))
            .collect()
    }

    /// Builds the lexicon.
    ///
    /// # Errors
    /// [`LexiconError`] names the rule that cannot be used.
    pub fn compile(self) -> Result<Lexicon, LexiconError> {
        Ok(Lexicon {
            tables: compile(&self.files)?,
            names: self.files.into_iter().map(|file| file.name).collect(),
            overrides: self.overrides,
            payloads: PayloadGrammar::default(),
        })
    }
}

/// The embedded files with a user's laid over them.
pub(super) fn parse(overrides: &[(String, String)]) -> Result<Vec<LanguageFile>, LexiconError> {
    let mut all = Vec::new();
    for (name, text) in embedded::files() {
        lay(&mut all, name, &text)?;
    }
    for (name, text) in overrides {
        lay(&mut all, name, text)?;
    }
    Ok(all)
}

/// Reads a file and lays it over that of its language, or adds it.
fn lay(all: &mut Vec<LanguageFile>, name: &str, text: &str) -> Result<(), LexiconError> {
    let file: LanguageFile = toml::from_str(text)
        .map_err(|e| LexiconError::Toml { file: name.to_owned(), message: e.to_string() })?;
    if file.language.trim().is_empty() {
        return Err(LexiconError::NoLanguage { file: name.to_owned() });
    }
    match all.iter_mut().find(|known| known.language == file.language) {
        Some(known) => known.overlay(file),
        None => all.push(file),
    }
    Ok(())
}
