//! The ledger on a Redis Cluster: each business in one slot, wherever that is.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use baja::{
    intent::Scope,
    ledger::{Act, AppendFile, Change, Keyspace, Ledger, LedgerError, Options, Outcome, Topology},
};
use redis::{FromRedisValue, cluster::ClusterClient};

use super::{change, confirmation};
use crate::support::{
    store::{ledger, options, person},
    wait::until,
};

const SLOTS: [&str; 3] = ["0 5460", "5461 10922", "10923 16383"];

/// Three primaries, which share the slots.
pub(super) struct Cluster {
    pub(super) nodes: Vec<Node>,
    _folder: tempfile::TempDir,
}

pub(super) struct Node {
    pub(super) process: Child,
    pub(super) port: u16,
    bus: u16,
}

impl Cluster {
    pub(super) async fn start() -> Self {
        let mut cluster = Self { nodes: Vec::new(), _folder: tempfile::tempdir().unwrap() };
        for slots in SLOTS {
            let port = cluster.add_node().await;
            ask::<()>(port, &format!("CLUSTER ADDSLOTSRANGE {slots}")).await.unwrap();
        }
        for node in &cluster.nodes {
            until("the cluster is whole", async || {
                let info: String = ask(node.port, "CLUSTER INFO").await?;
                let whole = info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3");
                whole.then_some(())
            })
            .await;
        }
        cluster
    }

    /// Starts a node and lets it meet the first one; returns its port.
    pub(super) async fn add_node(&mut self) -> u16 {
        let folder = self._folder.path().join(self.nodes.len().to_string());
        std::fs::create_dir(&folder).unwrap();
        let [port, bus] = free_ports();
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--cluster-port", &bus.to_string(), "--cluster-enabled", "yes", "--save", ""])
            .args(["--repl-diskless-sync-delay", "0"])
            .arg("--dir")
            .arg(&folder)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.nodes.push(Node { process, port, bus });
        until("a node answers", async || ask::<String>(port, "PING").await).await;
        let first = &self.nodes[0];
        if port != first.port {
            let meet = format!("CLUSTER MEET 127.0.0.1 {} {}", first.port, first.bus);
            ask::<()>(port, &meet).await.unwrap();
        }
        port
    }

    fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| format!("redis://127.0.0.1:{}", node.port)).collect()
    }

    /// Businesses in different slots, one of which keeps a list from before.
    fn ledger(&self) -> Ledger {
        self.ledger_with(options())
    }

    pub(super) fn ledger_with(&self, mut options: Options) -> Ledger {
        options.topology = Topology::Cluster;
        let beta = Keyspace::new("baja", "beta", None, [("marketing", None)]);
        let shop = Keyspace::new("baja", "shop", Some("wa:optout"), [("marketing", None)]);
        options.businesses.extend([("beta".to_owned(), beta), ("shop".to_owned(), shop)]);
        let urls = self.urls();
        ledger(&urls.iter().map(String::as_str).collect::<Vec<_>>(), options)
    }

    async fn run<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = ClusterClient::new(self.urls()).unwrap().get_async_connection().await.unwrap();
        redis::cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.unwrap()
    }

    pub(super) async fn members(&self, set: &str) -> Vec<String> {
        let mut members: Vec<String> = self.run(&["SMEMBERS", set]).await;
        members.sort();
        members
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            let _ = node.process.kill();
            let _ = node.process.wait();
        }
    }
}

/// A command to one node, or nothing when it does not answer.
pub(super) async fn ask<T: FromRedisValue>(port: u16, command: &str) -> Option<T> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.ok()?;
    let mut words = command.split(' ');
    redis::cmd(words.next()?).arg(words.collect::<Vec<_>>()).query_async(&mut connection).await.ok()
}

/// Two ports that are free, held together while they are chosen so that they differ.
fn free_ports() -> [u16; 2] {
    let held = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

fn stop(number: &str, at: i64) -> Change {
    change(&[number], Act::Stop(Scope::All), at)
}

#[tokio::test]
async fn a_cluster_takes_opt_outs_of_every_business_and_keeps_existing_lists() {
    let cluster = Cluster::start().await;
    let ledger = cluster.ledger();
    let mut first = stop("5215512340001", 10);
    first.message = Some(confirmation(baja::ledger::JobKind::Stopped));
    let applied = ledger.apply(&[("acme", first)]).await.unwrap()[0];
    assert_eq!((applied.outcome, applied.queued, applied.stops), (Outcome::Applied, true, 2));
    assert_eq!(cluster.members("baja:{acme}:suppressed").await, ["5215512340001", "525512340001"]);

    // Three slots in one batch; each answer belongs to its own change.
    let batch = [
        ("beta", stop("34600000001", 10)),
        ("acme", stop("5215512340001", 11)),
        ("shop", stop("34600000002", 10)),
        ("beta", stop("34600000003", 10)),
        ("acme", stop("34600000004", 10)),
    ];
    let outcomes: Vec<_> = ledger.apply(&batch).await.unwrap().iter().map(|one| one.outcome).collect();
    let (applied, already) = (Outcome::Applied, Outcome::Already);
    assert_eq!(outcomes, [applied, already, applied, applied, applied]);
    assert_eq!(cluster.members("baja:{beta}:suppressed").await, ["34600000001", "34600000003"]);
    assert_eq!(cluster.members("wa:optout").await, ["34600000002"]);

    // Somebody who was on the existing list already comes back.
    let _: () = cluster.run(&["SADD", "wa:optout", "34600000009"]).await;
    let start = change(&["34600000009"], Act::Start(Scope::All), 20);
    assert_eq!(ledger.apply(&[("shop", start)]).await.unwrap()[0].outcome, applied);
    assert_eq!(cluster.members("wa:optout").await, ["34600000002"]);

    // The outbox, the reads and the readiness work there too.
    assert_eq!(ledger.lease("acme", 10).await.unwrap().len(), 1);
    assert_eq!(ledger.records("beta", &person(&["34600000001"])).await.unwrap().len(), 1);
    ledger.bury("shop", &[("message", "invented", "{}")]).await.unwrap();
    assert_eq!(ledger.dead_letters("shop", None, 10).await.unwrap().len(), 1);
    ledger.ping().await.unwrap();
    for business in ["acme", "beta", "shop"] {
        let found = ledger.survey(business).await.unwrap();
        assert_eq!((found.cluster.as_deref(), found.forbidden.len()), (Some("ok"), 0), "{found:?}");
        assert!(found.clock_ahead.is_some_and(|ahead| ahead.abs() < 60_000), "{found:?}");
    }
    assert_eq!(cluster.members("wa:optout").await, ["34600000002"]);
}

#[tokio::test]
async fn existing_lists_of_everybody_and_of_a_topic_are_kept_under_their_names() {
    use baja::{intent::Topic, ledger::Verdict, startup::ledger_options};

    let cluster = Cluster::start().await;
    const ALL: &str = "wa:optout";
    const OFFERS: &str = "{wa:optout}:no-offers";
    // Who refused before the service came.
    let _: () = cluster.run(&["SADD", ALL, "34600000001"]).await;
    let _: () = cluster.run(&["SADD", OFFERS, "34600000002", "34600000003"]).await;
    let urls = cluster.urls();
    let settings = crate::support::app::settings(
        &urls.join(","),
        "http://127.0.0.1:9",
        &[
            ("BAJA__REDIS__MODE", "cluster"),
            ("BAJA__BUSINESS__ACME__SUPPRESSED_KEY", ALL),
            ("BAJA__BUSINESS__ACME__TOPICS__OFFERS__KEY", OFFERS),
        ],
    );
    let ledger = ledger(&urls.iter().map(String::as_str).collect::<Vec<_>>(), ledger_options(&settings));
    let offers = || Scope::Topic(Topic::parse("offers").unwrap());
    let asked: Vec<_> = ["34600000001", "34600000002", "34600000009"]
        .iter()
        .map(|number| person(&[number]).identifiers()[0].clone())
        .collect();
    let verdicts = ledger.check("acme", &offers(), &asked).await.unwrap();
    assert_eq!(verdicts, [Verdict::RefusedAll, Verdict::RefusedTopic, Verdict::Allowed]);

    // Who decides now is written to the same sets, and who was there before can come back.
    let batch = [
        ("acme", stop("34600000004", 10)),
        ("acme", change(&["34600000005"], Act::Stop(offers()), 10)),
        ("acme", change(&["34600000003"], Act::Start(offers()), 10)),
    ];
    for applied in ledger.apply(&batch).await.unwrap() {
        assert_eq!(applied.outcome, Outcome::Applied);
    }
    assert_eq!(cluster.members(ALL).await, ["34600000001", "34600000004"]);
    assert_eq!(cluster.members(OFFERS).await, ["34600000002", "34600000005"]);
    // Nothing of our own is elsewhere: the existing key lends its slot.
    let mut own = Vec::new();
    for node in &cluster.nodes {
        own.extend(ask::<Vec<String>>(node.port, "KEYS *").await.unwrap());
    }
    assert!(own.len() > 4, "{own:?}");
    let tagged = |key: &String| key == ALL || key == OFFERS || key.starts_with("baja:{wa:optout}:");
    assert!(own.iter().all(tagged), "{own:?}");
}

#[tokio::test]
async fn a_cluster_that_forgot_the_scripts_is_told_them_again() {
    let cluster = Cluster::start().await;
    let ledger = cluster.ledger();
    for round in 0..3 {
        for node in &cluster.nodes {
            ask::<()>(node.port, "SCRIPT FLUSH").await.unwrap();
        }
        let numbers = ["34600000001", "34600000002"].map(|number| format!("{number}{round}"));
        let batch = [("acme", stop(&numbers[0], 10)), ("beta", stop(&numbers[1], 10))];
        let applied = ledger.apply(&batch).await.unwrap();
        assert!(applied.iter().all(|one| one.outcome == Outcome::Applied), "{applied:?}");
    }
    assert_eq!(cluster.members("baja:{acme}:suppressed").await.len(), 3);
}

#[tokio::test]
async fn each_server_of_a_cluster_is_asked_for_its_own_append_only_file() {
    let cluster = Cluster::start().await;
    let ledger = cluster.ledger();
    assert_eq!(ledger.servers(), ["acme", "beta", "shop"]);
    // Where acme and beta are, and not where the shop is.
    ask::<()>(cluster.nodes[2].port, "CONFIG SET appendonly yes").await.unwrap();
    for (business, wanted) in
        [("acme", AppendFile::Sound), ("beta", AppendFile::Sound), ("shop", AppendFile::Off)]
    {
        let state = async || Some(ledger.append_file(business).await.unwrap());
        let done = async || state().await.filter(|state| *state != AppendFile::Rewriting);
        assert_eq!(until("what was begun is done", done).await, wanted, "{business}");
        ledger.rewrite_append_file(business).await.unwrap();
    }
}

#[tokio::test]
async fn a_cluster_counts_and_judges_each_business_in_its_own_slot() {
    use baja::ledger::{Day, Figure, MessageClass, SeenKind};

    let cluster = Cluster::start().await;
    let ledger = cluster.ledger();
    let now = crate::insight::at(0);
    for business in ["acme", "beta", "shop"] {
        let mut change = stop("5215512340001", 0);
        change.at = now - 1000;
        ledger.apply(&[(business, change)]).await.unwrap();
        let mut sent = crate::insight::status("wamid.A", SeenKind::Sent, now + 90_000);
        sent.class = Some(MessageClass::Marketing);
        assert_eq!(ledger.note_sends(business, &[sent], 0).await.unwrap().breaches, 1, "{business}");
        assert_eq!(ledger.count_decisions(business).await.unwrap().opt_outs, 1, "{business}");
        let day = Day::of(now);
        let days = ledger.counters(business, day.plus(-1), day.plus(1)).await.unwrap();
        let total = |figure| days.iter().map(|day| day.total(figure)).sum::<u64>();
        assert_eq!((total(Figure::OptOuts), total(Figure::Breaches)), (1, 1), "{business}");
        assert_eq!(ledger.breaches(business, 0, None, 10).await.unwrap().len(), 1, "{business}");
    }
}

#[tokio::test]
async fn a_cluster_lists_decides_and_erases_what_each_business_has() {
    use baja::ledger::{Approval, NearMiss, NearMissAnswer, NearMissId, Operator};

    let cluster = Cluster::start().await;
    let ledger = cluster.ledger();
    for business in ["acme", "beta", "shop"] {
        let near_miss = |number: &str| NearMiss {
            at: 1_790_000_000_000.0,
            canonical: vec![number.to_owned()],
            scope: "all".to_owned(),
            asked: 1,
            ..NearMiss::default()
        };
        let items = ["34600000001", "34600000002"].map(|number| (NearMissId::of(number), near_miss(number)));
        assert_eq!(ledger.note_near_misses(business, &items).await.unwrap(), 2, "{business}");
        let answer = NearMissAnswer { person: person(&["34600000002"]), yes: false, at: 1_790_000_000_001 };
        assert_eq!(ledger.answer_near_misses(business, &[answer]).await.unwrap(), 1, "{business}");
        let approved = ledger.approve_near_miss(business, &items[0].0, Operator::default()).await.unwrap();
        assert!(matches!(approved, Approval::Suppressed(_)), "{business}: {approved:?}");
        let page = ledger.members(business, &Scope::All, 0, 100).await.unwrap();
        assert_eq!((page.identifiers, page.next), (vec!["34600000001".to_owned()], None), "{business}");
        let found = ledger.near_misses(business, None, 10).await.unwrap();
        let states: Vec<_> = found.iter().map(|one| one.near_miss.state()).collect();
        assert_eq!(states, ["no", "approved"], "{business}");
        assert_eq!(ledger.erase_near_misses(business, &person(&["34600000002"])).await.unwrap(), 1);
        assert_eq!(ledger.near_misses(business, None, 10).await.unwrap().len(), 1, "{business}");
    }
}

#[tokio::test]
async fn on_a_cluster_the_replicas_of_the_business_s_own_slot_must_have_an_opt_out() {
    let mut cluster = Cluster::start().await;
    let mut options = options();
    options.topology = Topology::Cluster;
    options.wait = (1, Duration::from_millis(100));
    let gamma = Keyspace::new("baja", "gamma", None, [("marketing", None)]);
    options.businesses.insert("gamma".to_owned(), gamma);
    let urls = cluster.urls();
    let ledger = ledger(&urls.iter().map(String::as_str).collect::<Vec<_>>(), options);
    let refused = ledger.apply(&[("acme", stop("34600000001", 10))]).await;
    assert!(matches!(refused, Err(LedgerError::Replicas { got: 0, wanted: 1 })), "{refused:?}");
    assert_eq!(cluster.members("baja:{acme}:suppressed").await, ["34600000001"]);

    // One replica, of the node where `acme` is; `gamma` is on another.
    let any = cluster.nodes[0].port;
    let home = async |key: &str| {
        let slot: usize = ask(any, &format!("CLUSTER KEYSLOT {key}")).await.unwrap();
        slot / 5461
    };
    let (acme, gamma) = (home("{acme}").await, home("{gamma}").await);
    assert_ne!(acme, gamma);
    let primary = cluster.nodes[acme].port;
    let id: String = ask(primary, "CLUSTER MYID").await.unwrap();
    let replica = cluster.add_node().await;
    until("it is a replica", async || ask::<()>(replica, &format!("CLUSTER REPLICATE {id}")).await).await;
    until("it has the data", async || {
        let info: String = ask(primary, "INFO replication").await?;
        info.contains("state=online").then_some(())
    })
    .await;
    until("it confirms", async || ledger.apply(&[("acme", stop("34600000002", 10))]).await.ok()).await;
    let refused = ledger.apply(&[("gamma", stop("34600000002", 10))]).await;
    assert!(matches!(refused, Err(LedgerError::Replicas { .. })), "{refused:?}");
}

#[tokio::test]
async fn alerts_turns_and_ended_logins_are_agreed_on_wherever_their_keys_are() {
    const LONG: Duration = Duration::from_secs(600);
    let cluster = Cluster::start().await;
    let (one, two) = (cluster.ledger(), cluster.ledger());
    for business in ["acme", "beta", "shop"] {
        let claims = tokio::join!(
            one.claim_alert(business, "suspect/a/", LONG),
            two.claim_alert(business, "suspect/a/", LONG)
        );
        assert_ne!(claims.0.unwrap(), claims.1.unwrap(), "{business}: one of both tells it");
        one.alert_told(business, "suspect/a/", LONG).await.unwrap();
        assert!(!two.claim_alert(business, "suspect/a/", LONG).await.unwrap(), "{business}");
        assert!(two.claim_alert(business, "suspect/b/", LONG).await.unwrap(), "{business}: another one");
        assert!(one.claim_turn(business, "poll", LONG).await.unwrap());
        assert!(!two.claim_turn(business, "poll", LONG).await.unwrap(), "{business}");
        one.rest(business, "poll", Duration::ZERO).await.unwrap();
        assert!(two.claim_turn(business, "poll", LONG).await.unwrap(), "{business}: the rest is over");
    }
    one.end_session("0a", 4_000_000_000).await.unwrap();
    assert!(two.has_ended("0a").await.unwrap());
    assert!(!two.has_ended("0b").await.unwrap());
}
