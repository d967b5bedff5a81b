//! Decisions that an operator writes: what `suppress` and `resume` share.

use clap::Args;
use serde::Serialize;

use super::{
    Answer, Global,
    list::{List, ListArgs},
    numbers::{Numbers, Typed},
    output::{Output, plain},
};
use crate::{
    intent::Scope,
    ledger::{Decided, Operator, Verdict, Way},
};

/// Numbers written and told at once.
const BATCH: usize = 100;

/// What an operator decides.
#[derive(Args)]
pub(super) struct OperatorArgs {
    #[command(flatten)]
    numbers: Numbers,
    /// One kind of message only, as in marketing; without it, everything.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// Why; kept as evidence, at most 256 characters.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    list: ListArgs,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    number: &'a str,
    identifier: &'a str,
    business: &'a str,
    scope: &'a str,
    /// `suppressed` or `resumed` when the list changed, `already` when it said so before, `refused` when
    /// another scope still forbids what was resumed.
    result: &'static str,
    /// Whether messages of the scope may go now.
    allowed: bool,
}

impl OperatorArgs {
    pub(super) async fn run(self, global: &Global, way: Way) -> anyhow::Result<Answer> {
        let list = self.list.open(global).await?;
        let scope = list.scope(self.topic.as_deref())?;
        let note = self.note.unwrap_or_default();
        let operator = Operator { by: "", note: &note };
        let mut out = Output::new(self.json);
        let numbers = self.numbers.read(global);
        let write = async |batch: &[Typed]| {
            let identifiers: Vec<_> = batch.iter().map(|typed| typed.identifier.clone()).collect();
            let decided = list.ledger.decide(&list.business, way, &scope, operator, &identifiers).await?;
            report(&list, &scope, way, batch, &decided, &mut out)
        };
        numbers.in_batches(BATCH, write).await
    }
}

/// Says what came of each, and what the list answers now.
fn report(
    list: &List,
    scope: &Scope,
    way: Way,
    batch: &[Typed],
    decided: &[Decided],
    out: &mut Output,
) -> anyhow::Result<Answer> {
    let asked = scope.to_string();
    let mut answer = Answer::Yes;
    for (typed, decided) in batch.iter().zip(decided) {
        let result = decided.word(way);
        if result == "refused" {
            answer = Answer::No;
        }
        let line = Line {
            number: &typed.text,
            identifier: typed.identifier.as_str(),
            business: &list.business,
            scope: &asked,
            result,
            allowed: decided.allowed(),
        };
        out.either(&line, || line.to_text(way, decided.verdict))?;
    }
    out.flush()?;
    Ok(answer)
}

impl Line<'_> {
    fn to_text(&self, way: Way, verdict: Verdict) -> String {
        let remark = match (self.result, way, verdict) {
            ("already", Way::Suppress, _) => "was on the list",
            ("already", Way::Resume, _) => "was on no list",
            ("refused", Way::Suppress, _) => "something newer is known; see `baja show`",
            ("refused", Way::Resume, Verdict::RefusedAll) => {
                "still refuses everything; resume without --topic"
            }
            ("refused", Way::Resume, _) => "still refuses this topic; see `baja show`",
            _ => "",
        };
        format!("{:<11} {:<22} {remark}", self.result, plain(self.number))
    }
}
