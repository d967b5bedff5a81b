//! The supervisor of a connection to Redis.
//!
//! redis-rs by itself stays for ever on a half-open or a demoted connection, and lets callers wait without
//! limit while it reconnects. So one supervisor owns the connection: it throws it away when it is broken,
//! when Redis says that it must not be written to, or after several timeouts; it connects anew with backoff
//! and jitter, failing fast meanwhile; it checks `ROLE`; and nothing takes longer than the budget.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value, aio::ConnectionLike};

use super::{
    LedgerError,
    source::{Connection, Source},
};

/// Timeouts in a row after which a connection is taken for half-open.
const TIMEOUTS_BEFORE_NEW_CONNECTION: u32 = 3;
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// To connect to a server, `ROLE` included; a cluster's nodes have half of it each, since they are connected to
    /// in two rounds.
    pub connect: Duration,
    /// For one reply.
    pub response: Duration,
    /// For a whole operation, connecting included.
    pub budget: Duration,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// A webhook waits for its 200.
    Webhook,
    /// Everything else.
    Background,
}

/// Told what happens to the connections and how long operations take.
pub trait Observer: Send + Sync {
    /// An operation ended after this time.
    fn operation(&self, channel: Channel, took: Duration, succeeded: bool);
    /// A connection was made.
    fn connected(&self);
    /// A connection was thrown away, or could not be made, for this reason.
    fn disconnected(&self, reason: &'static str);
}

pub(super) struct Supervisor {
    source: tokio::sync::Mutex<Source>,
    limits: Limits,
    channel: Channel,
    observer: Arc<dyn Observer>,
    /// Scripts that a new connection's server is told at once, so that no opt-out pays for that.
    scripts: Arc<[String]>,
    state: Mutex<State>,
    timeouts: AtomicU32,
    /// The server cannot write its append-only file, and has said so.
    refused_writes: AtomicBool,
}

#[derive(Default)]
struct State {
    current: Option<Connection>,
    /// Grows with each connection, so that a late error of an old one does not cost the new one.
    generation: u64,
    failures: u32,
    not_before: Option<Instant>,
}

impl Supervisor {
    pub(super) fn new(
        source: Source,
        limits: Limits,
        channel: Channel,
        observer: Arc<dyn Observer>,
        scripts: Arc<[String]>,
    ) -> Self {
        Self {
            source: tokio::sync::Mutex::new(source),
            limits,
            channel,
            observer,
            scripts,
            state: Mutex::default(),
            timeouts: AtomicU32::new(0),
            refused_writes: AtomicBool::new(false),
        }
    }

    /// Runs commands in one round trip, giving each its own reply: an error of one is a
    /// [`Value::ServerError`] in its place. On a cluster all keys must be in one slot.
    pub(super) async fn pipeline(&self, commands: Vec<Cmd>) -> Result<Vec<Value>, LedgerError> {
        let mut pipeline = Pipeline::with_capacity(commands.len());
        pipeline.ignore_errors();
        let count = commands.len();
        for command in commands {
            pipeline.add_command(command);
        }
        let started = Instant::now();
        let outcome = tokio::time::timeout(self.limits.budget, self.attempt_twice(&pipeline, count)).await;
        let result = match outcome {
            Ok(result) => result,
            Err(_) => {
                self.count_timeout(None);
                Err(LedgerError::Timeout(self.limits.budget))
            }
        };
        self.observer.operation(self.channel, started.elapsed(), result.is_ok());
        result
    }

    /// One command whose error is an error.
    pub(super) async fn command(&self, command: Cmd) -> Result<Value, LedgerError> {
        let mut replies = self.pipeline(vec![command]).await?;
        replies.pop().map_or(Err(LedgerError::Record("reply")), refuse_error)
    }

    /// Whether the server has refused to write since this was asked last, because its disk did not take it.
    pub(super) fn take_refused_writes(&self) -> bool {
        self.refused_writes.swap(false, Ordering::Relaxed)
    }

    /// Whether it waits before it connects anew.
    pub(super) fn is_resting(&self) -> bool {
        let state = self.lock();
        state.current.is_none() && state.not_before.is_some_and(|time| time > Instant::now())
    }

    /// A connection that had broken unnoticed costs one more try, at once: every script is idempotent.
    async fn attempt_twice(&self, pipeline: &Pipeline, count: usize) -> Result<Vec<Value>, LedgerError> {
        match self.attempt(pipeline, count).await {
            Err((_, true)) => self.attempt(pipeline, count).await.map_err(|(error, _)| error),
            result => result.map_err(|(error, _)| error),
        }
    }

    /// The error comes with whether the connection had been in use before and is gone now.
    async fn attempt(&self, pipeline: &Pipeline, count: usize) -> Result<Vec<Value>, (LedgerError, bool)> {
        let (generation, mut connection) = self.connection().await.map_err(|error| (error, false))?;
        match connection.req_packed_commands(pipeline, 0, count).await {
            Ok(replies) => {
                self.timeouts.store(0, Ordering::Relaxed);
                for reply in &replies {
                    if let Value::ServerError(error) = reply {
                        self.judge_code(generation, error.code());
                        // The same code tells of snapshots that fail.
                        if error.code() == "MISCONF" && error.details().is_some_and(|why| why.contains("AOF"))
                        {
                            self.refused_writes.store(true, Ordering::Relaxed);
                        }
                    }
                }
                Ok(replies)
            }
            Err(error) => {
                let gone = self.judge(generation, &error);
                Err((self.translate(&error), gone && error.is_connection_dropped()))
            }
        }
    }

    async fn connection(&self) -> Result<(u64, Connection), LedgerError> {
        if let Some(current) = self.current() {
            return Ok(current);
        }
        // One connects, the others wait for it.
        let mut source = self.source.lock().await;
        if let Some(current) = self.current() {
            return Ok(current);
        }
        if self.is_resting() {
            return Err(LedgerError::Unavailable("waiting to reconnect"));
        }
        let made =
            tokio::time::timeout(source.patience(self.limits), source.connect(self.limits, &self.scripts))
                .await;
        let mut state = self.lock();
        match made {
            Ok(Ok(connection)) => {
                state.generation += 1;
                state.failures = 0;
                state.not_before = None;
                state.current = Some(connection.clone());
                self.timeouts.store(0, Ordering::Relaxed);
                self.observer.connected();
                Ok((state.generation, connection))
            }
            Ok(Err(reason)) => Err(self.connecting_failed(&mut state, reason)),
            Err(_) => Err(self.connecting_failed(&mut state, "connecting took too long")),
        }
    }

    fn connecting_failed(&self, state: &mut State, reason: &'static str) -> LedgerError {
        state.failures = state.failures.saturating_add(1);
        state.not_before = Some(Instant::now() + backoff(state.failures, rand::random()));
        self.observer.disconnected(reason);
        LedgerError::Unavailable(reason)
    }

    fn current(&self) -> Option<(u64, Connection)> {
        let state = self.lock();
        state.current.clone().map(|connection| (state.generation, connection))
    }

    /// Whether the error cost the connection.
    fn judge(&self, generation: u64, error: &RedisError) -> bool {
        if error.is_timeout() {
            return self.count_timeout(Some(generation));
        }
        if error.is_unrecoverable_error() || error.is_connection_dropped() || error.is_io_error() {
            self.throw_away(generation, "the connection broke");
            return true;
        }
        error.code().is_some_and(|code| self.judge_code(generation, code))
    }

    fn judge_code(&self, generation: u64, code: &str) -> bool {
        let reason = match code {
            "READONLY" => "connected to a replica",
            "MASTERDOWN" => "the primary is down",
            "CLUSTERDOWN" => "the cluster is down",
            "MOVED" => "the slot moved",
            _ => return false,
        };
        self.throw_away(generation, reason);
        true
    }

    fn count_timeout(&self, generation: Option<u64>) -> bool {
        if self.timeouts.fetch_add(1, Ordering::Relaxed) + 1 < TIMEOUTS_BEFORE_NEW_CONNECTION {
            return false;
        }
        let generation = generation.unwrap_or_else(|| self.lock().generation);
        self.throw_away(generation, "several timeouts in a row");
        true
    }

    fn throw_away(&self, generation: u64, reason: &'static str) {
        let mut state = self.lock();
        if state.generation == generation && state.current.take().is_some() {
            self.observer.disconnected(reason);
        }
    }

    fn translate(&self, error: &RedisError) -> LedgerError {
        if error.is_timeout() {
            return LedgerError::Timeout(self.limits.response);
        }
        match error.code() {
            Some(code) => LedgerError::Refused { code: code.to_owned() },
            None => LedgerError::Unavailable("the connection broke"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Turns a server's error into ours, keeping only its code: the rest may quote a key or an argument.
pub(super) fn refuse_error(reply: Value) -> Result<Value, LedgerError> {
    match reply {
        Value::ServerError(error) => Err(LedgerError::Refused { code: error.code().to_owned() }),
        reply => Ok(reply),
    }
}

/// Reads a reply as `T`; `what` names it in the error.
pub(super) fn read<T: redis::FromRedisValue>(reply: Value, what: &'static str) -> Result<T, LedgerError> {
    let result: RedisResult<T> = redis::from_redis_value(reply).map_err(Into::into);
    result.map_err(|_| LedgerError::Record(what))
}

/// Doubles from 50 ms to 1 s; `random` spreads it over the upper half.
fn backoff(failures: u32, random: f64) -> Duration {
    let doubled = FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_BACKOFF).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_backoff_grows_to_a_second_and_is_never_nothing() {
        assert_eq!(backoff(1, 1.0), Duration::from_millis(50));
        assert_eq!(backoff(1, 0.0), Duration::from_millis(25));
        assert_eq!(backoff(40, 1.0), LONGEST_BACKOFF);
        assert!((1..50).all(|failures| backoff(failures, 0.0) <= backoff(failures + 1, 0.0)));
    }
}
