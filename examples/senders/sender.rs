//! A sender that asks the list before every send, with the crate `redis`.
//!
//! ```sh
//! cargo run --example sender -- check TOPIC X    # yes or no; exits with 0 or 1
//! cargo run --example sender -- batch TOPIC      # reads identifiers, one a line; prints those that may be sent to
//! cargo run --example sender -- fresh            # has the service handled a webhook lately?
//! cargo run --example sender -- copy TOPIC       # keeps a copy of the list; answers identifiers from it
//! ```
//!
//! TOPIC is `marketing` or another topic of the business, or `all` when a message has none. X is digits with
//! country code, or a user id as Meta wrote it. Whatever goes wrong is a "no" and exits with 2.
//! Environment: `BAJA_REDIS_URL`, `BAJA_BUSINESS` (default); in seconds, `BAJA_MAX_AGE` of the heartbeat (600) and
//! `BAJA_MAX_SILENCE` of Redis (10), after which a copy answers no.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env,
    io::{self, BufRead, Write},
    process::ExitCode,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use redis::{Client, Commands, Connection, RedisResult};

/// No answer may take longer.
const ANSWER: Duration = Duration::from_secs(2);
/// How long a copy waits for a change. Redis answers at least this often: silence means that it is away.
const BLOCK: Duration = Duration::from_secs(2);
/// How many are asked about, or read, at once.
const BATCH: usize = 1000;

type Entry = (String, HashMap<String, String>);

fn variable(name: &str, otherwise: &str) -> String {
    env::var(name).unwrap_or_else(|_| otherwise.to_owned())
}

fn seconds(name: &str, otherwise: u32) -> u32 {
    variable(name, "").parse().unwrap_or(otherwise)
}

fn key(name: &str) -> String {
    format!("baja:{{{}}}:{name}", variable("BAJA_BUSINESS", "default"))
}

/// The scopes that forbid a message of this topic, each with its set.
fn scopes_of(topic: &str) -> BTreeMap<String, String> {
    let mut scopes = BTreeMap::from([("all".to_owned(), key("suppressed"))]);
    if topic != "all" {
        scopes.insert(topic.to_owned(), key(&format!("suppressed:{topic}")));
    }
    scopes
}

fn connect(wait: Duration) -> RedisResult<Connection> {
    let client = Client::open(variable("BAJA_REDIS_URL", "redis://127.0.0.1:6379"))?;
    let connection = client.get_connection_with_timeout(ANSWER)?;
    connection.set_read_timeout(Some(wait))?;
    connection.set_write_timeout(Some(wait))?;
    Ok(connection)
}

/// Those of at most a thousand identifiers that may be sent to, in one round trip.
fn allowed(redis: &mut Connection, topic: &str, identifiers: &[String]) -> RedisResult<Vec<String>> {
    let mut pipe = redis::pipe();
    for set in scopes_of(topic).values() {
        pipe.cmd("SMISMEMBER").arg(set).arg(identifiers);
    }
    let answers: Vec<Vec<bool>> = pipe.query(redis)?;
    let is_refused = |index: usize| answers.iter().any(|answer| answer.get(index) != Some(&false));
    Ok(identifiers
        .iter()
        .enumerate()
        .filter(|(index, _)| !is_refused(*index))
        .map(|(_, x)| x.clone())
        .collect())
}

/// Whether the service has handled a webhook lately, by the clock of Redis.
fn is_fresh(redis: &mut Connection) -> RedisResult<bool> {
    let beat: Option<i64> = redis.get(key("heartbeat"))?;
    let (seconds, _): (i64, i64) = redis::cmd("TIME").query(redis)?;
    let max_age = i64::from(self::seconds("BAJA_MAX_AGE", 600));
    Ok(beat.is_some_and(|beat| seconds - beat / 1000 <= max_age))
}

/// The list of one topic in this process, kept up to date from the stream of changes.
struct Copy {
    scopes: BTreeMap<String, String>,
    sets: BTreeMap<String, HashSet<String>>,
    last: Option<String>,
    heard_at: Option<Instant>,
    max_silence: Duration,
}

impl Copy {
    fn may_send(&self, x: &str) -> bool {
        let current = self.heard_at.is_some_and(|time| time.elapsed() < self.max_silence);
        current && !self.sets.values().any(|members| members.contains(x))
    }
}

fn lock(copy: &Mutex<Copy>) -> std::sync::MutexGuard<'_, Copy> {
    copy.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Never returns. After an error it connects again and goes on where it was.
#[allow(clippy::disallowed_methods, reason = "it sleeps in a thread of its own")]
fn follow(copy: &Mutex<Copy>, ready: &mpsc::Sender<()>) {
    loop {
        let result = connect(BLOCK + Duration::from_secs(3)).and_then(|mut redis| {
            loop {
                step(copy, &mut redis)?;
                // Nobody listens after the first time.
                let _ = ready.send(());
            }
        });
        let result: RedisResult<()> = result;
        if let Err(error) = result {
            eprintln!("the copy waits for Redis: {:?}", error.kind());
        }
        thread::sleep(Duration::from_millis(500));
    }
}

fn step(copy: &Mutex<Copy>, redis: &mut Connection) -> RedisResult<()> {
    let last = lock(copy).last.clone();
    // Beginning at the last entry that we know: were it gone, so might be some after it that we do not know.
    let from = last.as_deref().unwrap_or("-");
    let mut entries: Vec<Entry> =
        redis::cmd("XRANGE").arg(key("changes")).arg(from).arg("+").arg("COUNT").arg(BATCH).query(redis)?;
    let known = entries.first().map(|(id, _)| id) == last.as_ref() && !lock(copy).sets.is_empty();
    if !known {
        read_all(copy, redis)?;
        entries.clear();
    }
    let mut guard = lock(copy);
    let known = &mut *guard;
    for (id, change) in entries.iter().skip(1) {
        let field = |name| change.get(name).cloned().unwrap_or_default();
        if let Some(members) = known.sets.get_mut(&field("scope")) {
            if field("change") == "stop" {
                members.insert(field("identifier"));
            } else {
                members.remove(&field("identifier"));
            }
        }
        known.last = Some(id.clone());
    }
    known.heard_at = Some(Instant::now());
    let from = known.last.clone().unwrap_or_else(|| "0-0".to_owned());
    drop(guard);
    if entries.len() <= 1 {
        let mut read = redis::cmd("XREAD");
        read.arg("COUNT").arg(1).arg("BLOCK").arg(BLOCK.as_millis() as u64);
        read.arg("STREAMS").arg(key("changes")).arg(from).query::<redis::Value>(redis)?;
    }
    Ok(())
}

fn read_all(copy: &Mutex<Copy>, redis: &mut Connection) -> RedisResult<()> {
    // The id first: a change in between is then read twice, which is harmless, and never missed.
    let newest: Vec<Entry> =
        redis::cmd("XREVRANGE").arg(key("changes")).arg("+").arg("-").arg("COUNT").arg(1).query(redis)?;
    let scopes = lock(copy).scopes.clone();
    let mut sets = BTreeMap::new();
    for (scope, set) in scopes {
        let mut members = HashSet::new();
        let mut cursor = 0;
        loop {
            let (next, found): (u64, Vec<String>) =
                redis::cmd("SSCAN").arg(&set).arg(cursor).arg("COUNT").arg(BATCH).query(redis)?;
            members.extend(found);
            cursor = next;
            if cursor == 0 {
                break;
            }
        }
        sets.insert(scope, members);
    }
    eprintln!("read the list: {} members", sets.values().map(HashSet::len).sum::<usize>());
    let mut copy = lock(copy);
    copy.sets = sets;
    copy.last = newest.into_iter().next().map(|(id, _)| id);
    Ok(())
}

/// The lines of standard input that are not empty.
fn lines() -> impl Iterator<Item = io::Result<String>> {
    io::stdin().lock().lines().filter(|line| !line.as_ref().is_ok_and(|line| line.trim().is_empty()))
}

fn say(answer: bool) -> u8 {
    println!("{}", if answer { "yes" } else { "no" });
    u8::from(!answer)
}

fn batch(topic: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let mut redis = connect(ANSWER)?;
    if topic == "marketing" && !is_fresh(&mut redis)? {
        eprintln!("the heartbeat is old: no marketing");
        return Ok(2);
    }
    let mut lines = lines();
    loop {
        let batch = lines.by_ref().take(BATCH).collect::<io::Result<Vec<_>>>()?;
        if batch.is_empty() {
            return Ok(0);
        }
        let batch: Vec<String> = batch.iter().map(|line| line.trim().to_owned()).collect();
        for x in allowed(&mut redis, topic, &batch)? {
            writeln!(io::stdout(), "{x}")?;
        }
    }
}

fn answer_from_copy(topic: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let scopes = scopes_of(topic);
    let max_silence = Duration::from_secs(u64::from(seconds("BAJA_MAX_SILENCE", 10)));
    let copy = Copy { scopes, sets: BTreeMap::new(), last: None, heard_at: None, max_silence };
    let copy = Arc::new(Mutex::new(copy));
    let (tell, ready) = mpsc::channel();
    let followed = Arc::clone(&copy);
    thread::spawn(move || follow(&followed, &tell));
    ready.recv()?;
    println!("ready");
    for line in lines() {
        let line = line?;
        let answer = if lock(&copy).may_send(line.trim()) { "yes" } else { "no" };
        println!("{answer} {}", line.trim());
    }
    Ok(0)
}

fn run(arguments: &[&str]) -> Result<u8, Box<dyn std::error::Error>> {
    Ok(match arguments {
        ["check", topic, x] => say(allowed(&mut connect(ANSWER)?, topic, &[(*x).to_owned()])?.len() == 1),
        ["batch", topic] => batch(topic)?,
        ["fresh"] => say(is_fresh(&mut connect(ANSWER)?)?),
        ["copy", topic] => answer_from_copy(topic)?,
        _ => {
            eprintln!("sender check TOPIC X | batch TOPIC | fresh | copy TOPIC");
            2
        }
    })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code.into(),
        Err(_) => {
            if ["check", "fresh"].contains(arguments.first().unwrap_or(&"")) {
                println!("no");
            }
            eprintln!("Redis does not answer, so nothing may be sent");
            2.into()
        }
    }
}
