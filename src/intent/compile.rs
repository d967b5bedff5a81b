//! From the files to tables: classes get numbers, patterns become sequences in the trie.

use rustc_hash::FxHashMap;

use super::blob::pack;
use super::decision::{Language, Topic};
use super::grammar::{self, Edge as End, GrammarError, Laid, Part};
use super::rules::{self, Effect, Rules};
use super::source::{Keyword, LanguageFile, Place};
use super::span::{Edge, NO_TOPIC, Special};
use super::translation::Translation;
use super::trie::{self, Ends, NO_CLASS, Overlooked, Step, Trie};
use super::vocabulary::{Builder, Vocabulary};

/// Why a lexicon cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// Not TOML, or a key that the format does not have.
    #[error("cannot read lexicon file {file}: {message}")]
    Toml {
        /// The file.
        file: String,
        /// What the parser says.
        message: String,
    },
    /// `language` is missing.
    #[error("lexicon file {file} names no language: add a line such as language = \"es\"")]
    NoLanguage {
        /// The file.
        file: String,
    },
    /// A pattern that cannot be read.
    #[error("{rule}: pattern {pattern:?}: {source}")]
    Grammar {
        /// The rule's id.
        rule: String,
        /// The pattern.
        pattern: String,
        /// What is wrong.
        source: GrammarError,
    },
    /// A pattern names a class that the language lacks.
    #[error("{rule}: pattern {pattern:?} names the class {class:?}, which this language does not define")]
    UnknownClass {
        /// The rule's id.
        rule: String,
        /// The pattern.
        pattern: String,
        /// The class.
        class: String,
    },
    /// A topic that is not a slug.
    #[error("{language}: topic {topic:?} is not a slug: use a-z, 0-9, '_' and '-', at most 40 characters")]
    Topic {
        /// The language.
        language: String,
        /// The topic.
        topic: String,
    },
    /// More classes and phrases than the tables can number.
    #[error("the lexicon has more than 65,000 classes and keywords: split it or remove languages")]
    TooLarge,
}

/// The tables of a whole lexicon.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) vocabulary: Vocabulary,
    pub(super) special: Special,
    pub(super) trie: Trie,
    pub(super) rules: Rules,
    pub(super) languages: Vec<Language>,
    pub(super) topics: Vec<Topic>,
    /// What a class is called in another language.
    pub(super) translation: Translation,
}

pack!(Tables { vocabulary, special, trie, rules, languages, topics, translation });

/// Builds the tables.
///
/// # Errors
/// [`LexiconError`], naming the rule.
pub(super) fn compile(files: &[LanguageFile]) -> Result<Tables, LexiconError> {
    let mut compiler = Compiler::default();
    compiler.class(u16::MAX, Name::Of("number"))?;
    for (file, language) in files.iter().zip(0_u16..) {
        compiler.words(file, language)?;
    }
    let overlooked: Vec<Overlooked> = (0_u16..)
        .take(files.len())
        .map(|language| Overlooked {
            skip: compiler.known(language, Name::Of("skip")).unwrap_or(NO_CLASS),
            tail: compiler.known(language, Name::Of("tail")).unwrap_or(NO_CLASS),
        })
        .collect();
    for (file, language) in files.iter().zip(0_u16..) {
        compiler.keywords(file, language)?;
        for pattern in &file.patterns {
            let topic = match &pattern.topic {
                Some(slug) => compiler.topic(&file.language, slug)?,
                None => NO_TOPIC,
            };
            let effect = Effect::Says(pattern.action, pattern.firm);
            let id = [&file.language, "/pattern/", &pattern.id];
            compiler.rule(id, (language, topic), effect, &pattern.alternatives)?;
        }
        for guard in &file.guards {
            let id = [&file.language, "/guard/", &guard.id];
            let effect = Effect::TakesBack(guard.reach);
            compiler.rule(id, (language, NO_TOPIC), effect, &guard.alternatives)?;
        }
    }
    let filler = compiler.names.number(Name::Of("filler"));
    let number = compiler.known(u16::MAX, Name::Of("number")).unwrap_or(u16::MAX);
    let mut is_overlooked = vec![0; compiler.classes.len()];
    for class in overlooked.iter().flat_map(|one| [one.skip, one.tail]) {
        is_overlooked.get_mut(usize::from(class)).into_iter().for_each(|is| *is = 1);
    }
    let common = compiler.builder.commonness(compiler.classes.len());
    let languages: Vec<u16> = compiler.classes.iter().map(|(language, _)| *language).collect();
    let trie = compiler.trie.finish(overlooked, &languages, &common);
    let (trie, standings) = trie.ok_or(LexiconError::TooLarge)?;
    let special = Special {
        standings,
        fillers: compiler.classes.iter().map(|(_, name)| u8::from(Some(*name) == filler)).collect(),
        overlooked: is_overlooked.into(),
        languages: languages.into(),
        number,
    };
    Ok(Tables {
        vocabulary: compiler.builder.finish(&special),
        special,
        trie,
        rules: compiler.rules.finish(),
        languages: files.iter().map(|f| Language::new(f.language.as_str())).collect(),
        topics: compiler.topics,
        translation: Translation::new(&compiler.classes, files.len()),
    })
}

/// What a class is called. Those of all languages that are called the same mean the same.
#[derive(Debug, Clone, Copy)]
enum Name<'n> {
    /// As its file calls it.
    Of(&'n str),
    /// By the words themselves, which are written in a pattern.
    List(&'n str),
}

/// The numbers of names.
#[derive(Debug, Default)]
struct Names {
    of: FxHashMap<String, u16>,
    lists: FxHashMap<String, u16>,
}

impl Names {
    fn number(&self, name: Name<'_>) -> Option<u16> {
        match name {
            Name::Of(name) => self.of.get(name).copied(),
            Name::List(list) => self.lists.get(list).copied(),
        }
    }

    /// The number of a name, new or known.
    fn take(&mut self, name: Name<'_>) -> Result<u16, LexiconError> {
        if let Some(known) = self.number(name) {
            return Ok(known);
        }
        let next = u16::try_from(self.of.len() + self.lists.len()).map_err(|_| LexiconError::TooLarge)?;
        match name {
            Name::Of(name) => self.of.insert(name.to_owned(), next),
            Name::List(list) => self.lists.insert(list.to_owned(), next),
        };
        Ok(next)
    }
}

#[derive(Default)]
struct Compiler {
    builder: Builder,
    trie: trie::Builder,
    rules: rules::Numbering,
    topics: Vec<Topic>,
    /// The language and the name of each class.
    classes: Vec<(u16, u16)>,
    by_name: FxHashMap<(u16, u16), u16>,
    names: Names,
}

impl Compiler {
    /// The number of a class, new or known, and whether it is new.
    fn class(&mut self, language: u16, name: Name<'_>) -> Result<(u16, bool), LexiconError> {
        let name = self.names.take(name)?;
        let next = u16::try_from(self.classes.len()).ok().filter(|next| *next != NO_CLASS);
        let next = next.ok_or(LexiconError::TooLarge)?;
        let class = *self.by_name.entry((language, name)).or_insert(next);
        if class == next {
            self.classes.push((language, name));
        }
        Ok((class, class == next))
    }

    fn known(&self, language: u16, name: Name<'_>) -> Option<u16> {
        self.by_name.get(&(language, self.names.number(name)?)).copied()
    }

    /// The number of a topic, new or known.
    fn topic(&mut self, language: &str, slug: &str) -> Result<u16, LexiconError> {
        let topic = Topic::parse(slug)
            .map_err(|_| LexiconError::Topic { language: language.to_owned(), topic: slug.to_owned() })?;
        let at = self.topics.iter().position(|t| *t == topic).unwrap_or_else(|| {
            self.topics.push(topic);
            self.topics.len() - 1
        });
        u16::try_from(at).map_err(|_| LexiconError::TooLarge)
    }

    fn words(&mut self, file: &LanguageFile, language: u16) -> Result<(), LexiconError> {
        for (name, words) in &file.classes {
            let (class, _) = self.class(language, Name::Of(name))?;
            self.builder.add_list(words, Edge { class, topic: NO_TOPIC }, name != "skip");
        }
        let (class, _) = self.class(language, Name::Of("topic"))?;
        for (slug, words) in &file.topics {
            let topic = self.topic(&file.language, slug)?;
            self.builder.add_list(words, Edge { class, topic }, true);
        }
        // A class of their own, so that a sentence that mixes languages does not lend them another meaning.
        let (class, _) = self.class(language, Name::Of("known"))?;
        self.builder.add_list(&file.known, Edge { class, topic: NO_TOPIC }, false);
        self.builder.add_twice(&file.twice);
        Ok(())
    }

    fn keywords(&mut self, file: &LanguageFile, language: u16) -> Result<(), LexiconError> {
        let mut written = String::new();
        for Keyword { word, exact, means, place } in file.spoken() {
            written.clear();
            written.extend(exact.then_some('='));
            written.extend(word.chars().map(|letter| if letter == '-' { '_' } else { letter }));
            let (start, end) = match place {
                Place::Message => (End::TEXT, End::TEXT),
                Place::Last => (End::CLAUSE, End::TEXT),
                Place::Clause => (End::CLAUSE, End::CLAUSE),
            };
            let step = Step::Class(self.list(&written, language)?);
            let number = self.rules.next().ok_or(LexiconError::TooLarge)?;
            self.trie.add([&step], number, Ends { start, end }, (language, true));
            let id = [&file.language, "/keyword/", &word];
            let added = self.rules.add(id, (language, NO_TOPIC), Effect::Says(means, false));
            added.ok_or(LexiconError::TooLarge)?;
        }
        Ok(())
    }

    /// A rule, by the parts of its id, with its language and topic.
    fn rule(
        &mut self,
        id: [&str; 3],
        (language, topic): (u16, u16),
        effect: Effect,
        patterns: &[String],
    ) -> Result<(), LexiconError> {
        let number = self.rules.next().ok_or(LexiconError::TooLarge)?;
        for pattern in patterns {
            let Laid { start, end, parts, sequences } = grammar::parse(pattern).map_err(|source| {
                LexiconError::Grammar { rule: id.concat(), pattern: pattern.clone(), source }
            })?;
            let mut steps: Vec<Option<Step>> = vec![None; parts.len()];
            for sequence in &sequences {
                for at in sequence {
                    let (Some(part), Some(step @ None)) = (parts.get(*at), steps.get_mut(*at)) else {
                        continue;
                    };
                    *step = Some(self.step(part, language)?.map_err(|class| LexiconError::UnknownClass {
                        rule: id.concat(),
                        pattern: pattern.clone(),
                        class: class.to_owned(),
                    })?);
                }
                let mut steps = sequence.iter().filter_map(|at| steps.get(*at)?.as_ref()).peekable();
                let own = match steps.peek() {
                    Some(Step::Class(class)) => {
                        self.classes.get(usize::from(*class)).is_some_and(|class| class.0 == language)
                    }
                    _ => false,
                };
                self.trie.add(steps, number, Ends { start, end }, (language, own));
            }
        }
        self.rules.add(id, (language, topic), effect).ok_or(LexiconError::TooLarge)
    }

    /// The class of words that are written in a pattern: one of their own.
    fn list(&mut self, list: &str, language: u16) -> Result<u16, LexiconError> {
        let (class, new) = self.class(language, Name::List(list))?;
        if new {
            self.builder.add_list(list, Edge { class, topic: NO_TOPIC }, true);
        }
        Ok(class)
    }

    /// A part by numbers; the inner error is a class that does not exist.
    fn step<'p>(&mut self, part: &Part<'p>, language: u16) -> Result<Result<Step, &'p str>, LexiconError> {
        Ok(Ok(match part {
            Part::Class(name) => {
                let language = if *name == "number" { u16::MAX } else { language };
                match self.known(language, Name::Of(name)) {
                    Some(class) => Step::Class(class),
                    None => return Ok(Err(name)),
                }
            }
            Part::Words(list) => Step::Class(self.list(list, language)?),
            Part::Gap(count) => Step::Gap(u16::from(*count), false),
            Part::Leap(count) => Step::Gap(u16::from(*count), true),
            Part::Free => Step::Free,
            Part::Not(parts) => {
                let mut classes = Vec::with_capacity(parts.len());
                for part in parts {
                    match self.step(part, language)? {
                        Ok(Step::Class(class)) => classes.push(class),
                        Ok(_) => {}
                        Err(class) => return Ok(Err(class)),
                    }
                }
                Step::Not(self.trie.number_of(classes).ok_or(LexiconError::TooLarge)?)
            }
        }))
    }
}
