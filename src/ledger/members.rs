use super::{
    Ledger, LedgerError,
    connection::{read, refuse_error},
};
use crate::intent::Scope;

/// A part of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    /// Identifiers in every spelling, as they stand in the set. One may come twice while the set changes.
    pub identifiers: Vec<String>,
    /// Where the next part begins; `None` at the end.
    pub next: Option<u64>,
}

impl Ledger {
    /// A part of the set of those who refused `scope`, of about `count` members; `cursor` is 0 at first. Whoever is in
    /// the set all the while is found (`SSCAN`); nothing but this set is read.
    pub async fn members(
        &self,
        business: &str,
        scope: &Scope,
        cursor: u64,
        count: usize,
    ) -> Result<Members, LedgerError> {
        let keys = self.keys(business)?;
        let set = match scope {
            Scope::All => keys.suppressed(),
            Scope::Topic(topic) => keys.topic(topic.as_str()).ok_or(LedgerError::Record("topic"))?,
        };
        let mut command = redis::cmd("SSCAN");
        command.arg(set).arg(cursor).arg("COUNT").arg(count);
        let (next, identifiers): (u64, Vec<String>) = read(self.work.command(command).await?, "membership")?;
        Ok(Members { identifiers, next: (next != 0).then_some(next) })
    }

    /// How many identifiers are in each set: `all` first, then the topics in the order of their names. A person has one
    /// identifier or several, in every spelling.
    ///
    /// # Errors
    ///
    /// When Redis does not answer.
    pub async fn list_sizes(&self, business: &str) -> Result<Vec<(String, u64)>, LedgerError> {
        let keys = self.keys(business)?;
        let all = std::iter::once(("all", keys.suppressed()));
        let (scopes, commands): (Vec<_>, Vec<_>) = all
            .chain(keys.topics())
            .map(|(scope, set)| {
                let mut command = redis::cmd("SCARD");
                command.arg(set);
                (scope.to_owned(), command)
            })
            .unzip();
        let replies = self.work.pipeline(commands).await?;
        let sizes = scopes.into_iter().zip(replies);
        sizes.map(|(scope, reply)| Ok((scope, read(refuse_error(reply)?, "membership")?))).collect()
    }
}
