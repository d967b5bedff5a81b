//! The relay, from the settings.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Notify, Semaphore};

use super::StartError;
use crate::{
    config::{RelayEvents, RelayMode, RelayTarget, Settings},
    forward::{Forward, Target, Way, WorkerRules},
    ledger::{LANES, Ledger},
    metrics::Metrics,
    relay::{Address, Courier, Filter},
};

/// Who gets the webhooks beside us.
///
/// # Errors
///
/// When a target's address cannot be used.
pub(super) fn forward(
    settings: &Settings,
    ledger: &Arc<Ledger>,
    metrics: &Arc<Metrics>,
) -> Result<Forward, StartError> {
    let targets = settings.relays.iter().map(target).collect::<Result<_, _>>()?;
    Ok(Forward::new(targets, Arc::clone(ledger), Arc::clone(metrics)))
}

/// How each queue is worked off.
pub(super) fn worker_rules(settings: &Settings) -> BTreeMap<String, WorkerRules> {
    let rules = |target: &RelayTarget| {
        let at_once = target.max_in_flight.min(LANES);
        (target.name.clone(), WorkerRules { at_once, give_up_after: target.give_up_after })
    };
    settings.relays.iter().map(rules).collect()
}

fn target(target: &RelayTarget) -> Result<Target, StartError> {
    let address = Address { url: &target.url, timeout: target.timeout, public_only: target.public_only };
    let courier =
        Courier::new(&address).map_err(|source| StartError::Relay { target: target.name.clone(), source })?;
    Ok(Target {
        name: target.name.clone(),
        filter: Filter {
            not_opt_outs: target.events == RelayEvents::NotOptOuts,
            businesses: target.businesses.clone(),
        },
        courier: Arc::new(courier),
        way: match target.mode {
            RelayMode::Inline => {
                Way::Inline { room: Semaphore::new(target.max_in_flight), patience: target.timeout }
            }
            RelayMode::Queued => Way::Queued { ready: Arc::new(Notify::new()) },
        },
    })
}
