//! Names, texts and references that try to become something else where they are shown: a line of the log, an escape
//! of the terminal, a formula of a spreadsheet, a label of a metric, a command or a key of Redis.

use std::process::Command;

use reqwest::Method;
use serde_json::json;

use super::Target;
use crate::support::webhook::{body, button, change, message, messages, now, typed};

/// What must arrive nowhere as it is.
const ESCAPE: &str = "\u{1b}\u{7}\u{9b}";
const LINE: &str = "\n2026-11-25T00:00:00Z  INFO baja: canary";
const FORMULA: &str = "=HYPERLINK(\"http://canary.example\",\"x\")";

/// What a command prints, run as an operator does.
fn run(target: &Target, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
    command.args(arguments).env_clear().env("BAJA_REDIS_URL", target.store.server.url());
    command.env("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", crate::support::webhook::NUMBER);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_strangers_write_stays_text_wherever_it_is_shown() {
    let target = Target::start().await;
    let who = |number| (number, "");
    let at = now() - 10;
    let stop = |number, id: &str, words: String| message(who(number), id, at, typed(&words));
    let named = json!({ "contacts": [{ "profile": { "name": format!("{LINE}{ESCAPE}") }, "wa_id": "34600000001" }],
        "messages": [stop("34600000001", &format!("wamid.{LINE}"), format!("{ESCAPE} BAJA {ESCAPE}"))] });
    let near = message(who("34600000004"), "wamid.near", at, typed(&format!("no me interesa{ESCAPE}\n")));
    let tapped = button(&format!("{FORMULA}{ESCAPE}"), &format!("OPTOUT|{FORMULA}"));
    let metric = "messages\"} 1\nbaja_canary{x=\"";
    for body in [
        change("messages", named),
        messages(&[stop("34600000002", "wamid.B", "=BAJA".to_owned())]),
        messages(&[message(who("34600000003"), "wamid.C", at, tapped)]),
        messages(&[near]),
        change(metric, json!({ "canary": 1 })),
        // A number that would be a key, a pattern, or more of a command.
        messages(&[
            stop("*", "wamid.*", "BAJA".to_owned()),
            stop("}:suppressed", "wamid.}", "BAJA".to_owned()),
        ]),
        messages(&[stop("1\r\nFLUSHALL\r\n", "wamid.\r\nFLUSHALL", "BAJA".to_owned())]),
        body(&[("770099887766554\r\nFLUSHALL", "messages", json!({ "messages": [] }))]),
    ] {
        assert_eq!(target.deliver(body.as_bytes()).await, 200, "{body}");
    }
    let list = target.suppressed().await;
    assert!(["34600000001", "34600000002", "34600000003"].iter().all(|n| list.contains(&(*n).to_owned())));
    assert!(list.iter().all(|member| member.bytes().all(|byte| byte.is_ascii_digit())), "{list:?}");

    for arguments in [
        ["show", "34600000001"].as_slice(),
        &["show", "34600000002"],
        &["show", "34600000003"],
        &["near-misses", "list"],
        &["dead-letters", "list", "--reveal"],
    ] {
        let shown = run(&target, arguments);
        let control = shown.chars().find(|c| c.is_control() && *c != '\n');
        assert!(control.is_none(), "{arguments:?} prints {control:?}: {}", shown.escape_debug());
        assert!(!shown.lines().any(|line| line.starts_with("2026-11-25T00:00:00Z")), "{shown}");
    }
    let exported = run(&target, &["export"]);
    assert!(
        exported.contains("'=HYPERLINK") && !exported.contains(",=") && !exported.contains(",\"="),
        "{exported}"
    );

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let ask = async |method: Method, path: &str, body: String| {
        let url = format!("http://{}{path}", target.operators);
        let request = client.request(method, url).bearer_auth(target.token.token()).body(body);
        request.send().await.unwrap().text().await.unwrap()
    };
    let metrics = ask(Method::GET, "/metrics", String::new()).await;
    assert!(!metrics.contains("canary"), "{metrics}");
    let evidence = json!({ "number": "34600000001" }).to_string();
    let shown = ask(Method::POST, "/api/v1/businesses/acme/evidence", evidence).await;
    assert!(shown.contains("BAJA") && !shown.contains('\u{1b}') && !shown.contains('\n'), "{shown}");
    // A note of an operator's own program.
    let note = json!({ "numbers": ["34600000005"], "note": FORMULA }).to_string();
    assert!(ask(Method::POST, "/api/v1/businesses/acme/suppress", note).await.contains("34600000005"));
    let exported = run(&target, &["export"]);
    assert!(
        !exported.lines().any(|line| line.split(',').any(|cell| cell.trim_matches('"').starts_with('=')))
    );

    let log = target.binary.log();
    assert!(!log.contains("canary") && !log.contains('\u{1b}'), "{log}");
    target.finish().await;
}
