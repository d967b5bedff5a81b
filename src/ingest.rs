//! A verified body becomes changes of the list.
//!
//! One walk: the body is read into events, each event is planned (`plan`), and what somebody decided is
//! written in one round trip. Only then is the body answered. What nobody waits for (the heartbeat, dead
//! letters, the statuses of our own messages) goes to the `aftercare` task, so that a body in which nobody
//! opts in or out never waits for Redis.

mod aftercare;
mod again;
mod aside;
mod batch;
mod concerns;
mod directory;
mod news;
mod plan;
mod rules;
mod sends;
mod ties;

use std::{borrow::Cow, sync::Arc};

pub use aftercare::{Aftercare, AftercareTask};
pub use again::Reread;
pub use directory::{Directory, Owner};
pub use rules::{BusinessRules, ConfirmRules, refused, regained};
pub use sends::{Sends, SendsTask};

use crate::{
    clock::unix_millis,
    identity::Person,
    intent::Lexicon,
    ledger::{Act, Change, JobId, Ledger, LedgerError, NearMissAnswer, NearMissId, Outcome},
    live::Live,
    metrics::{DecisionAction, EventKind, LedgerResult, Metrics},
    payload::{self, Event, Parsed, Status},
    relay::Concerns,
};
use aside::Aside;
use batch::Batch;
use plan::{Counted, Plan, Planner};
use smallvec::SmallVec;
use tokio::sync::Notify;

/// What our own messages carry in `biz_opaque_callback_data`, before the job's id.
pub const CALLBACK_PREFIX: &str = "baja:";

/// What became of a verified body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whether it was a webhook at all.
    pub readable: bool,
    /// How many changes were written.
    pub changes: usize,
    /// What it concerns; empty unless asked for with [`Ingest::telling_concerns`].
    pub concerns: Concerns,
}

/// What the events of a body amount to.
#[derive(Default)]
struct Reading<'d> {
    batch: Batch<'d>,
    /// The businesses that it is for.
    sightings: SmallVec<[&'d str; 1]>,
    asides: Vec<(&'d str, Aside)>,
    concerns: concerns::Tally,
    /// Messages of which nothing can be made, with why.
    buried: Vec<(&'d str, &'static str, String)>,
    /// Decisions of which only Redis knows what they come to, with the claims of their events.
    open: Vec<(Option<String>, Counted)>,
}

/// Takes verified bodies.
pub struct Ingest {
    directory: Live<Directory>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    aftercare: Aftercare,
    sends: Sends,
    outbox: Arc<Notify>,
    tells_concerns: bool,
}

impl Ingest {
    /// Puts the parts together. `outbox` is notified when a message was queued.
    pub fn new(
        directory: Directory,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
        aftercare: Aftercare,
        sends: Sends,
        outbox: Arc<Notify>,
    ) -> Self {
        let directory = Live::new(directory);
        Self { directory, ledger, metrics, aftercare, sends, outbox, tells_concerns: false }
    }

    /// The same, and its receipts tell what a body concerns.
    #[must_use]
    pub fn telling_concerns(self) -> Self {
        Self { tells_concerns: true, ..self }
    }

    /// What words mean to a business.
    pub fn lexicon(&self, business: &str) -> Option<Arc<Lexicon>> {
        self.directory.get().of_slug(business).map(|rules| Arc::clone(&rules.lexicon))
    }

    /// Puts other businesses in place of these. A body that is being read keeps those that it began with.
    pub fn set_directory(&self, directory: Directory) {
        self.directory.set(directory);
    }

    /// Reads a verified body and writes what it changes.
    ///
    /// # Errors
    ///
    /// When Redis did not take all of it; the body must then be delivered again.
    pub async fn receive(&self, body: &[u8]) -> Result<Receipt, LedgerError> {
        let now = unix_millis();
        let parsed = payload::parse(body);
        let readable = !parsed.broken.iter().any(|broken| broken.kind == "body");
        let directory = self.directory.get();
        let reading = self.read(&parsed, now, |event| directory.owner(event));
        let Reading { batch, asides, sightings, concerns, buried, open } = reading;
        self.metrics.events(EventKind::Unknown, parsed.more_ignored);
        self.keep_broken(&parsed, sightings.first().copied().or_else(|| directory.first()));
        for (business, reason, raw) in buried {
            self.aftercare.bury(business, "message", reason, &raw);
        }
        let batch = batch.into_changes();
        let changes = batch.len();
        self.write_all(&batch, asides, open).await?;
        self.metrics.last_webhook(now / 1000);
        for business in &sightings {
            self.aftercare.beat(business);
        }
        let concerns = if self.tells_concerns { concerns.of(&sightings) } else { Concerns::default() };
        Ok(Receipt { readable, changes, concerns })
    }

    /// Plans every event. What nobody waits for is left to the aftercare at once.
    fn read<'d>(
        &self,
        parsed: &'d Parsed<'d>,
        now: i64,
        owner: impl Fn(&Event<'_>) -> Owner<'d>,
    ) -> Reading<'d> {
        let planner = Planner { now };
        let mut reading = Reading::default();
        for event in &parsed.events {
            self.metrics.events(kind(event), 1);
            let owner = match owner(event) {
                Owner::Business(rules) => rules,
                Owner::Nobody => continue,
                Owner::Unknown => {
                    reading.concerns.other();
                    self.metrics.events(EventKind::UnknownNumber, 1);
                    continue;
                }
                Owner::TestButton => {
                    self.metrics.events(EventKind::TestButton, 1);
                    continue;
                }
            };
            let business = owner.slug.as_str();
            if !reading.sightings.contains(&business) {
                reading.sightings.push(business);
            }
            if let Event::Status(status) = event {
                self.follow_up(owner, status);
            }
            if let Some(news) = news::of(event, now) {
                self.aftercare.tell(business, news);
            }
            let plan = planner.plan(owner, event);
            if self.tells_concerns {
                reading.concerns.count(event, matches!(plan, Plan::Write { .. }) && !plan.is_open());
            }
            // What is surely written ties its identifiers by itself.
            if !matches!(plan, Plan::Write { .. }) || plan.is_open() {
                self.learn(owner, event, now);
            }
            match (plan.decision(), &plan) {
                (Some(decision), Plan::Write { change, .. }) if plan.is_open() => {
                    reading.open.push((change.claim.clone(), decision));
                }
                (Some(decision), _) => self.count(&decision),
                (None, _) => {}
            }
            match plan {
                Plan::Write { change, aside, .. } => {
                    reading.batch.add(business, *change);
                    reading.asides.extend(aside.map(|aside| (business, aside)));
                }
                Plan::Bury { reason, raw } => reading.buried.push((business, reason, raw)),
                Plan::Nothing { aside, .. } => {
                    reading.asides.extend(aside.map(|aside| (business, aside)));
                }
            }
        }
        reading
    }

    /// Writes the changes, and leaves what came with them to the aftercare.
    async fn write_all(
        &self,
        batch: &[(&str, Change)],
        asides: Vec<(&str, Aside)>,
        open: Vec<(Option<String>, Counted)>,
    ) -> Result<(), LedgerError> {
        // Boxed, because its place would be kept, and moved, with each of the many bodies that write nothing.
        let written = if batch.is_empty() { Written::default() } else { Box::pin(self.write(batch)).await? };
        for (claim, mut decision) in open {
            if Written::has(&written.stopped, claim.as_deref()) {
                decision.action = DecisionAction::Stop;
            }
            self.count(&decision);
        }
        for (business, aside) in asides {
            self.note(business, aside, &written);
        }
        // After the near-misses that the same body brought.
        for (business, change) in written.answered {
            let (person, yes, at) = (change.person.clone(), change.act.refuses(), change.at);
            self.aftercare.answer(business, NearMissAnswer { person, yes, at });
        }
        Ok(())
    }

    fn count(&self, decision: &Counted) {
        self.metrics.decision(decision.action, decision.source, decision.language.as_deref());
    }

    /// Writes the changes.
    async fn write<'b>(&self, batch: &'b [(&str, Change)]) -> Result<Written<'b>, LedgerError> {
        let applied = self.ledger.apply(batch).await?;
        for one in &applied {
            self.metrics.ledger(match one.outcome {
                Outcome::Applied => LedgerResult::Applied,
                Outcome::Already => LedgerResult::Already,
                Outcome::Older => LedgerResult::Older,
                Outcome::Duplicate => LedgerResult::Duplicate,
                Outcome::Unasked => LedgerResult::Unasked,
            });
        }
        if applied.iter().any(|one| one.queued) {
            self.outbox.notify_one();
        }
        let mut written = Written::default();
        for ((business, change), applied) in batch.iter().zip(&applied) {
            if applied.answered {
                written.answered.push((business, change));
            }
            let Some(claim) = change.claim.as_deref() else { continue };
            let is_real = applied.outcome == Outcome::Applied;
            match change.act {
                Act::Ask(_) | Act::Doubt { .. } | Act::Answer { .. } if is_real && applied.stops > 0 => {
                    written.stopped.push(claim);
                }
                Act::Ask(_) | Act::Doubt { .. } if applied.queued => written.asked.push(claim),
                _ => {}
            }
        }
        Ok(written)
    }

    /// Leaves what is only worth knowing to the aftercare.
    fn note(&self, business: &str, aside: Aside, written: &Written<'_>) {
        match aside {
            // It was understood after all.
            Aside::NearMiss { claim, .. } if Written::has(&written.stopped, claim.as_deref()) => {}
            Aside::NearMiss { mut near_miss, claim } => {
                let id = claim.as_deref().map_or_else(NearMissId::random, NearMissId::of);
                near_miss.asked = u8::from(Written::has(&written.asked, claim.as_deref()));
                self.aftercare.note(business, id, near_miss);
            }
            Aside::Tapped { answer, claim } => {
                let is_answered =
                    written.answered.iter().any(|(_, change)| claim.is_some() && change.claim == claim);
                if !is_answered {
                    self.aftercare.answer(business, answer);
                }
            }
        }
    }

    /// A status of one of our own messages settles its job; those of others are counted and judged.
    fn follow_up(&self, owner: &BusinessRules, status: &Status<'_>) {
        let own = status.callback_data.as_deref().and_then(|data| data.strip_prefix(CALLBACK_PREFIX));
        match own {
            Some(job) => {
                if let Some(job) = JobId::parse(job) {
                    self.aftercare.settle(&owner.slug, job, &status.status);
                }
            }
            None if owner.watch_statuses => self.sends.see(&owner.slug, status),
            None => {}
        }
    }

    /// What an event shows of who is who.
    fn learn(&self, owner: &BusinessRules, event: &Event<'_>, now: i64) {
        let person = match event {
            Event::Said(said) => Cow::Borrowed(&said.person),
            Event::Known(known) => Cow::Borrowed(&known.person),
            Event::Status(status) if owner.learn_from_statuses => {
                let mut person = Person::new();
                person.add_text(&status.recipient);
                person.add_text(&status.recipient_user_id);
                Cow::Owned(person)
            }
            _ => return,
        };
        if person.identifiers().len() > 1 {
            self.aftercare.learn(&owner.slug, &person, now);
        }
    }

    /// A broken item says nothing reliable of its number, so it is kept with the business that the rest of
    /// the body is for.
    fn keep_broken(&self, parsed: &Parsed<'_>, business: Option<&str>) {
        let Some(business) = business else { return };
        if parsed.more_broken > 0 {
            let more = parsed.more_broken;
            tracing::warn!(more, "a webhook has more broken items than are kept; they are only counted");
            self.metrics.more_broken(more);
        }
        for item in &parsed.broken {
            self.metrics.broken(item.kind);
            self.aftercare.bury(business, item.kind, item.reason, &item.raw);
        }
    }
}

/// What came of the changes.
#[derive(Default)]
struct Written<'b> {
    /// The claims of those whose person is now asked what they meant.
    asked: Vec<&'b str>,
    /// Those that answered our question, whether that was meant or only something was decided after it. With their
    /// business.
    answered: Vec<(&'b str, &'b Change)>,
    /// The claims of those that were a stop because of what came before them.
    stopped: Vec<&'b str>,
}

impl Written<'_> {
    fn has(list: &[&str], claim: Option<&str>) -> bool {
        claim.is_some_and(|claim| list.contains(&claim))
    }
}

fn kind(event: &Event<'_>) -> EventKind {
    use crate::payload::Ignored;
    match event {
        Event::Said(_) => EventKind::Said,
        Event::Preference(_) => EventKind::Preference,
        Event::Refused(_) => EventKind::Refused,
        Event::Moved(_) => EventKind::Moved,
        Event::Known(_) => EventKind::Known,
        Event::Status(_) => EventKind::Status,
        Event::Template(_) => EventKind::Template,
        Event::Account(_) => EventKind::Account,
        Event::Ignored(Ignored::Echo) => EventKind::Echo,
        Event::Ignored(Ignored::Group) => EventKind::Group,
        Event::Ignored(Ignored::Reaction) => EventKind::Reaction,
        Event::Ignored(Ignored::Unsupported) => EventKind::Unsupported,
        Event::Ignored(Ignored::System) => EventKind::System,
        Event::Ignored(Ignored::Handover) => EventKind::Handover,
        Event::Ignored(Ignored::ValueError) => EventKind::ValueError,
        Event::Ignored(Ignored::Unknown) => EventKind::Unknown,
    }
}
