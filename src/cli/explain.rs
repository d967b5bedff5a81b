//! Why a text was decided so, in words.

use crate::intent::{Action, Context, Decision, Lexicon};

/// Says which rule fired and what the context changed. `classify` decides the same text in another context.
pub(super) fn explain(
    lexicon: &Lexicon,
    decision: &Decision,
    context: &Context,
    classify: impl Fn(&Context) -> Decision,
) -> String {
    let mut why = rule_in_words(lexicon, decision);
    if let Action::Ask(_) = decision.action {
        why.push_str("; it is likely a stop, but not surely, so one question is worth it");
    }
    let without: [(bool, Context, &str); 4] = [
        (context.answers_us, Context { answers_us: false, ..*context }, "it answers one of our messages"),
        (context.forwarded, Context { forwarded: false, ..*context }, "it was forwarded"),
        (context.suppressed, Context { suppressed: false, ..*context }, "the person is on the list"),
        (context.asked, Context { asked: false, ..*context }, "the person was just asked"),
    ];
    for (given, other, fact) in without {
        if given {
            let otherwise = classify(&other).action;
            if otherwise != decision.action {
                why.push_str(&format!("; had it not been that {fact}, it would be: {otherwise}"));
            }
        }
    }
    why
}

fn rule_in_words(lexicon: &Lexicon, decision: &Decision) -> String {
    let id = decision.rule.as_str();
    match id {
        "none" => return "no rule fits".to_owned(),
        "context/forwarded" => return "forwarded words are somebody else's".to_owned(),
        "sign/stop-sign" => return "nothing but a stop sign".to_owned(),
        "payload/optout" => return "the button's payload says that the person leaves".to_owned(),
        "payload/optin" => return "the button's payload says that the person comes back".to_owned(),
        _ => {}
    }
    let language = lexicon
        .languages()
        .find(|(tag, _)| *tag == decision.language.as_str())
        .map_or(decision.language.as_str(), |(_, name)| name);
    let mut parts = id.splitn(3, '/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("keyword"), Some(word)) => format!("{language} keyword \"{}\"", word.replace(['-', '_'], " ")),
        (Some("pattern"), Some(name)) => format!("{language} pattern \"{}\"", name.replace('-', " ")),
        _ => format!("rule {id}"),
    }
}
