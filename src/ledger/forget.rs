//! Erasure: what is personal goes, and what honours the opt-out stays.
//!
//! The entries of somebody are looked for a page at a time, because Redis must not stand still for that; what
//! was found goes in one script.

use std::collections::HashSet;

use serde::Serialize;

use super::{Ledger, LedgerError, Operator, connection::read, dossier::names_of, scripts, stream};
use crate::identity::Person;

/// How many entries are read at once.
const PAGE: usize = 1000;
/// How many entries one call rewrites.
const CALL: usize = 500;

/// What was found about somebody, and erased unless only counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// Records of the person.
    pub records: u64,
    /// Of these, how many went whole, because the person refuses nothing.
    pub records_removed: u64,
    /// Pieces of evidence that were stripped or went.
    pub evidence: u64,
    /// Jobs of the outbox that lost their quote or went.
    pub jobs: u64,
    /// Dead letters that mention the person.
    pub dead_letters: u64,
    /// Texts that were nearly an opt-out.
    pub near_misses: u64,
    /// What names the person among the sends: breaches, the last templates, what waits to be judged.
    pub sends: u64,
    /// Audit entries that were stripped.
    pub audit_entries: u64,
    /// Whether the person is on the list, and stays there.
    pub refuses: bool,
}

impl Forgotten {
    /// Whether nothing personal was found.
    pub fn is_nothing(&self) -> bool {
        let Self { records_removed, evidence, jobs, dead_letters, near_misses, .. } = *self;
        let Self { sends, audit_entries, .. } = *self;
        records_removed + evidence + jobs + dead_letters + near_misses + sends + audit_entries == 0
    }
}

/// What `forget.lua` is told.
#[derive(Serialize)]
struct Ask<'a> {
    ids: &'a [String],
    names: &'a [String],
    before: u64,
    jobs: &'a [String],
    dead: &'a [String],
    audit: &'a [String],
    dry: bool,
    event: &'a str,
}

impl Ledger {
    /// Erases what is personal about somebody: texts, message ids, quotes, notes, reasons, references, and the
    /// raw items that mention them. The suppression stays. With `dry`, counts only.
    ///
    /// Near-misses and what is known of sends go first, then the record with all else in one script; after an error the
    /// rest goes when it is called again.
    pub async fn forget(
        &self,
        business: &str,
        person: &Person,
        operator: Operator<'_>,
        dry: bool,
    ) -> Result<Forgotten, LedgerError> {
        let event = operator.event()?;
        let (everybody, records) = self.everybody(business, person).await?;
        let ids: Vec<String> =
            everybody.identifiers().iter().map(|one| one.canonical().as_str().to_owned()).collect();
        let names = names_of(&everybody, &records);
        let mut traces: HashSet<String> = names.clone();
        traces.extend(
            records
                .iter()
                .flat_map(|record| &record.evidence)
                .map(|evidence| evidence.message_id.clone())
                .filter(|id| !id.is_empty()),
        );
        let keys = self.keys(business)?;
        let jobs = self.jobs_of(&keys.outbox_jobs(), &names).await?;
        let dead = self
            .entries(&keys.dead_letters(), |fields| {
                fields.iter().any(|(_, value)| traces.iter().any(|trace| mentions(value, trace)))
            })
            .await?;
        let is_theirs = |fields: &[(String, String)]| fields.iter().any(|(_, value)| names.contains(value));
        let audit = self
            .entries(&keys.audit(), |fields| {
                let own = fields.iter().any(|(name, _)| name == "act" || name == "event");
                own && is_theirs(fields)
            })
            .await?;
        let every_name: Vec<String> = names.iter().cloned().collect();
        // Before the record goes, which ties the identifiers.
        let (near_misses, sends) = if dry {
            let told = self.entries(&keys.breaches(), is_theirs).await?.len() as u64;
            (self.count_near_misses(&keys.near_misses_people(), &ids).await?, told)
        } else {
            (
                self.erase_near_misses(business, &everybody).await?,
                self.erase_sends(business, &everybody).await?,
            )
        };
        let mut pages = audit.chunks(CALL);
        let first = pages.next().unwrap_or_default();
        let ask = Ask {
            ids: &ids,
            names: &every_name,
            before: near_misses + sends,
            jobs: &jobs,
            dead: &dead,
            audit: first,
            dry,
            event: &event,
        };
        let mut found = self.forget_call(business, &ask).await?;
        (found.near_misses, found.sends) = (near_misses, sends);
        for page in pages {
            let ask = Ask { jobs: &[], dead: &[], before: 0, audit: page, ..ask };
            let more = self.forget_call(business, &ask).await?;
            found.audit_entries += more.audit_entries;
        }
        Ok(found)
    }

    async fn forget_call(&self, business: &str, ask: &Ask<'_>) -> Result<Forgotten, LedgerError> {
        let keys = self.keys(business)?;
        let mut names = vec![
            keys.people(),
            keys.evidence(),
            keys.tombstones(),
            keys.outbox_due(),
            keys.outbox_jobs(),
            keys.outbox_finished(),
            keys.audit(),
            keys.dead_letters(),
            keys.cursors(),
            keys.suppressed().to_owned(),
        ];
        names.extend(keys.topics().map(|(_, set)| set.to_owned()));
        let ask = serde_json::to_string(ask).map_err(|_| LedgerError::Record("erasure"))?;
        let call = self.scripts.forget.call(names, vec![ask, self.options.audit_max.to_string()]);
        let mut replies = scripts::run(&self.work, &[call]).await?;
        let [records, records_removed, evidence, jobs, dead_letters, audit_entries, refuses]: [u64; 7] =
            read(replies.pop().ok_or(LedgerError::Record("reply"))?, "erasure")?;
        Ok(Forgotten {
            records,
            records_removed,
            evidence,
            jobs,
            dead_letters,
            near_misses: 0,
            sends: 0,
            audit_entries,
            refuses: refuses == 1,
        })
    }

    async fn count_near_misses(&self, key: &str, ids: &[String]) -> Result<u64, LedgerError> {
        let mut count = 0;
        for id in ids {
            let mut command = redis::cmd("ZLEXCOUNT");
            // Members are the spelling, a blank and an id; the next symbol after a blank is `!`.
            command.arg(key).arg(format!("[{id} ")).arg(format!("({id}!"));
            count += read::<u64>(self.work.command(command).await?, "near-miss")?;
        }
        Ok(count)
    }

    /// The ids of the jobs that go to one of these.
    async fn jobs_of(&self, key: &str, names: &HashSet<String>) -> Result<Vec<String>, LedgerError> {
        #[derive(serde::Deserialize)]
        struct To {
            to: String,
        }
        let mut found = Vec::new();
        let mut cursor = 0;
        loop {
            let (next, fields) = self.hash_page(key, cursor).await?;
            let theirs = fields
                .into_iter()
                .filter(|(_, job)| serde_json::from_str(job).is_ok_and(|job: To| names.contains(&job.to)));
            found.extend(theirs.map(|(id, _)| id));
            cursor = next;
            if cursor == 0 {
                found.sort_unstable();
                found.dedup();
                return Ok(found);
            }
        }
    }

    /// The ids of the entries of a stream whose fields `are_theirs`, up to what is its end now.
    async fn entries(
        &self,
        key: &str,
        are_theirs: impl Fn(&[(String, String)]) -> bool,
    ) -> Result<Vec<String>, LedgerError> {
        let last = self.newest_entries(key, None, 0, 1).await?;
        let Some((last, _)) = last.into_iter().next() else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        let mut from = "-".to_owned();
        loop {
            let mut command = redis::cmd("XRANGE");
            command.arg(key).arg(&from).arg(&last).arg("COUNT").arg(PAGE);
            let page = stream::entries(self.work.command(command).await?)?;
            let Some((newest, _)) = page.last() else { return Ok(found) };
            from = format!("({newest}");
            found.extend(page.into_iter().filter(|(_, fields)| are_theirs(fields)).map(|(id, _)| id));
        }
    }
}

/// Whether a text has this identifier or message id in it, and not as a part of another.
fn mentions(text: &str, trace: &str) -> bool {
    let is_word = |symbol: char| symbol.is_ascii_alphanumeric();
    text.match_indices(trace).any(|(at, found)| {
        let before = text.get(..at).and_then(|rest| rest.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|rest| rest.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_number_inside_another_is_another() {
        assert!(mentions(r#"{"from":"525512345678"}"#, "525512345678"));
        assert!(mentions("525512345678", "525512345678"));
        assert!(!mentions("5255123456789", "525512345678"));
        assert!(!mentions("1525512345678", "525512345678"));
        assert!(mentions("5255123456789 525512345678", "525512345678"));
    }
}
