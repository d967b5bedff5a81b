//! The lexicon: built once, asked for every text.

use std::cell::RefCell;

use super::compile::{LexiconError, Tables};
use super::decision::{Action, Context, Decision, Language, Rule};
use super::draft::{self, Draft};
use super::lattice::{Lattice, Room};
use super::payload_grammar::PayloadGrammar;
use super::ready::{Ready, Surely};
use super::rules::{Compiled, Effect};
use super::sign;
use super::span::Span;
use super::tokens::{Folded, Token, read, read_into};
use super::trie::{self, Hit};
use super::verdict::{self, Verdict};
use crate::embedded;

/// A text that mixes languages is looked at in so many of them.
const MIXED_LANGUAGES: usize = 3;
/// So many words' room is kept from one text to the next.
const KEPT: usize = 256;
/// Longer texts are not taken for a mixture.
const MIXED_UP_TO: usize = 24;

/// Everything known about how people say stop. Immutable, shared between threads.
#[derive(Debug)]
pub struct Lexicon {
    pub(super) tables: Tables,
    /// The names of the languages, in the order of their numbers.
    pub(super) names: Vec<String>,
    pub(super) surely: Surely,
    /// A user's files, which are read again for their examples: parsed, they would take megabytes.
    pub(super) overrides: Vec<(String, String)>,
    pub(super) payloads: PayloadGrammar,
}

/// Room that a thread uses from one text to the next.
#[derive(Debug, Default)]
struct Scratch {
    tokens: Vec<Token>,
    words: Room,
    translated: Room,
    clauses: trie::Room,
    hits: Vec<Hit>,
    /// By language: how many words it knows, and the last of them (counted from 1).
    known: Vec<(usize, usize)>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// An example of a lexicon file that comes out differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The file's language.
    pub language: Language,
    /// The example.
    pub text: String,
    /// What the file says, such as `stop marketing`.
    pub expected: String,
    /// What came out.
    pub got: String,
    /// By which rule.
    pub rule: Rule,
}

impl Lexicon {
    /// The lexicon of the embedded files.
    ///
    /// # Errors
    /// [`LexiconError`] if an embedded file is broken, which the tests rule out.
    pub fn builtin() -> Result<Self, LexiconError> {
        Self::with_overrides([])
    }

    /// The embedded files with a user's files (name and content) laid over them: a file of a known language adds
    /// words and replaces rules of the same id, a file of another language is added.
    ///
    /// # Errors
    /// [`LexiconError`] names the file and the rule that cannot be used.
    pub fn with_overrides(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, LexiconError> {
        Draft::read(files)?.compile()
    }

    pub(super) fn of(ready: Ready, overrides: Vec<(String, String)>) -> Self {
        let Ready { tables, names, surely } = ready;
        Self { tables, names, surely, overrides, payloads: PayloadGrammar::default() }
    }

    /// The same lexicon with a business's own button prefixes.
    #[must_use]
    pub fn with_payloads(mut self, payloads: PayloadGrammar) -> Self {
        self.payloads = payloads;
        self
    }

    /// The tables, for tests of their parts.
    #[cfg(test)]
    pub(super) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The languages, as tag and name.
    pub fn languages(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tables.languages.iter().map(|l| l.as_str()).zip(self.names.iter().map(String::as_str))
    }

    /// Runs every file's own examples and returns those that come out differently.
    #[must_use]
    pub fn check(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        // They were read before, so they can be read again.
        let files = draft::parse(embedded::files().chain(self.overrides.iter().cloned())).unwrap_or_default();
        for (file, language) in files.iter().zip(&self.tables.languages) {
            let none = file.no_match.iter().map(|text| ("none", text));
            let matches =
                file.matches.iter().flat_map(|(want, texts)| texts.iter().map(move |t| (want.as_str(), t)));
            for (expected, text) in matches.chain(none) {
                let decision = self.classify(text, &Context::default());
                let got = decision.action.to_string();
                if got != expected {
                    failures.push(Failure {
                        language: language.clone(),
                        text: text.clone(),
                        expected: expected.to_owned(),
                        got,
                        rule: decision.rule,
                    });
                }
            }
        }
        failures
    }

    /// What a typed text means.
    #[must_use]
    pub fn classify(&self, text: &str, context: &Context) -> Decision {
        SCRATCH.with_borrow_mut(|scratch| self.classify_with(scratch, text, context))
    }

    fn classify_with(&self, scratch: &mut Scratch, text: &str, context: &Context) -> Decision {
        let folded = read_into(text, std::mem::take(&mut scratch.tokens));
        let verdict = if context.forwarded { None } else { self.decide(scratch, &folded, context) };
        scratch.words.shrink();
        scratch.translated.shrink();
        scratch.tokens = folded.tokens;
        scratch.tokens.clear();
        scratch.tokens.shrink_to(KEPT);
        let (mut answer, mut doubtful) = (None, false);
        let (action, rule, language) = match verdict {
            Some(Verdict { action, rule, answer: said, doubtful: is_doubtful }) => {
                (answer, doubtful) = (said, is_doubtful);
                let language = self.tables.rules.get(rule).map(|rule| usize::from(rule.language));
                let language = language.and_then(|language| self.tables.languages.get(language)).cloned();
                let id = self.tables.rules.id(rule).unwrap_or("none");
                (action, Rule::new(id.to_owned()), language.unwrap_or_default())
            }
            None if context.forwarded => (Action::None, Rule::new("context/forwarded"), Language::default()),
            None => match sign::read(text, context) {
                Some(action) => {
                    doubtful = matches!(action, Action::Ask(_));
                    (action, Rule::new(sign::RULE), Language::default())
                }
                None => (Action::None, Rule::new("none"), Language::default()),
            },
        };
        let normalized = folded.text;
        Decision { action, rule, language, normalized, reference: None, reason: None, doubtful, answer }
    }

    /// The action and the rule that decided.
    fn decide(&self, scratch: &mut Scratch, folded: &Folded, context: &Context) -> Option<Verdict> {
        let Scratch { words, translated, clauses, hits, known, .. } = scratch;
        let lattice = words.build(folded, &self.tables.vocabulary, &self.tables.special);
        hits.clear();
        self.tables.trie.run(&lattice, clauses, hits);
        if hits.is_empty() && lattice.len() <= MIXED_UP_TO {
            return self.mixed(&lattice, (translated, clauses, hits, known), folded, context);
        }
        verdict::of(hits, &lattice, folded, &self.tables, context)
    }

    /// What a tapped button or list row means: its payload when that follows the grammar, else its label.
    #[must_use]
    pub fn classify_tap(&self, label: &str, payload: &str, context: &Context) -> Decision {
        match self.payloads.parse(payload) {
            Some(tapped) => Decision {
                rule: Rule::new(if matches!(tapped.action, Action::Stop(_)) {
                    "payload/optout"
                } else {
                    "payload/optin"
                }),
                action: tapped.action,
                language: Language::default(),
                normalized: read(label).text,
                reference: tapped.reference,
                reason: tapped.reason,
                doubtful: false,
                answer: None,
            },
            // A tap always answers something that we sent, and nobody forwards one.
            None => self.classify(label, &Context { answers_us: true, forwarded: false, ..*context }),
        }
    }

    /// Reads a text in which no language found anything with the words of all languages: "Remove me dalla lista".
    fn mixed(
        &self,
        lattice: &Lattice<'_>,
        (translated, clauses, hits, known): (
            &mut Room,
            &mut trie::Room,
            &mut Vec<Hit>,
            &mut Vec<(usize, usize)>,
        ),
        folded: &Folded,
        context: &Context,
    ) -> Option<Verdict> {
        let tables = &self.tables;
        known.clear();
        known.resize(tables.languages.len(), (0, 0));
        let mut words = 0;
        for at in 0..lattice.len() {
            let mut any = false;
            lattice.groups(at).for_each(|group| {
                if let Some((count, last)) = known.get_mut(usize::from(group.language)) {
                    any = true;
                    if *last != at + 1 {
                        (*count, *last) = (*count + 1, at + 1);
                    }
                }
            });
            words += usize::from(any);
        }
        // Those that know most words first; of equals, the later one.
        let counts = |counts: &[(usize, usize)], before: Option<(usize, usize)>| {
            let of = |(at, (count, _)): (usize, &(usize, usize))| (*count, at);
            counts.iter().enumerate().map(of).filter(|c| c.0 > 0 && before.is_none_or(|b| *c < b)).max()
        };
        let mut next = counts(known, None);
        // A language that knows all the words has had its say.
        if next.is_none_or(|(count, _)| count == words) {
            return None;
        }
        // A rule that says something must hold a word of its own language, and not only one that is overlooked: all
        // others would translate what the text's own language has read and left alone.
        let own = |span: &Span, language: u16| {
            let class = span.edge.class;
            span.language == language
                && !tables.trie.overlooked(language).has(class)
                && !tables.special.is_filler(class)
        };
        for _ in 0..MIXED_LANGUAGES {
            let Some((_, number)) = next else { break };
            let language = u16::try_from(number).unwrap_or(u16::MAX);
            let translated = translated.translate(lattice, &tables.special, &tables.translation, language);
            hits.clear();
            tables.trie.run(&translated, clauses, hits);
            hits.retain(|hit| {
                let effect = tables.rules.get(hit.rule).and_then(Compiled::effect);
                let takes_back = matches!(effect, Some(Effect::TakesBack(_)));
                takes_back
                    || (hit.start..hit.end).any(|at| lattice.spans_of(at, language).any(|s| own(s, language)))
            });
            if let Some(verdict) = verdict::of(hits, &translated, folded, tables, context) {
                return Some(verdict);
            }
            next = counts(known, next);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intent::Scope;

    #[test]
    fn every_embedded_file_compiles_and_passes_its_own_examples() {
        let lexicon = Lexicon::builtin().unwrap();
        let failures = lexicon.check();
        let lines: Vec<String> = failures
            .iter()
            .map(|f| {
                format!("{}: {:?}: expected {}, got {} by {}", f.language, f.text, f.expected, f.got, f.rule)
            })
            .collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
        for file in draft::parse(embedded::files()).unwrap() {
            assert!(
                !file.matches.is_empty() && !file.no_match.is_empty(),
                "{} has no examples",
                file.language
            );
        }
    }

    #[test]
    fn a_word_known_to_a_language_is_not_read_with_the_meaning_of_another() {
        let file = |tag: &str, known: &str, stop: &str, msg: &str| {
            let text = format!(
                "language = '{tag}'\nknown = '{known}'\n[classes]\nstop = '{stop}'\nmsg = '{msg}'\n\
                 [[patterns]]\nid = 'p'\naction = 'stop'\nmatch = ['{{stop}} {{msg}} >']"
            );
            (format!("{tag}.toml"), text)
        };
        let action = |known: &str| {
            let files = [file("qaa", known, "brulat", "zemkor"), file("qab", "", "dorvix", "pulnat")];
            let lexicon = Lexicon::with_overrides(files).unwrap();
            lexicon.classify("dorvix zemkor", &Context::default()).action.to_string()
        };
        assert_eq!(action(""), "stop");
        assert_eq!(action("dorvix"), "none");
    }

    #[test]
    fn a_mixture_is_read_in_a_language_only_around_a_word_of_its_own() {
        let text = "language = 'qaa'\n[classes]\nunsub = 'dorvix'";
        let other = "language = 'qab'\n[classes]\nskip = 'lan'\nunsub = 'pulnat'\nmsg = 'mirtel'\n\
                     [[patterns]]\nid = 'p'\naction = 'stop'\nmatch = ['{unsub} >', '{msg} {unsub} >']";
        let files = [("qaa.toml", text), ("qab.toml", other)].map(|(name, text)| (name.into(), text.into()));
        let lexicon = Lexicon::with_overrides(files).unwrap();
        let action = |text: &str| lexicon.classify(text, &Context::default()).action.to_string();
        assert_eq!(action("pulnat"), "stop");
        assert_eq!(action("mirtel dorvix"), "stop");
        assert_eq!(action("lan dorvix"), "none", "nothing of qab but an article: qaa has left dorvix alone");
    }

    #[test]
    fn a_drawn_out_word_is_read_with_each_number_of_letters() {
        let text = "language = 'qaa'\nknown = 'zeevot'\n[[keywords]]\naction = 'stop'\nwords = 'zevot'";
        let lexicon = Lexicon::with_overrides([("qaa.toml".to_owned(), text.to_owned())]).unwrap();
        let action = |text: &str| lexicon.classify(text, &Context::default()).action.to_string();
        assert_eq!((action("zeeeevot"), action("zeevot")), ("stop".to_owned(), "none".to_owned()));
    }

    #[test]
    fn a_guard_counts_only_in_a_language_that_knows_as_many_of_the_words() {
        let file = |tag: &str, rule: &str, more: &str| {
            let text = format!(
                "language = '{tag}'\n[classes]\nstop = 'dorvix'\nmsg = 'pulnat'\n{more}\n\
                 [[{rule}]]\nid = 'p'\nmatch = ['{{stop}} {{msg}} >']"
            );
            (format!("{tag}.toml"), text.replace("[[patterns]]", "[[patterns]]\naction = 'stop'"))
        };
        let files = [file("qaa", "patterns", "more = 'kelmun'"), file("qab", "guards", "")];
        let lexicon = Lexicon::with_overrides(files).unwrap();
        let action = |text: &str| lexicon.classify(text, &Context::default()).action.to_string();
        assert_eq!(
            (action("dorvix pulnat"), action("kelmun dorvix pulnat")),
            ("none".to_owned(), "stop".to_owned())
        );
    }

    #[test]
    fn a_rule_about_a_topic_is_about_it_whatever_its_words_name() {
        let text = "language = \"qaa\"\n[topics]\nreceipts = \"flurbos\"\n[[patterns]]\nid = \"only\"\naction = \"stop\"\n\
                    topic = \"marketing\"\nmatch = [\"<< grumbo {topic} >>\"]\n[match]\n\"stop marketing\" = [\"grumbo flurbos\"]\n";
        let own = |text: &str| Lexicon::with_overrides([("qaa.toml".to_owned(), text.to_owned())]);
        let marketing = Scope::Topic("marketing".parse().unwrap());
        let decision = own(text).unwrap().classify("grumbo flurbos", &Context::default());
        assert_eq!(decision.action, Action::Stop(marketing), "{}", decision.rule);
        assert_eq!(own(text).unwrap().check(), []);
        let error = own(&text.replace("\"marketing\"", "\"no slug!\"")).unwrap_err();
        assert!(error.to_string().contains("\"no slug!\" is not a slug"), "{error}");
    }

    #[test]
    fn two_slips_are_heard_in_the_words_that_a_file_names() {
        let text = |twice: &str| {
            format!(
                "language = \"qaa\"\ntwice = \"{twice}\"\n[[keywords]]\naction = \"stop\"\nwords = \"flurbotante\"\n"
            )
        };
        let own = |twice: &str| Lexicon::with_overrides([("qaa.toml".to_owned(), text(twice))]).unwrap();
        let decide =
            |lexicon: &Lexicon, typed: &str| lexicon.classify(typed, &Context::default()).action.to_string();
        let (with, without) = (own("flurbotante"), own(""));
        for typed in ["flurbotnate", "flubrotnate", "flrbotannte"] {
            assert_eq!(decide(&with, typed), "stop", "{typed}");
        }
        assert_eq!(decide(&without, "flurbotnate"), "stop");
        assert_eq!(decide(&without, "flubrotnate"), "none");
        assert_eq!(decide(&with, "lfubrotnate"), "none");
    }

    #[test]
    fn joined_words_are_not_cut_into_scraps() {
        let text = "language = 'qaa'\n[[keywords]]\naction = 'stop'\nwords = 'zu_xo_ky_wa dorvix_pulnat'";
        let lexicon = Lexicon::with_overrides([("qaa.toml".to_owned(), text.to_owned())]).unwrap();
        let action = |text: &str| lexicon.classify(text, &Context::default()).action.to_string();
        assert_eq!((action("dorvixpulnat"), action("zuxokywa")), ("stop".to_owned(), "none".to_owned()));
    }
}
