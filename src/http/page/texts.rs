//! Every text of the page, in its three languages: `config/page/*.toml`.
//!
//! A field here is a key there; a file that lacks one, or has one more, is refused, so that no language misses anything.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;

use super::language::{Language, Locale};
pub(super) use crate::doctor::fill;
use crate::{doctor::Words as Findings, intent::Reason};

/// Declares a section of the texts: every field is a text unless it says what else it is.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident $(: $kind:ty)?),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $(pub(super) $field: section!(@kind $($kind)?),)+
        }
    };
    (@kind) => { String };
    (@kind $kind:ty) => { $kind };
}

section! {
    /// All of one language.
    Texts {
        common: Common,
        nav: Nav,
        sign_in: SignIn,
        errors: Errors,
        notices: Notices,
        chart: Chart,
        words: Words,
        happened: Happened,
        overview: Overview,
        work: Work,
        person: PersonTexts,
        near_misses: NearMissTexts,
        breaches: BreachTexts,
        outbox: OutboxTexts,
        dead_letters: DeadLetterTexts,
        templates: Templates,
        numbers: Numbers,
        health: Health,
    }
}

section! {
    /// A heading, and what it means.
    Told { title, body }
}

section! {
    /// What is on many views.
    Common {
        skip, signed_in_as, sign_out, role_see, role_act, business, choose_business, language, try_again,
        utc, period, as_of, working, days: Counted, no_business: Told,
    }
}

section! {
    Nav {
        label, insight, overview, templates, numbers, people, operation, person, near_misses, breaches, outbox,
        dead_letters, health,
    }
}

section! {
    SignIn {
        title, lead, token, hint, submit, missing, unknown, shut: Told, shut_then, bounce, go_on,
    }
}

section! {
    Errors {
        not_found: Told, unknown_business: Told, method_not_allowed: Told, signed_out: Told, read_only: Told,
        foreign_form: Told, bad_form: Told, too_many_failures: Told, store_unavailable: Told, internal: Told, start,
    }
}

section! { Notices { signed_out, signed_out_here, suppressed, resumed, already_so, not_resumed, not_suppressed, erased, nothing_erased, approved, outdated, rejected, answered_no, ended_with_stop, gone, will_be_sent, job_dropped, job_sent, window_closed, letter_read, letter_read_nothing, still_broken, letter_dropped } }

section! {
    /// What the service's own words are called, by these words.
    Words {
        sources: BTreeMap<String, String>, reasons: BTreeMap<String, String>,
        scopes: BTreeMap<String, String>, languages: BTreeMap<String, String>,
    }
}

impl Words {
    /// Where a decision came from.
    pub(super) fn source<'a>(&'a self, source: &'a str) -> &'a str {
        called(&self.sources, source)
    }

    /// Why somebody leaves.
    pub(super) fn reason(&self, reason: Reason) -> &str {
        called(&self.reasons, reason.name())
    }

    /// What is refused: everything, `marketing`, or a topic of the business's own.
    pub(super) fn scope<'a>(&'a self, scope: &'a str) -> &'a str {
        called(&self.scopes, scope)
    }

    /// A language by its tag.
    pub(super) fn language<'a>(&'a self, tag: &'a str) -> &'a str {
        called(&self.languages, tag)
    }
}

/// What the service's words are called, by these.
pub(super) type Names = BTreeMap<String, String>;

/// What has no name is called as it is.
pub(super) fn called<'a>(names: &'a BTreeMap<String, String>, word: &'a str) -> &'a str {
    names.get(word).map_or(word, String::as_str)
}

section! { Chart { table, day, week_of, since } }

section! {
    Overview {
        title, lead, opt_outs, returns, rate, on_list, on_list_about,
        delivered: Counted, before_more, before_less, before_same, before_none, per_day, per_week, returns_per_day,
        returns_per_week, sources, reasons, languages, scopes, rest, empty: Told, suspects: Counted, suspects_look,
        changed, nothing_changed, working, again, more: Counted,
    }
}

section! {
    /// What happened to templates, numbers and accounts.
    Happened {
        bad, warning, plain, added, first_sent, edited, status, quality, category, coming, rating, limit, throughput, event,
    }
}

section! {
    Templates {
        title, one, lead, verdict, template, delivered, opt_outs, rate, times, curve, curve_of, suspect, unclear, fine,
        leaves_more, only_one, not_more, harmless, not_delivered, nothing_to_compare, too_few, sort_by, interval,
        interval_open, about_rate, against: Counted, never_signed_up, breaches, delivered_per_day, happened,
        nothing_happened, topics, topics_lead, topic_and_template, gave_reason, no_topic, other_topics, topic_rest,
        check_consent, notes, unattributed, unnamed, guessed, sampled, gaps, together, empty: Told,
        not_in_period: Told,
    }
}

section! {
    Numbers {
        title, lead, rating, not_polled, not_told, no_accounts_to_ask, limit, throughput, status, unlimited, rating_over_time, limit_over_time,
        what_meta_told, accounts, no_accounts, about, empty: Told,
    }
}

section! { Work { note, note_hint, older, newest, cancel, masked, person, state, reason, actions, scope, topic, template, campaign, category, rule, language, source, by, by_command, message_id, rule_keyword, rule_pattern, rule_optout, rule_optin, rule_preference, rule_sign, acts: Names, results: Names, decisions: Names } }

section! { PersonTexts { title, lead, number, hint, search, refuses_all, refuses, free, from_before, several, known_as, spellings, given_up, newest, in_settings, stopped_at, started_at, timeline, timeline_empty, nothing_changed, erased, hidden_words, answering, reference, number_id, rules_version, written, provoked, how, now, looked_through: Counted, looked_in_part, further, suppress, resume, forget, suppress_about, resume_about, forget_about, forget_note_hint, confirm_suppress, confirm_resume, confirm_forget, would_erase, stays, nothing_to_erase, unknown: Told, gone: Told, erased_counts: ErasedCounts, errors: Names } }

section! { NearMissTexts { title, lead, all, asked, not_asked, no_words, approve, reject, approve_about, fired, now, proposal, proposal_hint, too_long, states: Names, empty: Told } }

section! { BreachTexts { title, one, lead, sent, refused, since, since_unknown, message, unlabelled, empty: Told } }

section! { OutboxTexts { title, lead, waiting, finished, total: Counted, message, queued, until, attempts: Counted, retry, drop, doubt, kinds: Names, states: Names, reasons: Names, empty_waiting: Told, empty_finished: Told } }

section! { DeadLetterTexts { title, lead, item, came, show, again, again_about, drop, reasons: Names, empty: Told } }

section! { ErasedCounts { records, evidence, jobs, dead_letters, near_misses, sends, audit } }
section! {
    Health {
        title, lead, again, problem: Counted, warning: Counted, fine: Counted, unchecked: Counted, problem_word,
        warning_word, fine_word, unchecked_word, mend, in_order, not_looked_at, all_well, secrets, redis, meta,
        address, last_webhook, no_webhook, unknown_webhook, being_asked, near_as_of, far_as_of,
    }
}

/// A text about a number of things.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counted {
    one: String,
    other: String,
}

impl Counted {
    /// With the number in it.
    pub(super) fn say(&self, number: u64, locale: Locale) -> String {
        // CLDR: Portuguese has none of something in the singular.
        let is_one = number == 1 || (number == 0 && locale.language == Language::Portuguese);
        fill(if is_one { &self.one } else { &self.other }, &[("n", &locale.count(number))])
    }
}

/// The texts of all languages.
pub(super) struct AllTexts {
    all: [Arc<Texts>; 3],
    /// What the doctor says; nothing where that is its own language.
    findings: [Findings; 3],
}

impl AllTexts {
    /// # Errors
    ///
    /// When a file has not every key, or one too many.
    pub(super) fn builtin() -> Result<Self, toml::de::Error> {
        let read = |language| Ok(Arc::new(toml::from_str(file(language))?));
        let all = [read(Language::Spanish)?, read(Language::Portuguese)?, read(Language::English)?];
        let findings = [
            toml::from_str(include_str!("../../../config/doctor/es.toml"))?,
            toml::from_str(include_str!("../../../config/doctor/pt-BR.toml"))?,
            Findings::default(),
        ];
        Ok(Self { all, findings })
    }

    /// What the doctor says in a language.
    pub(super) fn findings(&self, language: Language) -> &Findings {
        let [spanish, portuguese, english] = &self.findings;
        match language {
            Language::Spanish => spanish,
            Language::Portuguese => portuguese,
            Language::English => english,
        }
    }

    pub(super) fn of(&self, language: Language) -> Arc<Texts> {
        let [spanish, portuguese, english] = &self.all;
        Arc::clone(match language {
            Language::Spanish => spanish,
            Language::Portuguese => portuguese,
            Language::English => english,
        })
    }
}

fn file(language: Language) -> &'static str {
    match language {
        Language::Spanish => include_str!("../../../config/page/es.toml"),
        Language::Portuguese => include_str!("../../../config/page/pt-BR.toml"),
        Language::English => include_str!("../../../config/page/en.toml"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use toml::Value;

    use super::*;

    /// Every text with its key.
    fn texts(language: Language) -> BTreeMap<String, String> {
        fn collect(place: &str, value: &Value, found: &mut BTreeMap<String, String>) {
            match value {
                Value::Table(table) => {
                    for (key, value) in table {
                        collect(&format!("{place}.{key}"), value, found);
                    }
                }
                value => {
                    found.insert(place.to_owned(), value.as_str().unwrap().to_owned());
                }
            }
        }
        let mut found = BTreeMap::new();
        collect("", &toml::from_str(file(language)).unwrap(), &mut found);
        found
    }

    /// The names in braces.
    fn names(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
    }

    #[test]
    fn every_language_has_every_text_with_the_same_values_in_it() {
        AllTexts::builtin().unwrap();
        let english = texts(Language::English);
        for language in [Language::Spanish, Language::Portuguese] {
            let other = texts(language);
            assert!(english.keys().eq(other.keys()), "{language:?}");
            for (key, text) in &english {
                let translated = &other[key];
                assert!(!translated.trim().is_empty(), "{language:?} {key}");
                // "one" may say it in words.
                if !key.ends_with(".one") {
                    assert_eq!(names(text), names(translated), "{language:?} {key}");
                }
            }
            let same = english.iter().filter(|(key, text)| text.len() > 24 && other[*key] == **text);
            assert_eq!(
                same.map(|(key, _)| key.as_str()).collect::<Vec<_>>(),
                [""; 0],
                "{language:?}: not translated"
            );
        }
    }

    #[test]
    fn every_word_of_the_service_has_a_name() {
        let texts = AllTexts::builtin().unwrap().of(Language::English);
        let words = &texts.words;
        let lexicon = crate::intent::Lexicon::builtin().unwrap();
        let languages: BTreeSet<_> = lexicon.languages().map(|(tag, _)| tag.to_owned()).collect();
        assert!(languages.iter().eq(words.languages.keys()), "{languages:?}");
        let sources: BTreeSet<_> = super::super::overview::SOURCES.map(str::to_owned).into();
        assert!(sources.iter().eq(words.sources.keys()));
        let reasons = super::super::overview::REASONS.map(|reason| reason.name().to_owned());
        assert!(BTreeSet::from(reasons).iter().eq(words.reasons.keys()));
    }

    #[test]
    fn every_reason_of_a_dead_letter_has_a_text() {
        // The reason is stored as the reader says it; these words are its code.
        let sources = [
            include_str!("../../payload/body.rs"),
            include_str!("../../payload/value.rs"),
            include_str!("../../payload/message.rs"),
            include_str!("../../payload/preference.rs"),
            include_str!("../../payload/status.rs"),
            include_str!("../../payload/system.rs"),
            include_str!("../../ingest/plan.rs"),
        ];
        let begins =
            ["it ", "its ", "nothing in it ", "the body ", "the object of ", "a start ", "a resume "];
        let code = sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap());
        let literals = code.flat_map(|code| code.split('"').skip(1).step_by(2));
        let said: BTreeSet<&str> =
            literals.filter(|text| begins.iter().any(|begin| text.starts_with(begin))).collect();
        let texts = AllTexts::builtin().unwrap().of(Language::English);
        let known: BTreeSet<&str> = texts.dead_letters.reasons.keys().map(String::as_str).collect();
        assert_eq!(said, known);
    }

    #[test]
    fn every_reason_of_a_message_of_ours_has_a_text() {
        let sources = [
            include_str!("../../cloud_api/advice.rs"),
            include_str!("../../confirm/outcome.rs"),
            include_str!("../../confirm/breaker.rs"),
        ];
        let code = sources.map(|source| source.split("#[cfg(test)]").next().unwrap());
        // Words in quotes that are no sentence are the reasons.
        let is_word = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        let said: BTreeSet<&str> =
            code.iter().flat_map(|code| code.split('"').skip(1).step_by(2)).filter(is_word).collect();
        assert!(said.len() > 30, "{said:?}");
        let texts = AllTexts::builtin().unwrap().of(Language::English);
        let unknown: Vec<_> =
            said.into_iter().filter(|word| !texts.outbox.reasons.contains_key(*word)).collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn one_of_something_is_said_as_each_language_does() {
        let counted = Counted { one: "{n} day".to_owned(), other: "{n} days".to_owned() };
        let [english, portuguese] = ["en", "pt"].map(|tag| Locale::of_tag(tag).unwrap());
        assert_eq!([0, 1, 2].map(|n| counted.say(n, english)), ["0 days", "1 day", "2 days"]);
        assert_eq!([0, 1, 2].map(|n| counted.say(n, portuguese)), ["0 day", "1 day", "2 days"]);
    }
}
