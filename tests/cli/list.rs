//! `check`, `show`, `suppress` and `resume`.

use baja::{
    identity::Person,
    intent::Scope,
    ledger::{Act, Evidence},
};
use serde_json::json;

use crate::{binary::Baja, store::Store};

#[tokio::test]
async fn what_an_operator_suppresses_is_refused_in_every_spelling_until_resumed() {
    let store = Store::start().await;
    let said = store.run(&["suppress", "+52 1 55 1234 5678", "--note", "by telephone"]);
    assert_eq!((said.code, said.out.as_str()), (0, "suppressed  +52 1 55 1234 5678\n"), "{said:?}");

    for spelling in ["525512345678", "5215512345678@s.whatsapp.net", "00 52 55 1234 5678"] {
        let said = store.run(&["check", spelling]);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.out.starts_with("no ") && said.out.contains("refused everything"), "{said:?}");
    }
    assert_eq!(store.run(&["check", "--country", "MX", "55 1234 5678"]).code, 1);
    assert_eq!(store.run(&["check", "525512345679"]).code, 0);

    let said = store.run(&["suppress", "525512345678"]);
    assert_eq!((said.code, said.out.contains("was on the list")), (0, true), "{said:?}");
    let said = store.run(&["resume", "525512345678"]);
    assert_eq!((said.code, said.out.starts_with("resumed ")), (0, true), "{said:?}");
    assert_eq!(store.run(&["check", "5215512345678"]).code, 0);
    // At once again, within the same millisecond or not.
    assert_eq!(store.run(&["suppress", "525512345678"]).code, 0);
    assert_eq!(store.run(&["check", "525512345678"]).code, 1);
}

#[tokio::test]
async fn a_topic_is_refused_alone_and_lifted_alone() {
    let store = Store::start().await;
    assert_eq!(store.run(&["suppress", "--topic", "marketing", "MX.9001"]).code, 0);
    let said = store.run(&["check", "--json", "MX.9001"]);
    let expected = json!({
        "number": "MX.9001", "identifier": "MX.9001", "business": "default", "scope": "all",
        "allowed": true, "refused": ["marketing"],
    });
    assert_eq!((said.code, said.objects()), (0, vec![expected]));
    let said = store.run(&["check", "--json", "--topic", "marketing", "MX.9001"]);
    assert_eq!((said.code, &said.objects()[0]["allowed"]), (1, &json!(false)));

    // Lifting the topic is not lifting everything.
    assert_eq!(store.run(&["suppress", "MX.9001"]).code, 0);
    let said = store.run(&["resume", "--topic", "marketing", "MX.9001"]);
    assert_eq!((said.code, said.out.contains("still refuses everything")), (1, true), "{said:?}");
    assert_eq!(store.run(&["resume", "MX.9001"]).code, 0);
    assert_eq!(store.run(&["check", "--topic", "marketing", "MX.9001"]).code, 0);
}

#[tokio::test]
async fn what_cannot_be_read_is_named_by_its_place_and_costs_nobody_else_the_answer() {
    let store = Store::start().await;
    store.run(&["suppress", "5215512345678"]);
    let said = store.run(&["check", "hello", "5215512345678", "55 1234 5678", "34600000000"]);
    assert_eq!(said.code, 2);
    let lines: Vec<_> = said.out.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(lines, ["no", "yes"], "{said:?}");
    let errors: Vec<_> = said.err.lines().collect();
    assert_eq!(errors.len(), 2);
    assert!(
        errors[0].contains("number 1:") && errors[1].contains("number 3: this looks like a national number")
    );
    assert!(!said.err.contains("1234 5678") && !said.err.contains("hello"), "{}", said.err);

    let said = store.baja(&["check", "--json", "-"]).run_with(b"525512345678\r\n\n\xff\xfe\n 34600000000\n");
    let allowed: Vec<_> = said.objects().iter().map(|line| line["allowed"].clone()).collect();
    assert_eq!((said.code, allowed), (2, vec![json!(false), json!(true)]));
    assert!(said.err.contains("line 3 of standard input"), "{}", said.err);
}

#[tokio::test]
async fn many_numbers_stream_through() {
    let store = Store::start().await;
    let numbers: String = (0..2500).map(|one| format!("52155{:08}\n", 10_000_000 + one)).collect();
    let said = store.baja(&["suppress", "--json", "-"]).run_with(&numbers);
    assert_eq!((said.code, said.out.lines().count()), (0, 2500), "{}", said.err);
    let said = store.baja(&["check", "-"]).run_with(&numbers);
    assert_eq!((said.code, said.out.lines().filter(|line| line.starts_with("no ")).count()), (1, 2500));
}

#[tokio::test]
async fn an_operator_outlasts_a_clock_that_is_ahead() {
    let store = Store::start().await;
    let future = 4_000_000_000_000;
    let start = Act::Start(Scope::All);
    store.event(&["5215512345678"], Act::Stop(Scope::All), 1000, Evidence::default(), None).await;
    store.event(&["5215512345678"], start, future, Evidence::default(), None).await;
    assert_eq!(store.run(&["check", "5215512345678"]).code, 0);
    let said = store.run(&["suppress", "5215512345678"]);
    assert_eq!((said.code, said.out.starts_with("suppressed ")), (0, true), "{said:?}");
    assert_eq!(store.run(&["check", "5215512345678"]).code, 1);
}

#[tokio::test]
async fn show_tells_everything_about_a_person_and_nothing_about_nobody() {
    let store = Store::start().await;
    let said = store.run(&["show", "5215512345678"]);
    assert_eq!((said.code, said.out.contains("Nothing is known")), (1, true), "{said:?}");

    let evidence = Evidence {
        source: "text",
        rule: "es/keyword/baja".to_owned(),
        language: "es".to_owned(),
        message_id: "wamid.INVENTED".to_owned(),
        quoted: "wamid.OURS".to_owned(),
        text: "BAJA\u{1b}[2J".to_owned(),
        ..Evidence::default()
    };
    let who = ["5215512345678", "MX.9001"];
    store.event(&who, Act::Stop(Scope::All), 1_700_000_000_000, evidence, None).await;
    let to =
        std::iter::once("5215587654321").filter_map(baja::identity::Identifier::read).collect::<Person>();
    store.event(&who[..1], Act::Move { to }, 1_700_000_100_000, Evidence::default(), None).await;

    // Asked by another spelling, the user id is found.
    let said = store.run(&["show", "+52 55 1234 5678"]);
    assert_eq!(said.code, 0);
    for expected in [
        "refuses      all",
        "known as     525512345678, MX.9001",
        "given up     525512345678 at 2023-11-14T22:15:00.000Z",
        "2023-11-14T22:13:20.000Z  stop all",
        "es/keyword/baja",
        "wamid.OURS",
        "BAJA\\u{1b}[2J",
    ] {
        assert!(said.out.contains(expected), "{expected} in {}", said.out);
    }
    let said = store.run(&["show", "--json", "MX.9001"]);
    let known = &said.objects()[0];
    assert_eq!(known["refused"], json!(["all"]));
    let person = &known["people"][0];
    assert_eq!(person["identifiers"], json!(["525512345678", "MX.9001"]));
    assert_eq!(person["decisions"]["all"]["stop"], "2023-11-14T22:13:20.000Z");
    assert_eq!(person["abandoned"]["525512345678"], "2023-11-14T22:15:00.000Z");
    assert_eq!(person["evidence"][0]["text"], "BAJA\u{1b}[2J");
    assert_eq!(person["evidence"][0]["applied"], true);

    let said = store.run(&["show", "nobody"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
}

#[tokio::test]
async fn the_note_of_an_operator_is_kept_and_cut() {
    let store = Store::start().await;
    let note = "ñ".repeat(300);
    assert_eq!(store.run(&["suppress", "MX.9001", "--note", &note]).code, 0);
    let said = store.run(&["show", "--json", "MX.9001"]);
    let evidence = &said.objects()[0]["people"][0]["evidence"][0];
    assert_eq!(evidence["source"], "operator");
    assert_eq!(evidence["note"], "ñ".repeat(256));
}

#[tokio::test]
async fn several_businesses_must_be_told_apart() {
    let store = Store::start().await;
    let file = store.folder.path().join("baja.toml");
    let businesses = "[business.acme]\nphone_number_ids = [\"1001\"]\n[business.acme.topics.offers]\n\
                      [business.zeta]\nphone_number_ids = [\"1002\"]\n";
    std::fs::write(&file, businesses).unwrap();
    let file = file.to_str().unwrap();
    let said = store.run(&["check", "--config", file, "MX.9001"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("acme, zeta"), "{}", said.err);
    let said = store.run(&["check", "--config", file, "--business", "other", "MX.9001"]);
    assert_eq!((said.code, said.err.contains("acme, zeta")), (2, true), "{}", said.err);

    assert_eq!(store.run(&["suppress", "--config", file, "--business", "acme", "MX.9001"]).code, 0);
    assert_eq!(store.run(&["check", "--config", file, "--business", "acme", "MX.9001"]).code, 1);
    assert_eq!(store.run(&["check", "--config", file, "--business", "zeta", "MX.9001"]).code, 0);
    // A topic that is another business's has no set here: nobody could be in it.
    let said = store.run(&["check", "--config", file, "--business", "zeta", "--topic", "offers", "MX.9001"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("marketing"), "{}", said.err);
}

#[tokio::test]
async fn a_redis_that_is_not_there_allows_nobody() {
    let mut store = Store::start().await;
    store.server.kill().await;
    for command in ["check", "show", "suppress", "resume"] {
        let said = store.run(&[command, "5215512345678"]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{command}");
        assert!(said.err.contains("redis cannot be reached"), "{}", said.err);
        assert!(!said.err.contains("5215512345678"));
    }
}

#[tokio::test]
async fn commands_find_the_private_redis_of_a_running_service_and_never_start_a_second() {
    let mut store = Store::start().await;
    let private = |arguments: &[&str]| {
        Baja::new(arguments)
            .env("BAJA_REDIS_URL", "private")
            .env("BAJA__REDIS__PRIVATE_FOLDER", store.folder.path())
    };
    assert_eq!(private(&["suppress", "MX.9001"]).run().code, 0);
    assert_eq!(store.run(&["check", "MX.9001"]).code, 1);
    store.server.kill().await;
    let private = Baja::new(&["check", "MX.9001"])
        .env("BAJA_REDIS_URL", "private")
        .env("BAJA__REDIS__PRIVATE_FOLDER", store.folder.path());
    let said = private.run();
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    assert!(said.err.contains("start `baja serve` first"), "{}", said.err);
}
