//! `baja suppress`: puts numbers on the list.

use clap::Args;

use super::{Answer, Global, operator::OperatorArgs};
use crate::ledger::Way;

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja suppress +5215512345678 --note 'asked by telephone'
  baja suppress --topic marketing MX.9001
  baja suppress --note 'list of the old platform' - < optouts.txt

Each number is written in one step. After an interruption run it again: what is done says `already`.

Exit codes:
  0  all are on the list
  1  at least one is not
  2  at least one could not be read or written; the others are done";

/// Put phone numbers or user ids on the list, as an operator.
///
/// Every spelling is written, and everything known to be the same person. Sends no confirmation.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Suppress {
    #[command(flatten)]
    operator: OperatorArgs,
}

impl Suppress {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        self.operator.run(global, Way::Suppress).await
    }
}
