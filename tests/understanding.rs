//! What the text engine understands must not get worse: the project's own phrases, which its rules were mended
//! with, keep their score. The honest estimate for unseen texts is in `docs/understanding.md`.

#![allow(clippy::unwrap_used, reason = "a failure here is a failure of the test")]

use baja::intent::{
    Action, Answer, Context, Lexicon,
    eval::{self, Half},
};

const TABLE: &str = include_str!("data/phrases.tsv");
const OWN: &str = include_str!("data/phrases-own.tsv");

#[test]
fn no_language_falls_behind_what_it_has_reached() {
    let lexicon = Lexicon::builtin().unwrap();
    for (name, table, recall, false_stops) in [("phrases", TABLE, 0.99, 0.003), ("own", OWN, 0.98, 0.003)] {
        let report = eval::score(&lexicon, &eval::read(table).unwrap(), Half::Both);
        let share = |of: &eval::Ratio| f64::from(of.hits) / f64::from(of.of.max(1));
        let total = &report.total;
        assert!(share(&total.stops) >= recall, "{name}: stops\n{report}");
        assert!(share(&total.false_stops) <= false_stops, "{name}: false stops\n{report}");
        assert!(
            share(&total.starts) >= 0.97 && share(&total.helps) >= 0.97,
            "{name}: starts, helps\n{report}"
        );
        assert!(share(&total.topics) >= 0.95, "{name}: topics\n{report}");
        for (language, score) in &report.by_language {
            if score.stops.of >= 20 {
                assert!(share(&score.stops) >= 0.95, "{name}: stops in {language}\n{report}");
            }
        }
    }
}

/// What people write when they are asked whether everything is to stop, or one topic.
const ANSWERS: &[(&str, [&str; 5])] = &[
    // Yes; everything; only what was asked about; one topic by its name; nothing.
    ("es", ["sí, claro", "Todos los mensajes", "Solo esos", "solo las promociones", "no, sigan"]),
    ("en", ["Yes please", "all of them", "Only those", "just the promotions", "No, keep them coming"]),
    ("pt", ["sim, por favor", "todas as mensagens", "só essas", "só as promoções", "não, podem continuar"]),
    ("fr", ["oui merci", "tous les messages", "seulement ceux-là", "uniquement la pub", "non, continuez"]),
    ("it", ["sì grazie", "tutti", "solo quelli", "solo le offerte", "no, continuate"]),
    ("de", ["ja bitte", "alle Nachrichten", "nur diese", "nur Werbung", "nein, weiter erhalten"]),
    ("nl", ["ja graag", "alle berichten", "alleen die", "alleen reclame", "nee, ga door"]),
    ("tr", ["evet", "hepsi", "sadece onlar", "sadece kampanyalar", "hayır, devam edin"]),
    ("ru", ["да", "все", "только эти", "только реклама", "нет, продолжайте"]),
    ("ar", ["نعم", "الكل", "فقط هذه", "فقط العروض", "لا، استمروا"]),
    ("he", ["כן", "הכל", "רק אלה", "רק פרסומות", "לא, תמשיכו"]),
    ("hi", ["हाँ", "सभी", "सिर्फ वही", "सिर्फ विज्ञापन", "नहीं, जारी रखें"]),
    ("id", ["iya", "semuanya", "cuma itu", "cuma promo", "tidak, biarkan saja"]),
    ("ja", ["はい", "全部", "それだけ", "広告だけ", "いいえ、続けてください"]),
    ("ko", ["네", "전부", "그것만", "광고만", "아니요, 계속"]),
    ("zh", ["是的", "全部", "只 这些", "只 广告", "不，继续"]),
];

#[test]
fn an_answer_to_our_question_is_heard_in_every_language_and_decides_nothing_by_itself() {
    let lexicon = Lexicon::builtin().unwrap();
    let marketing = "marketing".parse().unwrap();
    let wanted =
        [Answer::Yes, Answer::All, Answer::Only(None), Answer::Only(Some(marketing)), Answer::Keep].map(Some);
    for (language, texts) in ANSWERS {
        for (text, wanted) in texts.iter().zip(&wanted) {
            let decision = lexicon.classify(text, &Context::default());
            assert_eq!((&decision.answer, decision.action), (wanted, Action::None), "{language}: {text}");
        }
    }
    for text in [
        "sí, pero mañana",
        "no puedo hoy",
        "todos los zapatos",
        "the red ones only",
        "yes, but not all",
        "no sigan",
        "don't continue",
        "",
    ] {
        assert_eq!(lexicon.classify(text, &Context::default()).answer, None, "{text}");
    }
}
