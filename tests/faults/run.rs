//! One run: traffic, one fault after the other, and after each of them and at the end what must hold.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Display,
    str::FromStr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use baja::startup::private_redis::PrivateRedis;
use tokio::sync::mpsc::unbounded_channel;

use super::{
    check::{Store, line_with_number, sends},
    cloud_api::{CloudApi, Weather},
    dice::Dice,
    disk,
    fault::{Fault, World},
    meta::Meta,
    people::People,
    proxy::Proxy,
    report::{self, Line},
    service::Replica,
};

/// For everything that was written to be delivered after a fault.
const DELIVERED_WITHIN: Duration = Duration::from_secs(30);
/// For the next 200 after a fault.
const BACK_WITHIN: Duration = Duration::from_secs(15);
/// For what is left in the outbox at the end: a circuit may be open for some time.
const SENT_WITHIN: Duration = Duration::from_secs(90);
/// An answer, whatever it is; the service's own budget for Redis is 1.5 s, the rest is for a busy machine.
const ANSWERED_WITHIN_MS: u32 = 6000;
/// Resident memory of a replica, KiB.
const MOST_MEMORY: u64 = 400 * 1024;
/// Keys besides those that expire by themselves.
const MOST_KEYS: usize = 60;

/// How long a run is.
pub struct Form {
    opt_outs: u64,
    kills: u64,
    until: Duration,
    seed: u64,
    long: bool,
    faults: Vec<Fault>,
}

impl Form {
    pub fn from_environment() -> Self {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        let opt_outs = variable("BAJA_FAULTS_OPT_OUTS", 0);
        let only: String = variable("BAJA_FAULTS_ONLY", String::new());
        Self {
            opt_outs,
            kills: variable("BAJA_FAULTS_KILLS", 0),
            until: Duration::from_secs(60 * variable("BAJA_FAULTS_MINUTES", 30)),
            seed: variable("BAJA_FAULTS_SEED", clock),
            long: opt_outs > 0,
            faults: Fault::ALL.into_iter().filter(|fault| fault.name().contains(&only)).collect(),
        }
    }
}

fn variable<T: FromStr<Err: Display>>(name: &str, usual: T) -> T {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|error| panic!("{name}: {error}")),
        Err(_) => usual,
    }
}

pub async fn run(form: Form) {
    println!("seed {}: repeat with BAJA_FAULTS_SEED={}", form.seed, form.seed);
    let mut dice = Dice::new(form.seed);
    let folder = tempfile::tempdir().unwrap();
    let program = disk::redis_program(folder.path());
    let redis = PrivateRedis::start_program(program, &folder.path().join("redis"), None).await.unwrap();
    let proxy = Proxy::start(redis.port()).await;
    let (told, statuses) = unbounded_channel();
    let api = CloudApi::start(dice.split(), told).await;
    let (url, graph) = (format!("redis://{}", proxy.address), format!("http://{}/v26.0", api.address));
    let mut replicas = Vec::new();
    for index in 0..2 {
        replicas.push(Replica::start(&url, &graph, folder.path().join(format!("{index}.log"))).await);
    }
    let addresses = replicas.iter().map(|replica| replica.address).collect();
    // A long run should not be long because a Redis that is killed has so much to read.
    let pause = if form.long { Duration::from_millis(25) } else { Duration::ZERO };
    let meta = Meta::start(addresses, api.share(), statuses, pause, &mut dice);
    let world_dice = dice.split();
    let mut world = World {
        redis,
        proxy,
        replicas,
        api,
        dice: world_dice,
        service_deaths: 0,
        harms: Vec::new(),
        redis_kills: 0,
        length: Duration::from_millis(1500),
        // The service takes seconds to start again, Redis none.
        service_kills: if form.long { 12 } else { 2 },
        redis_kills_a_round: if form.long { 90 } else { 3 },
    };
    let mut lines = BTreeMap::new();
    let mut problems = Vec::new();
    let started = Instant::now();
    loop {
        let mut faults = form.faults.clone();
        dice.shuffle(&mut faults);
        for fault in faults {
            round(&mut world, &meta, fault, &mut lines, &mut problems).await;
        }
        let acknowledged: u64 = lines.values().map(|line: &Line| line.total.acknowledged).sum();
        let kills = world.service_deaths + world.redis_kills;
        let enough = acknowledged >= form.opt_outs && kills >= form.kills;
        if enough || started.elapsed() > form.until || !problems.is_empty() {
            break;
        }
        println!("{} s: {acknowledged} opt-outs, {kills} kills", started.elapsed().as_secs());
    }
    let traffic = started.elapsed();
    finish(&mut world, &meta, &mut problems).await;
    report::print(&mut lines);
    summary(&world, &meta, traffic);
    assert!(problems.is_empty(), "seed {}:\n{}", form.seed, problems.join("\n"));
}

async fn round(
    world: &mut World,
    meta: &Meta,
    fault: Fault,
    lines: &mut BTreeMap<&'static str, Line>,
    problems: &mut Vec<String>,
) {
    let kills = world.service_deaths + world.redis_kills;
    let (name, began) = (fault.name(), Instant::now());
    meta.write(true);
    if meta.back_after(BACK_WITHIN).await.is_none() {
        problems.push(format!("{name}: no opt-out got a 200 before it began"));
    }
    world.inject(fault).await;
    let back = meta.back_after(BACK_WITHIN).await;
    if let Err(left) = meta.deliver_all(DELIVERED_WITHIN).await {
        problems.push(format!("{name}: {left}"));
    }
    let mut tally = meta.tally();
    let lost = Store::open(world.redis.port()).await.lost(|set| owned(meta, set, true)).await;
    let line = lines.entry(name).or_default();
    line.rounds += 1;
    line.kills += world.service_deaths + world.redis_kills - kills;
    line.lost += lost;
    match back {
        Some(back) => line.back_after = line.back_after.max(back),
        None => problems.push(format!("{name}: no opt-out got a 200 after it")),
    }
    if lost > 0 {
        problems.push(format!("{name}: {lost} opt-outs with a 200 are not in Redis"));
    }
    let slowest = tally.wait(100);
    println!(
        "at {} s, {name}: {} s, {} opt-outs, answers {:?}, {} refused, {} cut, slowest {slowest} ms, back after {back:?}",
        world.api.since_start(began).as_secs(),
        began.elapsed().as_secs(),
        tally.acknowledged,
        tally.answers,
        tally.refused,
        tally.cut
    );
    if tally.hung > 0 || slowest > ANSWERED_WITHIN_MS {
        problems.push(format!("{name}: {} webhooks hung, the slowest answer took {slowest} ms", tally.hung));
    }
    // A disk that stalls for longer than the patience for one reply is a fault of its own.
    let refusals = tally.answers(503) * 100;
    let strange = tally.answers.keys().any(|status| ![200, 401, 503].contains(status));
    if strange || (fault.is_borne() && (refusals > tally.answers(200) || tally.cut + tally.refused > 0)) {
        let (refused, cut) = (tally.refused, tally.cut);
        problems.push(format!("{name}: answers {:?}, {refused} refused, {cut} cut", tally.answers));
    }
    line.add(tally);
}

/// What must hold when everything is well again.
async fn finish(world: &mut World, meta: &Meta, problems: &mut Vec<String>) {
    world.api.set(Weather::Fair);
    problems.extend(meta.rest(DELIVERED_WITHIN).await.err());
    let mut store = Store::open(world.redis.port()).await;
    problems.extend(store.sets_are_right(|set| owned(meta, set, false)).await);
    problems.extend(store.outbox_is_empty(SENT_WITHIN).await.err());
    problems.extend(meta.people(|people| sends(&world.api, people, &world.harms).problems));
    let keys = store.lasting_keys().await;
    if keys > MOST_KEYS {
        problems.push(format!("{keys} keys that do not expire"));
    }
    for replica in &mut world.replicas {
        replica.look_at_memory();
        if replica.most_memory > MOST_MEMORY {
            problems.push(format!("a replica took {} KiB", replica.most_memory));
        }
        let log = replica.log();
        let panic = log.lines().find(|line| line.contains("panicked"));
        if let Some(line) = line_with_number(&log).or(panic) {
            problems.push(format!("a log has a person's number or a panic in it: {line}"));
        }
    }
}

fn summary(world: &World, meta: &Meta, traffic: Duration) {
    let (acknowledged, found) =
        meta.people(|people: &People| (people.acknowledged(), sends(&world.api, people, &world.harms)));
    let rate = acknowledged as f64 / traffic.as_secs_f64();
    println!(
        "\n{acknowledged} people opted out in {} s, {rate:.0} a second with all faults",
        traffic.as_secs()
    );
    println!(
        "killed: the service {} times, Redis {} times; replies of Redis lost: {}",
        world.service_deaths,
        world.redis_kills,
        world.proxy.eaten()
    );
    println!(
        "confirmations that may have gone out: {}; twice though Meta told of them: {}; twice of the others: {}",
        found.jobs, found.twice_though_told, found.twice
    );
    let memory = world.replicas.iter().map(|replica| replica.most_memory).max().unwrap_or(0);
    println!("largest resident memory of a replica: {} MiB", memory / 1024);
}

fn owned(meta: &Meta, set: &str, only_delivered: bool) -> HashSet<String> {
    meta.people(|people| people.expected(set, only_delivered).into_iter().map(str::to_owned).collect())
}
