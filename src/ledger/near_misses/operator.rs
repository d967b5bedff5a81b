//! An operator's word about a near-miss.

use super::{
    super::{Act, Change, Evidence, Ledger, LedgerError, Operator, Outcome},
    NearMiss, NearMissEnd, NearMissId,
};
use crate::intent::Scope;

/// What came of taking a near-miss for a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    /// The person is on the list now, or was already.
    Suppressed(Outcome),
    /// The person decided otherwise later than they wrote this; the list stays as it is.
    Outdated,
    /// They answered the question with no, which is their word and not an operator's to overrule here.
    AnsweredNo,
    /// It had ended with a stop before.
    Already,
    /// There is no such near-miss.
    Unknown,
}

/// What came of taking a near-miss for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// Done.
    Rejected,
    /// It was rejected before.
    Already,
    /// It ended with a stop, which only the person or `resume` takes back.
    Stopped,
    /// There is no such near-miss.
    Unknown,
}

impl Ledger {
    /// Takes a near-miss for the stop that it nearly was: an operator's word, at the time of the text, with the text as
    /// evidence. May be repeated: the stop is written before the near-miss ends.
    ///
    /// # Errors
    ///
    /// When Redis could not do all of it.
    pub async fn approve_near_miss(
        &self,
        business: &str,
        id: &NearMissId,
        operator: Operator<'_>,
    ) -> Result<Approval, LedgerError> {
        let Some(near_miss) = self.near_miss(business, id).await? else { return Ok(Approval::Unknown) };
        match near_miss.ended {
            None | Some(NearMissEnd::Rejected) => {}
            Some(NearMissEnd::Approved | NearMissEnd::Yes) => return Ok(Approval::Already),
            Some(NearMissEnd::No) => return Ok(Approval::AnsweredNo),
        }
        let change = change(id, &near_miss, operator)?;
        let applied = self.apply(&[(business, change)]).await?;
        let outcome = applied.first().ok_or(LedgerError::Record("outcome"))?.outcome;
        self.close_near_miss(business, id, NearMissEnd::Approved, operator).await?;
        Ok(if outcome == Outcome::Older { Approval::Outdated } else { Approval::Suppressed(outcome) })
    }

    /// Takes a near-miss for no stop. Changes nothing on the list.
    ///
    /// # Errors
    ///
    /// When Redis could not do it.
    pub async fn reject_near_miss(
        &self,
        business: &str,
        id: &NearMissId,
        operator: Operator<'_>,
    ) -> Result<Rejection, LedgerError> {
        let closed = self.close_near_miss(business, id, NearMissEnd::Rejected, operator).await?;
        Ok(match closed {
            None => Rejection::Unknown,
            Some((true, _)) => Rejection::Rejected,
            Some((false, before)) if before.ended == Some(NearMissEnd::Rejected) => Rejection::Already,
            Some((false, _)) => Rejection::Stopped,
        })
    }

    /// One near-miss; `None` when there is no such.
    pub async fn near_miss(&self, business: &str, id: &NearMissId) -> Result<Option<NearMiss>, LedgerError> {
        let mut command = redis::cmd("HGET");
        command.arg(self.keys(business)?.near_misses()).arg(id.as_str());
        let text: Option<String> = super::read(self.work.command(command).await?, "near-miss")?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| LedgerError::Record("near-miss"))).transpose()
    }

    /// Whether it was ended, and what it was before; `None` when there is none.
    async fn close_near_miss(
        &self,
        business: &str,
        id: &NearMissId,
        end: NearMissEnd,
        operator: Operator<'_>,
    ) -> Result<Option<(bool, NearMiss)>, LedgerError> {
        let keys = self.keys(business)?;
        let mut args = [id.as_str(), end.as_str(), operator.by].map(str::to_owned).to_vec();
        args.extend([operator.kept_note(), self.options.audit_max.to_string()]);
        // Which ends an operator's word goes over: a rejection may be thought over, and so may a person's no be
        // confirmed as such.
        args.push(match end {
            NearMissEnd::Approved => NearMissEnd::Rejected.as_str().to_owned(),
            NearMissEnd::Rejected | NearMissEnd::Yes | NearMissEnd::No => NearMissEnd::No.as_str().to_owned(),
        });
        let call = self.scripts.near_close.call(vec![keys.near_misses(), keys.audit()], args);
        let reply: Option<(bool, String)> = self.near_reply(call).await?;
        let Some((done, text)) = reply else { return Ok(None) };
        let before = serde_json::from_str(&text).map_err(|_| LedgerError::Record("near-miss"))?;
        Ok(Some((done, before)))
    }
}

fn change(id: &NearMissId, near_miss: &NearMiss, operator: Operator<'_>) -> Result<Change, LedgerError> {
    let scope: Scope = near_miss.scope.parse().map_err(|_| LedgerError::Record("near-miss"))?;
    let evidence = Evidence {
        source: "operator",
        rule: near_miss.rule.clone(),
        language: near_miss.language.clone(),
        message_id: near_miss.message_id.clone(),
        phone_number_id: near_miss.phone_number_id.clone(),
        reference: format!("near-miss/{}", id.as_str()),
        text: near_miss.text.clone(),
        note: operator.kept_note(),
        by: operator.by.to_owned(),
        ..Evidence::default()
    };
    let person = near_miss.person();
    if person.is_empty() {
        return Err(LedgerError::Record("near-miss"));
    }
    // Stored as a JSON number far below 2^53; the cast saturates.
    let at = near_miss.at as i64;
    Ok(Change { person, act: Act::Stop(scope), at, claim: None, evidence, message: None })
}
