//! The files of the lexicon as they are written. `docs/understanding.md` describes the format for authors.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde::Deserialize;
use zerocopy::{Immutable, IntoBytes, TryFromBytes};

use super::tokens::normalize;
use super::vocabulary::each_term;

/// One language's file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct LanguageFile {
    /// BCP-47 tag.
    pub(super) language: String,
    /// Its name, for readers.
    pub(super) name: String,
    /// Ids such as `pattern/leave-the-list` or `keyword/fin` that an override takes out.
    pub(super) remove: Vec<String>,
    /// Word classes by name; words separated by blanks.
    pub(super) classes: BTreeMap<String, String>,
    /// Topic slugs with their synonyms.
    pub(super) topics: BTreeMap<String, String>,
    /// Words that are never taken for a misspelling.
    pub(super) known: String,
    /// Long words of the lists that are also heard with two slips.
    pub(super) twice: String,
    /// Words and phrases that are a whole message or clause.
    pub(super) keywords: Vec<Keywords>,
    /// Sentences that mean something to us.
    pub(super) patterns: Vec<Pattern>,
    /// Sentences that only look like it.
    pub(super) guards: Vec<Guard>,
    /// The file's own tests: texts by decision, such as `stop` or `stop marketing`.
    #[serde(rename = "match")]
    pub(super) matches: BTreeMap<String, Vec<String>>,
    /// Texts that must come out as none.
    pub(super) no_match: Vec<String>,
}

/// Keywords of one action.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Keywords {
    /// What they mean.
    pub(super) action: Means,
    /// Where they must stand.
    #[serde(default, rename = "where")]
    pub(super) place: Place,
    /// The words, separated by blanks.
    pub(super) words: String,
}

/// What a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Immutable, IntoBytes, TryFromBytes)]
#[serde(rename_all = "lowercase")]
#[repr(u16)]
pub(super) enum Means {
    /// Stop.
    Stop,
    /// Stop when it answers one of our messages, else ask.
    Doubtful,
    /// Worth a question.
    Ask,
    /// Start.
    Start,
    /// Start, but only from somebody who is suppressed or was just asked.
    Yes,
    /// To our question whether messages are to stop: that they are.
    Agree,
    /// To that question: everything.
    All,
    /// To that question: only one topic.
    Only,
    /// To that question: nothing.
    Keep,
    /// Help.
    Help,
}

/// Where a keyword must stand. Greetings, thanks and other fillers do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// It is the whole message.
    #[default]
    Message,
    /// It is the last clause of the message.
    Last,
    /// It is a clause of its own.
    Clause,
}

/// A named set of alternatives in the pattern grammar.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pattern {
    /// Unique in its language.
    pub(super) id: String,
    /// What it means.
    pub(super) action: Means,
    /// No guard takes it back.
    #[serde(default)]
    pub(super) firm: bool,
    /// The topic that it is about, whatever topics its words name: who wants the receipts alone refuses marketing.
    #[serde(default)]
    pub(super) topic: Option<String>,
    /// The alternatives.
    #[serde(rename = "match")]
    pub(super) alternatives: Vec<String>,
}

/// What takes patterns and clause keywords back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guard {
    /// Unique in its language.
    pub(super) id: String,
    /// How far it reaches.
    #[serde(default)]
    pub(super) reach: Reach,
    /// The alternatives.
    #[serde(rename = "match")]
    pub(super) alternatives: Vec<String>,
}

/// What a guard takes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Immutable, IntoBytes, TryFromBytes)]
#[serde(rename_all = "lowercase")]
#[repr(u16)]
pub(super) enum Reach {
    /// Rules that fired on some of the same words.
    #[default]
    Match,
    /// Rules that fired in the same clause.
    Clause,
    /// Everything.
    Text,
}

/// A word or phrase that is a whole message or clause.
pub(super) struct Keyword {
    /// In its normal form, with `-` for blanks, as rules are named after it.
    pub(super) word: String,
    /// Whether no other word is a misspelling of it: what the `=` before it says, which is lost in its normal form.
    pub(super) exact: bool,
    /// What it means.
    pub(super) means: Means,
    /// Where it must stand.
    pub(super) place: Place,
}

/// The normal form of a keyword, with `-` for blanks.
fn keyword(term: &str) -> String {
    // Most have nothing to be folded.
    if term.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return term.to_owned();
    }
    normalize(&term.replace('_', " ")).replace(' ', "-")
}

impl LanguageFile {
    /// The keywords, each once. Where two lists say different things of a word, the later one counts.
    pub(super) fn spoken(&self) -> Vec<Keyword> {
        let mut all = Vec::new();
        for group in &self.keywords {
            for spec in group.words.split_whitespace() {
                each_term(spec, |term| {
                    all.push(Keyword {
                        word: keyword(term),
                        exact: spec.starts_with('='),
                        means: group.action,
                        place: group.place,
                    });
                });
            }
        }
        let mut seen = FxHashSet::default();
        let counts: Vec<bool> = all.iter().rev().map(|keyword| seen.insert(keyword.word.as_str())).collect();
        let mut counts = counts.into_iter().rev();
        all.retain(|_| counts.next() == Some(true));
        all.retain(|k| !self.remove.iter().any(|id| id.strip_prefix("keyword/") == Some(&k.word)));
        all
    }

    /// Lays a user's file over this one: `remove` first, then rules of the same id are replaced and all else added.
    pub(super) fn overlay(&mut self, over: Self) {
        for id in &over.remove {
            if let Some(id) = id.strip_prefix("pattern/") {
                self.patterns.retain(|p| p.id != id);
            } else if let Some(id) = id.strip_prefix("guard/") {
                self.guards.retain(|g| g.id != id);
            } else if let Some(name) = id.strip_prefix("class/") {
                self.classes.remove(name);
            } else if let Some(name) = id.strip_prefix("topic/") {
                self.topics.remove(name);
            }
        }
        self.remove.extend(over.remove);
        if !over.name.is_empty() {
            self.name = over.name;
        }
        for (into, from) in [(&mut self.classes, over.classes), (&mut self.topics, over.topics)] {
            for (name, words) in from {
                let all = into.entry(name).or_default();
                all.push(' ');
                all.push_str(&words);
            }
        }
        for (into, from) in [(&mut self.known, over.known), (&mut self.twice, over.twice)] {
            into.push(' ');
            into.push_str(&from);
        }
        // Later keywords win where two say different things of one word.
        self.keywords.extend(over.keywords);
        self.patterns.retain(|p| over.patterns.iter().all(|o| o.id != p.id));
        self.patterns.extend(over.patterns);
        self.guards.retain(|g| over.guards.iter().all(|o| o.id != g.id));
        self.guards.extend(over.guards);
        for (decision, texts) in over.matches {
            self.matches.entry(decision).or_default().extend(texts);
        }
        self.no_match.extend(over.no_match);
    }
}
