//! `scrub`: tables in, those who may be sent to out.

use std::{fs, io::Write, path::Path, process::Command};

use serde_json::json;

use crate::store::Store;

const AUDIENCE: &[u8] = b"\xef\xbb\xbfname;phone;note\r\n\
    Ana;+52 55 1234 5678;\"two\r\nlines; \"\"quoted\"\"\"\r\n\
    Bea;34600000001;\xf1\r\n\
    \r\n\
    Carl;'34600000002';\r\n\
    Dan;hello;x\r\n\
    Eve;34600000003\r\n\
    Fay;MX.9001;last";

async fn store() -> Store {
    let store = Store::start().await;
    assert_eq!(store.run(&["suppress", "5215512345678"]).code, 0);
    assert_eq!(store.run(&["suppress", "--topic", "marketing", "34600000001", "MX.9001"]).code, 0);
    store
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn who_refuses_is_taken_off_and_every_other_byte_stays() {
    let store = store().await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("audience.csv"), AUDIENCE).unwrap();
    fs::write(folder.path().join("allowed.csv"), "of yesterday").unwrap();
    let arguments = [
        "scrub",
        "audience.csv",
        "--topic",
        "marketing",
        "-o",
        "allowed.csv",
        "--rejected",
        "rejected.csv",
        "--json",
    ];
    let said = store.baja(&arguments).inside(folder.path()).run();
    let summary = json!({ "rows": 6, "allowed": 1, "refused_all": 1, "refused_topic": 2, "unreadable": 2,
        "topic": "marketing" });
    assert_eq!((said.code, said.objects(), said.err.as_str()), (1, vec![summary], ""));
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("allowed.csv"), b"\xef\xbb\xbfname;phone;note\r\nEve;34600000003\r\n");
    let rejected = b"\xef\xbb\xbfname;phone;note;reason\r\n\
        Ana;+52 55 1234 5678;\"two\r\nlines; \"\"quoted\"\"\";refused_all\r\n\
        Bea;34600000001;\xf1;refused_marketing\r\n\
        Carl;'34600000002';;unreadable\r\n\
        Dan;hello;x;unreadable\r\n\
        Fay;MX.9001;last;refused_marketing\n";
    assert_eq!(String::from_utf8_lossy(&read("rejected.csv")), String::from_utf8_lossy(rejected));
    assert_eq!(names(folder.path()), ["allowed.csv", "audience.csv", "rejected.csv"]);
}

#[tokio::test]
async fn a_table_streams_through_without_files() {
    let store = store().await;
    let rows = |numbers: &[&str]| numbers.join("\n") + "\n";
    let input = rows(&["1\t55 1234 5678", "2\t5587654321", "3\tnobody"]);
    let arguments = ["scrub", "--topic", "all", "--country", "MX", "--no-header", "--column", "2"];
    let said = store.baja(&arguments).run_with(&input);
    assert_eq!((said.code, said.out.as_str()), (1, "2\t5587654321\n"), "{}", said.err);
    assert!(
        said.err.contains("3 rows: 1 may be sent to, 1 refused everything, 1 whose number cannot be read")
    );
    let said = store.baja(&[&arguments[..], &["--keep-unreadable"]].concat()).run_with(&input);
    assert_eq!((said.code, said.out.as_str()), (1, "2\t5587654321\n3\tnobody\n"));
    let said = store.baja(&arguments).run_with("2\t5587654321\n");
    assert_eq!((said.code, said.out.as_str()), (0, "2\t5587654321\n"));
    let said = store.baja(&["scrub", "--topic", "marketing"]).run_with("");
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
}

#[tokio::test]
async fn many_rows_keep_their_order() {
    let store = store().await;
    let numbers: Vec<String> = (0..25_000).map(|one| format!("52155{:08}", 10_000_000 + one)).collect();
    let refused: String = numbers.iter().step_by(10).map(|one| format!("{one}\n")).collect();
    assert_eq!(store.baja(&["suppress", "-"]).run_with(refused).code, 0);
    // In the other spelling than on the list.
    let table: String = numbers.iter().map(|one| format!("52{}\n", &one[3..])).collect();
    let said = store.baja(&["scrub", "--topic", "marketing", "--no-header"]).run_with(&table);
    assert_eq!(said.code, 0, "{}", said.err);
    let expected = table.lines().enumerate().filter(|(index, _)| index % 10 != 0).map(|(_, line)| line);
    assert!(said.out.lines().eq(expected), "{} lines", said.out.lines().count());
}

#[tokio::test]
async fn what_cannot_be_done_leaves_no_file() {
    let mut store = store().await;
    let folder = tempfile::tempdir().unwrap();
    let inside = |arguments: &[&str]| store.baja(arguments).inside(folder.path()).run();
    fs::write(folder.path().join("audience.csv"), AUDIENCE).unwrap();
    fs::write(folder.path().join("wide.csv"), b"\xff\xfep\0").unwrap();
    let usual = ["scrub", "audience.csv", "--topic", "marketing"];
    for (more, hint) in [
        (&["-o", "audience.csv"][..], "also read from"),
        (&["-o", "a.csv", "--rejected", "./a.csv"], "one file"),
        (&["-o", "a.csv", "--column", "other"], "name, phone, note"),
        (&["-o", "a.csv", "--column", "4"], "no such column"),
        (&["-o", "a.csv", "--country", "XX"], "two letters"),
        (&["-o", "missing/a.csv"], "missing"),
        (&["-o", "a.csv", "--delimiter", "ab"], "one character"),
    ] {
        let said = inside(&[&usual[..], more].concat());
        assert_eq!(said.code, 2, "{more:?} {said:?}");
        assert!(said.err.contains(hint), "{hint} in {}", said.err);
    }
    let said = inside(&["scrub", "wide.csv", "--topic", "marketing", "-o", "a.csv"]);
    assert!(said.code == 2 && said.err.contains("UTF-8"), "{said:?}");
    let said = inside(&["scrub", "audience.csv", "--topic", "nothing", "-o", "a.csv"]);
    assert!(said.code == 2 && said.err.contains("no such topic"), "{said:?}");
    // A header that is a number would be sent to unasked.
    fs::write(folder.path().join("bare.csv"), "5215512345678\n34600000001\n").unwrap();
    let said = inside(&["scrub", "bare.csv", "--topic", "marketing", "-o", "a.csv"]);
    assert!(said.code == 2 && said.err.contains("--no-header") && !said.err.contains("5215"), "{said:?}");
    store.server.kill().await;
    let said = store.baja(&[&usual[..], &["-o", "a.csv"]].concat()).inside(folder.path()).run();
    assert!(said.code == 2 && said.err.contains("redis cannot be reached"), "{said:?}");
    assert_eq!(names(folder.path()), ["audience.csv", "bare.csv", "wide.csv"]);
}

/// Starts to scrub a table that has no end yet, and waits until it writes.
fn begin(store: &Store, folder: &Path) -> (std::process::Child, std::process::ChildStdin) {
    fs::write(folder.join("allowed.csv"), "of yesterday").unwrap();
    let mut child = store
        .baja(&["scrub", "--topic", "marketing", "-o", "allowed.csv", "--rejected", "rejected.csv"])
        .inside(folder)
        .spawn();
    let mut stdin = child.stdin.take().unwrap();
    let rows: String = (0..20_000).map(|one| format!("52155{:08}\n", 10_000_000 + one)).collect();
    stdin.write_all(format!("phone\n{rows}").as_bytes()).unwrap();
    while names(folder).len() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::yield_now();
    }
    (child, stdin)
}

#[tokio::test]
async fn a_redis_that_goes_away_in_the_middle_leaves_what_was_there() {
    let mut store = store().await;
    let folder = tempfile::tempdir().unwrap();
    let (child, mut stdin) = begin(&store, folder.path());
    store.server.kill().await;
    let _ = stdin.write_all(b"5215512345678\n");
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(names(folder.path()), ["allowed.csv"]);
    assert_eq!(fs::read_to_string(folder.path().join("allowed.csv")).unwrap(), "of yesterday");
}

#[tokio::test]
async fn a_signal_in_the_middle_leaves_what_was_there() {
    let store = store().await;
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let (mut child, stdin) = begin(&store, folder.path());
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        // Its input is open: it does not wait for the end of it.
        assert_eq!(child.wait().unwrap().code(), Some(code));
        drop(stdin);
        assert_eq!(names(folder.path()), ["allowed.csv"]);
        assert_eq!(fs::read_to_string(folder.path().join("allowed.csv")).unwrap(), "of yesterday");
    }
}
