//! Bodies with the right signature that are made to cost much: by somebody who has the app secret, or by a bug of the
//! other side. Each is answered, its neighbours keep their opt-outs, and the memory stays bounded.

use serde_json::json;

use super::Target;
use crate::support::webhook::{NUMBER, message, messages, now, says, typed};

/// Just below the limit of a body.
const LARGE: usize = 3 * 1024 * 1024;

/// More than a service that is at rest, KiB: what one such body may cost.
const MOST_MEMORY: u64 = 192 * 1024;

/// A body of messages, with `hostile` where a message should stand and an opt-out of `number` behind it.
fn beside(hostile: &[u8], number: &str) -> Vec<u8> {
    let honest = message((number, ""), &format!("wamid.{number}"), now(), typed("BAJA")).to_string();
    let head = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"880011223344556","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"phone_number_id":"{NUMBER}"}},"messages":["#
    );
    [head.as_bytes(), hostile, b",", honest.as_bytes(), b"]}}]}]}"].concat()
}

/// `piece` over and over, with `before` and `after`, about 3 MiB in all.
fn much(before: &str, piece: &str, after: &str) -> Vec<u8> {
    let times = (LARGE - 2000) / piece.len();
    [before.as_bytes(), piece.repeat(times).as_bytes(), after.as_bytes()].concat()
}

#[tokio::test]
async fn costly_bodies_are_answered_in_bounded_memory_and_take_no_neighbour_along() {
    let target = Target::start().await;
    let half = LARGE / 2 - 1000;
    let nested = |open: &str, close: &str| [open.repeat(half), close.repeat(half)].concat().into_bytes();
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("nested arrays", nested("[", "]")),
        ("nested objects", {
            let depth = half / 4;
            [r#"{"a":"#.repeat(depth), "0".to_owned(), "}".repeat(depth)].concat().into_bytes()
        }),
        ("digits", much("", "9", "")),
        ("digits of a fraction", much("0.", "3", "")),
        ("duplicate keys", much("{", r#""id":"wamid.x","#, r#""id":"wamid.y"}"#)),
        (
            "duplicate texts",
            much(r#"{"from":"1","id":"wamid.x","type":"text","#, r#""text":{"body":"hola"},"#, r#""z":0}"#),
        ),
        (
            "escapes",
            much(
                r#"{"from":"34600000099","id":"wamid.x","type":"text","text":{"body":""#,
                "\\u0041",
                r#""}}"#,
            ),
        ),
        (
            "half surrogates",
            much(
                r#"{"from":"34600000099","id":"wamid.x","type":"text","text":{"body":""#,
                "\\ud800",
                r#""}}"#,
            ),
        ),
        ("backslashes", much("\"", "\\\\", "\"")),
        (
            "marks on a letter",
            much(
                r#"{"from":"34600000099","id":"wamid.x","type":"text","text":{"body":"a"#,
                "\u{301}",
                r#""}}"#,
            ),
        ),
        (
            "a word without end",
            much(r#"{"from":"34600000099","id":"wamid.x","type":"text","text":{"body":""#, "baja", r#""}}"#),
        ),
        ("broken items", much("", "0,", "0")),
        ("empty items", much("", "{},", "{}")),
        ("nothings", much("", "null,", "null")),
        ("blanks", much("", " ", "0")),
    ];
    let mut opted_out = Vec::new();
    let at_rest = target.binary.peak_memory();
    for (index, (name, hostile)) in rows.into_iter().enumerate() {
        let number = format!("34600{index:06}");
        assert_eq!(target.deliver(&beside(&hostile, &number)).await, 200, "{name}");
        let more = target.binary.peak_memory().saturating_sub(at_rest);
        assert!(more < MOST_MEMORY, "{name}: {more} KiB more than at rest");
        opted_out.push(number);
    }
    assert_eq!(target.suppressed().await, opted_out);

    // Where the outer lists are flooded, too.
    let honest = says("34600900000", "wamid.outer", "BAJA");
    let flood = |piece: &str| piece.repeat((LARGE - 2000) / piece.len());
    for (name, body) in [
        ("entries", honest.replacen("\"entry\":[", &format!("\"entry\":[{}", flood("{},")), 1)),
        ("broken entries", honest.replacen("\"entry\":[", &format!("\"entry\":[{}", flood("0,")), 1)),
        ("changes", honest.replacen("\"changes\":[", &format!("\"changes\":[{}", flood("{},")), 1)),
    ] {
        assert_eq!(target.deliver(body.as_bytes()).await, 200, "{name}");
        let more = target.binary.peak_memory().saturating_sub(at_rest);
        assert!(more < MOST_MEMORY, "{name}: {more} KiB more than at rest");
    }
    opted_out.push("34600900000".to_owned());
    assert_eq!(target.suppressed().await, opted_out);
    target.finish().await;
}

#[tokio::test]
async fn bodies_that_are_not_json_or_not_text_are_answered_and_change_nothing_by_half() {
    let target = Target::start().await;
    let honest = says("34600000001", "wamid.A", "BAJA");
    let (open, _) = honest.split_once("\"object\"").unwrap();
    for (name, body) in [
        ("nothing", Vec::new()),
        ("one byte", b"{".to_vec()),
        ("not UTF-8", vec![0xff; 1000]),
        ("NULs", vec![0; 1000]),
        (
            "another format",
            b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>".to_vec(),
        ),
        ("UTF-16", honest.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("a list", format!("[{honest}]").into_bytes()),
        ("two documents", format!("{}{}", json!({}), json!({})).into_bytes()),
        ("of another object", honest.replace("whatsapp_business_account", "page").into_bytes()),
    ] {
        assert_eq!(target.deliver(&body).await, 200, "{name}");
        assert!(target.suppressed().await.is_empty(), "{name}");
    }
    // What was whole before it breaks off counts, and bytes that are no text cost only themselves.
    assert_eq!(target.deliver(open.as_bytes()).await, 200);
    let mut mixed = messages(&[
        message(("34600000003", ""), "wamid.C", now(), typed("canary")),
        message(("34600000002", ""), "wamid.B", now(), typed("BAJA")),
    ])
    .into_bytes();
    let place = mixed.windows(6).position(|bytes| bytes == b"canary").unwrap();
    mixed[place..place + 6].fill(0xfe);
    assert_eq!(target.deliver(&mixed).await, 200);
    assert_eq!(target.suppressed().await, ["34600000001", "34600000002"]);
    target.finish().await;
}

#[tokio::test]
async fn a_replayed_body_acts_once() {
    let target = Target::start().await;
    let body = says("34600000001", "wamid.A", "BAJA");
    for _ in 0..20 {
        assert_eq!(target.deliver(body.as_bytes()).await, 200);
    }
    // Nor does an old opt-out come back after the person has returned.
    let back = messages(&[message(("34600000001", ""), "wamid.B", now() + 1, typed("ALTA"))]);
    assert_eq!(target.deliver(back.as_bytes()).await, 200);
    for _ in 0..5 {
        assert_eq!(target.deliver(body.as_bytes()).await, 200);
    }
    assert!(target.suppressed().await.is_empty());
    let mut redis = target.store.sender().await;
    let changes: u64 = redis::cmd("XLEN").arg("baja:{acme}:changes").query_async(&mut redis).await.unwrap();
    assert_eq!(changes, 2, "one stop and one start");
    target.finish().await;
}
