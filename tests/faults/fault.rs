//! The faults, and how each is brought about.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use baja::startup::private_redis::PrivateRedis;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    check::Store,
    cloud_api::{CloudApi, Weather},
    dice::Dice,
    disk,
    proxy::{Mode, Proxy},
    service::{Replica, signal},
};

/// Slow connections of a flood.
const FLOOD: usize = 500;

/// For writing the append-only file anew, once somebody has asked for it.
const REWRITTEN_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing goes wrong, to compare with.
    None,
    /// A replica is killed at random moments and started again; now and then both.
    ServiceKilled,
    /// Redis is killed at random moments and started again.
    RedisKilled,
    /// Redis stands still for longer than any patience.
    RedisStopped,
    /// Redis does what it is told, and the connection breaks before its reply.
    ReplyLost,
    /// The connections carry nothing any more and are not closed.
    HalfOpen,
    /// Nothing reaches Redis, and nothing is refused.
    BlackHole,
    /// Redis answers late, at last too late.
    RedisSlow,
    /// Redis has no memory left and evicts nothing.
    RedisFull,
    /// Its disk is full: a Redis that syncs before each reply ends, and is started again when there is room.
    DiskFull,
    /// Its disk is full: a Redis that syncs each second refuses to write until there is room.
    DiskFullLater,
    /// Redis has become a replica.
    Demoted,
    /// Redis has forgotten the scripts.
    ScriptsForgotten,
    /// One replica after the other is stopped in good order and started again.
    RollingRestart,
    /// The clock of the service's machine jumps, forwards and backwards.
    ClockJumps,
    /// Hundreds of connections whose body trickles.
    SlowBodies,
    /// The Cloud API.
    Api(Weather),
}

impl Fault {
    pub const ALL: [Self; 22] = [
        Self::None,
        Self::ServiceKilled,
        Self::RedisKilled,
        Self::RedisStopped,
        Self::ReplyLost,
        Self::HalfOpen,
        Self::BlackHole,
        Self::RedisSlow,
        Self::RedisFull,
        Self::DiskFull,
        Self::DiskFullLater,
        Self::Demoted,
        Self::ScriptsForgotten,
        Self::RollingRestart,
        Self::ClockJumps,
        Self::SlowBodies,
        Self::Api(Weather::Limiting),
        Self::Api(Weather::Failing),
        Self::Api(Weather::Hanging),
        Self::Api(Weather::Resetting),
        Self::Api(Weather::Garbage),
        Self::Api(Weather::Late),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ServiceKilled => "service killed",
            Self::RedisKilled => "Redis killed",
            Self::RedisStopped => "Redis stands still",
            Self::ReplyLost => "Redis's reply lost",
            Self::HalfOpen => "connection half-open",
            Self::BlackHole => "Redis in a black hole",
            Self::RedisSlow => "Redis slow",
            Self::RedisFull => "Redis full",
            Self::DiskFull => "Redis's disk full, always",
            Self::DiskFullLater => "Redis's disk full, everysec",
            Self::Demoted => "Redis demoted",
            Self::ScriptsForgotten => "scripts forgotten",
            Self::RollingRestart => "rolling restart",
            Self::ClockJumps => "clock jumps",
            Self::SlowBodies => "flood of slow bodies",
            Self::Api(Weather::Fair) => "Cloud API well",
            Self::Api(Weather::Limiting) => "Cloud API: 429",
            Self::Api(Weather::Failing) => "Cloud API: 5xx",
            Self::Api(Weather::Hanging) => "Cloud API: hangs",
            Self::Api(Weather::Resetting) => "Cloud API: resets",
            Self::Api(Weather::Garbage) => "Cloud API: garbage",
            Self::Api(Weather::Late) => "Cloud API: too late",
        }
    }

    /// Whether webhooks must have been answered 200 all the same.
    pub fn is_borne(self) -> bool {
        matches!(
            self,
            Self::None | Self::RedisFull | Self::ScriptsForgotten | Self::SlowBodies | Self::Api(_)
        )
    }
}

/// Everything that can be broken.
pub struct World {
    pub redis: PrivateRedis,
    pub proxy: Proxy,
    pub replicas: Vec<Replica>,
    pub api: CloudApi,
    pub dice: Dice,
    /// How often a replica of the service was killed, and Redis.
    pub service_deaths: u64,
    pub redis_kills: u64,
    /// When.
    pub harms: Vec<Instant>,
    /// How long a fault lasts.
    pub length: Duration,
    /// How many kills one round has.
    pub service_kills: u64,
    pub redis_kills_a_round: u64,
}

impl World {
    /// Breaks something, lets it be broken for a while, and mends it.
    pub async fn inject(&mut self, fault: Fault) {
        match fault {
            Fault::None => self.last().await,
            Fault::ServiceKilled => self.kill_service().await,
            Fault::RedisKilled => self.kill_redis().await,
            Fault::RedisStopped => {
                let process = self.redis.process().expect("it runs");
                signal(process, "-STOP");
                tokio::time::sleep(self.length.max(Duration::from_millis(2500))).await;
                signal(process, "-CONT");
            }
            Fault::ReplyLost => self.line(Mode::EatReply(4)).await,
            Fault::HalfOpen => {
                self.line(Mode::Freeze(Instant::now())).await;
            }
            Fault::BlackHole => self.line(Mode::BlackHole).await,
            Fault::RedisSlow => {
                self.line(Mode::Slow(Duration::from_millis(150))).await;
                self.line(Mode::Slow(Duration::from_millis(800))).await;
            }
            Fault::RedisFull => {
                self.redis(&["CONFIG", "SET", "maxmemory", "1mb"]).await;
                self.last().await;
                self.redis(&["CONFIG", "SET", "maxmemory", "0"]).await;
            }
            Fault::DiskFull => {
                disk::fill(&self.redis);
                // It ends with its next write.
                let ended = tokio::time::timeout(Duration::from_secs(15), self.redis.ended()).await;
                assert!(ended.is_ok(), "Redis ends when it cannot write");
                self.redis_kills += 1;
                self.harms.push(Instant::now());
                self.last().await;
                self.start_redis().await;
            }
            Fault::DiskFullLater => {
                // In a file that a rewrite began, a write that was cut short leaves a hole.
                let before = disk::rewrites(&self.redis);
                // Refused while it does that already.
                let _: redis::RedisResult<redis::Value> =
                    Store::open(self.redis.port()).await.ask(&["BGREWRITEAOF"]).await;
                self.until_rewritten(before).await;
                let before = disk::rewrites(&self.redis);
                self.redis(&["CONFIG", "SET", "appendfsync", "everysec"]).await;
                disk::fill(&self.redis);
                self.last().await;
                disk::empty(&self.redis);
                self.redis(&["CONFIG", "SET", "appendfsync", "always"]).await;
                // The service sees to it, or Redis does not start any more after the next fault.
                self.until_rewritten(before).await;
            }
            Fault::Demoted => {
                self.redis(&["REPLICAOF", "127.0.0.1", "1"]).await;
                self.last().await;
                self.redis(&["REPLICAOF", "NO", "ONE"]).await;
            }
            Fault::ScriptsForgotten => {
                for _ in 0..10 {
                    self.redis(&["SCRIPT", "FLUSH"]).await;
                    tokio::time::sleep(self.length / 10).await;
                }
            }
            Fault::RollingRestart => {
                for replica in &mut self.replicas {
                    let ended = replica.terminate().await;
                    assert!(ended.success(), "it stops in good order: {ended}");
                    replica.start_again();
                    replica.wait_until_ready().await;
                }
            }
            Fault::ClockJumps => self.jump().await,
            Fault::SlowBodies => self.flood().await,
            Fault::Api(weather) => {
                self.api.set(weather);
                self.last().await;
                self.api.set(Weather::Fair);
            }
        }
    }

    async fn last(&self) {
        tokio::time::sleep(self.length).await;
    }

    async fn line(&self, mode: Mode) {
        self.proxy.set(mode);
        self.last().await;
        self.proxy.set(Mode::Pass);
    }

    async fn redis(&self, words: &[&str]) {
        let _: redis::Value = Store::open(self.redis.port()).await.run(words).await;
    }

    /// Waits until Redis has written its append-only file anew, oftener than before.
    async fn until_rewritten(&self, before: u64) {
        let rewritten = async {
            while disk::rewrites(&self.redis) == before {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let done = tokio::time::timeout(REWRITTEN_WITHIN, rewritten).await;
        assert!(done.is_ok(), "the append-only file is written anew");
    }

    /// Starts one of the replicas under a clock of its own, which jumps while both work.
    async fn jump(&mut self) {
        let clock = self.redis.folder().join("clock");
        std::fs::write(&clock, "+0").unwrap();
        self.wear(Some(&clock)).await;
        for offset in ["+3h", "-3h"] {
            std::fs::write(&clock, offset).unwrap();
            self.last().await;
        }
        self.wear(None).await;
    }

    async fn wear(&mut self, clock: Option<&Path>) {
        let replica = &mut self.replicas[0];
        let ended = replica.terminate().await;
        assert!(ended.success(), "it stops in good order: {ended}");
        replica.wear(clock);
        replica.start_again();
        replica.wait_until_ready().await;
    }

    async fn kill_service(&mut self) {
        for _ in 0..self.service_kills {
            tokio::time::sleep(Duration::from_millis(self.dice.below(600))).await;
            let first = self.dice.below(2) as usize;
            let both = self.dice.chance(20);
            let chosen: Vec<usize> = if both { vec![0, 1] } else { vec![first] };
            for &index in &chosen {
                self.replicas[index].kill().await;
                self.harms.push(Instant::now());
                self.service_deaths += 1;
                self.replicas[index].start_again();
            }
            for &index in &chosen {
                self.replicas[index].wait_until_ready().await;
            }
        }
    }

    async fn start_redis(&mut self) {
        if let Err(error) = self.redis.restart().await {
            let log = std::fs::read_to_string(self.redis.folder().join("redis.log")).unwrap();
            let last: Vec<&str> = log.lines().rev().take(12).collect();
            panic!("{error}\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }

    async fn kill_redis(&mut self) {
        for _ in 0..self.redis_kills_a_round {
            tokio::time::sleep(Duration::from_millis(100 + self.dice.below(600))).await;
            self.redis.kill().await;
            self.harms.push(Instant::now());
            self.redis_kills += 1;
            tokio::time::sleep(Duration::from_millis(self.dice.below(500))).await;
            self.start_redis().await;
        }
    }

    /// Announces large bodies and lets them trickle.
    async fn flood(&self) {
        let address = self.replicas[0].address;
        let head = format!(
            "POST /webhook HTTP/1.1\r\nHost: {address}\r\nX-Hub-Signature-256: sha256={}\r\nContent-Length: 3000000\r\n\r\n",
            "0".repeat(64)
        );
        let until = Instant::now() + self.length;
        let slow = (0..FLOOD).map(|_| async {
            while Instant::now() < until {
                let Ok(mut stream) = TcpStream::connect(address).await else { continue };
                if stream.write_all(head.as_bytes()).await.is_err() {
                    continue;
                }
                let trickle = async {
                    let (mut answer, mut writing) = stream.split();
                    let write = async {
                        while writing.write_all(b" ").await.is_ok() {
                            tokio::time::sleep(Duration::from_millis(300)).await;
                        }
                    };
                    let mut first = [0; 1];
                    tokio::select! { () = write => {}, _ = answer.read(&mut first) => {} }
                };
                let _ = tokio::time::timeout_at(until.into(), trickle).await;
            }
        });
        futures_util::future::join_all(slow).await;
    }
}
