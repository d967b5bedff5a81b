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
    identity::Person,
    intent::Scope,
    ledger::{Act, Change, Evidence, Outcome, Verdict},
};

/// Numbers written at once. Each is one script, so that nobody is ever half done.
const BATCH: usize = 100;
/// What is kept of a note, characters.
const NOTE_CHARS: usize = 256;

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

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// On the list.
    Suppress,
    /// Off it.
    Resume,
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
        let note: String = self.note.unwrap_or_default().trim().chars().take(NOTE_CHARS).collect();
        let mut out = Output::new(self.json);
        let mut numbers = self.numbers.read(global);
        let mut answer = Answer::Yes;
        loop {
            let batch = numbers.batch(BATCH)?;
            if batch.is_empty() {
                break;
            }
            let outcomes = match way {
                Way::Suppress => suppress(&list, &scope, &note, &batch).await?,
                Way::Resume => apply(&list, &Act::ForceStart(scope.clone()), &note, &batch, now()).await?,
            };
            answer = answer.max(report(&list, &scope, way, &batch, &outcomes, &mut out).await?);
            out.flush()?;
        }
        Ok(answer.max(numbers.answer()))
    }
}

async fn suppress(list: &List, scope: &Scope, note: &str, batch: &[Typed]) -> anyhow::Result<Vec<Outcome>> {
    let act = Act::Stop(scope.clone());
    let mut outcomes = apply(list, &act, note, batch, now()).await?;
    // What is known may be from a clock ahead of ours. An operator's word outlasts it: at equal times the
    // stop wins.
    for (typed, outcome) in batch.iter().zip(&mut outcomes) {
        if *outcome == Outcome::Older {
            let person: Person = [typed.identifier.clone()].into_iter().collect();
            let records = list.ledger.records(&list.business, &person).await?;
            let starts =
                records.iter().flat_map(|record| record.registers.values()).filter_map(|one| one.start);
            let at = starts.fold(now(), |newest, start| newest.max(start as i64));
            *outcome =
                apply(list, &act, note, std::slice::from_ref(typed), at).await?.pop().unwrap_or(*outcome);
        }
    }
    Ok(outcomes)
}

async fn apply(list: &List, act: &Act, note: &str, batch: &[Typed], at: i64) -> anyhow::Result<Vec<Outcome>> {
    let changes: Vec<(&str, Change)> = batch
        .iter()
        .map(|typed| {
            let change = Change {
                person: [typed.identifier.clone()].into_iter().collect(),
                act: act.clone(),
                at,
                claim: None,
                evidence: Evidence { source: "operator", note: note.to_owned(), ..Evidence::default() },
                message: None,
            };
            (list.business.as_str(), change)
        })
        .collect();
    let applied = list.ledger.apply(&changes).await?;
    Ok(applied.into_iter().map(|one| one.outcome).collect())
}

/// Says what came of each, and what the list answers now.
async fn report(
    list: &List,
    scope: &Scope,
    way: Way,
    batch: &[Typed],
    outcomes: &[Outcome],
    out: &mut Output,
) -> anyhow::Result<Answer> {
    let identifiers: Vec<_> = batch.iter().map(|typed| typed.identifier.clone()).collect();
    let verdicts = list.ledger.check(&list.business, scope, &identifiers).await?;
    let asked = scope.to_string();
    let mut answer = Answer::Yes;
    for ((typed, outcome), verdict) in batch.iter().zip(outcomes).zip(verdicts) {
        let allowed = verdict == Verdict::Allowed;
        let as_wanted = allowed == (way == Way::Resume);
        let result = match (way, outcome) {
            _ if !as_wanted => "refused",
            (Way::Suppress, Outcome::Applied) => "suppressed",
            (Way::Resume, Outcome::Applied) => "resumed",
            _ => "already",
        };
        if !as_wanted {
            answer = Answer::No;
        }
        let line = Line {
            number: &typed.text,
            identifier: typed.identifier.as_str(),
            business: &list.business,
            scope: &asked,
            result,
            allowed,
        };
        out.either(&line, || line.to_text(way, verdict))?;
    }
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

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
