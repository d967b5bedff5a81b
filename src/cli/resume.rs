//! `baja resume`: takes numbers off the list.

use clap::Args;

use super::{
    Answer, Global,
    operator::{OperatorArgs, Way},
};

/// Takes numbers or user ids off the list, as an operator who knows that the person wants messages again. The
/// evidence of what they refused stays. Sends no confirmation.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
                        baja resume +5215512345678 --note 'signed up again in the shop'\n  \
                        baja resume --topic marketing MX.9001\n\n\
                        Without --topic it lifts every topic too. With --topic it lifts that topic alone: somebody who \
                        refuses everything goes on refusing it.\n\n\
                        Exit codes: 0 all may be sent to, 1 at least one is still refused, 2 at least one could not \
                        be read or written (the others are done).")]
pub(super) struct Resume {
    #[command(flatten)]
    operator: OperatorArgs,
}

impl Resume {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        self.operator.run(global, Way::Resume).await
    }
}
