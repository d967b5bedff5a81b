//! The primary goes in the middle of traffic and another takes its place: what was answered is kept, and the service
//! is back by itself.

use std::{
    collections::BTreeSet,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use baja::{
    intent::Scope,
    ledger::{Act, Ledger, Topology},
};
use tokio::task::JoinSet;

use super::{
    change,
    cluster::{Cluster, ask},
};
use crate::support::{
    store::{Store, ledger, options},
    wait::until,
};

/// For an election, on a machine with other things to do.
const ELECTED_WITHIN: Duration = Duration::from_secs(40);
const SUPPRESSED: &str = "baja:{acme}:suppressed";

/// Opt-outs that are written all the time, each until it is taken, by two replicas of the service in turns.
struct Traffic {
    taken: Arc<Mutex<BTreeSet<String>>>,
    stop: Arc<AtomicBool>,
    writers: JoinSet<()>,
}

impl Traffic {
    fn start(ledgers: [Ledger; 2]) -> Self {
        let ledgers = Arc::new(ledgers);
        let taken = Arc::new(Mutex::new(BTreeSet::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let mut writers = JoinSet::new();
        for writer in 0..4 {
            let (ledgers, taken, stop) = (Arc::clone(&ledgers), Arc::clone(&taken), Arc::clone(&stop));
            writers.spawn(async move {
                for index in 0.. {
                    let number = format!("346{writer}{index:07}");
                    let mut opt_out = change(&[&number], Act::Stop(Scope::All), 10);
                    opt_out.claim = Some(format!("1:wamid.{number}"));
                    for replica in (0..2).cycle() {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        if ledgers[replica].apply(&[("acme", opt_out.clone())]).await.is_ok() {
                            taken.lock().unwrap().insert(number.clone());
                            break;
                        }
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                }
            });
        }
        Self { taken, stop, writers }
    }

    /// Waits until more are taken than now.
    async fn flows(&self, when: &str) {
        let before = self.taken.lock().unwrap().len();
        eventually(when, async || self.taken.lock().unwrap().len() > before + 20).await;
    }

    /// Every opt-out that was taken.
    async fn stop(mut self) -> BTreeSet<String> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(writer) = self.writers.join_next().await {
            writer.unwrap();
        }
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < ELECTED_WITHIN, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

/// Three sentinels that watch one primary.
struct Sentinels {
    processes: Vec<Child>,
    ports: Vec<u16>,
    _folder: tempfile::TempDir,
}

impl Sentinels {
    async fn start(primary: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let held = [(); 3].map(|()| std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap());
        let ports: Vec<_> = held.iter().map(|held| held.local_addr().unwrap().port()).collect();
        drop(held);
        let mut processes = Vec::new();
        for port in &ports {
            let file = folder.path().join(format!("{port}.conf"));
            let settings = format!(
                "bind 127.0.0.1\nport {port}\nsentinel monitor main 127.0.0.1 {primary} 2\n\
                 sentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 4000\n"
            );
            std::fs::write(&file, settings).unwrap();
            let mut command = Command::new("redis-server");
            command.arg(&file).arg("--sentinel").current_dir(folder.path()).stdout(Stdio::null());
            processes.push(command.spawn().unwrap());
        }
        let sentinels = Self { processes, ports, _folder: folder };
        for &port in &sentinels.ports {
            eventually("the sentinels know each other and the replicas", async || {
                let known: Option<std::collections::HashMap<String, redis::Value>> =
                    ask(port, "SENTINEL MASTER main").await;
                let count = |name: &str| {
                    let value = known.as_ref()?.get(name)?.clone();
                    redis::from_redis_value::<u32>(value).ok()
                };
                count("num-slaves") == Some(2) && count("num-other-sentinels") == Some(2)
            })
            .await;
        }
        sentinels
    }

    fn ledger(&self, wait_replicas: u32) -> Ledger {
        let mut rules = options();
        rules.topology = Topology::Sentinel("main".to_owned());
        rules.wait.0 = wait_replicas;
        let urls: Vec<_> = self.ports.iter().map(|port| format!("redis://127.0.0.1:{port}")).collect();
        ledger(&urls.iter().map(String::as_str).collect::<Vec<_>>(), rules)
    }
}

impl Drop for Sentinels {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[tokio::test]
async fn sentinels_choose_another_primary_and_no_opt_out_that_was_taken_is_missing() {
    let mut primary = Store::start().await;
    let replicas = [Store::start().await, Store::start().await];
    let _: Option<String> = ask(primary.server.port(), "CONFIG SET repl-diskless-sync-delay 0").await;
    for replica in &replicas {
        let follow = format!("REPLICAOF 127.0.0.1 {}", primary.server.port());
        ask::<String>(replica.server.port(), &follow).await.unwrap();
    }
    let sentinels = Sentinels::start(primary.server.port()).await;
    let traffic = Traffic::start([sentinels.ledger(1), sentinels.ledger(1)]);
    traffic.flows("opt-outs are taken before").await;
    // A machine dies, and with it a primary and the sentinel that is asked first.
    primary.server.kill().await;
    signal(sentinels.processes[0].id(), "-STOP");
    traffic.flows("opt-outs are taken after the death").await;
    let taken = traffic.stop().await;
    let mut elected = None;
    for replica in &replicas {
        let role: Vec<redis::Value> = ask(replica.server.port(), "ROLE").await.unwrap();
        if role.first() == Some(&redis::Value::BulkString(b"master".to_vec())) {
            elected = Some(replica);
        }
    }
    let kept: BTreeSet<_> = elected.expect("one was elected").members(SUPPRESSED).await.into_iter().collect();
    let lost: Vec<_> = taken.difference(&kept).collect();
    assert!(taken.len() > 40 && lost.is_empty(), "{} of {}: {lost:?}", lost.len(), taken.len());
}

#[tokio::test]
async fn a_cluster_whose_primary_stands_still_goes_on_without_it_and_keeps_what_was_taken() {
    let mut cluster = Cluster::start().await;
    let slot: usize = ask(cluster.nodes[0].port, "CLUSTER KEYSLOT baja:{acme}:suppressed").await.unwrap();
    let shard = slot / 5461;
    let primary = cluster.nodes[shard].port;
    let id: String = ask(primary, "CLUSTER MYID").await.unwrap();
    let mut replicas = Vec::new();
    for _ in 0..2 {
        let replica = cluster.add_node().await;
        until("the replica knows its primary", async || {
            ask::<String>(replica, &format!("CLUSTER REPLICATE {id}")).await
        })
        .await;
        replicas.push(replica);
    }
    // A replica that has not yet heard whose the slots are does not follow whoever takes them over.
    for node in &cluster.nodes {
        until("everybody knows the primary, its slots and its replicas", async || {
            let known: String = ask(node.port, "CLUSTER NODES").await?;
            let owner = known.lines().find(|line| line.starts_with(&id))?;
            let replicas = known.lines().filter(|line| line.contains(&format!("slave {id}"))).count();
            (replicas == 2 && !owner.trim_end().ends_with("connected")).then_some(())
        })
        .await;
        ask::<String>(node.port, "CONFIG SET cluster-node-timeout 1500").await.unwrap();
    }
    for &replica in &replicas {
        until("the replica has its primary's data", async || {
            let role: Vec<redis::Value> = ask(replica, "ROLE").await?;
            (role.get(3) == Some(&redis::Value::BulkString(b"connected".to_vec()))).then_some(())
        })
        .await;
    }
    let rules = || {
        let mut rules = options();
        rules.wait.0 = 1;
        rules
    };
    let traffic = Traffic::start([cluster.ledger_with(rules()), cluster.ledger_with(rules())]);
    traffic.flows("opt-outs are taken before").await;
    let process = cluster.nodes[shard].process.id();
    signal(process, "-STOP");
    traffic.flows("opt-outs are taken while it stands still").await;
    signal(process, "-CONT");
    traffic.flows("opt-outs are taken when it is back").await;
    let taken = traffic.stop().await;
    eventually("the old primary follows the new one", async || {
        let role: Option<Vec<redis::Value>> = ask(primary, "ROLE").await;
        role.is_some_and(|role| role.first() == Some(&redis::Value::BulkString(b"slave".to_vec())))
    })
    .await;
    let kept: BTreeSet<_> = cluster.members(SUPPRESSED).await.into_iter().collect();
    let lost: Vec<_> = taken.difference(&kept).collect();
    assert!(taken.len() > 60 && lost.is_empty(), "{} of {}: {lost:?}", lost.len(), taken.len());
}
