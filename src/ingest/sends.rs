//! What statuses tell of sent messages, off the way to the 200: deliveries, sends against the list, and which
//! message provoked an opt-out. The same task counts decisions from the audit stream.
//!
//! A status costs a webhook three short copies into a bounded queue. One task takes them in batches and writes each
//! with one script call a business. When they come faster than that, whole messages are left out by a hash of their
//! id, so that no message is known by halves, and the counts say how many statuses were left out.

use std::{
    collections::{BTreeMap, HashSet},
    hash::BuildHasher,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustc_hash::{FxBuildHasher, FxHashMap};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::unix_millis,
    identity::Person,
    ledger::{Ledger, LedgerError, MessageClass, Seen, SeenKind},
    metrics::Metrics,
    payload::{Labels, Status},
};

/// How many statuses may wait: about 3 MiB.
const QUEUE: usize = 8192;
/// With less room than this, only some messages are looked at: of eight one, and of sixty-four one when it is four times as
/// tight.
const TIGHT: usize = QUEUE / 4;
/// How many are written at once.
const BATCH: usize = 500;
/// How long the first of a batch waits for others.
const LINGER: Duration = Duration::from_millis(50);
/// How often decisions are counted and what senders told is taken.
const ROUND: Duration = Duration::from_secs(1);
const RETRY: Duration = Duration::from_secs(1);
/// How often it is asked whether sends wait to be judged, when this replica has left none, rounds.
const ASK_ANYWAY: u32 = 15;
/// Calls of one kind and business in a round, so that a long backlog does not keep statuses waiting.
const CALLS: usize = 50;

/// So many times as long as it has worked the task rests: webhooks that wait for their 200 come before counting. What
/// comes faster than it counts then is sampled.
const REST: u32 = 3;
/// The same while statuses are sampled: then they come in a flood, which is to be answered first.
const REST_IN_FLOOD: u32 = 49;
const LONGEST_REST: Duration = Duration::from_millis(200);

/// Where statuses are left.
#[derive(Clone)]
pub struct Sends {
    queue: Sender<Word>,
    dropped: Arc<Dropped>,
    metrics: Arc<Metrics>,
}

/// The task that looks at them.
pub struct SendsTask {
    queue: Receiver<Word>,
    dropped: Arc<Dropped>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
    /// Businesses with sends that wait to be judged.
    open: HashSet<String>,
    rounds: u32,
}

/// A status, copied as it is; it is read by the task.
struct Word {
    business: Arc<str>,
    kind: SeenKind,
    message_id: Box<str>,
    to: Box<str>,
    user_id: Box<str>,
    callback_data: Option<Box<str>>,
    class: Option<MessageClass>,
    code: Option<i64>,
    at: Option<i64>,
}

/// How many statuses were not looked at, by business.
#[derive(Default)]
struct Dropped(Mutex<FxHashMap<String, u64>>);

impl Dropped {
    fn one(&self, business: &str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(business) {
            Some(count) => *count += 1,
            None => drop(counts.insert(business.to_owned(), 1)),
        }
    }

    fn take(&self) -> FxHashMap<String, u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn give_back(&self, business: &str, count: u64) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(business.to_owned()).or_default() += count;
    }
}

impl Sends {
    /// The two ends.
    pub fn new(ledger: Arc<Ledger>, metrics: Arc<Metrics>) -> (Self, SendsTask) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let dropped = Arc::new(Dropped::default());
        let left = Self { queue: sender, dropped: Arc::clone(&dropped), metrics: Arc::clone(&metrics) };
        let task = SendsTask { queue: receiver, dropped, ledger, metrics, open: HashSet::new(), rounds: 0 };
        (left, task)
    }

    /// Leaves a status to be looked at, unless too many wait.
    pub(super) fn see(&self, business: &str, status: &Status<'_>) {
        let Some(kind) = kind(&status.status) else { return };
        if status.message_id.is_empty() {
            return;
        }
        if !is_sampled(&status.message_id, self.queue.capacity()) {
            return self.drop_one(business);
        }
        let word = Word {
            business: business.into(),
            kind,
            message_id: status.message_id.as_ref().into(),
            to: status.recipient.as_ref().into(),
            user_id: status.recipient_user_id.as_ref().into(),
            callback_data: status.callback_data.as_deref().map(Into::into),
            class: status.category.as_deref().and_then(MessageClass::read),
            code: status.error_code,
            at: status.at,
        };
        if self.queue.try_send(word).is_err() {
            self.drop_one(business);
        }
    }

    fn drop_one(&self, business: &str) {
        self.dropped.one(business);
        self.metrics.statuses_dropped(1);
    }
}

impl SendsTask {
    /// Works until `stop`, then does what is left for at most `drain`.
    pub async fn run(mut self, stop: CancellationToken, drain: Duration) {
        let mut round = interval(ROUND);
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut held: Vec<Word> = Vec::with_capacity(BATCH);
        let mut not_before = Instant::now();
        while !stop.is_cancelled() {
            let room = BATCH.saturating_sub(held.len());
            let pause = not_before.saturating_duration_since(Instant::now());
            tokio::select! {
                () = stop.cancelled() => {}
                _ = round.tick() => self.look_around().await,
                () = sleep(pause), if !held.is_empty() => {}
                got = self.queue.recv_many(&mut held, room), if held.is_empty() => {
                    if got > 0 && got < room {
                        self.gather(&mut held, &stop).await;
                    }
                }
            }
            let begun = Instant::now();
            if !held.is_empty() && begun >= not_before {
                let written = self.write(&mut held).await;
                let times = if self.queue.capacity() < TIGHT { REST_IN_FLOOD } else { REST };
                let rest = written.map_or(RETRY, |()| (times * begun.elapsed()).min(LONGEST_REST));
                not_before = Instant::now() + rest;
            }
        }
        let finish = async {
            self.queue.close();
            while !held.is_empty() || self.queue.recv_many(&mut held, BATCH).await > 0 {
                if self.write(&mut held).await.is_err() {
                    sleep(Duration::from_millis(100)).await;
                }
            }
            self.look_around().await;
        };
        if timeout(drain, finish).await.is_err() {
            tracing::warn!(left = held.len(), "statuses were left uncounted at shutdown");
        }
    }

    /// Waits a moment for more, so that few calls carry many. It sleeps: at the queue it would be woken for each.
    async fn gather(&mut self, held: &mut Vec<Word>, stop: &CancellationToken) {
        if timeout(LINGER, stop.cancelled()).await.is_ok() {
            return;
        }
        while held.len() < BATCH
            && let Ok(word) = self.queue.try_recv()
        {
            held.push(word);
        }
    }

    /// Writes what is held, business by business; what is left could not be written.
    async fn write(&mut self, held: &mut Vec<Word>) -> Result<(), LedgerError> {
        let now = unix_millis();
        let mut businesses: BTreeMap<Arc<str>, Vec<Word>> = BTreeMap::new();
        for word in held.drain(..) {
            businesses.entry(Arc::clone(&word.business)).or_default().push(word);
        }
        let mut failed = Ok(());
        for (business, words) in businesses {
            let seen: Vec<Seen> = words.iter().map(|word| word.read(now)).collect();
            // What senders told first, so that a message is counted with its labels from the start.
            let result = match self.take_registered(&business).await {
                Ok(()) => self.note(&business, &seen, 0).await,
                Err(error) => Err(error),
            };
            match result {
                Ok(()) => {}
                Err(error) if error.is_passing() => {
                    held.extend(words);
                    failed = Err(error);
                }
                Err(error) => {
                    tracing::warn!(error = error.kind(), "statuses were refused and are not counted");
                    self.metrics.background_dropped();
                }
            }
        }
        failed
    }

    async fn note(&mut self, business: &str, seen: &[Seen], dropped: u64) -> Result<(), LedgerError> {
        let noted = self.ledger.note_sends(business, seen, dropped).await?;
        if noted.open > 0 {
            self.open.insert(business.to_owned());
        } else {
            self.open.remove(business);
        }
        self.report_breaches(business, noted.breaches);
        Ok(())
    }

    fn report_breaches(&self, business: &str, count: u64) {
        if count > 0 {
            self.metrics.breaches(count);
            tracing::warn!(
                business,
                count,
                "messages were sent to people who had refused them: baja breaches"
            );
        }
    }

    async fn take_registered(&self, business: &str) -> Result<(), LedgerError> {
        for _ in 0..CALLS {
            let noted = self.ledger.take_registered(business).await?;
            self.report_breaches(business, noted.breaches);
            if noted.taken == 0 {
                break;
            }
        }
        Ok(())
    }

    /// What comes without a status: decisions to count, what senders told, sends whose time to be judged has come,
    /// and how much was left out. A failure shows in the metrics of Redis, and the next round tries again.
    async fn look_around(&mut self) {
        let mut dropped = self.dropped.take();
        let ask = self.rounds.is_multiple_of(ASK_ANYWAY);
        self.rounds = self.rounds.wrapping_add(1);
        for business in self.ledger.businesses() {
            let business = business.as_str();
            let left_out = dropped.remove(business).unwrap_or(0);
            if left_out > 0 {
                tracing::warn!(
                    business,
                    left_out,
                    "statuses come faster than they can be counted; the counts say so"
                );
            }
            let _ = self.take_registered(business).await;
            // Also judges those who wait for it.
            let call = ask || left_out > 0 || self.open.contains(business);
            if call && self.note(business, &[], left_out).await.is_err() {
                self.dropped.give_back(business, left_out);
            }
            let _ = self.count_decisions(business).await;
        }
    }

    async fn count_decisions(&self, business: &str) -> Result<(), LedgerError> {
        for _ in 0..CALLS {
            let decisions = self.ledger.count_decisions(business).await?;
            if decisions.taken == 0 {
                break;
            }
            self.metrics.missed_stops(decisions.missed);
        }
        Ok(())
    }
}

impl Word {
    fn read(&self, now: i64) -> Seen {
        let mut person = Person::new();
        person.add_text(&self.to);
        person.add_text(&self.user_id);
        let to = if self.to.is_empty() { &self.user_id } else { &self.to };
        Seen {
            message_id: self.message_id.to_string(),
            kind: self.kind,
            at: self.at.unwrap_or(now),
            to: to.to_string(),
            person,
            class: self.class,
            labels: self.callback_data.as_deref().map(Labels::read).unwrap_or_default(),
            code: self.code,
        }
    }
}

/// Whether a message is looked at while there is so much room. Those that are when it is very tight are among those that
/// are when it is tight.
fn is_sampled(message_id: &str, room: usize) -> bool {
    let one_of = if room < TIGHT / 4 { 64 } else { 8 };
    room >= TIGHT || FxBuildHasher.hash_one(message_id).is_multiple_of(one_of)
}

/// What a status says; `None` for words that Meta may add.
fn kind(status: &str) -> Option<SeenKind> {
    Some(match status {
        "sent" => SeenKind::Sent,
        "delivered" => SeenKind::Delivered,
        "read" | "played" => SeenKind::Read,
        "failed" => SeenKind::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
