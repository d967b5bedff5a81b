//! A text that is nothing but a stop sign.

use super::decision::{Action, Context, Scope};

/// The rule's id; it belongs to no language.
pub(super) const RULE: &str = "sign/stop-sign";

/// U+1F6D1 OCTAGONAL SIGN, which every font draws as a road's stop sign, most with the word on it. Other signs (a hand, "no
/// entry") mean too many things.
const STOP_SIGN: char = '\u{1f6d1}';

/// What a text means that is a stop sign, or several, and nothing else. Alone it is likely a stop and not surely one, as a
/// doubtful word is; beside words it is left to them.
pub(super) fn read(text: &str, context: &Context) -> Option<Action> {
    let counts_for_nothing = |symbol: char| {
        symbol.is_whitespace()
            || symbol.is_ascii_punctuation()
            || matches!(
                symbol,
                '¡' | '¿' | '…' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}'
            )
    };
    let mut found = false;
    for symbol in text.chars() {
        match symbol {
            STOP_SIGN => found = true,
            _ if counts_for_nothing(symbol) => {}
            _ => return None,
        }
    }
    found.then_some(if context.answers_us { Action::Stop(Scope::All) } else { Action::Ask(Scope::All) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::Lexicon;

    #[test]
    fn a_stop_sign_alone_is_worth_a_question_and_answers_us_as_a_stop() {
        let lexicon = Lexicon::builtin().unwrap();
        let decide = |text: &str, answers_us: bool| {
            let decision = lexicon.classify(text, &Context { answers_us, ..Context::default() });
            (decision.action.to_string(), decision.rule.as_str().to_owned())
        };
        for text in ["🛑", " 🛑🛑 ", "¡🛑!", "🛑\u{fe0f}\n🛑"] {
            assert_eq!(decide(text, false), ("ask".to_owned(), RULE.to_owned()), "{text}");
            assert_eq!(decide(text, true), ("stop".to_owned(), RULE.to_owned()), "{text}");
        }
        for text in ["", "!", "🚗🛑", "🛑 12", "ok 🛑"] {
            assert_eq!(decide(text, true).0, "none", "{text}");
        }
        assert_eq!(decide("🛑 stop", false).1, "en/keyword/stop");
        let forwarded = Context { forwarded: true, ..Context::default() };
        assert_eq!(lexicon.classify("🛑", &forwarded).action, Action::None);
    }
}
