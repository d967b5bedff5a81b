//! A rule that would catch a text, to be looked at by somebody and put into a file of their own words.

/// Words of a clause at the most: what is longer is said differently the next time.
const MOST_WORDS: usize = 8;
/// Characters of the rule's name that come from the words.
const ID_CHARS: usize = 40;

/// The file of a language's own words with a rule for the clause that says most of a text, as the rules saw it
/// ([`Decision::normalized`](super::Decision)). It catches that clause alone, as a stop to everything. `None` when no clause
/// is short enough, or there is none.
#[must_use]
pub fn propose(normalized: &str, language: &str) -> Option<String> {
    let is_tag =
        !language.is_empty() && language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_mark = |symbol: char| !symbol.is_alphanumeric() && !symbol.is_whitespace();
    let clauses = normalized.split(is_mark).map(|clause| clause.split_whitespace().collect::<Vec<_>>());
    // The first of equals.
    let longest = clauses.reduce(|best, other| if other.len() > best.len() { other } else { best })?;
    if !is_tag || longest.is_empty() || longest.len() > MOST_WORDS {
        return None;
    }
    let id: String = longest.join("-").chars().take(ID_CHARS).collect();
    let words = longest.join(" ");
    Some(format!(
        "language = \"{language}\"\n\n[[patterns]]\nid = \"own-{id}\"\naction = \"stop\"\nfirm = true\nmatch = [\"< {words} >\"]\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::{Action, Context, Lexicon, Scope};

    #[test]
    fn a_proposed_rule_catches_the_text_it_was_made_for() {
        let builtin = Lexicon::builtin().unwrap();
        for (text, language) in [
            ("No me interesa, ¡gracias!", "es"),
            ("not interested", "en"),
            ("não tenho interesse", "pt"),
            ("不感兴趣", "zh"),
            ("my shelf of \"useful\" things is full", "en"),
        ] {
            let before = builtin.classify(text, &Context::default());
            assert!(!matches!(before.action, Action::Stop(_)), "{text}: needs no rule");
            let file = propose(&before.normalized, language).unwrap();
            let ours = Lexicon::with_overrides([(format!("{language}.toml"), file.clone())]).unwrap();
            let after = ours.classify(text, &Context::default());
            assert_eq!(after.action, Action::Stop(Scope::All), "{text}: {file}");
            assert!(after.rule.as_str().contains("/pattern/own-"), "{file}");
        }
    }

    #[test]
    fn what_is_no_short_clause_gets_none() {
        let long = "a b c d e f g h i";
        for (text, language) in [("", "es"), ("?!", "es"), (long, "es"), ("no", ""), ("no", "es\"\nx")] {
            assert_eq!(propose(text, language), None, "{text} {language}");
        }
    }
}
