//! What must hold, whatever happened.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, Client, FromRedisValue, RedisResult, aio::MultiplexedConnection};

use super::{
    cloud_api::{CloudApi, is_told_of},
    people::{MARKETING, People, SUPPRESSED},
};

/// A status that was answered this long before, with nobody killed about then, is known to the outbox.
const TOLD: Duration = Duration::from_secs(3);

/// A connection to Redis of the test's own.
pub struct Store(MultiplexedConnection);

impl Store {
    pub async fn open(port: u16) -> Self {
        let client = Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(Duration::from_secs(20)));
        Self(client.get_multiplexed_async_connection_with_config(&config).await.unwrap())
    }

    pub async fn run<T: FromRedisValue>(&mut self, words: &[&str]) -> T {
        self.ask(words).await.unwrap()
    }

    /// What may be refused.
    pub async fn ask<T: FromRedisValue>(&mut self, words: &[&str]) -> RedisResult<T> {
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut self.0).await
    }

    async fn members(&mut self, set: &str) -> HashSet<String> {
        self.run(&["SMEMBERS", set]).await
    }

    /// Opt-outs with their 200 that are not in Redis.
    pub async fn lost(&mut self, people: impl Fn(&str) -> HashSet<String>) -> u64 {
        let mut lost = 0;
        for set in [SUPPRESSED, MARKETING] {
            // Asked for before Redis is looked at: what comes meanwhile only adds.
            let expected = people(set);
            let there = self.members(set).await;
            lost += expected.difference(&there).count() as u64;
        }
        lost
    }

    /// The sets are what people asked for, and nothing else.
    pub async fn sets_are_right(&mut self, people: impl Fn(&str) -> HashSet<String>) -> Vec<String> {
        let mut problems = Vec::new();
        for set in [SUPPRESSED, MARKETING] {
            let (expected, there) = (people(set), self.members(set).await);
            let missing = expected.difference(&there).count();
            let unasked: Vec<_> = there.difference(&expected).take(3).collect();
            if missing > 0 || !unasked.is_empty() {
                problems.push(format!("{set}: {missing} missing, not asked for: {unasked:?}"));
            }
        }
        problems
    }

    /// Waits until nothing is left to be sent.
    pub async fn outbox_is_empty(&mut self, within: Duration) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let left: u64 = self.run(&["ZCARD", "baja:{acme}:outbox:due"]).await;
            if left == 0 {
                return Ok(());
            }
            if started.elapsed() > within {
                return Err(format!("{left} confirmations are left in the outbox"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Keys that are not the memory of one event, which expires.
    pub async fn lasting_keys(&mut self) -> usize {
        let mut cursor = "0".to_owned();
        let mut keys = HashSet::new();
        loop {
            let (next, found): (String, Vec<String>) = self.run(&["SCAN", &cursor, "COUNT", "5000"]).await;
            keys.extend(found.into_iter().filter(|key| !key.contains(":claim:")));
            if next == "0" {
                return keys.len();
            }
            cursor = next;
        }
    }
}

/// What the people were sent.
#[derive(Debug, Default)]
pub struct Sends {
    /// Jobs of which a message may have been accepted.
    pub jobs: usize,
    /// Of those that Meta told of, how many went out twice.
    pub twice_though_told: usize,
    /// Of the others.
    pub twice: usize,
    pub problems: Vec<String>,
}

/// Nothing goes out more than twice, nothing twice of which a status had come, nobody is told twice of one
/// decision.
pub fn sends(api: &CloudApi, people: &People, harms: &[Instant]) -> Sends {
    let mut found = Sends::default();
    // With when each was accepted, seconds after the run began.
    let mut jobs_of: HashMap<String, Vec<(String, Vec<u64>)>> = HashMap::new();
    api.jobs(|jobs| {
        found.jobs = jobs.len();
        for (name, job) in jobs {
            let accepted = job.accepted.iter().map(|at| api.since_start(*at).as_secs()).collect();
            jobs_of.entry(job.to.clone()).or_default().push((name.clone(), accepted));
            if job.accepted.len() > 2 {
                found.problems.push(format!("{name} went out {} times", job.accepted.len()));
            }
            let Some(second) = job.accepted.get(1) else { continue };
            if !is_told_of(name) {
                found.twice += 1;
                continue;
            }
            found.twice_though_told += 1;
            let harmed =
                |told: &Instant| harms.iter().any(|harm| *harm + TOLD > *told && *harm < *told + TOLD);
            if job.told.iter().any(|told| *told + TOLD < *second && !harmed(told)) {
                let at = |times: &[Instant]| -> Vec<Duration> {
                    times.iter().map(|at| api.since_start(*at)).collect()
                };
                let (accepted, told) = (at(&job.accepted), at(&job.told));
                found
                    .problems
                    .push(format!("{name} went out again after its status: {accepted:?}, told {told:?}"));
            }
        }
    });
    for person in &people.all {
        let jobs = jobs_of.remove(&person.number).unwrap_or_default();
        if jobs.len() > usize::from(person.decisions) {
            let (decisions, set) = (person.decisions, person.set);
            found.problems.push(format!("for {decisions} decisions, last for {set}, confirmations {jobs:?}"));
        }
    }
    if !jobs_of.is_empty() {
        found.problems.push(format!("{} were sent to who decided nothing", jobs_of.len()));
    }
    found
}

/// The first line of a log that has a person's number in it. The ids of messages, 32 hexadecimal digits, are none.
pub fn line_with_number(log: &str) -> Option<&str> {
    let is_number =
        |digits: &str| digits.len() == 11 && (digits.starts_with("346") || digits.starts_with("347"));
    let is_id = |word: &str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    log.lines().find(|line| {
        let words = line.split(|letter: char| !letter.is_ascii_alphanumeric());
        let mut digits = words
            .filter(|word| !is_id(word))
            .flat_map(|word| word.split(|letter: char| !letter.is_ascii_digit()));
        digits.any(is_number)
    })
}
