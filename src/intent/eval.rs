//! Scores a lexicon against a table of phrases, beside two baselines.

mod table;

use std::collections::BTreeMap;
use std::fmt;

pub use table::{BadTable, Expected, Phrase, read};

use super::{Action, Context, Lexicon, Scope, normalize};

/// Which lines to score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// All.
    Both,
    /// The first, third, fifth … of each language and expectation: for tuning.
    Odd,
    /// The others: for checking.
    Even,
}

/// Counts of one group of phrases: right ones of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Score {
    /// Stops (to all or a topic) that came out as a stop.
    pub stops: Ratio,
    /// The same when a question counts too.
    pub stops_or_ask: Ratio,
    /// Texts that mean nothing to us and came out as a stop: the fewer the better.
    pub false_stops: Ratio,
    /// Topic stops with the right scope.
    pub topics: Ratio,
    /// Starts that came out as a start.
    pub starts: Ratio,
    /// Requests for help that came out as help.
    pub helps: Ratio,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ratio {
    /// Those that count.
    pub hits: u32,
    /// All.
    pub of: u32,
}

impl Ratio {
    fn count(&mut self, hit: bool) {
        self.of += 1;
        self.hits += u32::from(hit);
    }

    /// From 0 to 1; `None` of nothing.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.hits) / f64::from(self.of))
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.share() {
            Some(share) => f.pad(&format!("{:.1}% ({}/{})", share * 100.0, self.hits, self.of)),
            None => f.pad("-"),
        }
    }
}

impl Score {
    /// Counts one phrase.
    pub fn count(&mut self, expected: &Expected, got: &Action) {
        let stop = matches!(got, Action::Stop(_));
        match expected {
            Expected::Stop | Expected::Topic { .. } => {
                self.stops.count(stop);
                self.stops_or_ask.count(stop || matches!(got, Action::Ask(_)));
                if let Expected::Topic { topic, or_all } = expected {
                    self.topics.count(topic_is_right(topic, *or_all, got));
                }
            }
            Expected::None => self.false_stops.count(stop),
            Expected::Start => self.starts.count(matches!(got, Action::Start(_))),
            Expected::Help => self.helps.count(*got == Action::Help),
        }
    }
}

/// Whether a decision is what the table expects.
#[must_use]
pub fn is_right(expected: &Expected, got: &Action) -> bool {
    match expected {
        Expected::Stop => *got == Action::Stop(Scope::All),
        Expected::Topic { topic, or_all } => topic_is_right(topic, *or_all, got),
        Expected::Start => matches!(got, Action::Start(_)),
        Expected::Help => *got == Action::Help,
        Expected::None => *got == Action::None,
    }
}

fn topic_is_right(topic: &str, or_all: bool, got: &Action) -> bool {
    match got {
        Action::Stop(Scope::All) => or_all,
        Action::Stop(Scope::Topic(got)) => {
            let wanted = match topic {
                "promotions" | "coupons" | "offers" | "ads" => "marketing".to_owned(),
                other => other.replace(' ', "-"),
            };
            // "reminders" is right for "appointment-reminders", which says more.
            got.as_str() == wanted || got.as_str().ends_with(&format!("-{wanted}"))
        }
        _ => false,
    }
}

/// The scores of three ways of deciding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The lexicon, by language.
    pub by_language: BTreeMap<String, Score>,
    /// The lexicon, by difficulty.
    pub by_difficulty: BTreeMap<String, Score>,
    /// The lexicon, all together.
    pub total: Score,
    /// An exact keyword as the whole message, as large SMS platforms match.
    pub exact: Score,
    /// A keyword as a word anywhere.
    pub anywhere: Score,
}

/// Scores the lexicon and the baselines.
#[must_use]
pub fn score(lexicon: &Lexicon, phrases: &[Phrase], half: Half) -> Report {
    let mut report = Report::default();
    for phrase in choose(phrases, half) {
        let got = lexicon.classify(&phrase.text, &Context::default()).action;
        let language = report.by_language.entry(phrase.language.clone()).or_default();
        language.count(&phrase.expected, &got);
        report.by_difficulty.entry(phrase.difficulty.clone()).or_default().count(&phrase.expected, &got);
        report.total.count(&phrase.expected, &got);
        report.exact.count(&phrase.expected, &exact_keyword(&phrase.text));
        report.anywhere.count(&phrase.expected, &word_anywhere(&phrase.text));
    }
    report
}

/// The phrases that come out differently, with what came out and by which rule.
#[must_use]
pub fn misses<'p>(lexicon: &Lexicon, phrases: &'p [Phrase], half: Half) -> Vec<(&'p Phrase, String, String)> {
    choose(phrases, half)
        .into_iter()
        .filter_map(|phrase| {
            let decision = lexicon.classify(&phrase.text, &Context::default());
            (!is_right(&phrase.expected, &decision.action))
                .then(|| (phrase, decision.action.to_string(), decision.rule.to_string()))
        })
        .collect()
}

fn choose(phrases: &[Phrase], half: Half) -> Vec<&Phrase> {
    let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    phrases
        .iter()
        .filter(|phrase| {
            let count = seen.entry((&phrase.language, &phrase.difficulty)).or_default();
            *count += 1;
            match half {
                Half::Both => true,
                Half::Odd => !count.is_multiple_of(2),
                Half::Even => count.is_multiple_of(2),
            }
        })
        .collect()
}

/// What the documentation of large SMS platforms lists, with the words of the languages that they serve.
const STOP_WORDS: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "optout",
    "revoke",
    "baja",
    "cancelar",
    "salir",
    "parar",
    "sair",
    "detener",
    "arret",
    "stopp",
    "abmelden",
    "afmelden",
    "uitschrijven",
    "koniec",
    "стоп",
    "dur",
    "הסר",
    "الغاء",
    "ايقاف",
    "停止",
    "退订",
    "그만",
    "berhenti",
];
const START_WORDS: &[&str] = &["start", "unstop", "alta", "volver", "recibir", "receber"];
const HELP_WORDS: &[&str] = &["help", "info", "ayuda", "ajuda", "aide", "hilfe"];

fn exact_keyword(text: &str) -> Action {
    let text = normalize(text);
    listed(|words| words.iter().any(|w| *w == text))
}

fn word_anywhere(text: &str) -> Action {
    let text = normalize(text);
    listed(|words| text.split([' ', ',']).any(|word| words.contains(&word)))
}

fn listed(found: impl Fn(&[&str]) -> bool) -> Action {
    if found(STOP_WORDS) {
        Action::Stop(Scope::All)
    } else if found(START_WORDS) {
        Action::Start(Scope::All)
    } else if found(HELP_WORDS) {
        Action::Help
    } else {
        Action::None
    }
}

/// Prints the tables in Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, name: &str, s: &Score| {
            writeln!(
                f,
                "| {name:<22} | {:<16} | {:<16} | {:<16} | {:<14} | {:<14} | {:<14} |",
                s.stops, s.stops_or_ask, s.false_stops, s.topics, s.starts, s.helps
            )
        };
        writeln!(
            f,
            "| group | stop recall | with ask | false stops | topic right | start right | help right |"
        )?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- | --- |")?;
        for (name, score) in self.by_language.iter().chain(&self.by_difficulty) {
            line(f, name, score)?;
        }
        line(f, "all", &self.total)?;
        line(f, "baseline exact keyword", &self.exact)?;
        line(f, "baseline word anywhere", &self.anywhere)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = include_str!("../../tests/data/phrases.tsv");

    #[test]
    fn prints_what_it_scored() {
        let lexicon = Lexicon::builtin().unwrap();
        let phrases = match std::env::var("PHRASES") {
            Ok(file) if !file.is_empty() => read(&std::fs::read_to_string(file).unwrap()).unwrap(),
            _ => read(TABLE).unwrap(),
        };
        if let Ok(language) = std::env::var("MISSES") {
            for (phrase, got, rule) in misses(&lexicon, &phrases, Half::Both) {
                if phrase.language.starts_with(&language) {
                    println!(
                        "MISS {} {:?} {:?} -> {got} by {rule}",
                        phrase.language, phrase.expected, phrase.text
                    );
                }
            }
        }
        let (odd, even) = (score(&lexicon, &phrases, Half::Odd), score(&lexicon, &phrases, Half::Even));
        println!("odd half\n{odd}\neven half\n{even}\nboth\n{}", score(&lexicon, &phrases, Half::Both));
        assert!(odd.total.stops.of + even.total.stops.of > 0);
        assert!(even.to_string().contains("| all"));
    }
}
