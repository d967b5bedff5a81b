//! `near-misses` and `token`.

use baja::ledger::{NearMiss, NearMissId};
use serde_json::json;

use crate::{binary::Baja, store::Store};

async fn note(store: &Store, id: &str, number: &str, text: &str) -> String {
    let id = NearMissId::of(id);
    let near_miss = NearMiss {
        at: 1_790_000_000_000.0,
        canonical: vec![number.to_owned()],
        text: text.to_owned(),
        decision: "ask".to_owned(),
        rule: "es/keyword/no-interest".to_owned(),
        language: "es".to_owned(),
        scope: "all".to_owned(),
        asked: 1,
        ..NearMiss::default()
    };
    store.ledger().note_near_misses("default", &[(id.clone(), near_miss)]).await.unwrap();
    id.as_str().to_owned()
}

#[tokio::test]
async fn near_misses_are_listed_decided_and_given_to_the_lexicon() {
    let store = Store::start().await;
    assert_eq!(store.run(&["near-misses", "list"]).out, "There is none.\n");
    let first = note(&store, "a", "34600000001", "no me interesa").await;
    let second = note(&store, "b", "525512345678", "hola\nno, gracias").await;

    let said = store.run(&["near-misses", "list", "--json"]);
    let line = &said.objects()[1];
    assert_eq!(line["id"], json!(first));
    assert_eq!(
        (&line["identifiers"], &line["state"], &line["asked"]),
        (&json!(["…0001"]), &json!("open"), &json!(true))
    );
    assert_eq!(
        (&line["text"], &line["time"]),
        (&json!("no me interesa"), &json!("2026-09-21T14:13:20.000Z"))
    );
    let said = store.run(&["near-misses", "list", "--reveal", "--limit", "1"]);
    assert!(said.out.contains("525512345678") && said.out.lines().count() == 1, "{said:?}");

    let said = store.run(&["near-misses", "list", "--texts"]);
    assert_eq!(said.out, "hola. no, gracias\nno me interesa\n");
    let words = store.folder.path().join("words");
    std::fs::create_dir(&words).unwrap();
    let file = "language = \"es\"\nname = \"Español\"\n[[keywords]]\naction = \"stop\"\nwords = \"no_me_interesa\"\n";
    std::fs::write(words.join("es.toml"), file).unwrap();
    let diff = Baja::new(&["lexicon", "diff", "-", words.to_str().unwrap()]).run_with(&said.out);
    assert_eq!((diff.code, diff.out.contains("1 of 2 texts change.")), (1, true), "{diff:?}");

    let said = store.run(&["near-misses", "approve", &first, "--note", "asked by telephone"]);
    assert_eq!((said.code, said.out.as_str()), (0, "approved: the person is on the list\n"), "{said:?}");
    assert_eq!(store.run(&["check", "34600000001"]).code, 1);
    let shown = store.run(&["show", "34600000001"]).out;
    assert!(shown.contains("no me interesa") && shown.contains("asked by telephone"), "{shown}");
    assert!(shown.contains(&format!("near-miss/{first}")), "{shown}");
    assert_eq!(store.run(&["near-misses", "reject", &second]).code, 0);
    assert_eq!(store.run(&["near-misses", "reject", &first]).code, 1);
    assert_eq!(store.run(&["near-misses", "list", "--open"]).out, "There is none.\n");
    let unknown = store.run(&["near-misses", "approve", "0000000000000000"]);
    assert_eq!((unknown.code, unknown.err.contains("no near-miss of this id")), (2, true), "{unknown:?}");
    assert_eq!(store.run(&["near-misses", "approve", "x"]).code, 2);
}

#[test]
fn a_new_token_is_printed_once_with_the_section_that_lets_it_in() {
    let said =
        Baja::new(&["token", "new", "desk", "--role", "write", "--reveal", "--business", "default"]).run();
    assert_eq!(said.code, 0, "{said:?}");
    let token = said.out.lines().find(|line| line.starts_with("baja_")).unwrap();
    assert_eq!(token.len(), 48);
    let section = said.out.split_once("\n[").map(|(_, section)| format!("[{section}")).unwrap();
    assert!(!section.contains(token));
    // The section is a whole configuration file.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("baja.toml");
    std::fs::write(&file, &section).unwrap();
    let settings = baja::config::Settings::load(Some(&file), std::iter::empty()).unwrap();
    let access = baja::access::Access::new(settings.access);
    let grant = access.authenticate(token).unwrap();
    assert_eq!((grant.name.as_str(), grant.may_write(), grant.reveal), ("desk", true, true));
    assert!(grant.sees("default") && !grant.sees("other"));

    let said = Baja::new(&["token", "new", "crm", "--json"]).run();
    let made = &said.objects()[0];
    assert!(made["toml"].as_str().unwrap().contains(made["sha256"].as_str().unwrap()));
    let said = Baja::new(&["token", "new", "Bad Name"]).run();
    assert_eq!((said.code, said.err.contains("a name is 1 to 40")), (2, true), "{said:?}");
}
