//! The words that a command reads texts with, and what a business makes of them.

use std::{collections::BTreeSet, path::Path};

use anyhow::ensure;

use super::{Global, list::named};
use crate::{
    ingest::{refused, regained},
    intent::{Action, Lexicon, Scope},
    startup,
};

/// What lexicon.folder and the payload prefixes come from.
const LEXICON_VARIABLES: &[&str] = &["BAJA__LEXICON__"];
/// The same, and what a business is.
const BUSINESS_VARIABLES: &[&str] = &["BAJA__LEXICON__", "BAJA__BUSINESS__"];

/// What is laid over the built-in words, before the words of a business.
#[derive(Debug, Clone, Copy)]
pub(super) enum Over<'p> {
    /// What lexicon.folder names.
    Settings,
    /// Nothing.
    Nothing,
    /// The *.toml files of this folder, in place of lexicon.folder.
    Folder(&'p Path),
}

/// The words, and what the business makes of them.
pub(super) struct Words {
    pub(super) lexicon: Lexicon,
    /// Its topics and what a plain stop refuses.
    house: Option<(BTreeSet<String>, Scope)>,
}

impl Words {
    /// The words that all have in common; with a business its own words and texts over them, and its topics.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit, and when no business has this name.
    pub(super) fn read(global: &Global, business: Option<&str>, over: Over<'_>) -> anyhow::Result<Self> {
        let mut settings =
            global.settings_from(if business.is_some() { BUSINESS_VARIABLES } else { LEXICON_VARIABLES })?;
        match over {
            Over::Settings => {}
            Over::Nothing => settings.lexicon.folder = None,
            Over::Folder(folder) => {
                ensure!(folder.is_dir(), "{} is not a folder; give one with *.toml files", folder.display());
                settings.lexicon.folder = Some(folder.to_owned());
            }
        }
        let Some(wanted) = business else {
            return Ok(Self { lexicon: startup::lexicon(&settings, None)?, house: None });
        };
        let business = named(&settings.businesses, wanted)?;
        let topics = business.topics.keys().cloned().collect();
        let house = Some((topics, business.default_scope.parse()?));
        Ok(Self { lexicon: startup::lexicon(&settings, Some(business))?, house })
    }

    /// The scope that a decision refuses or takes back at the business; `None` without one.
    pub(super) fn effect(&self, action: &Action) -> Option<Option<String>> {
        let (topics, default) = self.house.as_ref()?;
        let has = |topic: &str| topics.contains(topic);
        Some(match action {
            Action::Stop(scope) | Action::Ask(scope) => Some(refused(scope, has, default).to_string()),
            Action::Start(scope) => regained(scope, has).map(|scope| scope.to_string()),
            Action::Help | Action::None => None,
        })
    }
}
