//! The words that our own messages tell people to answer with. Whoever answers with one must be understood, so
//! those that the lexicon does not know, or takes for something else, are added to it.

use toml::Value;

use crate::{
    confirm::{Key, Texts},
    intent::{Action, Draft, Lexicon, Scope, normalize},
};

/// Each promise, with what it means and how a lexicon file says so.
const PROMISES: [(Key, Action, &str); 2] =
    [(Key::StartWord, Action::Start(Scope::All), "start"), (Key::StopWord, Action::Stop(Scope::All), "stop")];

/// Lexicon files, each with its name, for the promises of `texts` that no keyword of `draft` keeps. A guess, which spares
/// compiling a lexicon to ask it: [`unkept`] has the last word.
pub(super) fn unsaid<'a>(draft: &Draft, texts: impl IntoIterator<Item = &'a Texts>) -> Vec<(String, String)> {
    let keywords = PROMISES.map(|(_, action, _)| draft.keywords(&action));
    let is_said = |word: &str, place: usize| {
        let word = normalize(word);
        keywords.get(place).is_some_and(|keywords| keywords.has(&word))
    };
    files(texts, is_said)
}

/// The same for the promises that `lexicon` would not keep.
pub(super) fn unkept<'a>(
    lexicon: &Lexicon,
    texts: impl IntoIterator<Item = &'a Texts>,
) -> Vec<(String, String)> {
    let is_kept = |word: &str, place: usize| {
        PROMISES.get(place).is_some_and(|(_, promised, _)| lexicon.says(word, promised))
    };
    files(texts, is_kept)
}

/// Files with the words that are not `fine`, which is asked with the place of the promise.
fn files<'a>(
    texts: impl IntoIterator<Item = &'a Texts>,
    fine: impl Fn(&str, usize) -> bool,
) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for language in texts.into_iter().flat_map(Texts::languages) {
        for (place, (key, _, name)) in PROMISES.into_iter().enumerate() {
            let word = language.raw(key);
            if fine(word, place) {
                continue;
            }
            // `=` is for a word that no other is a misspelling of.
            let word = format!("={}", word.split_whitespace().collect::<Vec<_>>().join("_"));
            let (tag, word) = (Value::from(language.language()), Value::from(word));
            let file = format!("language = {tag}\n[[keywords]]\naction = \"{name}\"\nwords = {word}\n");
            let file = (format!("{}.{name}_word", language.language()), file);
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::Context;

    #[test]
    fn every_word_that_the_texts_name_is_understood_in_its_language() {
        let texts = Texts::builtin().unwrap();
        let files = unkept(&Lexicon::builtin().unwrap(), [&texts]);
        let lexicon = Lexicon::with_overrides(files).unwrap();
        assert!(unkept(&lexicon, [&texts]).is_empty());
        let decision = lexicon.classify("Alta.", &Context::default());
        assert_eq!((decision.action, decision.language.as_str()), (Action::Start(Scope::All), "es"));
        let gama = lexicon.classify("ALTA GAMA", &Context::default());
        assert_eq!(gama.action, Action::None);
        // What is known already keeps its language.
        assert_eq!(lexicon.classify("STOP", &Context::default()).language.as_str(), "en");
    }

    #[test]
    fn the_built_in_texts_promise_what_the_built_in_words_keep() {
        let texts = Texts::builtin().unwrap();
        // Else every start would compile all words anew.
        assert_eq!(unsaid(&Draft::read([]).unwrap(), [&texts]), []);
        assert_eq!(unkept(&Lexicon::builtin().unwrap(), [&texts]), []);
    }

    #[test]
    fn what_the_texts_lack_is_guessed_without_a_lexicon() {
        let own = "language = \"es\"\nstart_word = \"ZUMBAR\"\n".to_owned();
        let texts = [Texts::builtin(), Texts::with_overrides([("own.toml".to_owned(), own)], "es")];
        let texts = texts.map(Result::unwrap);
        let guessed = unsaid(&Draft::read([]).unwrap(), &texts);
        assert_eq!(guessed, unkept(&Lexicon::builtin().unwrap(), &texts));
        assert!(guessed.iter().any(|(_, file)| file.contains("ZUMBAR")), "{guessed:?}");
        let draft = Draft::read(guessed).unwrap();
        assert!(unsaid(&draft, &texts).is_empty());
    }

    #[test]
    fn a_businesss_own_words_are_understood() {
        let own = "language = \"es\"\nstart_word = \"QUIERO SEGUIR\"\n".to_owned();
        let texts = Texts::with_overrides([("own.toml".to_owned(), own)], "es").unwrap();
        let lexicon = Lexicon::builtin().unwrap();
        let lexicon = Lexicon::with_overrides(unkept(&lexicon, [&texts])).unwrap();
        let decision = lexicon.classify("quiero seguir", &Context::default());
        assert_eq!(decision.action, Action::Start(Scope::All));
    }
}
