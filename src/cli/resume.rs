//! `baja resume`: takes numbers off the list.

use clap::Args;

use super::{Answer, Global, operator::OperatorArgs};
use crate::ledger::Way;

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja resume +5215512345678 --note 'signed up again in the shop'
  baja resume --topic marketing MX.9001

Without --topic every topic is lifted too. With --topic that topic alone is: somebody who refuses everything goes on
refusing it.

Exit codes:
  0  all may be sent to
  1  at least one still refuses
  2  at least one could not be read or written; the others are done";

/// Take phone numbers or user ids off the list, as an operator.
///
/// For people who surely want messages again. The evidence of what they refused stays. Sends no confirmation.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Resume {
    #[command(flatten)]
    operator: OperatorArgs,
}

impl Resume {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        self.operator.run(global, Way::Resume).await
    }
}
