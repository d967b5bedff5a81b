//! A sender that posts as Meta does: signed, in batches, several at a time, again and again until there is a
//! 200, sometimes twice, in no order, to whichever replica the balancer picks.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use baja::signature::{HEADER, sign};
use tokio::sync::mpsc::UnboundedReceiver;

use super::{
    cloud_api::CloudApi,
    dice::Dice,
    people::{Delivery, People, SECRET},
    report::Tally,
    webhook,
};

/// Posts under way at the same time.
const SENDERS: usize = 12;
/// No new ones are written while so many wait to be delivered again.
const MOST_WAITING: usize = 300;
/// Nothing may take as long as this: an answer, whatever it is, or the end of the connection.
const HANGS: Duration = Duration::from_secs(10);

pub struct Meta {
    shared: Arc<Shared>,
}

struct Shared {
    replicas: Vec<SocketAddr>,
    api: CloudApi,
    client: reqwest::Client,
    /// Of each sender, after what somebody wrote just now.
    pause: Duration,
    people: Mutex<People>,
    waiting: Mutex<Vec<(Instant, Delivery)>>,
    tally: Mutex<Tally>,
    writes: AtomicBool,
    /// Whether new opt-outs go before what waits.
    new_first: AtomicBool,
    /// Opt-outs that got their 200, ever.
    accepted: AtomicU64,
}

impl Meta {
    pub fn start(
        replicas: Vec<SocketAddr>,
        api: CloudApi,
        statuses: UnboundedReceiver<(String, serde_json::Value)>,
        pause: Duration,
        dice: &mut Dice,
    ) -> Self {
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(HANGS);
        let shared = Arc::new(Shared {
            replicas,
            api,
            client: client.build().unwrap(),
            pause,
            people: Mutex::default(),
            waiting: Mutex::default(),
            tally: Mutex::default(),
            writes: AtomicBool::new(false),
            new_first: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
        });
        for _ in 0..SENDERS {
            tokio::spawn(Arc::clone(&shared).send(dice.split()));
        }
        tokio::spawn(Arc::clone(&shared).tell(statuses));
        Self { shared }
    }

    /// Lets people write, or only what they wrote be delivered.
    pub fn write(&self, writes: bool) {
        self.shared.writes.store(writes, Ordering::Relaxed);
    }

    /// Waits until everything that people wrote had its 200. What comes a second time, and statuses, may still
    /// wait for their turn.
    pub async fn deliver_all(&self, within: Duration) -> Result<(), String> {
        self.write(false);
        let started = Instant::now();
        loop {
            let left = self.people(People::undelivered);
            if left == 0 {
                return Ok(());
            }
            if started.elapsed() > within {
                return Err(format!("{left} people's webhooks did not get their 200"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until nothing is left to be delivered, statuses and what comes twice included.
    pub async fn rest(&self, within: Duration) -> Result<(), String> {
        let started = Instant::now();
        while !self.shared.waiting.lock().unwrap().is_empty() {
            if started.elapsed() > within {
                return Err("something is still to be delivered".to_owned());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Waits for the next opt-out with its 200, and tells how long that took.
    pub async fn back_after(&self, within: Duration) -> Option<Duration> {
        let (started, before) = (Instant::now(), self.shared.accepted.load(Ordering::Relaxed));
        let is_back = || self.shared.accepted.load(Ordering::Relaxed) > before;
        // Thousands of statuses may wait after a fault in which many opted out.
        self.shared.new_first.store(true, Ordering::Relaxed);
        while !is_back() && started.elapsed() < within {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.shared.new_first.store(false, Ordering::Relaxed);
        is_back().then(|| started.elapsed())
    }

    pub fn people<T>(&self, look: impl FnOnce(&People) -> T) -> T {
        look(&self.shared.people.lock().unwrap())
    }

    /// What was counted since the last time.
    pub fn tally(&self) -> Tally {
        std::mem::take(&mut self.shared.tally.lock().unwrap())
    }
}

impl Shared {
    async fn send(self: Arc<Self>, mut dice: Dice) {
        loop {
            match self.next(&mut dice) {
                Some(delivery) => {
                    let is_new = delivery.attempts == 0 && !delivery.people.is_empty();
                    self.deliver(delivery, &mut dice).await;
                    if is_new {
                        tokio::time::sleep(self.pause).await;
                    }
                }
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// Queues the statuses of the messages that the Cloud API took.
    async fn tell(self: Arc<Self>, mut statuses: UnboundedReceiver<(String, serde_json::Value)>) {
        while let Some((job, item)) = statuses.recv().await {
            let body = webhook::statuses(&[item]);
            let signature = sign(SECRET, body.as_bytes()).unwrap();
            let status_of = Some(job);
            self.wait(
                Duration::ZERO,
                Delivery { body, signature, people: Vec::new(), attempts: 0, again: false, status_of },
            );
        }
    }

    fn wait(&self, delay: Duration, delivery: Delivery) {
        self.waiting.lock().unwrap().push((Instant::now() + delay, delivery));
    }

    fn next(&self, dice: &mut Dice) -> Option<Delivery> {
        let mut waiting = self.waiting.lock().unwrap();
        let now = Instant::now();
        let due = waiting.iter().position(|(at, _)| *at <= now);
        let may_write = || {
            let repeated = waiting.iter().filter(|(_, one)| one.attempts > 0).count();
            self.writes.load(Ordering::Relaxed) && repeated <= MOST_WAITING
        };
        let is_due_first = due.is_some() && !self.new_first.load(Ordering::Relaxed);
        if is_due_first || !may_write() {
            return due.map(|due| waiting.swap_remove(due).1);
        }
        let mut people = self.people.lock().unwrap();
        if dice.chance(3) {
            return Some(people.forge());
        }
        let mut written = people.write(dice);
        let first = written.pop();
        waiting.extend(written.into_iter().map(|delivery| (now, delivery)));
        first
    }

    async fn deliver(&self, mut delivery: Delivery, dice: &mut Dice) {
        let genuine = !delivery.people.is_empty() || delivery.status_of.is_some();
        if genuine && dice.chance(5) {
            // The same at the same moment, most likely to the other replica.
            self.wait(Duration::ZERO, Delivery { again: true, ..delivery.clone() });
        }
        let first = dice.below(self.replicas.len() as u64) as usize;
        let mut result = self.post(first, &delivery, genuine).await;
        if result.as_ref().is_err_and(reqwest::Error::is_connect) {
            result = self.post((first + 1) % self.replicas.len(), &delivery, genuine).await;
        }
        match result.map(|answer| answer.status().as_u16()) {
            Ok(200) => {
                assert!(genuine, "what Meta did not sign was taken");
                self.accept(&delivery);
                if dice.chance(10) && !delivery.again {
                    let delay = Duration::from_millis(dice.below(3000));
                    self.wait(delay, Delivery { again: true, ..delivery });
                }
            }
            Ok(401) if !genuine => {}
            _ => {
                delivery.attempts += 1;
                let most = (50u64 << delivery.attempts.min(5)).min(1000);
                self.wait(Duration::from_millis(most / 2 + dice.below(most / 2)), delivery);
            }
        }
    }

    async fn post(
        &self,
        replica: usize,
        delivery: &Delivery,
        genuine: bool,
    ) -> reqwest::Result<reqwest::Response> {
        let request = self.client.post(format!("http://{}/webhook", self.replicas[replica]));
        let request = request.header(HEADER, &delivery.signature).body(delivery.body.clone());
        let started = Instant::now();
        let result = request.send().await;
        self.tally.lock().unwrap().count(&result, started.elapsed(), genuine);
        result
    }

    fn accept(&self, delivery: &Delivery) {
        if let (Some(job), false) = (&delivery.status_of, delivery.again) {
            self.api.told(job);
        }
        self.people.lock().unwrap().delivered(delivery);
        if !delivery.again {
            let opt_outs = delivery.people.len() as u64;
            self.tally.lock().unwrap().acknowledged += opt_outs;
            self.accepted.fetch_add(opt_outs, Ordering::Relaxed);
        }
    }
}
