//! The texts of our answers, per language.
//!
//! Six languages are built in (`config/texts/*.toml`); a business may replace any text of them and add
//! languages, in files of the same form. Everything is checked when the texts are built, against the limits
//! of WhatsApp with the longest topic name put in, so that no message is refused later because of its text.

mod file;
mod key;

use std::fmt;
use std::sync::Arc;

pub use file::{TextsError, TextsProblem};
pub use key::Key;

use file::Collected;

/// The built-in files, by name.
const BUILTIN: [(&str, &str); 6] = [
    ("es.toml", include_str!("../../config/texts/es.toml")),
    ("pt-BR.toml", include_str!("../../config/texts/pt-BR.toml")),
    ("en.toml", include_str!("../../config/texts/en.toml")),
    ("fr.toml", include_str!("../../config/texts/fr.toml")),
    ("it.toml", include_str!("../../config/texts/it.toml")),
    ("de.toml", include_str!("../../config/texts/de.toml")),
];

/// Of a topic without a name in [`LanguageTexts`], how much of its slug is shown, in characters.
const LONGEST_SLUG: usize = 40;

/// All texts of one business.
pub struct Texts {
    /// In the order of the built-in files, added languages after them.
    languages: Vec<Arc<LanguageTexts>>,
    /// One of `languages`: for words in a language without texts.
    default: Arc<LanguageTexts>,
}

/// The texts of one language; none is missing.
#[derive(Clone)]
pub struct LanguageTexts {
    language: String,
    /// One for each [`Key`].
    texts: std::collections::BTreeMap<Key, String>,
    /// What a topic is called, by its slug.
    topics: std::collections::BTreeMap<String, String>,
}

impl Texts {
    /// The built-in texts, with English for words in other languages.
    ///
    /// # Errors
    ///
    /// Never for the files as they are, which a test holds.
    pub fn builtin() -> Result<Self, TextsError> {
        Self::with_overrides([], "en")
    }

    /// The built-in texts with a business's own over them: `files` are names (for error messages) and TOML, in
    /// which any key may be missing when its language is built in. `default_language` is for words in a
    /// language without texts.
    ///
    /// # Errors
    ///
    /// All that is wrong with the files, each with its file, key and limit.
    pub fn with_overrides(
        files: impl IntoIterator<Item = (String, String)>,
        default_language: &str,
    ) -> Result<Self, TextsError> {
        let mut collected = Collected::default();
        for (name, toml) in BUILTIN {
            collected.add(name, toml);
        }
        for (name, toml) in files {
            collected.add(&name, &toml);
        }
        let languages: Vec<_> = collected.finish()?.into_iter().map(Arc::new).collect();
        match find(&languages, default_language) {
            Some(default) => Ok(Self { default: Arc::clone(default), languages }),
            None => Err(TextsError::from(TextsProblem::DefaultLanguage(default_language.to_owned()))),
        }
    }

    /// The texts for words in `tag` (BCP-47, may be empty): those of the tag itself, or of another with the
    /// same primary language (`es-MX` takes `es`, `pt` takes `pt-BR`), or of the default language.
    pub fn for_language(&self, tag: &str) -> &LanguageTexts {
        find(&self.languages, tag).unwrap_or(&self.default)
    }

    /// The languages, built-in ones first.
    pub fn languages(&self) -> impl Iterator<Item = &LanguageTexts> {
        self.languages.iter().map(Arc::as_ref)
    }
}

impl LanguageTexts {
    /// The language's BCP-47 tag.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The text of `key` as it stands in the file, its placeholders not filled.
    pub fn raw(&self, key: Key) -> &str {
        self.texts.get(&key).map_or("", String::as_str)
    }

    /// The text of `key` for messages of a topic (or of none), its placeholders filled.
    pub fn render(&self, key: Key, topic: Option<&str>) -> String {
        let topic = topic.map(|slug| self.topic_name(slug)).unwrap_or_default();
        self.fill(key, &topic)
    }

    fn fill(&self, key: Key, topic: &str) -> String {
        self.raw(key)
            .replace("{start}", self.raw(Key::StartWord))
            .replace("{stop}", self.raw(Key::StopWord))
            .replace("{topic}", topic)
    }

    /// A topic's name in this language; its slug with blanks where it has none.
    fn topic_name(&self, slug: &str) -> String {
        match self.topics.get(slug) {
            Some(name) => name.clone(),
            None => {
                slug.chars().take(LONGEST_SLUG).map(|c| if c == '-' || c == '_' { ' ' } else { c }).collect()
            }
        }
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Texts").field("default", &self.default.language).finish_non_exhaustive()
    }
}

impl fmt::Debug for LanguageTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LanguageTexts").field("language", &self.language).finish_non_exhaustive()
    }
}

fn find<'a>(languages: &'a [Arc<LanguageTexts>], tag: &str) -> Option<&'a Arc<LanguageTexts>> {
    let tag = tag.replace('_', "-");
    let primary = primary_of(&tag);
    let by = |wanted: &dyn Fn(&str) -> bool| languages.iter().find(|texts| wanted(&texts.language));
    by(&|language| language.eq_ignore_ascii_case(&tag))
        .or_else(|| by(&|language| language.eq_ignore_ascii_case(primary)))
        .or_else(|| by(&|language| primary_of(language).eq_ignore_ascii_case(primary)))
}

fn primary_of(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str) -> Result<Texts, TextsError> {
        Texts::with_overrides([("own.toml".to_owned(), toml.to_owned())], "es")
    }

    fn error(toml: &str) -> String {
        with(toml).unwrap_err().to_string()
    }

    #[test]
    fn the_built_in_texts_are_complete_and_within_the_limits() {
        let texts = Texts::builtin().unwrap();
        let languages: Vec<_> = texts.languages().map(LanguageTexts::language).collect();
        assert_eq!(languages, ["es", "pt-BR", "en", "fr", "it", "de"]);
        for language in texts.languages() {
            for key in Key::ALL {
                assert!(!language.raw(key).is_empty(), "{} {key:?}", language.language());
                let shown = language.render(key, Some("marketing"));
                assert!(!shown.contains(['{', '}']), "{shown}");
            }
            let names: Vec<_> = language.topics.keys().collect();
            assert_eq!(names, texts.default.topics.keys().collect::<Vec<_>>(), "{}", language.language());
        }
    }

    #[test]
    fn a_language_falls_back_to_its_primary_and_then_to_the_default() {
        let texts = with("").unwrap();
        for (tag, language) in [
            ("pt-BR", "pt-BR"),
            ("PT_br", "pt-BR"),
            ("pt", "pt-BR"),
            ("pt-PT", "pt-BR"),
            ("es-MX", "es"),
            ("en-US", "en"),
            ("de-CH", "de"),
            ("hi-Latn", "es"),
            ("", "es"),
            ("-", "es"),
        ] {
            assert_eq!(texts.for_language(tag).language(), language, "{tag}");
        }
    }

    #[test]
    fn a_business_replaces_texts_and_names_topics() {
        let own = "language = 'es'\n[stopped]\ntopic = 'Sin {topic}. {start}.'\n[topics]\nclub = 'el club'";
        let texts = with(own).unwrap();
        let spanish = texts.for_language("es");
        assert_eq!(spanish.render(Key::StoppedTopic, Some("club")), "Sin el club. ALTA.");
        assert_eq!(spanish.render(Key::StoppedTopic, Some("size-43_men")), "Sin size 43 men. ALTA.");
        assert_eq!(spanish.render(Key::StoppedTopic, Some("marketing")), "Sin promociones. ALTA.");
        assert!(spanish.render(Key::StoppedAll, None).contains("responde ALTA"));
    }

    #[test]
    fn an_added_language_is_used_and_needs_every_text() {
        let missing = error("language = 'nl'\nstart_word = 'AAN'");
        assert!(missing.contains("nl: stop_word is missing"), "{missing}");
        assert!(missing.contains("nl: list.no_consent is missing"), "{missing}");
        let dutch = BUILTIN[2].1.replace("language = \"en\"", "language = \"nl\"");
        assert_eq!(with(&dutch).unwrap().for_language("nl-BE").language(), "nl");
        // The language itself comes before a country's.
        let portuguese = dutch.replace("\"nl\"", "\"pt\"");
        assert_eq!(with(&portuguese).unwrap().for_language("pt-PT").language(), "pt");
    }

    #[test]
    fn a_text_over_the_limit_is_refused_with_its_key_and_limit() {
        let long = error("language = 'es'\n[list]\nundo = 'Esto fue solamente un error'");
        assert_eq!(long, "es: list.undo has 27 characters, WhatsApp shows at most 24");
        // The words put in count as well.
        let topic = error(&format!("language = 'es'\n[ask]\ntext = '{}{{topic}}'", "x".repeat(1000)));
        assert_eq!(topic, "es: ask.text has 1040 characters, WhatsApp shows at most 1024");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let problems = error(
            "language = 'es'\nstart_wrd = 'x'\n[stopped]\nall = 'Adiós {name}.'\ntopic = 3\n[ask]\nall = 'Solo esos'",
        );
        for part in [
            "own.toml: start_wrd is not a key of this file",
            "own.toml: stopped.topic must be a text",
            "es: stopped.all has an unknown placeholder; known there are {start}, {stop}",
            "es: stopped.all must name the way back: put {start} in it",
            "es: ask.all and ask.topic show the same",
        ] {
            assert!(problems.contains(part), "{part} in\n{problems}");
        }
        assert!(error("language = ").starts_with("own.toml is not TOML"));
        assert!(error("[stopped]\nall = 'x'").contains("own.toml: language is missing"));
        assert!(Texts::with_overrides([], "xx").unwrap_err().to_string().contains("\"xx\""));
    }
}
