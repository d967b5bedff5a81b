//! What the text engine understands must not get worse: the project's own phrases, which its rules were mended
//! with, keep their score. The honest estimate for unseen texts is in `docs/understanding.md`.

#![allow(clippy::unwrap_used, reason = "a failure here is a failure of the test")]

use baja::intent::{
    Lexicon,
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
