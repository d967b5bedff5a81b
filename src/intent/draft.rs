//! A lexicon that is not compiled yet: what its files say outright is known, and compiling is what takes time.

use super::compile::LexiconError;
use super::decision::Action;
use super::keywords::Keywords;
use super::lexicon::Lexicon;
use super::ready::Ready;
use super::source::LanguageFile;
use crate::embedded;

/// The files of a lexicon.
#[derive(Debug)]
pub struct Draft {
    state: State,
    overrides: Vec<(String, String)>,
}

#[derive(Debug)]
enum State {
    /// The embedded files, which the build compiled: none of them has been looked at.
    Ready(Box<Ready>),
    /// Files that were read.
    Read(Vec<LanguageFile>),
}

impl Draft {
    /// Takes the embedded files, and reads a user's files (name and content) over them: a file of a known language adds
    /// words and replaces rules of the same id, a file of another language is added.
    ///
    /// # Errors
    /// [`LexiconError`] names the file that cannot be read.
    pub fn read(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LexiconError> {
        Self::of(embedded::tables())?.with(files)
    }

    /// The embedded files alone, of which the build left these tables.
    pub(super) fn of(tables: &'static [u8]) -> Result<Self, LexiconError> {
        let state = match Ready::find(tables) {
            Some(ready) => State::Ready(Box::new(ready)),
            None => State::Read(parse(embedded::files())?),
        };
        Ok(Self { state, overrides: Vec::new() })
    }

    /// The same with more of a user's files laid over it.
    ///
    /// # Errors
    /// [`LexiconError`] names the file that cannot be read.
    pub fn with(mut self, files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LexiconError> {
        for (name, text) in files {
            let mut all = match self.state {
                State::Ready(_) => parse(embedded::files())?,
                State::Read(all) => all,
            };
            lay(&mut all, &name, &text)?;
            self.state = State::Read(all);
            self.overrides.push((name, text));
        }
        Ok(self)
    }

    /// The words and phrases that some language has as keywords that say this. A lexicon may understand others, and a keyword
    /// may be taken back: only the compiled lexicon knows. Of the embedded files alone it was asked, and these are those that it
    /// understands.
    #[must_use]
    pub fn keywords(&self, action: &Action) -> Keywords {
        match &self.state {
            State::Ready(ready) => ready.surely.say(action).cloned().unwrap_or_default(),
            State::Read(files) => Keywords::of(files, action, |_| true),
        }
    }

    /// Whether nothing was laid over what the build left.
    #[cfg(test)]
    pub(super) fn is_ready(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    /// Builds the lexicon. Of embedded files alone, it is there already.
    ///
    /// # Errors
    /// [`LexiconError`] names the rule that cannot be used.
    pub fn compile(self) -> Result<Lexicon, LexiconError> {
        let ready = match self.state {
            State::Ready(ready) => *ready,
            State::Read(files) => Ready::made(&files)?,
        };
        Ok(Lexicon::of(ready, self.overrides))
    }
}

/// Reads files, name and content, each laid over those before it.
pub(super) fn parse(
    files: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<LanguageFile>, LexiconError> {
    let mut all = Vec::new();
    for (name, text) in files {
        lay(&mut all, &name, &text)?;
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
