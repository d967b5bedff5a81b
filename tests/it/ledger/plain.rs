//! The short way through the script for newcomers, held against the general one.

use std::collections::BTreeMap;

use baja::{
    intent::Scope,
    ledger::{Act, Change, JobKind, Ledger, Outcome},
};
use proptest::{prelude::*, test_runner::TestRunner};
use redis::{Value, aio::MultiplexedConnection};
use serde_json::Value as Json;

use super::{change, confirmation, marketing};
use crate::support::store::Store;

/// When it all happens, unix seconds.
const NOON: i64 = 1_795_435_200;

const PEOPLE: [&[&str]; 6] = [
    &["5215512340001"],
    &["MX.900"],
    &["525512340001", "MX.900"],
    &["34600000002", "MX.901", "MX.ENT.902"],
    &["5491123450003"],
    &["MX.ENT.902", "5491123450003"],
];

#[derive(Debug, Clone)]
struct Step {
    who: usize,
    what: u8,
    at: i64,
    claim: Option<u8>,
    told: bool,
}

impl Step {
    fn change(&self) -> Change {
        let offers = || Scope::Topic("offers".parse().unwrap());
        let unknown = || Scope::Topic("unheard-of".parse().unwrap());
        let act = match self.what {
            0..=5 => Act::Stop(Scope::All),
            6 => Act::Stop(marketing()),
            7 => Act::Stop(offers()),
            8 => Act::SettingsStop,
            9 => Act::Start(Scope::All),
            10 => Act::SettingsResume,
            11 => Act::Reason(Scope::All),
            12 => Act::Stop(unknown()),
            _ => Act::Link,
        };
        let kind = match act {
            Act::Start(_) => JobKind::Resumed,
            _ => JobKind::Stopped,
        };
        let can_be_told = matches!(act, Act::Stop(_) | Act::Start(_));
        let mut change = change(PEOPLE[self.who], act, self.at);
        change.claim = self.claim.map(|claim| format!("1:wamid.{claim}"));
        change.message = (self.told && can_be_told).then(|| confirmation(kind));
        change.evidence.text = "ya no \"más\" 👋".to_owned();
        change
    }
}

fn bodies() -> impl Strategy<Value = Vec<Vec<Step>>> {
    // Rarely the beginning of time, which outdates nothing.
    let at = prop_oneof![9 => (1i64..5).prop_map(|late| NOON + late), 1 => Just(0)];
    let step = (0..PEOPLE.len(), 0u8..14, at, prop::option::of(0u8..8), any::<bool>())
        .prop_map(|(who, what, at, claim, told)| Step { who, what, at, claim, told });
    prop::collection::vec(prop::collection::vec(step, 1..5), 1..6)
}

/// Nobody, who asks for help and is not answered: it writes one entry of the audit, and a call with it is
/// not plain.
const NOBODY: &str = "34699999999";

fn unanswered() -> Change {
    change(&[NOBODY], Act::Help, 1)
}

/// Everything that Redis holds, without what differs by the moment and by chance.
async fn dump(redis: &mut MultiplexedConnection, since: f64) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    let names: Vec<String> = redis::cmd("KEYS").arg("*").query_async(redis).await.unwrap();
    for name in names {
        let kind: String = redis::cmd("TYPE").arg(&name).query_async(redis).await.unwrap();
        let read: &[&str] = match kind.as_str() {
            "set" => &["SMEMBERS"],
            "hash" => &["HGETALL"],
            "zset" => &["ZRANGE", "0", "-1", "WITHSCORES"],
            "stream" => &["XRANGE", "-", "+"],
            _ => &["GET"],
        };
        let mut command = redis::cmd(read[0]);
        command.arg(&name).arg(&read[1..]);
        let entries = match command.query_async(redis).await.unwrap() {
            Value::Array(entries) | Value::Set(entries) => entries,
            Value::Map(pairs) => {
                pairs.into_iter().map(|(name, value)| Value::Array(vec![name, value])).collect()
            }
            one => vec![one],
        };
        let mut lines: Vec<String> = if kind == "zset" || kind == "hash" {
            // In pairs, whichever protocol.
            let flat: Vec<String> = entries.iter().flat_map(|entry| flatten(entry, since)).collect();
            flat.chunks(2).map(|pair| pair.join(" ")).collect()
        } else if kind == "stream" {
            // Without the ids, which are times.
            entries.iter().map(|entry| flatten(entry, since)[1..].join(" ")).collect()
        } else {
            entries.iter().map(|entry| flatten(entry, since).join(" ")).collect()
        };
        lines.retain(|line| !line.contains(NOBODY));
        if kind != "stream" {
            lines.sort();
        }
        if !lines.is_empty() {
            found.insert(name, lines);
        }
    }
    found
}

fn flatten(value: &Value, since: f64) -> Vec<String> {
    match value {
        Value::BulkString(bytes) => {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let lines = text.lines().map(|line| match serde_json::from_str::<Json>(line) {
                Ok(json) => timeless(json, since).to_string(),
                Err(_) => anonymous(line),
            });
            vec![lines.collect::<Vec<_>>().join("\n")]
        }
        Value::Array(parts) => parts.iter().flat_map(|part| flatten(part, since)).collect(),
        Value::Double(number) => vec![timeless((*number).into(), since).to_string()],
        other => vec![format!("{other:?}")],
    }
}

fn anonymous(text: &str) -> String {
    let is_job = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_job { "some job".to_owned() } else { text.to_owned() }
}

fn timeless(json: Json, since: f64) -> Json {
    match json {
        Json::Number(number) => {
            let number = number.as_f64().unwrap();
            let recent = (since..since + 3.6e6).contains(&number);
            if recent { "now".into() } else { number.into() }
        }
        Json::String(text) => anonymous(&text).into(),
        Json::Array(parts) => parts.into_iter().map(|part| timeless(part, since)).collect(),
        Json::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, timeless(value, since))).collect()
        }
        other => other,
    }
}

async fn answers(ledger: &Ledger, body: Vec<(&str, Change)>) -> Vec<baja::ledger::Applied> {
    ledger.apply(&body).await.unwrap()
}

#[test]
fn newcomers_are_written_as_the_general_way_would_write_them() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (short, general) = runtime.block_on(async { (Store::start().await, Store::start().await) });
    let (ledgers, mut redis) = runtime.block_on(async {
        ([short.ledger(), general.ledger()], [short.sender().await, general.sender().await])
    });
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let since = now.as_millis() as f64 - 1000.0;
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() };
    TestRunner::new(config)
        .run(&(bodies(), any::<bool>()), |(bodies, listed)| {
            runtime.block_on(async {
                for redis in &redis {
                    let mut redis = redis.clone();
                    let _: () = redis::cmd("FLUSHALL").query_async(&mut redis).await.unwrap();
                    if listed {
                        let _: () = redis::cmd("SADD")
                            .arg(&["baja:{acme}:suppressed", "34600000002"])
                            .query_async(&mut redis)
                            .await
                            .unwrap();
                    }
                }
                for body in &bodies {
                    let body: Vec<_> = body.iter().map(|step| ("acme", step.change())).collect();
                    let mut longer = vec![("acme", unanswered())];
                    longer.extend(body.clone());
                    let short = answers(&ledgers[0], body).await;
                    let general = answers(&ledgers[1], longer).await;
                    prop_assert_eq!(&short[..], &general[1..]);
                }
                let [short, general] = &mut redis.clone();
                prop_assert_eq!(dump(short, since).await, dump(general, since).await);
                Ok(())
            })
        })
        .unwrap();
    let _: () = runtime.block_on(redis::cmd("FLUSHALL").query_async(&mut redis[0])).unwrap();
    let _: () = runtime.block_on(redis::cmd("FLUSHALL").query_async(&mut redis[1])).unwrap();
}

/// How often a command ran since the last time.
async fn ran(store: &Store, command: &str) -> u64 {
    let redis = &mut store.sender().await;
    let info: String = redis::cmd("INFO").arg("commandstats").query_async(redis).await.unwrap();
    let _: () = redis::cmd("CONFIG").arg("RESETSTAT").query_async(redis).await.unwrap();
    let prefix = format!("cmdstat_{command}:calls=");
    let line = info.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or("0,");
    line.split(',').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_newcomer_is_read_once_and_a_repeated_body_is_not_read_at_all() {
    let store = Store::start().await;
    let ledger = store.ledger();
    ledger.ping().await.unwrap();
    ran(&store, "hmget").await;
    let mut stop = change(&["5215512340001", "MX.900"], Act::Stop(Scope::All), NOON);
    stop.claim = Some("1:wamid.A".to_owned());
    let body = [("acme", stop.clone())];
    assert_eq!(ledger.apply(&body).await.unwrap()[0].outcome, Outcome::Applied);
    assert_eq!(ran(&store, "hmget").await, 1);
    assert_eq!(ledger.apply(&body).await.unwrap()[0].outcome, Outcome::Duplicate);
    assert_eq!(ran(&store, "hmget").await, 0);
    // Somebody known: the short way looks in vain, the general one reads record and evidence.
    stop.claim = Some("1:wamid.B".to_owned());
    assert_eq!(ledger.apply(&[("acme", stop)]).await.unwrap()[0].outcome, Outcome::Already);
    assert_eq!(ran(&store, "hmget").await, 3);
}

#[tokio::test]
async fn a_claim_from_before_an_upgrade_still_counts_and_a_new_one_names_no_message() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let mut stop = change(&["34600111222"], Act::Stop(Scope::All), 10);
    ledger.apply(&[("acme", stop.clone())]).await.unwrap();
    stop.claim = Some("1:wamid.A".to_owned());
    let redis = &mut store.sender().await;
    let _: () =
        redis::cmd("SET").arg(&["baja:{acme}:claim:1:wamid.A", "applied"]).query_async(redis).await.unwrap();
    assert_eq!(ledger.apply(&[("acme", stop.clone())]).await.unwrap()[0].outcome, Outcome::Duplicate);
    stop.claim = Some("1:wamid.B".to_owned());
    ledger.apply(&[("acme", stop)]).await.unwrap();
    let names: Vec<String> = redis::cmd("KEYS").arg("*claim:*").query_async(redis).await.unwrap();
    assert_eq!(names.len(), 2);
    assert_eq!(names.iter().filter(|name| name.contains("wamid")).count(), 1);
}
