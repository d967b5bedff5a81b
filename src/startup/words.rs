//! What words mean to each business: the built-in lexicon, the files of everybody, the business's own files, and over
//! them the words that its own texts promise.
//!
//! Businesses whose words are the same share one lexicon, and a reload compiles only what changed: each takes many
//! megabytes and some time. So what a lexicon lacks of the promises is guessed from its files, and asked of it afterwards.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use super::{StartError, businesses::texts, promises};
use crate::{
    config::{Business, LexiconSettings, Settings},
    confirm::Texts,
    intent::{Draft, Lexicon, PayloadGrammar},
};

/// Lexicon files: name and content.
type Files = Vec<(String, String)>;

/// The words of every business by its name, and what they were made of.
#[derive(Default, Clone)]
pub(super) struct Shelf(Vec<Kept>);

#[derive(Clone)]
struct Kept {
    recipe: Recipe,
    lexicon: Arc<Lexicon>,
    businesses: Vec<String>,
}

/// Everything that a lexicon is made of, beside the built-in words.
#[derive(Clone, PartialEq, Eq)]
struct Recipe {
    files: Files,
    optout_prefixes: Vec<String>,
    optin_prefixes: Vec<String>,
}

impl Shelf {
    /// The words for these settings. What `before` has of them already is taken from there.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or does not fit.
    pub(super) fn stock(settings: &Settings, before: &Self) -> Result<Self, StartError> {
        let mut groups: BTreeMap<Files, Vec<(&str, Texts)>> = BTreeMap::new();
        for business in &settings.businesses {
            let files = files(&settings.lexicon, Some(business))?;
            groups.entry(files).or_default().push((&business.slug, texts(business)?));
        }
        let mut shelf = Self::default();
        for (files, businesses) in groups {
            let draft = Draft::read(files.clone())?;
            let wanted: Vec<Files> =
                businesses.iter().map(|(_, texts)| promises::unsaid(&draft, [texts])).collect();
            // The first lexicon that has to be made is made of what was read already.
            let mut draft = Some(draft);
            for ((slug, texts), unsaid) in businesses.iter().zip(wanted) {
                let recipe = Recipe::new(with(&files, unsaid.clone()), &settings.lexicon);
                let mut kept = before.find_or_make(&shelf, recipe, |recipe| match draft.take() {
                    Some(draft) => recipe.compile(draft.with(unsaid)?),
                    None => recipe.make(),
                })?;
                let unkept = promises::unkept(&kept.lexicon, [texts]);
                if !unkept.is_empty() {
                    // The guess was wrong.
                    let files = with(&kept.recipe.files, unkept);
                    // The first goes before the next comes.
                    drop(kept);
                    let recipe = Recipe::new(files, &settings.lexicon);
                    kept = before.find_or_make(&shelf, recipe, Recipe::make)?;
                }
                shelf.put(kept, slug);
            }
        }
        Ok(shelf)
    }

    /// The words of a business.
    pub(super) fn of(&self, business: &str) -> Option<Arc<Lexicon>> {
        let theirs = |kept: &&Kept| kept.businesses.iter().any(|slug| slug == business);
        self.0.iter().find(theirs).map(|kept| Arc::clone(&kept.lexicon))
    }

    fn find_or_make(
        &self,
        new: &Self,
        recipe: Recipe,
        make: impl FnOnce(&Recipe) -> Result<Lexicon, StartError>,
    ) -> Result<Kept, StartError> {
        let found = self.0.iter().chain(&new.0).find(|kept| kept.recipe == recipe);
        let lexicon = match found {
            Some(kept) => Arc::clone(&kept.lexicon),
            None => Arc::new(make(&recipe)?),
        };
        Ok(Kept { recipe, lexicon, businesses: Vec::new() })
    }

    fn put(&mut self, kept: Kept, business: &str) {
        let place = self.0.iter().position(|other| other.recipe == kept.recipe);
        let place = place.unwrap_or_else(|| {
            self.0.push(kept);
            self.0.len() - 1
        });
        if let Some(kept) = self.0.get_mut(place) {
            kept.businesses.push(business.to_owned());
        }
    }
}

impl Recipe {
    fn new(files: Files, settings: &LexiconSettings) -> Self {
        let LexiconSettings { optout_prefixes, optin_prefixes, .. } = settings.clone();
        Self { files, optout_prefixes, optin_prefixes }
    }

    fn make(&self) -> Result<Lexicon, StartError> {
        self.compile(Draft::read(self.files.clone())?)
    }

    /// Makes it of a draft that holds its files.
    fn compile(&self, draft: Draft) -> Result<Lexicon, StartError> {
        let payloads = PayloadGrammar::new(&self.optout_prefixes, &self.optin_prefixes);
        Ok(draft.compile()?.with_payloads(payloads))
    }
}

/// What words mean to a business; without one, the words that all have in common and those that any of them promises.
///
/// # Errors
///
/// When a file cannot be read or does not fit.
pub fn lexicon(settings: &Settings, business: Option<&Business>) -> Result<Lexicon, StartError> {
    let files = files(&settings.lexicon, business)?;
    let texts = match business {
        Some(business) => vec![texts(business)?],
        None => settings.businesses.iter().map(texts).collect::<Result<Vec<_>, _>>()?,
    };
    let draft = Draft::read(files.clone())?;
    let unsaid = promises::unsaid(&draft, &texts);
    let files = with(&files, unsaid.clone());
    let made = Recipe::new(files.clone(), &settings.lexicon).compile(draft.with(unsaid)?)?;
    let unkept = promises::unkept(&made, &texts);
    if unkept.is_empty() {
        return Ok(made);
    }
    // The first goes before the second comes.
    drop(made);
    Recipe::new(with(&files, unkept), &settings.lexicon).make()
}

fn with(files: &Files, more: Files) -> Files {
    files.iter().cloned().chain(more).collect()
}

/// The files of everybody, then those of the business, which have the last word.
fn files(settings: &LexiconSettings, business: Option<&Business>) -> Result<Files, StartError> {
    let own = business.and_then(|business| business.lexicon.as_deref());
    let mut files = Vec::new();
    for (folder, key) in [(settings.folder.as_deref(), "lexicon.folder"), (own, "business.lexicon")] {
        if let Some(folder) = folder {
            files.extend(read_folder(folder, key)?);
        }
    }
    Ok(files)
}

/// The `*.toml` files of a folder with their names, in the order of the names.
fn read_folder(folder: &Path, key: &'static str) -> Result<Files, StartError> {
    let failed = |source| StartError::File { path: folder.to_owned(), key, source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    paths.iter().map(|path| read_file(path, key)).collect()
}

/// The name and the content of a file.
pub(super) fn read_file(path: &Path, key: &'static str) -> Result<(String, String), StartError> {
    let text =
        fs::read_to_string(path).map_err(|source| StartError::File { path: path.to_owned(), key, source })?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Settings {
        let numbers = [
            ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", "100000000000001"),
            ("BAJA__BUSINESS__BETA__PHONE_NUMBER_IDS", "100000000000002"),
        ];
        let all = numbers.iter().chain(variables);
        Settings::load(None, all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
    }

    fn same(one: Option<Arc<Lexicon>>, other: Option<Arc<Lexicon>>) -> bool {
        Arc::ptr_eq(&one.unwrap(), &other.unwrap())
    }

    #[test]
    fn the_same_words_are_one_lexicon_and_only_what_changed_is_made_anew() {
        let first = Shelf::stock(&settings(&[]), &Shelf::default()).unwrap();
        assert!(same(first.of("acme"), first.of("beta")));
        assert!(first.of("other").is_none());

        let folder = tempfile::tempdir().unwrap();
        let words = "language = \"es\"\n[[keywords]]\naction = \"stop\"\nwords = \"piripipi\"\n";
        fs::write(folder.path().join("es.toml"), words).unwrap();
        let own = [("BAJA__BUSINESS__BETA__LEXICON", folder.path().to_str().unwrap())];
        let second = Shelf::stock(&settings(&own), &first).unwrap();
        assert!(same(second.of("acme"), first.of("acme")));
        assert!(!same(second.of("beta"), first.of("beta")));
        let third = Shelf::stock(&settings(&own), &second).unwrap();
        assert!(same(third.of("beta"), second.of("beta")));
    }
}
