//! What each business has of its own: its words, its texts, its rules.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    StartError,
    words::{Shelf, read_file},
};
use crate::{
    config::{Business, Settings},
    confirm::{self, Key, Prefixes, Roster, Style, Texts},
    ingest::{BusinessRules, ConfirmRules, Directory},
    insight::Polled,
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

pub(super) fn directory(settings: &Settings, shelf: &Shelf) -> Result<Directory, StartError> {
    let mut directory = Directory::new();
    for business in &settings.businesses {
        // Every business has a place on the shelf.
        let Some(lexicon) = shelf.of(&business.slug) else { continue };
        let default_scope =
            business.default_scope.parse().map_err(|_| StartError::Scope(business.slug.clone()))?;
        let rules = BusinessRules {
            slug: business.slug.clone(),
            topics: business.topics.keys().cloned().collect(),
            default_scope,
            lexicon,
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
                answer: settings.confirm.answer,
                marketing: settings.confirm.marketing,
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
pub(super) fn senders(settings: &Settings) -> Result<Roster, StartError> {
    let prefixes = Prefixes {
        stop: first_or(&settings.lexicon.optout_prefixes, "optout"),
        start: first_or(&settings.lexicon.optin_prefixes, "optin"),
    };
    let mut senders = BTreeMap::new();
    for business in &settings.businesses {
        let Some(token) = business.access_token.clone() else { continue };
        let sender = confirm::Business {
            slug: business.slug.clone(),
            token,
            texts: Arc::new(texts(business)?),
            style: Style { interactive: settings.confirm.interactive, prefixes: prefixes.clone() },
        };
        senders.insert(business.slug.clone(), Arc::new(sender));
    }
    Ok(Roster::new(senders))
}

/// The businesses that Meta can be asked about.
pub(super) fn polled(settings: &Settings) -> Vec<Polled> {
    let polled = settings.businesses.iter().filter_map(|business| {
        let (token, waba_ids) = business.to_ask_with()?;
        Some(Polled { slug: business.slug.clone(), token: token.clone(), waba_ids: waba_ids.to_vec() })
    });
    polled.collect()
}

fn first_or(prefixes: &[String], otherwise: &str) -> String {
    prefixes.first().map_or_else(|| otherwise.to_owned(), Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::{Action, Answer, Context, Lexicon, Scope};

    #[test]
    fn who_types_what_a_button_of_the_question_says_has_answered_it() {
        let lexicon = Lexicon::builtin().unwrap();
        let texts = Texts::with_overrides(Vec::new(), "en").unwrap();
        for language in texts.languages() {
            for (key, wanted) in [
                (Key::AskAll, Answer::All),
                (Key::AskTopic, Answer::Only(None)),
                (Key::AskKeep, Answer::Keep),
            ] {
                let label = language.render(key, None);
                let decision = lexicon.classify(&label, &Context::default());
                // Some labels say it without any question.
                let says_it = match decision.action {
                    Action::Stop(Scope::All) => wanted == Answer::All,
                    Action::Start(Scope::All) => wanted == Answer::Keep,
                    _ => decision.answer.as_ref() == Some(&wanted),
                };
                assert!(says_it, "{}: {label}: {decision:?}", language.language());
            }
        }
    }
}
