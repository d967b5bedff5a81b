//! `import` and `export`.

use std::fs;

use baja::{
    identity::Person,
    intent::{Scope, Topic},
    ledger::{Act, Evidence},
};
use redis::FromRedisValue;
use serde_json::{Value, json};

use crate::{binary::Said, store::Store};

const ALL: &str = "baja:{default}:suppressed";
const MARKETING: &str = "baja:{default}:suppressed:marketing";
const AUDIT: &str = "baja:{default}:audit";

async fn ask<T: FromRedisValue>(store: &Store, words: &[&str]) -> T {
    let client = redis::Client::open(store.server.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd(words[0]).arg(&words[1..]).query_async(&mut connection).await.unwrap()
}

async fn members(store: &Store, set: &str) -> Vec<String> {
    let mut members: Vec<String> = ask(store, &["SMEMBERS", set]).await;
    members.sort();
    members
}

/// Imports from a file called `list.csv` or so.
fn import(store: &Store, name: &str, content: &str, more: &[&str]) -> Said {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), content).unwrap();
    store.baja(&[&["import", name, "--json"], more].concat()).inside(folder.path()).run()
}

fn counts(said: &Said) -> [u64; 6] {
    let summary = &said.objects()[0];
    ["rows", "applied", "already", "older", "duplicate", "refused"]
        .map(|name| summary[name].as_u64().unwrap())
}

fn marketing() -> Scope {
    Scope::Topic(Topic::parse("marketing").unwrap())
}

const LIST: &str = "phone;scope;time;source;reason;note\n\
    +52 1 55 1234 5678;;2026-01-02T03:04:05Z;call centre;;\"asked, twice\"\n\
    34600000001;marketing;1767323045;web form;too_many;\n\
    MX.9001;ALL;1767323045000;;;\n\
    hello;;;;;\n\
    34600000002;offers;;;;\n\
    34600000003;;soon;;;\n";

#[tokio::test]
async fn a_list_from_elsewhere_is_taken_row_by_row_and_twice_changes_nothing() {
    let store = Store::start().await;
    let said = import(&store, "list.csv", LIST, &["--dry-run"]);
    assert_eq!((said.code, counts(&said)), (1, [6, 3, 0, 0, 0, 3]), "{}", said.err);
    assert_eq!(ask::<u64>(&store, &["DBSIZE"]).await, 0);

    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("refused.csv");
    let said = import(&store, "list.csv", LIST, &["--rejected", report.to_str().unwrap()]);
    assert_eq!((said.code, counts(&said), said.err.as_str()), (1, [6, 3, 0, 0, 0, 3], ""));
    let told = fs::read_to_string(&report).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!((lines.len(), lines[0]), (4, "line,reason"));
    for (line, start) in lines[1..].iter().zip(["5,", "6,\"scope: ", "7,\"time: "]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(!told.contains("hello") && !told.contains("3460"), "{told}");
    assert_eq!(members(&store, ALL).await, ["5215512345678", "525512345678", "MX.9001"]);
    assert_eq!(members(&store, MARKETING).await, ["34600000001"]);

    let evidence =
        |number: &str| store.run(&["show", "--json", number]).objects()[0]["people"][0]["evidence"].clone();
    let first = evidence("525512345678");
    let expected = json!({ "act": "stop", "scope": "all", "applied": true, "source": "import", "origin": "call centre",
        "note": "asked, twice", "time": "2026-01-02T03:04:05.000Z" });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(first[0][name], *value, "{name}");
    }
    let audit: u64 = ask(&store, &["XLEN", AUDIT]).await;
    let said = import(&store, "list.csv", LIST, &[]);
    assert_eq!((said.code, counts(&said)), (1, [6, 0, 0, 0, 3, 3]));
    assert!(said.err.contains("line 5: identifier: ") && !said.err.contains("hello"), "{}", said.err);
    assert_eq!(evidence("525512345678"), first);
    assert_eq!(ask::<u64>(&store, &["XLEN", AUDIT]).await, audit);
    // Nobody is told.
    assert_eq!(store.run(&["outbox", "list", "--json"]).objects(), Vec::<Value>::new());
}

#[tokio::test]
async fn the_newest_decision_wins_over_an_import() {
    let store = Store::start().await;
    let at = |seconds: i64| 1_767_000_000_000 + seconds * 1000;
    let numbers = ["34600000001", "34600000002", "34600000003"];
    for number in numbers {
        store.event(&[number], Act::Stop(Scope::All), at(100), Evidence::default(), None).await;
    }
    store.event(&[numbers[2]], Act::Start(Scope::All), at(200), Evidence::default(), None).await;
    let _: () = ask(&store, &["SADD", ALL, "34600000004"]).await;
    let list = "number,act,time\n\
        34600000001,start,1767000050\n\
        34600000002,start,1767000150\n\
        34600000003,stop,1767000150\n\
        34600000004,start,1767000150\n\
        34600000001,start,\n\
        34600000001,stop,1767000050\n";
    let said = import(&store, "list.csv", list, &[]);
    // The second came back later; the third as well, before the list was made; since when the fourth stands in the
    // set nobody knows.
    assert_eq!((said.code, counts(&said)), (1, [6, 1, 2, 2, 0, 1]), "{said:?}");
    assert!(said.err.contains("line 6: time: a return needs one"), "{}", said.err);
    assert_eq!(members(&store, ALL).await, ["34600000001", "34600000004"]);
    // An older stop does not make the newer one older.
    let said = store.run(&["show", "--json", "34600000001"]);
    assert_eq!(said.objects()[0]["people"][0]["decisions"]["all"]["stop"], "2025-12-29T09:21:40.000Z");
}

#[tokio::test]
async fn a_row_without_a_time_counts_as_said_when_the_file_was_last_changed() {
    let store = Store::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.jsonl");
    fs::write(&file, "{\"identifier\": 34600000001}\n\n{\"phone\":\"34600000002\",\"scope\":null}\nno\n")
        .unwrap();
    let changed = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_767_000_000_000);
    fs::File::options().write(true).open(&file).unwrap().set_modified(changed).unwrap();
    // One came back before the file was changed, the other since.
    for (number, at) in [("34600000001", 1_766_000_000_000), ("34600000002", 1_768_000_000_000)] {
        store.event(&[number], Act::Stop(Scope::All), 1_765_000_000_000, Evidence::default(), None).await;
        store.event(&[number], Act::Start(Scope::All), at, Evidence::default(), None).await;
    }
    let said = store.run(&["import", file.to_str().unwrap(), "--json"]);
    assert_eq!((said.code, counts(&said)), (1, [3, 1, 0, 1, 0, 1]), "{said:?}");
    assert!(said.err.contains("line 4: this is no JSON object"), "{}", said.err);
    assert_eq!(members(&store, ALL).await, ["34600000001"]);
    let said = store.baja(&["import", "-", "--no-header", "--json"]).run_with("34600000002\n");
    assert_eq!((said.code, counts(&said)), (0, [1, 1, 0, 0, 0, 0]), "{said:?}");
}

/// Somebody of every kind.
async fn everybody(store: &Store) {
    let at = 1_767_000_000_000;
    let evidence = Evidence {
        source: "text",
        rule: "es/keyword/baja".to_owned(),
        language: "es".to_owned(),
        message_id: "wamid.INVENTED".to_owned(),
        text: "BAJA ya".to_owned(),
        ..Evidence::default()
    };
    store.event(&["5215512345678", "MX.9001"], Act::Stop(Scope::All), at, evidence, None).await;
    store.event(&["34600000001"], Act::Stop(marketing()), at + 1, Evidence::default(), None).await;
    store.event(&["34600000001"], Act::SettingsStop, at + 2, Evidence::default(), None).await;
    store.event(&["34600000002"], Act::SettingsStop, at + 3, Evidence::default(), None).await;
    store.event(&["34600000003"], Act::Stop(Scope::All), at, Evidence::default(), None).await;
    store.event(&["34600000003"], Act::Start(Scope::All), at + 4, Evidence::default(), None).await;
    let to: Person = baja::identity::Identifier::read("34600000006").into_iter().collect();
    store.event(&["34600000005"], Act::Stop(marketing()), at, Evidence::default(), None).await;
    store.event(&["34600000005"], Act::Move { to }, at + 5, Evidence::default(), None).await;
    let formula = ["suppress", "34600000004", "--note", "=HYPERLINK(\"http://invented.example\")"];
    assert_eq!(store.run(&formula).code, 0);
    // From before, without evidence.
    let _: () = ask(store, &["SADD", ALL, "34600000007", "5215587654321"]).await;
    let _: () = ask(store, &["SADD", MARKETING, "34600000007"]).await;
}

#[tokio::test]
async fn what_is_exported_makes_the_same_list_elsewhere() {
    let store = Store::start().await;
    everybody(&store).await;
    let folder = tempfile::tempdir().unwrap();
    for name in ["list.csv", "list.jsonl"] {
        let said = store.baja(&["export", "-o", name]).inside(folder.path()).run();
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
        let text = fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(!text.contains("wamid") && !text.contains("BAJA ya"), "{text}");
        let other = Store::start().await;
        let said = other.baja(&["import", name, "--json"]).inside(folder.path()).run();
        assert_eq!((said.code, counts(&said)[5]), (0, 0), "{said:?}\n{text}");
        for set in [ALL, MARKETING] {
            let (mut here, there) = (members(&store, set).await, members(&other, set).await);
            // Whoever stood there in one spelling is there in both now.
            if set == ALL {
                here.extend(["525587654321".to_owned()]);
                here.sort();
            }
            assert_eq!(here, there, "{name} {set}");
        }
        // What belongs together still does, and what was set in the settings is still apart.
        assert_eq!(other.run(&["resume", "MX.9001"]).code, 0);
        assert_eq!(other.run(&["check", "5215512345678"]).code, 0);
        let resumed = 1_767_000_100_000;
        for number in ["34600000001", "34600000002"] {
            other.event(&[number], Act::SettingsResume, resumed, Evidence::default(), None).await;
        }
        assert_eq!(other.run(&["check", "--topic", "marketing", "34600000001"]).code, 1);
        assert_eq!(other.run(&["check", "--topic", "marketing", "34600000002"]).code, 0);
        // The proof came along.
        let said = other.run(&["show", "--json", "MX.9001"]);
        let why = &said.objects()[0]["people"][0]["evidence"][0];
        assert_eq!(
            (&why["origin"], &why["rule"], &why["time"]),
            (&json!("text"), &json!("es/keyword/baja"), &json!("2025-12-29T09:20:00.000Z")),
            "{why}"
        );
        let said = other.run(&["show", "--json", "34600000004"]);
        assert_eq!(
            said.objects()[0]["people"][0]["evidence"][0]["note"],
            "=HYPERLINK(\"http://invented.example\")"
        );
    }
}

#[tokio::test]
async fn an_export_holds_no_formula_and_only_what_was_asked_for() {
    let store = Store::start().await;
    everybody(&store).await;
    let said = store.run(&["export"]);
    assert!(said.out.contains(",\"'=HYPERLINK(\"\"http"), "{}", said.out);
    assert!(said.out.starts_with("identifier,also,scope,act,time,source,"), "{}", said.out);
    let said = store.run(&["export", "--format", "jsonl", "--scope", "marketing"]);
    let mut found: Vec<(String, String)> = said
        .objects()
        .iter()
        .map(|row| {
            (row["identifier"].as_str().unwrap().to_owned(), row["scope"].as_str().unwrap().to_owned())
        })
        .collect();
    found.sort();
    let expected = [
        ("34600000001", "marketing"),
        ("34600000001", "marketing@settings"),
        ("34600000002", "marketing@settings"),
        ("34600000005", "marketing"),
        ("34600000006", "marketing"),
        ("34600000007", "marketing"),
    ];
    let expected: Vec<(String, String)> =
        expected.iter().map(|(one, scope)| ((*one).to_owned(), (*scope).to_owned())).collect();
    assert_eq!(found, expected);
    assert_eq!(store.run(&["export", "--scope", "offers"]).code, 2);
    let empty = Store::start().await;
    assert_eq!(empty.run(&["export"]).out.lines().count(), 1);
}
