//! `baja lexicon`: whether the words are in order, and what a change of them would do.

use std::{
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{
    Answer, Global,
    classify::scope_name,
    output::{Output, plain},
    words::{Over, Words},
};
use crate::intent::{Context, Decision, Failure};

/// What `--help` ends with.
const DIFF_HELP: &str = "\
Examples:
  baja lexicon diff ./words ./words-new < texts.txt
  baja lexicon diff ./words ./words-new --business acme < texts.txt

Each folder is laid over the built-in words, as lexicon.folder is; `-` is the built-in words alone. With --business its own
words are laid over both, and the objects of --json have effect, the scope that is refused or taken back there (or null). A
text is told when its decision, scope or language changes.

Exit codes:
  0  nothing changes
  1  at least one text does
  2  a file cannot be read";

/// What `--help` ends with.
const CHECK_HELP: &str = "\
Examples:
  baja lexicon check
  baja lexicon check ./our-words
  baja lexicon check --business acme

Exit codes:
  0  every example comes out as its file says
  1  at least one does not
  2  a file cannot be read";

/// Check the words, and see what a change of them would do.
#[derive(Subcommand)]
pub(super) enum Lexicon {
    /// Run the examples in the files of every language, built in and your own.
    Check(Check),
    /// Tell which texts on standard input two folders of words decide differently.
    Diff(Diff),
}

#[derive(Args)]
#[command(after_help = CHECK_HELP)]
pub(super) struct Check {
    /// A folder of *.toml files that is laid over the built-in words; lexicon.folder when not given.
    folder: Option<PathBuf>,
    /// With the words and texts of this business over them.
    #[arg(long, value_name = "NAME")]
    business: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(after_help = DIFF_HELP)]
pub(super) struct Diff {
    /// The words of now.
    #[arg(value_name = "OLD_FOLDER")]
    old: PathBuf,
    /// The words to come.
    #[arg(value_name = "NEW_FOLDER")]
    new: PathBuf,
    /// With the words and texts of this business over both, and what comes of it there.
    #[arg(long, value_name = "NAME")]
    business: Option<String>,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Failed<'a> {
    language: &'a str,
    text: &'a str,
    expected: &'a str,
    got: &'a str,
    rule: &'a str,
}

#[derive(Serialize)]
struct Changed<'a> {
    text: &'a str,
    old: Side<'a>,
    new: Side<'a>,
}

#[derive(Serialize, PartialEq, Eq)]
struct Side<'a> {
    decision: &'static str,
    scope: Option<&'a str>,
    language: Option<&'a str>,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Option<String>>,
}

#[derive(Serialize)]
struct Count {
    changed: usize,
    texts: usize,
}

impl Lexicon {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Answer> {
        match self {
            Self::Check(command) => command.run(global),
            Self::Diff(command) => command.run(global),
        }
    }
}

impl Check {
    fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let over = self.folder.as_deref().map_or(Over::Settings, Over::Folder);
        let lexicon = Words::read(global, self.business.as_deref(), over)?.lexicon;
        let failures = lexicon.check();
        let mut out = Output::new(self.json);
        for failure in &failures {
            let line = Failed::new(failure);
            out.either(&line, || line.to_text())?;
        }
        if !out.is_json() {
            let languages = lexicon.languages().count();
            out.line(match failures.len() {
                0 => format!("{languages} languages; every example comes out as its file says."),
                failures => format!("{languages} languages; {failures} examples come out differently."),
            })?;
        }
        out.flush()?;
        Ok(if failures.is_empty() { Answer::Yes } else { Answer::No })
    }
}

impl Diff {
    fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let read = |folder: &Path| {
            let over = if folder == Path::new("-") { Over::Nothing } else { Over::Folder(folder) };
            Words::read(global, self.business.as_deref(), over)
        };
        let (old, new) = (read(&self.old)?, read(&self.new)?);
        let mut out = Output::new(self.json);
        let mut input = BufReader::new(io::stdin().lock());
        let mut line = Vec::new();
        let mut count = Count { changed: 0, texts: 0 };
        while input.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\r', '\n']);
            let context = Context::default();
            let (before, after) =
                (old.lexicon.classify(text, &context), new.lexicon.classify(text, &context));
            if before.action != after.action || before.language != after.language {
                let changed = Changed { text, old: Side::new(&old, &before), new: Side::new(&new, &after) };
                out.either(&changed, || changed.to_text())?;
                count.changed += 1;
            }
            count.texts += 1;
            line.clear();
        }
        out.either(&count, || format!("{} of {} texts change.", count.changed, count.texts))?;
        out.flush()?;
        Ok(if count.changed == 0 { Answer::Yes } else { Answer::No })
    }
}

impl<'a> Failed<'a> {
    fn new(failure: &'a Failure) -> Self {
        Self {
            language: failure.language.as_str(),
            text: &failure.text,
            expected: &failure.expected,
            got: &failure.got,
            rule: failure.rule.as_str(),
        }
    }

    fn to_text(&self) -> String {
        let Self { language, text, expected, got, rule } = self;
        format!("{language}: expected {expected}, got {got} by {rule}: {}", plain(text))
    }
}

impl<'a> Side<'a> {
    fn new(words: &Words, decision: &'a Decision) -> Self {
        Self {
            decision: decision.action.name(),
            scope: decision.action.scope().map(scope_name),
            language: Some(decision.language.as_str()).filter(|tag| !tag.is_empty()),
            rule: decision.rule.as_str(),
            effect: words.effect(&decision.action),
        }
    }

    fn to_text(&self) -> String {
        let scope = self.scope.map(|scope| format!(" {scope}")).unwrap_or_default();
        let there = self.effect.as_ref().map(|effect| effect.as_deref().unwrap_or("nothing"));
        let there = there.map(|effect| format!(", there {effect}")).unwrap_or_default();
        format!("{}{scope} ({}){there}", self.decision, self.rule)
    }
}

impl Changed<'_> {
    fn to_text(&self) -> String {
        format!("{} -> {}: {}", self.old.to_text(), self.new.to_text(), plain(self.text))
    }
}
