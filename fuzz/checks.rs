//! What must hold for any bytes, one function for each fuzz target. `tests/it/attacks/corpora.rs` runs the same functions
//! on the kept corpora, without a fuzzer.

#![allow(dead_code, reason = "a fuzz target calls one of them")]

use std::sync::LazyLock;

use baja::{
    access::TokenHash,
    identity::{Identifier, Phone},
    intent::{Action, Context, Lexicon, MAX_CHARS, normalize},
    payload::{Event, Words, parse},
    signature::{AppSecrets, SignatureError, VerifyTokens, sign},
};
use serde_json::json;

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::builtin().unwrap());

const SECRET: &str = "an-invented-app-secret";
const TOKEN: &str = "an-invented-verify-token";

/// The header up to the first line feed, then the body: accepted when it is the signature, and only then.
pub fn signature(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, body) = (&data[..end], data.get(end + 1..).unwrap_or_default());
    let secrets = AppSecrets::new(["another", SECRET]).unwrap();
    let right = sign(SECRET, body).unwrap();
    let other = sign("another", body).unwrap();
    let fits = [&right, &other].iter().any(|known| known.as_bytes() == header);
    assert_eq!(secrets.verify([header], body).is_ok(), fits);
    assert_eq!(secrets.verify([right.as_bytes()], body), Ok(()));
    assert_eq!(secrets.verify([header, right.as_bytes()], body), Err(SignatureError::Several));
    assert_eq!(VerifyTokens::new([TOKEN]).unwrap().accept(header), header == TOKEN.as_bytes());
    if let Ok(text) = std::str::from_utf8(header) {
        let parsed = text.parse::<TokenHash>();
        assert_eq!(parsed.is_ok(), text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}

/// Any bytes as a body, and as an item of a list: its neighbours keep their opt-outs.
pub fn payload(data: &[u8]) {
    let parsed = parse(data);
    for event in &parsed.events {
        if let Event::Said(said) = event {
            assert!(!said.person.is_empty() && !said.message_id.is_empty());
        }
    }
    assert!(parsed.broken.iter().all(|broken| !broken.kind.is_empty() && !broken.reason.is_empty()));

    // What is JSON cannot hide what stands beside it, wherever it stands.
    if serde_json::from_slice::<serde::de::IgnoredAny>(data).is_err() {
        return;
    }
    let neighbour =
        json!({ "from": "34600000001", "id": "wamid.N", "timestamp": "1795431260", "type": "text",
        "text": { "body": "BAJA" } })
        .to_string();
    let metadata = r#"{"phone_number_id":"770099887766554"}"#;
    let change = |messages: &[&[u8]]| {
        let messages = messages.join(&b',');
        let head = format!(r#"{{"field":"messages","value":{{"metadata":{metadata},"messages":["#);
        [head.as_bytes(), &messages, b"]}}"].concat()
    };
    let entry =
        |changes: &[&[u8]]| [br#"{"id":"1","changes":["#.as_slice(), &changes.join(&b','), b"]}"].concat();
    let body = |entries: &[&[u8]]| {
        let head = br#"{"object":"whatsapp_business_account","entry":["#.as_slice();
        [head, &entries.join(&b','), b"]}"].concat()
    };
    let good = change(&[neighbour.as_bytes()]);
    for hostile in [
        body(&[&entry(&[&change(&[data, neighbour.as_bytes()])])]),
        body(&[&entry(&[data, &good])]),
        body(&[data, &entry(&[&good])]),
    ] {
        let heard = parse(&hostile).events.iter().any(|event| {
            matches!(event, Event::Said(said) if said.message_id == "wamid.N"
                && matches!(&said.words, Words::Text(words) if words == "BAJA"))
        });
        assert!(heard, "an item took its neighbour's opt-out away");
    }
}

/// Normalising is idempotent, bounded, and leaves nothing that folding removes.
pub fn normalise(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let once = normalize(&text);
    assert_eq!(normalize(&once), once, "not idempotent");
    assert!(!once.contains(char::is_control), "a control character is left");
    assert!(!once.contains("  ") && once.trim() == once, "blanks are left");
}

/// Deciding is the same every time, does nothing with what was forwarded, and does not look past its limit.
pub fn classify(data: &[u8]) {
    let (flags, text) = data.split_first().unwrap_or((&0, &[]));
    let text = String::from_utf8_lossy(text);
    let flag = |bit: u8| flags & (1 << bit) != 0;
    let context = Context { answers_us: flag(0), forwarded: flag(1), suppressed: flag(2), asked: flag(3) };
    let decision = LEXICON.classify(&text, &context);
    assert_eq!(LEXICON.classify(&text, &context), decision);
    assert!(!context.forwarded || decision.action == Action::None);
    assert_eq!(decision.normalized, normalize(&text));
    if text.chars().count() >= MAX_CHARS {
        let longer = format!("{text} BAJA");
        assert_eq!(LEXICON.classify(&longer, &context).action, decision.action);
    }
    let (label, payload) = text.split_once('\n').unwrap_or((&text, ""));
    let tap = LEXICON.classify_tap(label, payload, &context);
    assert_eq!(LEXICON.classify_tap(label, payload, &context), tap);
}

/// Two letters of a country, then what somebody typed. What is read is spelled one way whatever it was written like.
pub fn phone(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (country, typed) = text.split_at_checked(2).unwrap_or(("", &text));
    let found = [
        Identifier::read(&text),
        Identifier::read_typed(&text, None).ok(),
        Identifier::read_typed(typed, Some(country)).ok(),
        Identifier::read_typed(typed, Some("MX")).ok(),
        Phone::parse(&text).ok().map(Identifier::Phone),
    ];
    for identifier in found.into_iter().flatten() {
        let canonical = identifier.canonical();
        assert_eq!(canonical.canonical(), canonical);
        assert!(!identifier.as_str().is_empty() && identifier.as_str().is_ascii());
        let spellings = identifier.spellings();
        assert!(spellings.contains(&canonical), "the canonical spelling is one of them");
        assert!(spellings.contains(&identifier), "a number is one of its spellings");
        for spelling in &spellings {
            assert!(spelling.is_same_as(&identifier) && identifier.is_same_as(spelling));
            assert_eq!(spelling.canonical(), canonical);
        }
        if let Identifier::Phone(phone) = &identifier {
            assert!(phone.as_str().bytes().all(|byte| byte.is_ascii_digit()));
        }
        assert_eq!(Identifier::read(identifier.as_str()), Some(identifier), "it reads back as itself");
    }
}
