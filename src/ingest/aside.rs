//! What an event says beside its change of the list: a near-miss, or a tap on the question about one.

use super::{BusinessRules, plan::Heard};
use crate::{
    intent::Action,
    ledger::{NearMiss, NearMissAnswer},
    payload::{Said, Via, Words},
};

/// How many characters of a person's own words are kept.
pub(super) const KEPT_CHARACTERS: usize = 256;
/// The payload of the button of our question that keeps messages coming.
pub(super) const KEEP: &str = "keep";

/// For those who mend the words; nothing on the list hangs on it.
#[derive(Clone)]
pub(super) enum Aside {
    /// The text was likely a stop and not surely one. With the claim of its event.
    NearMiss { near_miss: Box<NearMiss>, claim: Option<String> },
    /// The question was answered by a tap, which counts also where none is open any more. With the claim of its event.
    Tapped { answer: NearMissAnswer, claim: Option<String> },
}

/// What to note of words that came just now; of a back-filled history nothing.
pub(super) fn of(
    rules: &BusinessRules,
    said: &Said<'_>,
    heard: &Heard<'_>,
    at: i64,
    claim: Option<String>,
) -> Option<Aside> {
    if said.via == Via::History {
        return None;
    }
    let decision = &heard.decision;
    if let Action::Ask(scope) = &decision.action {
        let canonical = said.person.identifiers().iter();
        let words = |text: &str| -> String {
            if rules.keep_text { text.chars().take(KEPT_CHARACTERS).collect() } else { String::new() }
        };
        let near_miss = NearMiss {
            // A JSON number, exact far beyond any time.
            at: at as f64,
            canonical: canonical.map(|one| one.canonical().as_str().to_owned()).collect(),
            text: words(&heard.text),
            normalized: words(&decision.normalized),
            decision: decision.action.name().to_owned(),
            rule: decision.rule.as_str().to_owned(),
            language: decision.language.as_str().to_owned(),
            scope: rules.refused(scope).to_string(),
            message_id: said.message_id.as_ref().to_owned(),
            phone_number_id: said.route.phone_number_id.as_deref().unwrap_or_default().to_owned(),
            ..NearMiss::default()
        };
        return Some(Aside::NearMiss { near_miss: Box::new(near_miss), claim });
    }
    // A button of our own question, told from those of campaigns by what it lacks.
    let is_plain = decision.reason.is_none() && decision.reference.is_none();
    let yes = match (&said.words, &decision.action) {
        (Words::Reply { id, .. }, _) if *id == KEEP => false,
        (Words::Reply { .. }, Action::Stop(_)) if is_plain => true,
        _ => return None,
    };
    Some(Aside::Tapped { answer: NearMissAnswer { person: said.person.clone(), yes, at }, claim })
}
