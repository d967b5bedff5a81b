//! `baja eval`: scores the understanding of texts.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    output::{Output, plain},
    words::{Over, Words},
};
use crate::intent::eval::{self, Half, Ratio, Report, Score};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja eval
  baja eval our-phrases.tsv --misses

The table is TSV with a heading: text, language, expected (stop, stop:topic, start, help, none), difficulty, note.

Exit codes:
  0  scored
  2  the table cannot be read";

/// The table of the project, from its own folder.
const TABLE: &str = "tests/data/phrases.tsv";

/// Score the understanding of texts on a table of phrases.
///
/// Beside two baselines: an exact keyword, and a keyword anywhere. The odd half of the table is for tuning, the even half for checking that it carries over.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Eval {
    /// The table.
    #[arg(value_name = "FILE", default_value = TABLE)]
    file: PathBuf,
    /// Then list the phrases that come out differently.
    #[arg(long)]
    misses: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    /// `odd`, `even` or `both`.
    half: &'a str,
    /// A language, a difficulty, `all`, or a baseline.
    group: &'a str,
    stops: Share,
    stops_or_ask: Share,
    false_stops: Share,
    topics: Share,
    starts: Share,
    helps: Share,
}

#[derive(Serialize)]
struct Share {
    hits: u32,
    of: u32,
}

#[derive(Serialize)]
struct Miss<'a> {
    language: &'a str,
    difficulty: &'a str,
    text: &'a str,
    got: &'a str,
    rule: &'a str,
}

impl Eval {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let lexicon = Words::read(global, None, Over::Settings)?.lexicon;
        let table = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}; give the file of a table", self.file.display()))?;
        let phrases = eval::read(&table)
            .with_context(|| format!("{} is not a table of phrases", self.file.display()))?;
        let mut out = Output::new(self.json);
        for (name, half, title) in [
            ("odd", Half::Odd, "Odd half (for tuning)"),
            ("even", Half::Even, "Even half (for checking)"),
            ("both", Half::Both, "Both halves"),
        ] {
            let report = eval::score(&lexicon, &phrases, half);
            if out.is_json() {
                print_objects(&report, name, &mut out)?;
            } else {
                out.line(format!("{title}: {} phrases\n\n{report}", phrases_of(&report)))?;
                out.line("")?;
            }
        }
        if self.misses {
            for (phrase, got, rule) in eval::misses(&lexicon, &phrases, Half::Both) {
                let miss = Miss {
                    language: &phrase.language,
                    difficulty: &phrase.difficulty,
                    text: &phrase.text,
                    got: &got,
                    rule: &rule,
                };
                out.either(&miss, || {
                    let expected = &phrase.expected;
                    format!("{} {expected:?} -> {got} ({rule}): {}", miss.language, plain(miss.text))
                })?;
            }
        }
        out.flush()?;
        Ok(Answer::Yes)
    }
}

fn phrases_of(report: &Report) -> u32 {
    let total = &report.total;
    total.stops.of + total.false_stops.of + total.starts.of + total.helps.of
}

fn print_objects(report: &Report, half: &str, out: &mut Output) -> std::io::Result<()> {
    let groups = report.by_language.iter().chain(&report.by_difficulty);
    let groups = groups.map(|(name, score)| (name.as_str(), score)).chain([
        ("all", &report.total),
        ("baseline exact keyword", &report.exact),
        ("baseline word anywhere", &report.anywhere),
    ]);
    for (group, score) in groups {
        out.object(&row(half, group, score))?;
    }
    Ok(())
}

fn row<'a>(half: &'a str, group: &'a str, score: &Score) -> Row<'a> {
    let share = |ratio: Ratio| Share { hits: ratio.hits, of: ratio.of };
    Row {
        half,
        group,
        stops: share(score.stops),
        stops_or_ask: share(score.stops_or_ask),
        false_stops: share(score.false_stops),
        topics: share(score.topics),
        starts: share(score.starts),
        helps: share(score.helps),
    }
}
