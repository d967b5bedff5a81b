//! The Redis: does it keep what it is told, has it room, may the service do what it must.

use super::{Finding, Said};
use crate::{
    config::Settings,
    ledger::{AppendFile, Durability, Ledger, LedgerError, Survey},
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
    let mut findings = vec![Finding::ok(REACH, "redis.answers")];
    match ledger.durability().await {
        Ok(found) => findings.extend(durability(settings, &found)),
        Err(error) => findings.push(unreachable("redis.durability", &error)),
    }
    for business in ledger.servers() {
        findings.extend(append_file(ledger.append_file(&business).await).map(|found| found.of(&business)));
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
        "refused" => "redis.refuses.advice",
        _ => "redis.fails.advice",
    };
    Finding::problem(check, Said::of("redis.fails").with("error", error), advice)
}

fn durability(settings: &Settings, found: &Durability) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !found.version.is_empty() && found.weaknesses.iter().all(|one| one.setting != "redis_version") {
        findings.push(Finding::ok(
            "redis.version",
            Said::of("redis.version_fine").with("version", &found.version),
        ));
    }
    for weakness in &found.weaknesses {
        let check = match weakness.setting {
            "redis_version" => "redis.version",
            "maxmemory-policy" => "redis.eviction",
            _ => "redis.persistence",
        };
        let advice = Said::of(match weakness.setting {
            "redis_version" => "redis.weak.version",
            "appendonly" => "redis.weak.appendonly",
            "appendfsync" => "redis.weak.appendfsync",
            "maxmemory-policy" => "redis.weak.maxmemory_policy",
            _ => "redis.weak.other",
        });
        let found = Said::of("redis.setting").with("setting", weakness.setting);
        findings.push(Finding::problem(check, found, advice.with("advice", weakness.advice)));
    }
    let sound = |check, settings: &[&str], told| {
        let concerned = |setting: &str| settings.contains(&setting);
        let weak = found.weaknesses.iter().any(|one| concerned(one.setting));
        let unchecked = found.unchecked.iter().any(|setting| concerned(setting));
        (!weak && !unchecked).then(|| Finding::ok(check, told))
    };
    findings.extend(sound("redis.persistence", &["appendonly", "appendfsync"], "redis.on_disk"));
    findings.extend(sound("redis.eviction", &["maxmemory-policy"], "redis.no_eviction"));
    for setting in &found.unchecked {
        let told = Said::of("redis.setting_hidden").with("setting", setting);
        let check = if *setting == "maxmemory-policy" { "redis.eviction" } else { "redis.persistence" };
        findings.push(Finding::unchecked(check, told));
    }
    if !settings.redis.require_durable {
        findings.push(Finding::warning("redis.required", "redis.not_required", "redis.not_required.advice"));
    }
    findings
}

/// Nothing where there is no such file: that is said of the settings.
fn append_file(state: Result<AppendFile, LedgerError>) -> Option<Finding> {
    const CHECK: &str = "redis.append_file";
    Some(match state {
        Ok(AppendFile::Off) => return None,
        Ok(AppendFile::Failing) => Finding::problem(CHECK, "redis.file_failing", "redis.file_failing.advice"),
        Ok(AppendFile::NotRewritten) => {
            Finding::problem(CHECK, "redis.file_not_rewritten", "redis.file_not_rewritten.advice")
        }
        Ok(AppendFile::Rewriting | AppendFile::Sound) => Finding::ok(CHECK, "redis.file_written"),
        Err(_) => Finding::unchecked(CHECK, "redis.silent"),
    })
}

fn memory(found: &Survey) -> Finding {
    const CHECK: &str = "redis.memory";
    let Some(used) = found.memory_used else { return Finding::unchecked(CHECK, "redis.silent") };
    let limit = found.memory_max.filter(|max| *max > 0).or(found.memory_of_machine).filter(|max| *max > 0);
    let Some(limit) = limit else {
        return Finding::ok(CHECK, Said::of("redis.memory_used").with("used", mebibytes(used)));
    };
    let told = |code| Said::of(code).with("used", mebibytes(used)).with("limit", mebibytes(limit));
    if used.saturating_mul(100) > limit.saturating_mul(FULL) {
        return Finding::problem(CHECK, told("redis.memory_of"), "redis.memory_full.advice");
    }
    if found.memory_max == Some(0) {
        return Finding::warning(CHECK, told("redis.memory_unbounded"), "redis.memory_unbounded.advice");
    }
    Finding::ok(CHECK, told("redis.memory_of"))
}

fn replication(settings: &Settings, found: &Survey) -> Finding {
    const CHECK: &str = "redis.replication";
    let wanted = u64::from(settings.redis.wait_replicas);
    if found.role == "slave" {
        return Finding::problem(CHECK, "redis.is_replica", "redis.is_replica.advice");
    }
    let Some(replicas) = found.replicas else { return Finding::unchecked(CHECK, "redis.silent") };
    let told = |code| Said::of(code).with("replicas", replicas).with("wanted", wanted);
    if replicas < wanted {
        return Finding::problem(CHECK, told("redis.too_few_replicas"), "redis.too_few_replicas.advice");
    }
    if replicas > 0 && wanted == 0 {
        return Finding::warning(CHECK, told("redis.no_wait"), "redis.no_wait.advice");
    }
    Finding::ok(CHECK, told("redis.replicas"))
}

fn clock(found: &Survey) -> Finding {
    const CHECK: &str = "redis.clock";
    match found.clock_ahead {
        None => Finding::unchecked(CHECK, "redis.no_time"),
        Some(ahead) if ahead.abs() > SKEW => {
            let seconds = format!("{:.1}", ahead as f64 / 1000.0);
            let told = Said::of("redis.clock_differs").with("seconds", seconds);
            Finding::warning(CHECK, told, "redis.clock_differs.advice")
        }
        Some(_) => Finding::ok(CHECK, "redis.clock_agrees"),
    }
}

fn cluster(found: &Survey) -> Option<Finding> {
    const CHECK: &str = "redis.cluster";
    Some(match found.cluster.as_deref()? {
        "ok" => Finding::ok(CHECK, "redis.cluster_whole"),
        "" => Finding::unchecked(CHECK, "redis.silent"),
        _ => Finding::problem(CHECK, "redis.cluster_broken", "redis.cluster_broken.advice"),
    })
}

fn rights(found: &Survey) -> Finding {
    const CHECK: &str = "redis.rights";
    if found.forbidden.is_empty() {
        return Finding::ok(CHECK, "redis.rights_fine");
    }
    let told = Said::of("redis.forbidden").with("what", found.forbidden.join(", "));
    Finding::problem(CHECK, told, "redis.forbidden.advice")
}

fn mebibytes(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}
