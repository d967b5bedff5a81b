//! The Redis: does it keep what it is told, has it room, may the service do what it must.

use super::Finding;
use crate::{
    config::Settings,
    ledger::{Durability, Ledger, LedgerError, Survey},
};

/// Clocks that differ by more than this are worth a word, milliseconds.
const SKEW: i64 = 2_000;
/// Of the memory, in percent.
const FULL: u64 = 80;

/// Asks the server.
pub async fn examine(settings: &Settings, ledger: &Ledger) -> Vec<Finding> {
    const REACH: &str = "redis.reach";
    if let Err(error) = ledger.ping().await {
        return vec![unreachable(REACH, &error)];
    }
    let mut findings = vec![Finding::ok(REACH, "answers, and takes the scripts")];
    match ledger.durability().await {
        Ok(found) => findings.extend(durability(settings, &found)),
        Err(error) => findings.push(unreachable("redis.durability", &error)),
    }
    let Some(first) = ledger.businesses().into_iter().next() else { return findings };
    match ledger.survey(&first).await {
        Ok(found) => {
            findings.extend([memory(&found), replication(settings, &found), clock(&found)]);
            findings.extend(cluster(&found));
            findings.push(rights(&found));
        }
        Err(error) => findings.push(unreachable("redis.survey", &error)),
    }
    for business in ledger.businesses().into_iter().skip(1) {
        if let Ok(found) = ledger.survey(&business).await {
            findings.push(rights(&found).of(&business));
        }
    }
    findings
}

fn unreachable(check: &'static str, error: &LedgerError) -> Finding {
    let advice = match error.kind() {
        "refused" => "look at the user's rights: deploy/redis/users.acl has what the service needs",
        _ => "look whether Redis runs, at BAJA_REDIS_URL with its password, and at redis.mode",
    };
    Finding::problem(check, format!("redis does not do what is asked ({error})"), advice)
}

fn durability(settings: &Settings, found: &Durability) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !found.version.is_empty() && found.weaknesses.iter().all(|one| one.setting != "redis_version") {
        findings.push(Finding::ok("redis.version", format!("{}, and 7.0 is needed", found.version)));
    }
    for weakness in &found.weaknesses {
        let check = match weakness.setting {
            "redis_version" => "redis.version",
            "maxmemory-policy" => "redis.eviction",
            _ => "redis.persistence",
        };
        findings.push(Finding::problem(check, weakness.setting, weakness.advice));
    }
    let sound = |check, settings: &[&str], told| {
        let concerned = |setting: &str| settings.contains(&setting);
        let weak = found.weaknesses.iter().any(|one| concerned(one.setting));
        let unchecked = found.unchecked.iter().any(|setting| concerned(setting));
        (!weak && !unchecked).then(|| Finding::ok(check, told))
    };
    findings.extend(sound(
        "redis.persistence",
        &["appendonly", "appendfsync"],
        "every write is on disk before its answer",
    ));
    findings.extend(sound("redis.eviction", &["maxmemory-policy"], "nothing is evicted"));
    for setting in &found.unchecked {
        let told = format!("{setting} may not be asked for; make sure that it keeps opt-outs");
        let check = if *setting == "maxmemory-policy" { "redis.eviction" } else { "redis.persistence" };
        findings.push(Finding::unchecked(check, told));
    }
    if !settings.redis.require_durable {
        let advice = "set redis.require_durable = true, so that the service never starts on a Redis that may";
        findings.push(Finding::warning(
            "redis.required",
            "a Redis that may lose opt-outs would be accepted",
            advice,
        ));
    }
    findings
}

fn memory(found: &Survey) -> Finding {
    const CHECK: &str = "redis.memory";
    let Some(used) = found.memory_used else { return Finding::unchecked(CHECK, "the server does not tell") };
    let limit = found.memory_max.filter(|max| *max > 0).or(found.memory_of_machine).filter(|max| *max > 0);
    let Some(limit) = limit else { return Finding::ok(CHECK, format!("{} MiB in use", mebibytes(used))) };
    let told = format!("{} MiB of {} in use", mebibytes(used), mebibytes(limit));
    if used.saturating_mul(100) > limit.saturating_mul(FULL) {
        let advice = "give it more: a full Redis takes opt-outs still, and nothing else";
        return Finding::problem(CHECK, told, advice);
    }
    if found.memory_max == Some(0) {
        let advice = "set maxmemory, so that the system does not end Redis when memory is short";
        return Finding::warning(CHECK, format!("{told}, and no maxmemory"), advice);
    }
    Finding::ok(CHECK, told)
}

fn replication(settings: &Settings, found: &Survey) -> Finding {
    const CHECK: &str = "redis.replication";
    let wanted = u64::from(settings.redis.wait_replicas);
    if found.role == "slave" {
        let advice = "name the primary in BAJA_REDIS_URL, or use redis.mode = \"sentinel\"";
        return Finding::problem(CHECK, "this is a replica: it takes no opt-out", advice);
    }
    let Some(replicas) = found.replicas else { return Finding::unchecked(CHECK, "the server does not tell") };
    if replicas < wanted {
        let told =
            format!("{replicas} replicas, and redis.wait_replicas wants {wanted}: opt-outs are refused");
        return Finding::problem(CHECK, told, "connect the replicas, or lower redis.wait_replicas");
    }
    if replicas > 0 && wanted == 0 {
        let advice = "set redis.wait_replicas = 1, so that a failover loses no opt-out that was acknowledged";
        return Finding::warning(CHECK, format!("{replicas} replicas, and none is waited for"), advice);
    }
    Finding::ok(CHECK, format!("{replicas} replicas, {wanted} waited for"))
}

fn clock(found: &Survey) -> Finding {
    const CHECK: &str = "redis.clock";
    match found.clock_ahead {
        None => Finding::unchecked(CHECK, "the server does not tell the time"),
        Some(ahead) if ahead.abs() > SKEW => {
            let told = format!("differs from this machine's by {:.1} s", ahead as f64 / 1000.0);
            Finding::warning(
                CHECK,
                told,
                "run an NTP client on both: windows and expiries are timed by these clocks",
            )
        }
        Some(_) => Finding::ok(CHECK, "agrees with this machine's"),
    }
}

fn cluster(found: &Survey) -> Option<Finding> {
    const CHECK: &str = "redis.cluster";
    Some(match found.cluster.as_deref()? {
        "ok" => Finding::ok(CHECK, "every slot is served"),
        "" => Finding::unchecked(CHECK, "the server does not tell"),
        _ => Finding::problem(CHECK, "not every slot is served", "look at `CLUSTER NODES` on any node"),
    })
}

fn rights(found: &Survey) -> Finding {
    const CHECK: &str = "redis.rights";
    if found.forbidden.is_empty() {
        return Finding::ok(CHECK, "the user may do what the service needs");
    }
    let told = format!("the user may not: {}", found.forbidden.join(", "));
    Finding::problem(
        CHECK,
        told,
        "give it the rights of the user `baja` in deploy/redis/users.acl, and its own key names",
    )
}

fn mebibytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}
