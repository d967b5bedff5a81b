//! Everything that happened around a person, the newest first, each thing once.

use super::super::{
    rule::{self, RuleLine},
    texts::called,
    visit::Visit,
};
use crate::{
    intent::Lexicon,
    ledger::{AuditEntry, Breach, Dossier, StoredEvidence, StoredJob, StoredNearMiss},
};

/// From here on, when something was written is told beside when it happened, milliseconds.
const LATE_MS: i64 = 2000;
/// An entry of the audit is written with what it tells of, within this time, milliseconds.
const SAME_MS: i64 = 1000;

/// One thing that happened.
pub(super) struct Item<'a> {
    at: i64,
    pub(super) time: String,
    pub(super) title: String,
    /// A colour and a word.
    pub(super) tag: Option<(&'static str, String)>,
    /// The person's own words.
    pub(super) words: Option<String>,
    /// Whether there are words that the visitor may not see.
    pub(super) is_hidden: bool,
    pub(super) rule: Option<RuleLine>,
    /// Further facts, each with its name.
    pub(super) facts: Vec<(&'a str, String)>,
}

/// All of it. `lexicon` has the business's words of now.
pub(super) fn items<'a>(visit: &'a Visit, lexicon: Option<&Lexicon>, dossier: &Dossier) -> Vec<Item<'a>> {
    let evidence: Vec<&StoredEvidence> =
        dossier.known.records.iter().flat_map(|record| &record.evidence).collect();
    let mut items: Vec<Item<'a>> = evidence.iter().map(|one| of_evidence(visit, lexicon, one)).collect();
    items.extend(dossier.near_misses.iter().map(|one| of_near_miss(visit, one)));
    items.extend(dossier.breaches.iter().map(|one| of_breach(visit, one)));
    items.extend(dossier.jobs.iter().map(|one| of_job(visit, one)));
    let told = dossier.trail.entries.iter().filter(|entry| !is_told(entry, &evidence, dossier));
    items.extend(told.map(|entry| of_audit(visit, entry)));
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    items
}

/// Whether an entry of the audit tells what stands there already, with more of it.
fn is_told(entry: &AuditEntry, evidence: &[&StoredEvidence], dossier: &Dossier) -> bool {
    let near = |one: i64, other: i64| (one - other).abs() <= SAME_MS;
    match entry.act.as_str() {
        "near_miss" => dossier.near_misses.iter().any(|one| one.near_miss.at as i64 == entry.at),
        "near-miss" => dossier.near_misses.iter().any(|one| {
            one.near_miss.ended_at.is_some_and(|at| near(at as i64, entry.at)) && !one.near_miss.by.is_empty()
        }),
        "breach" => dossier.breaches.iter().any(|one| near(one.found_at, entry.written_at)),
        "message" => dossier.jobs.iter().any(|job| job.finished_at.is_some_and(|at| near(at, entry.at))),
        act => {
            evidence.iter().any(|one| one.act == act && one.at as i64 == entry.at && one.scope == entry.scope)
        }
    }
}

impl<'a> Item<'a> {
    fn new(visit: &Visit, at: i64, act: &str, about: &str) -> Self {
        let act = called(&visit.texts.work.acts, act);
        let title = if about.is_empty() { act.to_owned() } else { format!("{act}: {about}") };
        let time = visit.locale.moment(at);
        Self { at, time, title, tag: None, words: None, is_hidden: false, rule: None, facts: Vec::new() }
    }

    fn say(&mut self, visit: &Visit, text: &str) {
        if !text.is_empty() {
            (self.words, self.is_hidden) = (visit.reveals().then(|| text.to_owned()), !visit.reveals());
        }
    }

    /// Adds those that are not empty.
    fn add(&mut self, facts: impl IntoIterator<Item = (&'a str, String)>) {
        self.facts.extend(facts.into_iter().filter(|(_, value)| !value.is_empty()));
    }
}

fn of_evidence<'a>(visit: &'a Visit, lexicon: Option<&Lexicon>, one: &StoredEvidence) -> Item<'a> {
    let (t, w, p) = (&visit.texts.words, &visit.texts.work, &visit.texts.person);
    let mut item = Item::new(visit, one.at as i64, &one.act, t.scope(&one.scope));
    if one.applied != 1 {
        item.tag = Some(("soft", p.nothing_changed.clone()));
    }
    item.say(visit, &one.text);
    item.rule = rule::line(visit, &one.rule);
    let by = if one.source == "operator" && one.by.is_empty() { w.by_command.as_str() } else { &one.by };
    item.add([
        (w.source.as_str(), t.source(one.first_source()).to_owned()),
        (&w.reason, called(&t.reasons, &one.reason).to_owned()),
        (&w.note, one.note.clone()),
        (&w.by, by.to_owned()),
    ]);
    if let Some(by) = &one.provoked_by {
        let labels = [&by.template, &by.topic, &by.campaign].into_iter().filter(|label| !label.is_empty());
        let labels = labels.map(String::as_str).collect::<Vec<_>>().join(", ");
        item.add([(p.provoked.as_str(), labels), (&p.how, by.how.clone())]);
    }
    if (one.written_at - one.at).abs() as i64 >= LATE_MS {
        item.add([(p.written.as_str(), visit.locale.moment(one.written_at as i64))]);
    }
    item.add([(p.rules_version.as_str(), one.rules_version.clone())]);
    if visit.reveals() {
        item.add([
            (p.answering.as_str(), one.quoted.clone()),
            (&p.reference, one.reference.clone()),
            (&w.message_id, one.message_id.clone()),
            (&p.number_id, one.phone_number_id.clone()),
        ]);
        let typed = lexicon.filter(|_| one.source == "text" && !one.text.is_empty());
        let now = typed.and_then(|lexicon| {
            rule::now(visit, lexicon, &one.text, &one.act, &one.rule, !one.quoted.is_empty())
        });
        item.add(now.map(|now| (p.now.as_str(), now)));
    }
    item
}

fn of_near_miss<'a>(visit: &'a Visit, stored: &StoredNearMiss) -> Item<'a> {
    let (w, one) = (&visit.texts.work, &stored.near_miss);
    let mut item = Item::new(visit, one.at as i64, "near_miss", visit.texts.words.scope(&one.scope));
    let tag = if one.ended.is_none() { "warn" } else { "soft" };
    item.tag = Some((tag, called(&visit.texts.near_misses.states, one.state()).to_owned()));
    item.say(visit, &one.text);
    item.rule = rule::line(visit, &one.rule);
    item.add([(w.note.as_str(), one.note.clone()), (&w.by, one.by.clone())]);
    item
}

fn of_breach<'a>(visit: &'a Visit, one: &Breach) -> Item<'a> {
    let w = &visit.texts.work;
    let mut item = Item::new(visit, one.sent_at, "breach", visit.texts.words.scope(&one.scope));
    item.tag = Some(("bad", visit.texts.breaches.one.clone()));
    item.add([
        (w.template.as_str(), one.template.clone()),
        (&w.topic, one.topic.clone()),
        (&w.campaign, one.campaign.clone()),
    ]);
    if visit.reveals() {
        item.add([(w.message_id.as_str(), one.message_id.clone())]);
    }
    item
}

fn of_job<'a>(visit: &'a Visit, job: &StoredJob) -> Item<'a> {
    let (w, o) = (&visit.texts.work, &visit.texts.outbox);
    let about = called(&o.kinds, job.kind.as_str());
    let mut item = Item::new(visit, job.finished_at.unwrap_or(job.made_at), "message", about);
    item.tag = Some((super::super::outbox::tag(&job.state), called(&o.states, &job.state).to_owned()));
    item.add([
        (w.reason.as_str(), job.why().map_or_else(String::new, |word| called(&o.reasons, word).to_owned())),
        (&w.language, visit.texts.words.language(&job.language).to_owned()),
    ]);
    if visit.reveals() {
        item.add([(w.message_id.as_str(), job.message_id().unwrap_or_default().to_owned())]);
    }
    item
}

fn of_audit<'a>(visit: &'a Visit, entry: &AuditEntry) -> Item<'a> {
    let (t, w, p) = (&visit.texts.words, &visit.texts.work, &visit.texts.person);
    let about = match entry.kind.as_str() {
        "" => t.scope(&entry.scope),
        kind => called(&visit.texts.outbox.kinds, kind),
    };
    let mut item = Item::new(visit, entry.at, &entry.act, about);
    let erased = entry.erased.then(|| ("soft", p.erased.clone()));
    let result = Some(&entry.result).filter(|result| !result.is_empty());
    item.tag = erased.or_else(|| result.map(|result| ("soft", called(&w.results, result).to_owned())));
    item.rule = rule::line(visit, &entry.rule);
    let by =
        if entry.source == "operator" && entry.by.is_empty() { w.by_command.as_str() } else { &entry.by };
    item.add([
        (w.source.as_str(), t.source(&entry.source).to_owned()),
        (&w.reason, entry.reason.clone()),
        (&w.note, entry.note.clone()),
        (&w.by, by.to_owned()),
    ]);
    item
}
