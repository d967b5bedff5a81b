//! What `deploy/` says of the service is true of it. What other programs read there, `scripts/check-deploy.sh` checks.

use std::{collections::BTreeSet, fs, path::PathBuf};

use baja::metrics::{Metrics, Outlook};
use redis::{RedisResult, Value, aio::MultiplexedConnection};

use crate::support::{
    app::{App, SUPPRESSED},
    store::{Store, ledger, options},
    webhook::{change, message, messages, now, preference, says, statuses, typed},
};
use serde_json::json;

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of our metrics in a text, without the endings that a scrape adds.
fn metrics_in(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let ours = words.filter(|word| word.starts_with("baja_"));
    ours.map(|word| {
        let endings = ["_total", "_bucket", "_sum", "_count"];
        endings.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word).to_owned()
    })
    .collect()
}

#[test]
fn alerts_and_dashboard_name_metrics_that_exist() {
    let metrics = Metrics::new();
    // What has no fixed set of labels shows once it was counted.
    metrics.broken("message");
    metrics.dropped("blocked");
    metrics.put_off("paced");
    metrics.outlook("acme", Outlook::default());
    metrics.polled_from("acme", 0);
    let exposed = metrics.encode();
    let known: BTreeSet<_> =
        exposed.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in ["prometheus/alerts.yml", "prometheus/alerts.test.yml", "grafana/baja.json"] {
        let named = metrics_in(&file(name));
        assert!(named.len() > 2, "{name} names {named:?}");
        for metric in named {
            assert!(known.contains(metric.as_str()), "{name}: there is no metric {metric}");
        }
    }
}

#[test]
fn every_alert_is_tested_where_it_fires_and_where_it_does_not() {
    // `scripts/check-deploy.sh` runs these tests with promtool.
    let (rules, tests) = (file("prometheus/alerts.yml"), file("prometheus/alerts.test.yml"));
    let names: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let fires = format!("alertname: {name}\n        exp_alerts:\n          - exp_labels:");
        assert!(tests.contains(&fires), "{name} never fires in a test");
        assert!(
            tests.contains(&format!("alertname: {name}, exp_alerts: []")),
            "{name} is never quiet in a test"
        );
    }
}

#[test]
fn the_unit_reloads_by_the_signal_that_the_service_takes() {
    // What the signal does is held by `reload.rs`.
    let unit = file("systemd/baja.service");
    assert!(unit.lines().any(|line| line == "ExecReload=/bin/kill -HUP $MAINPID"), "{unit}");
}

/// A server on which the users of `deploy/redis/users.acl` exist; `default` stays, for the test's own questions.
async fn store_with_users() -> Store {
    let store = Store::start().await;
    let mut redis = store.sender().await;
    for line in file("redis/users.acl").lines().filter(|line| !line.starts_with("user default ")) {
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        let _: () = redis::cmd("ACL").arg("SETUSER").arg(words).query_async(&mut redis).await.unwrap();
    }
    store
}

fn url(store: &Store, user: &str) -> String {
    store.server.url().replace("redis://", &format!("redis://{user}:change-me-{user}@"))
}

#[tokio::test]
async fn the_service_needs_no_more_of_redis_than_its_user_may() {
    let store = store_with_users().await;
    let as_baja = url(&store, "baja");
    let app = App::on_store(store, &[("BAJA_REDIS_URL", &as_baja)]).await;
    let broken = messages(&[json!(7), message(("34600000001", "ES.1"), "wamid.A", now(), typed("BAJA"))]);
    let moved =
        json!({ "type": "system", "system": { "type": "user_changed_number", "wa_id": "34600000009" } });
    let sent = json!({ "id": "wamid.S", "status": "sent", "recipient_id": "34600000005",
        "timestamp": now().to_string(), "pricing": { "category": "marketing" } });
    for body in [
        broken,
        preference("34600000002", "stop", now()),
        says("34600000001", "wamid.B", "ALTA"),
        says("34600000003", "wamid.C", "ya no me manden promociones"),
        says("34600000004", "wamid.D", "no me interesa"),
        messages(&[message(("34600000003", ""), "wamid.E", now(), moved)]),
        statuses(&[sent]),
        change("message_template_status_update", json!({ "event": "PAUSED", "message_template_id": 1 })),
    ] {
        assert_eq!(app.post(body).await.status, 200);
    }
    app.dead_letters(1).await;
    app.sent().await;
    assert_eq!(app.ask_operators("/ready").await.status, 200);
    let ledger = ledger(&[&as_baja], options());
    ledger.rewrite_append_file("acme").await.unwrap();
    ledger.append_file("acme").await.unwrap();
    let refused: Vec<Value> = app.redis(&["ACL", "LOG"]).await;
    assert!(refused.is_empty(), "{refused:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_senders_user_may_read_the_contract_and_nothing_else() {
    let store = store_with_users().await;
    let as_sender = url(&store, "sender");
    let app = App::on_store(store, &[]).await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    app.sent().await;
    let client = redis::Client::open(as_sender).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();

    for allowed in [
        "SISMEMBER baja:{acme}:suppressed 34600000001",
        "SMISMEMBER baja:{acme}:suppressed:marketing 34600000001 34600000002",
        "SDIFF baja:{acme}:suppressed baja:{acme}:suppressed:offers",
        "SSCAN baja:{acme}:suppressed 0",
        "GET baja:{acme}:heartbeat",
        "XREAD COUNT 10 STREAMS baja:{acme}:changes 0",
        "XINFO STREAM baja:{acme}:changes",
        "XADD baja:{acme}:sends MAXLEN ~ 100000 * id wamid.A template spring_promo",
    ] {
        assert!(ask(&mut redis, allowed).await.is_ok(), "{allowed}");
    }
    for forbidden in [
        "SADD baja:{acme}:suppressed 34600000002",
        "SREM baja:{acme}:suppressed 34600000001",
        "DEL baja:{acme}:suppressed",
        "HGETALL baja:{acme}:evidence",
        "HGETALL baja:{acme}:people",
        "XREAD COUNT 10 STREAMS baja:{acme}:audit 0",
        "XADD baja:{acme}:changes * a b",
        "XREAD COUNT 10 STREAMS baja:{acme}:sends 0",
        "XTRIM baja:{acme}:sends MAXLEN 0",
        "KEYS *",
        "SCAN 0",
        "FLUSHALL",
        "CONFIG GET *",
        "EVALSHA 0 0",
        "ACL LIST",
    ] {
        let error = ask(&mut redis, forbidden).await.expect_err(forbidden);
        let code = error.code().unwrap_or_default().to_owned();
        assert_eq!(code, "NOPERM", "{forbidden}: {error}");
    }
    assert!(app.has(SUPPRESSED, "34600000001").await);
    app.finish().await;
}

async fn ask(redis: &mut MultiplexedConnection, line: &str) -> RedisResult<Value> {
    let mut words = line.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    command.query_async(redis).await
}
