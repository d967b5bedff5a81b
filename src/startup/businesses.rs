//! What each business has of its own: its words, its texts, its rules.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use super::{StartError, promises};
use crate::{
    config::{Business, Settings},
    confirm::{self, Key, Prefixes, Style, Texts},
    ingest::{BusinessRules, ConfirmRules, Directory},
    intent::{Lexicon, PayloadGrammar},
};

/// The texts that a person can tap.
const TAPPED: [Key; 8] = [
    Key::ListUndo,
    Key::ListLostInterest,
    Key::ListSolved,
    Key::ListContent,
    Key::ListNoConsent,
    Key::AskAll,
    Key::AskTopic,
    Key::AskKeep,
];

/// What words mean: the built-in lexicon, the user's files over it, and over both the words that our texts
/// promise.
///
/// # Errors
///
/// When a file cannot be read or does not fit.
pub fn lexicon(settings: &Settings) -> Result<Lexicon, StartError> {
    let files = match &settings.lexicon.folder {
        Some(folder) => read_folder(folder, "lexicon.folder")?,
        None => Vec::new(),
    };
    let texts = settings.businesses.iter().map(texts).collect::<Result<Vec<_>, _>>()?;
    let mut lexicon = Lexicon::with_overrides(files.clone())?;
    let promised = promises::unkept(&lexicon, &texts);
    if !promised.is_empty() {
        // The first goes before the second comes: each takes many megabytes.
        drop(lexicon);
        lexicon = Lexicon::with_overrides(files.into_iter().chain(promised))?;
    }
    let prefixes = &settings.lexicon;
    Ok(lexicon.with_payloads(PayloadGrammar::new(&prefixes.optout_prefixes, &prefixes.optin_prefixes)))
}

/// What a business's messages say.
///
/// # Errors
///
/// When its file cannot be read or does not fit.
pub fn texts(business: &Business) -> Result<Texts, StartError> {
    let files = match &business.texts {
        Some(path) => vec![read_file(path, "business.texts")?],
        None => Vec::new(),
    };
    Ok(Texts::with_overrides(files, &business.language)?)
}

pub(super) fn directory(settings: &Settings, lexicon: &Arc<Lexicon>) -> Result<Directory, StartError> {
    let mut directory = Directory::new();
    for business in &settings.businesses {
        let default_scope =
            business.default_scope.parse().map_err(|_| StartError::Scope(business.slug.clone()))?;
        let rules = BusinessRules {
            slug: business.slug.clone(),
            topics: business.topics.keys().cloned().collect(),
            default_scope,
            lexicon: Arc::clone(lexicon),
            labels: labels(&texts(business)?),
            keep_text: settings.ledger.evidence_text,
            learn_from_statuses: settings.ledger.learn_from_statuses,
            watch_statuses: settings.insight.statuses,
            confirm: ConfirmRules {
                enabled: settings.confirm.enabled,
                standby: settings.confirm.standby,
                help: settings.confirm.help,
                ask: business.ask,
                window: settings.confirm.window,
            },
        };
        directory.add(rules, &business.phone_number_ids, &business.waba_ids, business.owns_every_number);
    }
    Ok(directory)
}

/// What can be tapped in our messages, with its language. The first language wins where two have the same label.
fn labels(texts: &Texts) -> HashMap<String, String> {
    let mut labels = HashMap::new();
    for language in texts.languages() {
        for key in TAPPED {
            let label = language.render(key, None);
            labels.entry(label).or_insert_with(|| language.language().to_owned());
        }
    }
    labels
}

/// The businesses that messages can be sent for: those with a token.
pub(super) fn senders(settings: &Settings) -> Result<Vec<confirm::Business>, StartError> {
    let prefixes = Prefixes {
        stop: first_or(&settings.lexicon.optout_prefixes, "optout"),
        start: first_or(&settings.lexicon.optin_prefixes, "optin"),
    };
    let mut senders = Vec::new();
    for business in &settings.businesses {
        let Some(token) = business.access_token.clone() else { continue };
        senders.push(confirm::Business {
            slug: business.slug.clone(),
            token,
            texts: Arc::new(texts(business)?),
            style: Style { interactive: settings.confirm.interactive, prefixes: prefixes.clone() },
        });
    }
    Ok(senders)
}

fn first_or(prefixes: &[String], otherwise: &str) -> String {
    prefixes.first().map_or_else(|| otherwise.to_owned(), Clone::clone)
}

/// The `*.toml` files of a folder with their names, in the order of the names.
fn read_folder(folder: &Path, key: &'static str) -> Result<Vec<(String, String)>, StartError> {
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

fn read_file(path: &Path, key: &'static str) -> Result<(String, String), StartError> {
    let text =
        fs::read_to_string(path).map_err(|source| StartError::File { path: path.to_owned(), key, source })?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Ok((name, text))
}
