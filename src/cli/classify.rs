//! `baja classify`: what texts mean.

use std::io::{self, BufRead, BufReader};

use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    explain::explain,
    output::{Output, plain},
    progress::Progress,
    words::{Over, Words},
};
use crate::intent::{Context, Decision, Scope};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja classify 'BAJA' 'ya no me manden promociones'
  baja classify --explain 'no me interesa'
  baja classify --tap 'No quiero más' --payload 'optout:marketing|spring'
  baja classify --business acme 'no more shoes please'
  baja classify --json < texts.txt

The object of --json has text, decision (stop, start, help, ask, none), scope (all, a topic, or null), language (or
null) and rule; for buttons reference and reason too; with --explain normalized and why; with --business effect, the scope
that is refused or taken back there (or null).

Exit codes:
  0  told
  2  a file of words or standard input could not be read";

const BUFFER_BYTES: usize = 64 * 1024;

/// Tell what texts mean. Needs no Redis and no secrets.
///
/// Stop, start, help, ask (worth one question) or none, and what it is about. Texts are arguments, or lines of standard input.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Classify {
    /// Texts. Without any, lines of standard input.
    #[arg(value_name = "TEXT", conflicts_with = "tap")]
    texts: Vec<String>,
    /// A button or list row with this label was tapped.
    #[arg(long, value_name = "LABEL")]
    tap: Option<String>,
    /// The payload of the tapped button.
    #[arg(long, value_name = "PAYLOAD", requires = "tap")]
    payload: Option<String>,
    /// With the words, texts and topics of this business, and what it comes to there.
    #[arg(long, value_name = "NAME")]
    business: Option<String>,
    /// The text answers one of our messages.
    #[arg(long)]
    answers_us: bool,
    /// The person is on the list.
    #[arg(long)]
    suppressed: bool,
    /// The text was forwarded, so the words are somebody else's.
    #[arg(long)]
    forwarded: bool,
    /// The person was just asked whether to be signed up again.
    #[arg(long)]
    asked: bool,
    /// Add the text as the rules saw it, and why it was decided so.
    #[arg(long)]
    explain: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    decision: &'static str,
    scope: Option<&'a str>,
    language: Option<&'a str>,
    rule: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

impl Classify {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let reader = Words::read(global, self.business.as_deref(), Over::Settings)?;
        let lexicon = &reader.lexicon;
        let mut out = Output::new(self.json);
        if !out.is_json() {
            out.line(format!("{:<8}  {:<14}  {:<8}  {:<32}  text", "decision", "scope", "language", "rule"))?;
        }
        if let Some(label) = &self.tap {
            let payload = self.payload.as_deref().unwrap_or_default();
            self.print(&reader, label, &mut out, |context| lexicon.classify_tap(label, payload, context))?;
        } else if self.texts.is_empty() {
            self.lines(&reader, &mut out)?;
        } else {
            for text in &self.texts {
                self.print(&reader, text, &mut out, |context| lexicon.classify(text, context))?;
            }
        }
        out.flush()?;
        Ok(Answer::Yes)
    }

    /// One answer for each line. Flushed when nothing more has come yet, so that a program that waits for the
    /// answer to its line gets it.
    fn lines(&self, reader: &Words, out: &mut Output) -> io::Result<()> {
        let mut input = BufReader::with_capacity(BUFFER_BYTES, io::stdin().lock());
        let progress = Progress::new("texts");
        let mut line = Vec::new();
        let mut told = 0;
        loop {
            if input.buffer().is_empty() {
                out.flush()?;
                progress.advance(std::mem::take(&mut told));
            }
            told += 1;
            line.clear();
            if input.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.strip_suffix('\n').unwrap_or(&text);
            let text = text.strip_suffix('\r').unwrap_or(text);
            self.print(reader, text, out, |context| reader.lexicon.classify(text, context))?;
        }
    }

    fn print(
        &self,
        reader: &Words,
        text: &str,
        out: &mut Output,
        classify: impl Fn(&Context) -> Decision,
    ) -> io::Result<()> {
        let context = Context {
            answers_us: self.answers_us,
            forwarded: self.forwarded,
            suppressed: self.suppressed,
            asked: self.asked,
        };
        let decision = classify(&context);
        let why = self.explain.then(|| explain(&reader.lexicon, &decision, &context, &classify));
        let line = Line {
            text,
            decision: decision.action.name(),
            scope: decision.action.scope().map(scope_name),
            language: Some(decision.language.as_str()).filter(|tag| !tag.is_empty()),
            rule: decision.rule.as_str(),
            effect: reader.effect(&decision.action),
            reference: decision.reference.as_deref(),
            reason: decision.reason.map(|reason| reason.name()),
            normalized: self.explain.then_some(decision.normalized.as_str()),
            why,
        };
        out.either(&line, || line.to_text())
    }
}

/// `all` or the topic's slug.
pub(super) fn scope_name(scope: &Scope) -> &str {
    match scope {
        Scope::All => "all",
        Scope::Topic(topic) => topic.as_str(),
    }
}

impl Line<'_> {
    fn to_text(&self) -> String {
        let mut row = format!(
            "{:<8}  {:<14}  {:<8}  {:<32}  {}",
            self.decision,
            self.scope.unwrap_or("-"),
            self.language.unwrap_or("-"),
            self.rule,
            plain(self.text)
        );
        let facts = [
            ("there", self.effect.as_ref().map(|effect| effect.as_deref().unwrap_or("nothing"))),
            ("reference", self.reference),
            ("reason", self.reason),
            ("normalised", self.normalized),
            ("why", self.why.as_deref()),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                row.push_str(&format!("\n          {name}: {}", plain(value)));
            }
        }
        row
    }
}
