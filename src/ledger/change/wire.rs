//! A change as the scripts read it.

use serde::Serialize;

use super::{Act, Change, Reply};
use crate::{
    identity::{Identifier, Person},
    ledger::{
        millis,
        outbox::{JobId, JobKind},
    },
};

/// The change as `apply.lua` reads it; what is not set is left out.
#[derive(Serialize)]
pub(in crate::ledger) struct Wire<'a> {
    act: &'static str,
    ids: Vec<WireId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Vec<WireId>>,
    scope: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regs: Vec<String>,
    t: i64,
    time_text: String,
    reasons: usize,
    #[serde(skip_serializing_if = "is_not")]
    force: bool,
    #[serde(skip_serializing_if = "is_not")]
    lifts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    says: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<u64>,
    #[serde(skip_serializing_if = "is_not")]
    silent: bool,
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    sends: &'a [usize],
    #[serde(skip_serializing_if = "str::is_empty")]
    quoted: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<WireJob<'a>>,
}

/// An identifier as the scripts read it.
#[derive(Serialize)]
pub(in crate::ledger) struct WireId {
    /// Canonical.
    c: String,
    /// Every spelling, as they stand in the sets.
    m: Vec<String>,
}

#[derive(Serialize)]
pub(in crate::ledger) struct WireJob<'a> {
    id: JobId,
    pub(in crate::ledger) kind: JobKind,
    scope: String,
    phone_number_id: &'a str,
    to: &'a str,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<&'a str>,
    pub(in crate::ledger) expires_at: i64,
}

impl WireJob<'_> {
    /// The job as a plain call brings it: its id, its end in 19 digits, and its JSON up to the value of
    /// `made_at`, which the clock of Redis gives.
    pub(in crate::ledger) fn unfinished(&self) -> Option<String> {
        let job = serde_json::to_string(self).ok()?;
        let inside = job.strip_prefix('{')?.strip_suffix('}')?;
        Some(format!(
            "{}{:019}{{\"v\":1,\"state\":\"due\",\"attempts\":0,\"token\":0,\"maybe_sent\":0,{inside},\"made_at\":",
            self.id.as_str(),
            self.expires_at,
        ))
    }
}

/// The register of what is set in WhatsApp's settings: apart from what was typed about the same topic.
const SETTINGS_REGISTER: &str = "marketing@settings";
const MARKETING: &str = "marketing";
pub(super) const ALL: &str = "all";

impl<'a> Wire<'a> {
    /// `reasons` is how many bytes of the change's evidence are not the person's words; `sends` are the places among the
    /// keys of what says whom marketing was delivered to.
    pub(in crate::ledger) fn new(change: &'a Change, reasons: usize, sends: &'a [usize]) -> Self {
        let act = &change.act;
        let scope = scope_of(act);
        Self {
            act: match act {
                Act::Stop(_) | Act::SettingsStop => "stop",
                Act::Start(_) | Act::ImportedStart(_) | Act::ForceStart(_) | Act::SettingsResume => "start",
                Act::Reason(_) => "reason",
                Act::Move { .. } => "move",
                Act::Link => "link",
                Act::Help => "help",
                Act::Ask(_) | Act::Doubt { .. } => "ask",
                Act::Answer { .. } => "answer",
            },
            ids: wire_ids(&change.person),
            to: match act {
                Act::Move { to } => Some(wire_ids(to)),
                _ => None,
            },
            regs: registers(act, &scope),
            t: change.at,
            time_text: change.at.to_string(),
            reasons,
            force: matches!(act, Act::ForceStart(_)),
            lifts: matches!(act, Act::Start(_) | Act::ForceStart(_)),
            claim: change.claim.as_deref(),
            says: match act {
                Act::Answer { says: Reply::Yes, .. } => Some("yes"),
                Act::Answer { says: Reply::Stop(_), .. } => Some("stop"),
                Act::Answer { says: Reply::OnlyThat, .. } => Some("only"),
                Act::Answer { says: Reply::Keep, .. } => Some("keep"),
                _ => None,
            },
            within: match act {
                Act::Doubt { after: within, .. } | Act::Answer { within, .. } => Some(millis(*within)),
                _ => None,
            },
            silent: matches!(act, Act::Doubt { asks: false, .. }),
            sends: if matches!(act, Act::Doubt { .. }) { sends } else { &[] },
            quoted: if matches!(act, Act::Answer { .. }) { &change.evidence.quoted } else { "" },
            job: change.message.as_ref().map(|message| WireJob {
                id: change.claim.as_deref().map_or_else(JobId::random, JobId::of),
                kind: message.kind,
                scope: scope.clone(),
                phone_number_id: &message.phone_number_id,
                to: &message.to,
                language: &message.language,
                quote: message.quote.as_deref(),
                expires_at: message.expires_at,
            }),
            scope,
        }
    }

    pub(in crate::ledger) fn reasons(&self) -> usize {
        self.reasons
    }

    pub(in crate::ledger) fn job(&self) -> Option<&WireJob<'a>> {
        self.job.as_ref()
    }
}

fn is_not(flag: &bool) -> bool {
    !flag
}

pub(in crate::ledger) fn scope_of(act: &Act) -> String {
    match act {
        Act::Stop(scope)
        | Act::Start(scope)
        | Act::ImportedStart(scope)
        | Act::ForceStart(scope)
        | Act::Reason(scope)
        | Act::Ask(scope)
        | Act::Doubt { scope, .. }
        | Act::Answer { says: Reply::Stop(scope), .. } => scope.to_string(),
        Act::SettingsStop | Act::SettingsResume => MARKETING.to_owned(),
        Act::Move { .. } | Act::Link | Act::Help | Act::Answer { .. } => ALL.to_owned(),
    }
}

pub(in crate::ledger) fn registers(act: &Act, scope: &str) -> Vec<String> {
    match act {
        Act::Stop(_) | Act::Reason(_) => vec![scope.to_owned()],
        Act::Start(_) | Act::ImportedStart(_) | Act::ForceStart(_) if scope == MARKETING => {
            vec![scope.to_owned(), SETTINGS_REGISTER.to_owned()]
        }
        Act::Start(_) | Act::ImportedStart(_) | Act::ForceStart(_) => vec![scope.to_owned()],
        Act::SettingsStop | Act::SettingsResume => vec![SETTINGS_REGISTER.to_owned()],
        Act::Move { .. } | Act::Link | Act::Help | Act::Ask(_) | Act::Doubt { .. } | Act::Answer { .. } => {
            Vec::new()
        }
    }
}

/// Every identifier of a person.
pub(in crate::ledger) fn wire_ids(person: &Person) -> Vec<WireId> {
    let text = |identifier: &Identifier| identifier.as_str().to_owned();
    person
        .identifiers()
        .iter()
        .map(|identifier| WireId {
            c: text(&identifier.canonical()),
            m: identifier.spellings().iter().map(text).collect(),
        })
        .collect()
}
