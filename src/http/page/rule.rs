//! Why a text was decided so, in the reader's words.

use super::{texts::fill, visit::Visit};
use crate::intent::{Action, Context, Decision, Lexicon};

/// A rule by its name, and what it looks for where the name says that.
pub(super) struct RuleLine {
    pub(super) code: String,
    pub(super) words: String,
}

/// The rule of a decision; `None` where there was none.
pub(super) fn line(visit: &Visit, rule: &str) -> Option<RuleLine> {
    if rule.is_empty() || rule == "none" {
        return None;
    }
    let w = &visit.texts.work;
    let named = |text: &str, language: &str, name: &str| {
        let name = name.replace(['-', '_'], " ");
        fill(text, &[("language", visit.texts.words.language(language)), ("words", &name)])
    };
    let mut parts = rule.splitn(3, '/');
    let words = match (parts.next(), parts.next(), parts.next()) {
        (Some(language), Some("keyword"), Some(name)) => named(&w.rule_keyword, language, name),
        (Some(language), Some("pattern"), Some(name)) => named(&w.rule_pattern, language, name),
        (Some("payload"), Some("optout"), None) => w.rule_optout.clone(),
        (Some("payload"), Some("optin"), None) => w.rule_optin.clone(),
        (Some("preference"), Some(_), None) => w.rule_preference.clone(),
        (Some("sign"), Some(_), None) => w.rule_sign.clone(),
        _ => String::new(),
    };
    Some(RuleLine { code: rule.to_owned(), words })
}

/// What the words of now make of a text, where that is something else than it was: in words.
pub(super) fn now(
    visit: &Visit,
    lexicon: &Lexicon,
    text: &str,
    act: &str,
    rule: &str,
    answers_us: bool,
) -> Option<String> {
    let context = Context { answers_us, ..Context::default() };
    let decision = lexicon.classify(text, &context);
    let same = decision.action.name() == act && decision.rule.as_str() == rule;
    (!same).then(|| in_words(visit, &decision))
}

fn in_words(visit: &Visit, decision: &Decision) -> String {
    let name = decision.action.name();
    let mut text = visit.texts.work.decisions.get(name).cloned().unwrap_or_else(|| name.to_owned());
    if let Some(scope) = decision.action.scope() {
        text += &format!(" ({})", visit.texts.words.scope(&scope.to_string()));
    }
    if decision.action != Action::None {
        text += &format!(", {}", decision.rule.as_str());
    }
    text
}
