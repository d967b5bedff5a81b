//! The lexicon of the embedded files as the build leaves it: compiled, and used where it lies.

use super::blob::{Pack, Reader, Writer, pack};
use super::compile::{LexiconError, Tables, compile};
use super::draft::parse;
use super::keywords::Keywords;
use super::source::{LanguageFile, Means};

/// All that the service asks of files that nothing is laid over, but for their examples.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) tables: Tables,
    /// The names of the languages, in the order of their numbers.
    pub(super) names: Vec<String>,
    /// The keywords that say stop, and those that say start.
    pub(super) stop: Keywords,
    pub(super) start: Keywords,
}

pack!(Ready { tables, names, stop, start });

impl Ready {
    /// What a block of [`pack()`] has. `None` when it is none, or of another kind of processor.
    pub(super) fn find(block: &'static [u8]) -> Option<Self> {
        let mut from = Reader::open(block)?;
        let ready = Self::unpack(&mut from)?;
        from.close()?;
        Some(ready)
    }

    fn compile(files: Vec<LanguageFile>) -> Result<Self, LexiconError> {
        Ok(Self {
            tables: compile(&files)?,
            stop: Keywords::of(&files, Means::Stop),
            start: Keywords::of(&files, Means::Start),
            names: files.into_iter().map(|file| file.name).collect(),
        })
    }
}

/// Compiles a lexicon's files (name and content) into one block of bytes, for the build to embed. The same files make the same
/// bytes, on all processors of a kind.
///
/// # Errors
/// [`LexiconError`] names the file and the rule that cannot be used.
pub fn pack(files: impl IntoIterator<Item = (String, String)>) -> Result<Vec<u8>, LexiconError> {
    let mut out = Writer::default();
    Ready::compile(parse(files)?)?.pack(&mut out);
    Ok(out.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedded;
    use crate::intent::draft::Draft;
    use crate::intent::{Action, Context, Lexicon, Scope, eval};

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
    fn drafts_of_both_kinds_know_the_same_keywords() {
        let (ready, made) = (Draft::of(embedded::tables()).unwrap(), Draft::of(&[]).unwrap());
        assert!(ready.is_ready() && !made.is_ready());
        for (action, word) in [(Action::Stop(Scope::All), "stop"), (Action::Start(Scope::All), "alta")] {
            assert_eq!(ready.keywords(&action), made.keywords(&action));
            assert!(ready.keywords(&action).has(word));
        }
        assert!(!ready.keywords(&Action::Help).has("help"), "asked for by nobody");
        let lexicon = made.compile().unwrap();
        assert_eq!(lexicon.classify("stop", &Context::default()).action, Action::Stop(Scope::All));
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
}
