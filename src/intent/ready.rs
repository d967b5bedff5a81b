//! The lexicon of the embedded files as the build leaves it: compiled, and used where it lies.

use super::blob::{Pack, Reader, Writer, pack};
use super::compile::{LexiconError, Tables, compile};
use super::decision::{Action, Context, Scope};
use super::draft::parse;
use super::keywords::Keywords;
use super::lexicon::Lexicon;
use super::source::LanguageFile;
use super::tokens::normalize;

/// All that the service asks of files that nothing is laid over, but for their examples.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) tables: Tables,
    /// The names of the languages, in the order of their numbers.
    pub(super) names: Vec<String>,
    pub(super) surely: Surely,
}

pack!(Ready { tables, names, surely });

/// Keywords that a lexicon was found to take for what they say. A lexicon that the build did not make has none.
#[derive(Debug, Default)]
pub(super) struct Surely {
    stop: Keywords,
    start: Keywords,
}

pack!(Surely { stop, start });

impl Surely {
    /// Those that say this.
    pub(super) fn say(&self, action: &Action) -> Option<&Keywords> {
        match action {
            Action::Stop(Scope::All) => Some(&self.stop),
            Action::Start(Scope::All) => Some(&self.start),
            _ => None,
        }
    }
}

impl Ready {
    /// Compiles files. Nobody has asked yet which of their keywords are taken for what they say.
    ///
    /// # Errors
    /// [`LexiconError`] names the rule that cannot be used.
    pub(super) fn made(files: &[LanguageFile]) -> Result<Self, LexiconError> {
        let names = files.iter().map(|file| file.name.clone()).collect();
        Ok(Self { tables: compile(files)?, names, surely: Surely::default() })
    }

    /// What a block of [`pack()`] has. `None` when it is none, or of another kind of processor.
    pub(super) fn find(block: &'static [u8]) -> Option<Self> {
        let mut from = Reader::open(block)?;
        let ready = Self::unpack(&mut from)?;
        from.close()?;
        Some(ready)
    }
}

impl Lexicon {
    /// Whether a text that is nothing but these words says this. What the build found of its keywords is not worked out again,
    /// for which tables of all languages would be touched.
    #[must_use]
    pub fn says(&self, words: &str, action: &Action) -> bool {
        self.surely.say(action).is_some_and(|keywords| keywords.has(&normalize(words)))
            || self.classify(words, &Context::default()).action == *action
    }
}

/// Compiles a lexicon's files (name and content) into one block of bytes, for the build to embed. The same files make the same
/// bytes, on all processors of a kind.
///
/// # Errors
/// [`LexiconError`] names the file and the rule that cannot be used.
pub fn pack(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<u8>, LexiconError> {
    let files = parse(files)?;
    let lexicon = Lexicon::of(Ready::made(&files)?, Vec::new());
    let kept = |action: Action| {
        Keywords::of(&files, &action, |word| lexicon.classify(word, &Context::default()).action == action)
    };
    let surely = Surely { stop: kept(Action::Stop(Scope::All)), start: kept(Action::Start(Scope::All)) };
    let mut out = Writer::default();
    let Lexicon { tables, names, .. } = lexicon;
    Ready { tables, names, surely }.pack(&mut out);
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::*;
    use crate::embedded;
    use crate::intent::draft::Draft;
    use crate::intent::eval;

    #[test]
    fn the_build_left_what_its_files_make_now() {
        assert!(pack(embedded::files()).unwrap() == embedded::tables());
    }

    #[test]
    fn the_tables_of_the_build_decide_as_those_that_are_made() {
        let context = [Context::default(), Context { answers_us: true, ..Context::default() }];
        let ready = Lexicon::builtin().unwrap();
        // Nothing but a rule that is there already, in the words of the file.
        let file = "language = 'en'\nremove = ['keyword/no-such-word']".to_owned();
        let made = Lexicon::with_overrides([("en.toml".to_owned(), file)]).unwrap();
        assert!(ready.languages().eq(made.languages()));
        let tables =
            [include_str!("../../tests/data/phrases.tsv"), include_str!("../../tests/data/phrases-own.tsv")];
        let phrases = tables.into_iter().flat_map(|table| eval::read(table).unwrap()).step_by(47);
        let mut stops = 0;
        for phrase in phrases {
            for context in &context {
                let decision = ready.classify(&phrase.text, context);
                assert_eq!(decision, made.classify(&phrase.text, context), "{}", phrase.text);
                stops += usize::from(matches!(decision.action, Action::Stop(_)));
            }
        }
        assert!(stops > 500, "{stops}");
    }

    #[test]
    fn drafts_of_both_kinds_know_keywords_and_are_compiled() {
        let (ready, made) = (Draft::of(embedded::tables()).unwrap(), Draft::of(&[]).unwrap());
        assert!(ready.is_ready() && !made.is_ready());
        for (action, word) in [(Action::Stop(Scope::All), "stop"), (Action::Start(Scope::All), "alta")] {
            assert!(ready.keywords(&action).has(word) && made.keywords(&action).has(word));
        }
        assert!(!ready.keywords(&Action::Help).has("help"), "asked for by nobody");
        let lexicon = made.compile().unwrap();
        assert_eq!(lexicon.classify("stop", &Context::default()).action, Action::Stop(Scope::All));
    }

    #[test]
    fn what_the_build_found_of_keywords_is_what_the_lexicon_says() {
        let lexicon = Lexicon::builtin().unwrap();
        let files = parse(embedded::files()).unwrap();
        for action in [Action::Stop(Scope::All), Action::Start(Scope::All)] {
            let surely = lexicon.surely.say(&action).unwrap();
            let mut found = 0;
            for word in
                files.iter().flat_map(|file| file.spoken()).map(|keyword| keyword.word.replace('-', " "))
            {
                let said = lexicon.classify(&word, &Context::default()).action == action;
                assert_eq!(lexicon.says(&word, &action), said, "{word}");
                assert!(said || !surely.has(&word), "{word}");
                found += usize::from(surely.has(&word));
            }
            assert!(found > 100, "{action}: {found}");
        }
    }

    #[test]
    fn what_is_no_whole_block_is_not_used() {
        let whole = embedded::tables();
        assert!(Ready::find(whole).is_some());
        let lengths = (0..512).chain((512..whole.len()).step_by(997)).chain(whole.len() - 64..whole.len());
        for length in lengths {
            assert!(Ready::find(&whole[..length]).is_none(), "{length} of {} bytes", whole.len());
        }
        // From elsewhere in it: where no block begins, and where numbers do not begin either.
        for from in (1..4096).step_by(13) {
            assert!(Ready::find(&whole[from..]).is_none(), "{from}");
        }
    }

    #[test]
    fn a_block_with_a_strange_head_is_found_or_not_and_never_panics() {
        let file =
            "language = 'qaa'\n[topics]\nnews = 'flurbo'\n[[keywords]]\naction = 'stop'\nwords = 'zevot'";
        let whole = pack([("qaa.toml".to_owned(), file.to_owned())]).unwrap();
        let find = |bytes: &[u8]| {
            let mut words = vec![0_u64; bytes.len() / size_of::<u64>()];
            words.as_mut_bytes().copy_from_slice(bytes);
            // Blocks are parts of the binary, so that a test has to keep its own for as long.
            Ready::find(Box::leak(words.into_boxed_slice()).as_bytes())
        };
        assert!(find(&whole).is_some());
        let (mut found, mut not) = (0, 0);
        for (at, flip) in (0..whole.len().min(512)).flat_map(|at| [0x01, 0x80, 0xff].map(|flip| (at, flip))) {
            let mut strange = whole.clone();
            strange[at] ^= flip;
            *if find(&strange).is_some() { &mut found } else { &mut not } += 1;
        }
        // A name may be another one; what counts rows may not.
        assert!(found > 0 && not > 300, "{found} {not}");
        assert!(find(&[&whole[..], &[0; 8]].concat()).is_none(), "something behind it");
    }
}
