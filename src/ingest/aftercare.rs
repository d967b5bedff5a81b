//! What nobody waits for: the heartbeat, dead letters, the statuses of our own messages, who is who,
//! near-misses, the janitor.
//!
//! Two bounded queues and one task. While Redis is away the task keeps what it holds and tries again; when a
//! queue is full, new work is dropped and counted. Nothing here is an opt-out. The statuses of our own messages have
//! a queue of their own and go first: where the outbox does not hear of one in time, a message goes out again.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::mpsc::{self, Receiver, Sender, error::TrySendError},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::ties::Ties;
use crate::{
    identity::Person,
    ledger::{DeadLetter, JobId, Ledger, LedgerError, NearMiss, NearMissAnswer, NearMissId, News},
    metrics::{Metrics, NearMissEvent, OutboxState},
};

/// How much may wait.
const QUEUE: usize = 4096;
/// How much is written at once.
const BATCH: usize = 256;
/// At most one heartbeat a second, as the contract with senders says.
const HEARTBEAT: Duration = Duration::from_secs(1);
const HOUSEKEEPING: Duration = Duration::from_secs(15);
/// Short, and cheap while Redis is away, since the ledger then fails at once: a status that waits here is not known to
/// the outbox, which looks as soon as Redis is back.
const RETRY: Duration = Duration::from_millis(200);
/// How many old records the janitor clears at once.
const SWEEP: usize = 200;

/// Where work is left.
#[derive(Clone)]
pub struct Aftercare {
    queue: Sender<Work>,
    statuses: Sender<Work>,
    beats: Arc<Beats>,
    ties: Arc<Ties>,
    metrics: Arc<Metrics>,
}

/// The task that does it.
pub struct AftercareTask {
    queue: Receiver<Work>,
    statuses: Receiver<Work>,
    beats: Arc<Beats>,
    ties: Arc<Ties>,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
}

/// The businesses whose webhooks were handled since their last heartbeat.
#[derive(Default)]
struct Beats(Mutex<BTreeSet<String>>);

impl Beats {
    fn note(&self, business: &str) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !noted.contains(business) {
            noted.insert(business.to_owned());
        }
    }

    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

enum Work {
    Bury { business: String, kind: &'static str, reason: &'static str, raw: String },
    Settle { business: String, job: JobId, status: String },
    Learn { business: String, person: Person, at: i64 },
    Note { business: String, id: NearMissId, near_miss: Box<NearMiss> },
    Answer { business: String, answer: NearMissAnswer },
    Tell { business: String, news: Box<News> },
}

impl Aftercare {
    /// The two ends.
    pub fn new(ledger: Arc<Ledger>, metrics: Arc<Metrics>) -> (Self, AftercareTask) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let (tell, told) = mpsc::channel(QUEUE);
        let beats = Arc::new(Beats::default());
        let ties = Arc::new(Ties::default());
        let left = Self {
            queue: sender,
            statuses: tell,
            beats: Arc::clone(&beats),
            ties: Arc::clone(&ties),
            metrics: Arc::clone(&metrics),
        };
        (left, AftercareTask { queue: receiver, statuses: told, beats, ties, ledger, metrics })
    }

    pub(super) fn beat(&self, business: &str) {
        self.beats.note(business);
    }

    pub(super) fn bury(&self, business: &str, kind: &'static str, reason: &'static str, raw: &str) {
        // Cut here already: a whole body may be broken, and thousands of them may wait while Redis is away.
        let raw = DeadLetter::kept(raw).to_owned();
        self.leave(Work::Bury { business: business.to_owned(), kind, reason, raw });
    }

    pub(super) fn settle(&self, business: &str, job: JobId, status: &str) {
        let work = Work::Settle { business: business.to_owned(), job, status: status.to_owned() };
        self.leave_in(&self.statuses, work);
    }

    /// Notes what Meta told of a template, a number or the account.
    pub(super) fn tell(&self, business: &str, news: News) {
        self.leave(Work::Tell { business: business.to_owned(), news: Box::new(news) });
    }

    /// Notes that a person has all of these identifiers, unless that was noted lately.
    pub(super) fn learn(&self, business: &str, person: &Person, at: i64) {
        if self.ties.are_new(business, person) {
            self.leave(Work::Learn { business: business.to_owned(), person: person.clone(), at });
        }
    }

    /// Keeps a text that was likely a stop.
    pub(super) fn note(&self, business: &str, id: NearMissId, near_miss: Box<NearMiss>) {
        self.leave(Work::Note { business: business.to_owned(), id, near_miss });
    }

    /// Keeps what somebody answered to the question about such a text.
    pub(super) fn answer(&self, business: &str, answer: NearMissAnswer) {
        self.leave(Work::Answer { business: business.to_owned(), answer });
    }

    fn leave(&self, work: Work) {
        self.leave_in(&self.queue, work);
    }

    fn leave_in(&self, queue: &Sender<Work>, work: Work) {
        if let Err(TrySendError::Full(_)) = queue.try_send(work) {
            self.metrics.background_dropped();
        }
    }
}

impl AftercareTask {
    /// Works until `stop`, then does what is left for at most `drain`.
    pub async fn run(mut self, stop: CancellationToken, drain: Duration) {
        let mut heartbeat = interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut housekeeping = interval(HOUSEKEEPING);
        housekeeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut held, mut told) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
        let mut not_before = Instant::now();
        while !stop.is_cancelled() {
            let waiting = !held.is_empty() || !told.is_empty();
            tokio::select! {
                () = stop.cancelled() => {}
                _ = heartbeat.tick() => self.beat().await,
                _ = housekeeping.tick() => self.keep_house().await,
                () = sleep(not_before.saturating_duration_since(Instant::now())), if waiting => {}
                _ = self.statuses.recv_many(&mut told, BATCH), if told.is_empty() => {}
                _ = self.queue.recv_many(&mut held, BATCH), if held.is_empty() => {}
            }
            if Instant::now() >= not_before && self.work(&mut told, &mut held).await.is_err() {
                not_before = Instant::now() + RETRY;
            }
        }
        let finish = async {
            self.queue.close();
            self.statuses.close();
            loop {
                // Whatever is left comes at once: both are closed.
                let left = self.statuses.recv_many(&mut told, BATCH).await
                    + self.queue.recv_many(&mut held, BATCH).await;
                if left == 0 && told.is_empty() && held.is_empty() {
                    break;
                }
                if self.work(&mut told, &mut held).await.is_err() {
                    sleep(Duration::from_millis(100)).await;
                }
            }
            self.beat().await;
        };
        if timeout(drain, finish).await.is_err() {
            tracing::warn!(left = told.len() + held.len(), "background work was left undone at shutdown");
        }
    }

    /// Does what it can, `told` first; what is left could not be written.
    async fn work(&self, told: &mut Vec<Work>, held: &mut Vec<Work>) -> Result<(), LedgerError> {
        self.work_on(told).await?;
        self.work_on(held).await
    }

    /// Does what it can of `held`, from the front.
    async fn work_on(&self, held: &mut Vec<Work>) -> Result<(), LedgerError> {
        while let Some(first) = held.first() {
            let done = match first {
                Work::Bury { business, .. } => {
                    let same = held.iter().map_while(|work| match work {
                        Work::Bury { business: other, kind, reason, raw } if other == business => {
                            Some((*kind, *reason, raw.as_str()))
                        }
                        _ => None,
                    });
                    let items: Vec<_> = same.collect();
                    self.ledger.bury(business, &items).await.map(|()| items.len())
                }
                Work::Learn { business, .. } => {
                    let same = held.iter().map_while(|work| match work {
                        Work::Learn { business: other, person, at } if other == business => {
                            Some((person.clone(), *at))
                        }
                        _ => None,
                    });
                    let people: Vec<_> = same.collect();
                    self.ledger.learn(business, &people).await.map(|_| people.len())
                }
                Work::Note { business, .. } => {
                    let same = held.iter().map_while(|work| match work {
                        Work::Note { business: other, id, near_miss } if other == business => {
                            Some((id.clone(), NearMiss::clone(near_miss)))
                        }
                        _ => None,
                    });
                    let items: Vec<_> = same.collect();
                    self.ledger.note_near_misses(business, &items).await.map(|new| {
                        self.metrics.near_miss(NearMissEvent::Noted, new);
                        items.len()
                    })
                }
                Work::Answer { business, answer } => {
                    let event = if answer.yes { NearMissEvent::Yes } else { NearMissEvent::No };
                    let answers = std::slice::from_ref(answer);
                    self.ledger.answer_near_misses(business, answers).await.map(|ended| {
                        self.metrics.near_miss(event, ended);
                        1
                    })
                }
                Work::Tell { business, .. } => {
                    let same = held.iter().map_while(|work| match work {
                        Work::Tell { business: other, news } if other == business => Some(News::clone(news)),
                        _ => None,
                    });
                    let news: Vec<_> = same.collect();
                    self.ledger.note_news(business, &news).await.map(|_| news.len())
                }
                Work::Settle { business, .. } => {
                    let same = held.iter().map_while(|work| match work {
                        Work::Settle { business: other, job, status } if other == business => {
                            Some((job, status.as_str()))
                        }
                        _ => None,
                    });
                    let told: Vec<_> = same.collect();
                    self.ledger.reconcile(business, &told).await.map(|_| told.len())
                }
            };
            match done {
                Ok(count) => drop(held.drain(..count)),
                Err(error) if error.is_passing() => return Err(error),
                Err(error) => {
                    tracing::warn!(error = error.kind(), "background work was refused and is dropped");
                    self.metrics.background_dropped();
                    drop(held.drain(..1));
                }
            }
        }
        Ok(())
    }

    async fn beat(&self) {
        for business in self.beats.take() {
            if self.ledger.beat(&business).await.is_err_and(|error| error.is_passing()) {
                self.beats.note(&business);
            }
        }
    }

    async fn keep_house(&self) {
        self.ties.forget_when_old();
        let (mut jobs, mut oldest) = ([0u64; 3], [Duration::ZERO; 3]);
        let states = [OutboxState::Due, OutboxState::Leased, OutboxState::Unknown];
        for business in self.ledger.businesses() {
            let Ok(depths) = self.ledger.depth(&business).await else { return };
            for ((depth, jobs), oldest) in depths.iter().zip(&mut jobs).zip(&mut oldest) {
                *jobs += depth.jobs;
                *oldest = depth.oldest.max(*oldest);
            }
            // A failure shows in the metrics of Redis, and the next round tries again.
            let _ = self.ledger.sweep(&business, SWEEP).await;
        }
        for ((state, jobs), oldest) in states.into_iter().zip(jobs).zip(oldest) {
            self.metrics.outbox(state, jobs, oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_of_our_own_messages_do_not_stand_in_line_behind_other_work() {
        let (queue, mut others) = mpsc::channel(1);
        let (statuses, mut told) = mpsc::channel(1);
        let metrics = Arc::new(Metrics::new());
        let aftercare = Aftercare { queue, statuses, beats: Arc::default(), ties: Arc::default(), metrics };
        aftercare.bury("acme", "message", "broken", "{}");
        aftercare.bury("acme", "message", "no room is left for it", "{}");
        let job = JobId::of("770099887766554:wamid.1");
        aftercare.settle("acme", job, "delivered");
        assert!(matches!(others.try_recv(), Ok(Work::Bury { reason: "broken", .. })));
        assert!(others.try_recv().is_err());
        assert!(matches!(told.try_recv(), Ok(Work::Settle { status, .. }) if status == "delivered"));
    }
}
