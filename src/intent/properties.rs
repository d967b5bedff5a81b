//! Properties that hold for any text.

use proptest::prelude::*;

use super::{Action, Context, Lexicon, Scope, eval, normalize};

use std::sync::LazyLock;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::builtin().unwrap());

/// Phrases of the languages in which accents are often left out.
static LATIN: LazyLock<Vec<eval::Phrase>> = LazyLock::new(|| {
    let all = eval::read(include_str!("../../tests/data/phrases.tsv")).unwrap();
    all.into_iter().filter(|p| ["es", "pt", "en"].iter().any(|l| p.language.starts_with(l))).collect()
});

fn action(text: &str) -> Action {
    LEXICON.classify(text, &Context::default()).action
}

fn without_accents(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ã' => 'a',
            'é' | 'ê' => 'e',
            'í' => 'i',
            'ó' | 'ô' | 'õ' => 'o',
            'ú' | 'ü' => 'u',
            'ç' => 'c',
            'ñ' => 'n',
            c => c,
        })
        .collect()
}

#[test]
fn case_and_accents_do_not_matter() {
    for phrase in LATIN.iter() {
        let want = action(&phrase.text);
        assert_eq!(action(&phrase.text.to_uppercase()), want, "{}", phrase.text);
        assert_eq!(action(&without_accents(&phrase.text.to_lowercase())), want, "{}", phrase.text);
    }
}

#[test]
fn a_greeting_or_thanks_never_turns_a_stop_into_none() {
    for phrase in LATIN.iter().filter(|p| matches!(action(&p.text), Action::Stop(_))) {
        for (before, after) in [
            ("Hola, ", ""),
            ("Hi ", ""),
            ("Bom dia! ", ""),
            ("", " gracias"),
            ("", ". Thank you"),
            ("Oi, ", ", obrigado"),
        ] {
            let text = format!("{before}{}{after}", phrase.text);
            assert!(matches!(action(&text), Action::Stop(_)), "{text}");
        }
    }
}

#[test]
fn context_decides_doubt() {
    let say = |text: &str, context: Context| LEXICON.classify(text, &context).action;
    let (none, answers) = (Context::default(), Context { answers_us: true, ..Context::default() });
    assert_eq!(say("no me interesa", none), Action::Ask(Scope::All));
    assert_eq!(say("no me interesa", answers), Action::Stop(Scope::All));
    let doubtful = |text: &str, context: Context| LEXICON.classify(text, &context).doubtful;
    for text in ["no me interesa", "🛑"] {
        assert!(doubtful(text, none) && !doubtful(text, answers), "{text}");
    }
    // Worth a question, whatever it answers.
    let unsure = "salir, mañana te llamo";
    assert_eq!((say(unsure, none), doubtful(unsure, none)), (say(unsure, answers), false));
    assert_eq!(say("sí", none), Action::None);
    assert_eq!(say("sí", Context { suppressed: true, ..none }), Action::Start(Scope::All));
    assert_eq!(say("ALTA", Context { asked: true, ..none }), Action::Start(Scope::All));
    assert_eq!(say("BAJA", Context { forwarded: true, ..none }), Action::None);
}

#[test]
fn taps_follow_the_payload_then_the_label() {
    let tap = |label: &str, payload: &str| LEXICON.classify_tap(label, payload, &Context::default());
    let tapped = tap("Ya no quiero", "OPTOUT:offers|campaign-77");
    assert_eq!(
        (tapped.action.to_string().as_str(), tapped.reference.as_deref()),
        ("stop offers", Some("campaign-77"))
    );
    assert_eq!(tap("Stop promotions", "Stop promotions").action.to_string(), "stop marketing");
    assert_eq!(tap("Detener promociones", "").action.to_string(), "stop marketing");
    assert_eq!(tap("No me interesa", "x").action, Action::Stop(Scope::All));
    assert_eq!(tap("Ver catálogo", "catalog").action, Action::None);
}

#[test]
fn a_users_file_adds_and_replaces() {
    let over = r#"
        language = "es"
        remove = ["keyword/chau"]
        [topics]
        shoes = "calzado calzados zapatos"
        [[keywords]]
        action = "stop"
        words = "chau_picho"
    "#;
    let lexicon = Lexicon::with_overrides([("mine.toml".to_owned(), over.to_owned())]).unwrap();
    let say = |text: &str| lexicon.classify(text, &Context::default()).action.to_string();
    assert_eq!(say("chau picho"), "stop");
    assert_eq!(say("chau"), "none");
    assert_eq!(say("no quiero más mensajes de zapatos"), "stop shoes");
    assert_eq!(action("chau"), Action::Ask(Scope::All));
}

#[test]
fn a_broken_users_file_is_named() {
    let broken = |text: &str| {
        Lexicon::with_overrides([("mine.toml".to_owned(), text.to_owned())]).unwrap_err().to_string()
    };
    assert!(broken("language = 1").contains("mine.toml"));
    assert!(broken("name = \"x\"").contains("names no language"));
    assert!(
        broken("language = \"xx\"\n[[patterns]]\nid = \"p\"\naction = \"stop\"\nmatch = [\"{nope}\"]")
            .contains("nope")
    );
    assert!(broken("language = \"xx\"\n[topics]\n\"Not A Slug\" = \"x\"").contains("slug"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn normalising_is_idempotent(text in "\\PC{0,60}") {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn normalising_is_idempotent_on_marks(text in "[a-zßÆİıΣάйёאבגד\u{5b4}\u{640}أإआज़\u{93c}กำか\u{3099}한ᄒ\u{1161}$@'’.·-﷽①ﬁ\u{200d}\u{fe0f}👍🏽 \n]{0,40}") {
        let once = normalize(&text);
        prop_assert_eq!(normalize(&once), once);
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = action(&text);
    }

    #[test]
    fn invisible_characters_and_outer_punctuation_do_not_matter(
        at in 0usize..10_000,
        mark in prop::sample::select(vec!['\u{200b}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202c}', '\u{2060}', '\u{feff}', '\u{ad}']),
        outer in prop::sample::select(vec!["!", "...", "¡¡", "??", "\"", "*", "_", " - ", "()", "🙏", "\n"]),
    ) {
        let phrase = &LATIN[at % LATIN.len()];
        let want = action(&phrase.text);
        let middle = phrase.text.char_indices().nth(at % phrase.text.chars().count()).map_or(0, |(i, _)| i);
        let (head, tail) = phrase.text.split_at(middle);
        prop_assert_eq!(action(&format!("{mark}{head}{mark}{tail}")), want.clone());
        prop_assert_eq!(action(&format!("{outer}{}{outer}", phrase.text)), want);
    }
}
