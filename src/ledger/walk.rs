//! The whole list, a page at a time: for what takes it elsewhere.
//!
//! `HSCAN` and `SSCAN` block nobody. What is on the list during the whole walk is met at least once; what
//! comes or goes meanwhile may be met or not, and while Redis resizes a table something may be met twice.

use redis::Value;

use super::{Ledger, LedgerError, Record, connection::read};
use crate::identity::Identifier;

/// About how many are read at once.
const PAGE: usize = 500;

impl Ledger {
    /// A page of the people's records with their evidence, and the cursor of the next page: 0 begins, and 0
    /// at the end.
    pub async fn people_page(&self, business: &str, cursor: u64) -> Result<(u64, Vec<Record>), LedgerError> {
        let keys = self.keys(business)?;
        let (next, fields) = self.hash_page(&keys.people(), cursor).await?;
        let records: Vec<(String, String)> =
            fields.into_iter().filter(|(_, value)| !value.starts_with('=')).collect();
        if records.is_empty() {
            return Ok((next, Vec::new()));
        }
        let mut command = redis::cmd("HMGET");
        command.arg(keys.evidence());
        for (field, _) in &records {
            command.arg(field);
        }
        let lines: Vec<Option<String>> = read(self.work.command(command).await?, "evidence")?;
        let records = records
            .iter()
            .zip(lines)
            .map(|((_, record), lines)| Record::read(record, lines.as_deref().unwrap_or_default()));
        Ok((next, records.collect::<Result<_, _>>()?))
    }

    /// A page of the set of a scope, `all` or a topic, and the cursor of the next page; of it only the members
    /// that no record explains: those of a list from before, or that another program put there.
    pub async fn unexplained_page(
        &self,
        business: &str,
        scope: &str,
        cursor: u64,
    ) -> Result<(u64, Vec<String>), LedgerError> {
        let keys = self.keys(business)?;
        let set = if scope == "all" { Some(keys.suppressed()) } else { keys.topic(scope) };
        let Some(set) = set else { return Ok((0, Vec::new())) };
        let mut command = redis::cmd("SSCAN");
        command.arg(set).arg(cursor).arg("COUNT").arg(PAGE);
        let (next, members): (u64, Vec<String>) = read(self.work.command(command).await?, "members")?;
        let canonical: Vec<String> = members
            .iter()
            .map(|member| match Identifier::read(member) {
                Some(identifier) => identifier.canonical().as_str().to_owned(),
                None => member.clone(),
            })
            .collect();
        let records = self.records_by_field(&keys.people(), &canonical).await?;
        let unexplained = members.into_iter().zip(records).filter(|(_, record)| {
            !record.as_ref().is_some_and(|record| record.refuses().any(|(name, _)| scope_of(name) == scope))
        });
        Ok((next, unexplained.map(|(member, _)| member).collect()))
    }

    /// For each canonical spelling the record behind it, through a link where there is one.
    async fn records_by_field(
        &self,
        people: &str,
        fields: &[String],
    ) -> Result<Vec<Option<Record>>, LedgerError> {
        let mut values = self.hash_values(people, fields).await?;
        let (places, targets): (Vec<usize>, Vec<String>) = values
            .iter()
            .enumerate()
            .filter_map(|(place, value)| Some((place, value.as_deref()?.strip_prefix('=')?.to_owned())))
            .unzip();
        for (place, value) in places.into_iter().zip(self.hash_values(people, &targets).await?) {
            if let Some(slot) = values.get_mut(place) {
                *slot = value;
            }
        }
        values.into_iter().map(|value| value.map(|text| Record::read(&text, "")).transpose()).collect()
    }

    async fn hash_values(&self, key: &str, fields: &[String]) -> Result<Vec<Option<String>>, LedgerError> {
        if fields.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = redis::cmd("HMGET");
        command.arg(key).arg(fields);
        read(self.work.command(command).await?, "record")
    }

    /// A page of a hash, and the cursor of the next.
    pub(super) async fn hash_page(
        &self,
        key: &str,
        cursor: u64,
    ) -> Result<(u64, Vec<(String, String)>), LedgerError> {
        let mut command = redis::cmd("HSCAN");
        command.arg(key).arg(cursor).arg("COUNT").arg(PAGE);
        let (next, flat): (u64, Value) = read(self.work.command(command).await?, "page")?;
        Ok((next, read(flat, "page")?))
    }
}

/// The scope that a register is about.
fn scope_of(register: &str) -> &str {
    register.split_once('@').map_or(register, |(scope, _)| scope)
}

impl Record {
    /// The registers that refuse their scope, each with the time of its stop, as `apply.lua` reads them: a
    /// start for everything counts against every register.
    pub fn refuses(&self) -> impl Iterator<Item = (&str, f64)> {
        let floor = self.registers.get("all").and_then(|all| all.start).unwrap_or(0.0);
        self.registers.iter().filter_map(move |(name, register)| {
            let stop = register.stop?;
            (stop >= register.start.unwrap_or(0.0).max(floor)).then_some((name.as_str(), stop))
        })
    }
}
