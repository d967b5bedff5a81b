//! `baja doctor`: what is wrong with this deployment, and what to do about it.

use clap::Args;

use super::{
    Answer, Global,
    list::open_ledger,
    output::{Output, plain},
};
use crate::{
    clock::unix_seconds,
    config::Settings,
    doctor::{self, Finding, Said, Status},
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja doctor
  baja doctor --url https://your.host/webhook
  baja doctor --offline
  baja doctor --json | jq 'select(.status == \"problem\")'

A status is ok, warning, problem, or unchecked: it could not be looked at, and why. The object of --json has check,
subject (a business, account or number id of Meta; where there are several), status, found and advice.

Exit codes:
  0  no problem was found (with --strict: no warning either)
  1  at least one
  2  it could not be printed

Changes nothing, and prints no secret.";

/// Look at secrets, Redis, Meta and the public address, and say what to do about what is wrong.
///
/// Runs with the settings of the service. Meta is asked with its own token and app secret; the public address with a verify
/// token that is wrong on purpose.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Doctor {
    /// Ask nobody but Redis.
    #[arg(long)]
    offline: bool,
    /// The public address of the webhook. Without it: the one that Meta has.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Exit with 1 for warnings too.
    #[arg(long)]
    strict: bool,
    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let mut out = Output::new(self.json);
        let mut worst = Status::Ok;
        let mut counts = [0_u32; 4];
        let mut show = |findings: Vec<Finding>| {
            for finding in findings {
                worst = worst.max(finding.status);
                if let Some(count) = counts.get_mut(finding.status as usize) {
                    *count += 1;
                }
                out.either(&finding, || line(&finding))?;
            }
            out.flush()
        };
        match global.settings() {
            Ok(settings) => {
                show(vec![Finding::ok("configuration", "configuration.readable")])?;
                show(doctor::examine_secrets(&settings))?;
                show(look_at_redis(&settings).await)?;
                for findings in self.look_outside(&settings).await {
                    show(findings)?;
                }
            }
            Err(errors) => {
                let findings = errors.0.iter().map(|error| {
                    let found = Said::of("configuration.problem").with("problem", &error.problem);
                    let advice = Said::of("configuration.hint").with("hint", &error.hint);
                    Finding::problem("configuration", found, advice).of(&error.key)
                });
                show(findings.collect())?;
                let why = "configuration.unusable";
                show(
                    ["secrets", "redis", "meta", "address"]
                        .map(|check| Finding::unchecked(check, why))
                        .into(),
                )?;
            }
        }
        if !self.json {
            let [ok, unchecked, warnings, problems] = counts;
            out.line(format!("\n{problems} problems, {warnings} warnings, {ok} ok, {unchecked} unchecked"))?;
            out.flush()?;
        }
        let bad = worst == Status::Problem || (self.strict && worst == Status::Warning);
        Ok(if bad { Answer::No } else { Answer::Yes })
    }

    /// Meta, then the address.
    async fn look_outside(&self, settings: &Settings) -> [Vec<Finding>; 2] {
        if self.offline {
            return ["meta", "address"].map(|check| vec![Finding::unchecked(check, "doctor.offline")]);
        }
        doctor::examine_outside(settings, self.url.as_deref(), unix_seconds()).await
    }
}

async fn look_at_redis(settings: &Settings) -> Vec<Finding> {
    match open_ledger(settings).await {
        Ok(ledger) => doctor::examine_redis(settings, &ledger).await,
        Err(error) => {
            let found = Said::of("redis.unusable").with("error", error);
            vec![Finding::problem("redis.reach", found, "redis.unusable.advice")]
        }
    }
}

fn line(finding: &Finding) -> String {
    let subject =
        finding.subject.as_deref().map(|subject| format!("{}: ", plain(subject))).unwrap_or_default();
    let (word, check, found) = (finding.status.as_str(), finding.check, finding.found.to_string());
    let found = plain(&found);
    let advice =
        finding.advice.as_ref().map(|advice| format!("\n           -> {}", plain(&advice.to_string())));
    format!("{word:<9}  {check:<20}  {subject}{found}{}", advice.unwrap_or_default())
}
