//! What somebody would try who has a cookie, a link or a form of their own.

use reqwest::Method;
use sha2::{Digest, Sha256};

use super::{Site, Visitor};
use crate::support::{app::SUPPRESSED, raw, webhook::says};

const PERSON: &str = "/page/of/acme/person";
const ID: &str = "0123456789abcdef";
const JOB: &str = "0123456789abcdef0123456789abcdef";

/// Every address that takes a form of somebody who is signed in, and whether it asks for a token that may act.
fn forms() -> Vec<(String, bool)> {
    let of = |path: &str| format!("/page/of/acme/{path}");
    let looking = ["/page/sign-out".to_owned(), of("person"), of("health")];
    let acting = [
        of("person/confirm"),
        of("person/act"),
        of(&format!("near-misses/{ID}/approve")),
        of(&format!("near-misses/{ID}/reject")),
        of(&format!("outbox/{JOB}/retry")),
        of(&format!("outbox/{JOB}/drop")),
        of("dead-letters/1-1/again"),
        of("dead-letters/1-1/drop"),
    ];
    looking.map(|path| (path, false)).into_iter().chain(acting.map(|path| (path, true))).collect()
}

/// What a form of any of them may hold.
const FIELDS: [(&str, &str); 4] =
    [("number", "34600000001"), ("scope", "all"), ("wish", "suppress"), ("note", "")];

#[tokio::test]
async fn every_form_wants_a_session_its_own_token_and_a_role() {
    let site = Site::start().await;
    let mut stranger = site.visitor();
    let mut desk = site.signed_in(&site.desk).await;
    let mut reader = site.signed_in(&site.reader).await;
    let token = desk.get(PERSON).await.form_token();
    for (path, acts) in forms() {
        let seen = stranger.post(&path, &FIELDS).await;
        assert_eq!((seen.status, seen.heading()), (401, "You are signed out"), "{path}");
        // A form of another site, of a browser that says nothing of where it comes from: it has the cookie, and no token.
        let seen = desk.post(&path, &FIELDS).await;
        assert_eq!((seen.status, seen.heading()), (403, "This form is not from your session"), "{path}");
        // With the right token, from elsewhere.
        desk.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
        let seen = desk.post(&path, &[&[("form_token", token.as_str())], &FIELDS[..]].concat()).await;
        assert_eq!(seen.status, 403, "{path}");
        desk.headers.clear();
        // The token of somebody else's session.
        let seen = reader.post(&path, &[&[("form_token", token.as_str())], &FIELDS[..]].concat()).await;
        assert_eq!(seen.status, 403, "{path}");
        if acts {
            let seen = reader.submit(PERSON, &path, &FIELDS).await;
            assert_eq!((seen.status, seen.heading()), (403, "Your token may only look"), "{path}");
        }
    }
    assert!(site.app.members(SUPPRESSED).await.is_empty());
    assert_eq!(desk.get(PERSON).await.status, 200, "nobody was signed out");
    site.finish().await;
}

#[tokio::test]
async fn only_a_post_acts_whatever_a_request_calls_itself() {
    let site = Site::start().await;
    let mut desk = site.signed_in(&site.desk).await;
    let token = desk.get(PERSON).await.form_token();
    let form = format!("form_token={token}&number=34600000001&scope=all&wish=suppress&note=");
    for (path, _) in forms() {
        // These answer to GET, too, and show something.
        let shows = [PERSON, "/page/of/acme/health"].contains(&path.as_str());
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            let expected = if shows && method == Method::GET { 200 } else { 405 };
            let asked = format!("{path}?{form}&_method=POST");
            desk.headers = ["x-http-method-override", "x-http-method", "x-method-override"]
                .map(|name| (name, "POST".to_owned()))
                .into();
            let body = (method != Method::GET && method != Method::HEAD).then(|| form.clone());
            let seen = desk.ask(method.clone(), &asked, body).await;
            assert_eq!(seen.status, expected, "{method} {path}");
            if method == Method::HEAD {
                assert!(seen.body.is_empty(), "{path}");
            }
        }
    }
    desk.headers.clear();
    assert!(site.app.members(SUPPRESSED).await.is_empty());
    assert!(!desk.cookies.contains_key("baja_person"), "nobody was looked up");
    assert_eq!(desk.get(PERSON).await.status, 200, "nobody was signed out");
    site.finish().await;
}

#[tokio::test]
async fn a_cookie_from_before_signing_in_is_no_session_afterwards() {
    let site = Site::start().await;
    // Somebody puts a cookie of their own into the browser, invented or a session that they have themselves.
    let own = site.signed_in(&site.reader).await.cookies["baja_session"].clone();
    for planted in ["planted", own.as_str()] {
        let mut victim = site.visitor();
        victim.cookies.insert("baja_session".to_owned(), planted.to_owned());
        assert_eq!(victim.sign_in(&site.desk).await.status, 303);
        assert_ne!(victim.cookies["baja_session"], planted);
        assert!(victim.get(PERSON).await.body.contains("<bdi>desk</bdi>"));
        let mut attacker = site.visitor();
        attacker.cookies.insert("baja_session".to_owned(), planted.to_owned());
        assert_eq!(attacker.get(PERSON).await.status, 303, "what was planted became nobody's");
    }
    // Each signing in begins another.
    let mut same = site.signed_in(&site.desk).await;
    let first = same.cookies["baja_session"].clone();
    assert_eq!(same.sign_in(&site.desk).await.status, 303);
    assert_ne!(same.cookies["baja_session"], first);
    site.finish().await;
}

/// A browser that has got hold of another's cookies.
fn thief(site: &Site, of: &Visitor) -> Visitor {
    let mut thief = site.visitor();
    thief.cookies = of.cookies.clone();
    thief
}

#[tokio::test]
async fn signing_out_ends_the_session_at_every_replica_and_no_other() {
    let site = Site::start().await;
    let hashes = [&site.reader, &site.desk].map(|token| hex::encode(Sha256::digest(token)));
    let access = [
        ("BAJA__ACCESS__READER__SHA256", hashes[0].as_str()),
        ("BAJA__ACCESS__DESK__SHA256", hashes[1].as_str()),
    ];
    let replica = site.app.replica_with(&access).await;
    let mut visitor = site.signed_in(&site.desk).await;
    let mut another = site.signed_in(&site.desk).await;
    let mut copy = thief(&site, &visitor);
    let mut elsewhere = Visitor::of(&replica);
    elsewhere.cookies = visitor.cookies.clone();
    for copied in [&mut copy, &mut elsewhere] {
        assert_eq!(copied.get(PERSON).await.status, 200);
    }
    let token = copy.get(PERSON).await.form_token();
    assert_eq!(visitor.submit(PERSON, "/page/sign-out", &[]).await.status, 303);
    for copied in [&mut copy, &mut elsewhere] {
        assert_eq!(copied.get(PERSON).await.status, 303);
        let act = format!("{PERSON}/act");
        let seen = copied.post(&act, &[&[("form_token", token.as_str())], &FIELDS[..]].concat()).await;
        assert_eq!((seen.status, seen.heading()), (401, "You are signed out"));
    }
    assert_eq!(another.get(PERSON).await.status, 200, "the same token elsewhere is another session");
    // What is remembered of it says nothing, and goes by itself.
    let keys: Vec<String> = site.app.redis(&["KEYS", "baja:{page:sessions}:*"]).await;
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(!keys[0].contains("desk") && !keys[0].contains(&token), "{keys:?}");
    let lasts: i64 = site.app.redis(&["TTL", &keys[0]]).await;
    assert!((8 * 3600..=9 * 3600).contains(&lasts), "{lasts}");
    replica.finish().await;
    site.finish().await;
}

#[tokio::test]
async fn while_redis_is_away_no_session_passes_unasked_and_signing_out_says_so() {
    let mut site = Site::start().await;
    let mut visitor = site.signed_in(&site.desk).await;
    let token = visitor.get(PERSON).await.form_token();
    site.app.store().server.kill().await;
    let seen = visitor.get("/page").await;
    assert_eq!(seen.status, 503, "{seen:?}");
    let act = format!("{PERSON}/act");
    let seen = visitor.post(&act, &[&[("form_token", token.as_str())], &FIELDS[..]].concat()).await;
    assert_eq!(seen.status, 503);
    let seen = visitor.post("/page/sign-out", &[("form_token", &token)]).await;
    assert_eq!((seen.status, seen.location()), (303, "/page/sign-in"));
    assert!(!visitor.cookies.contains_key("baja_session"), "this browser has forgotten it");
    let seen = visitor.get("/page/sign-in").await;
    assert!(seen.body.contains("a copy of the session would still be good"), "{}", seen.body);
    site.app.store().server.restart().await.unwrap();
    site.finish().await;
}

#[tokio::test]
async fn very_long_or_many_cookies_are_no_session_and_do_no_harm() {
    let site = Site::start().await;
    let session = site.signed_in(&site.desk).await.cookies["baja_session"].clone();
    let long = "x".repeat(60_000);
    let signed = format!("{session}.{long}");
    let dots = ".".repeat(60_000);
    for text in [long.as_str(), &signed, &dots] {
        let mut visitor = site.visitor();
        for name in ["baja_session", "baja_person", "baja_language", "baja_notice"] {
            visitor.cookies = [(name.to_owned(), text.to_owned())].into();
            let seen = visitor.get(PERSON).await;
            assert_eq!(seen.status, 303, "{name}");
            assert!(!seen.headers.values().any(|value| value.len() > 1000), "{name}: it is not sent back");
        }
    }
    let mut visitor = site.signed_in(&site.desk).await;
    let mut asked = format!("GET {PERSON} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    for number in 0..60 {
        asked += &format!("cookie: c{number}={}\r\n", "y".repeat(500));
    }
    let answer = raw::exchange(site.app.operators, format!("{asked}\r\n").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 303 "), "{answer}");
    // More than any browser sends is refused as a whole.
    let huge = format!("GET {PERSON} HTTP/1.1\r\nhost: x\r\ncookie: c={}\r\n\r\n", "z".repeat(400_000));
    let answer = raw::exchange(site.app.operators, huge.as_bytes()).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(visitor.get(PERSON).await.status, 200, "others are served");
    site.finish().await;
}

#[tokio::test]
async fn nothing_but_the_assets_lies_behind_their_path_and_no_detour_leads_around_signing_in() {
    let site = Site::start().await;
    assert_eq!(site.app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    for path in [
        "/page/assets/../../etc/passwd",
        "/page/assets/..%2f..%2fetc%2fpasswd",
        "/page/assets/%2e%2e/%2e%2e/etc/passwd",
        "/page/assets/..%5c..%5cetc%5cpasswd",
        "/page/assets/%00",
        "/page/assets//etc/passwd",
        "/page/assets/",
        "/page/assets/../of/acme",
        "/page/assets/%2e%2e/of/acme",
        "/page/assets/..%2fof%2facme",
        "/page/sign-in/../of/acme",
        "/page/sign-in/%2e%2e/of/acme",
        "/page/sign-in;/of/acme",
        "/page/language/../of/acme/person",
        "/page/./of/acme",
        "//page/of/acme",
        "/page//of/acme",
        "/%70age/of/acme",
        "/page/of/acme/",
    ] {
        let asked = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = raw::exchange(site.app.operators, asked.as_bytes()).await;
        let status = answer.get(9..12).unwrap_or_default();
        assert!(["303", "404", "400"].contains(&status), "{path}: {answer}");
        for secret in ["root:", "Refuses", "Opt-outs a day", "form_token"] {
            assert!(!answer.contains(secret), "{path}: {answer}");
        }
    }
    site.app.sent().await;
    site.finish().await;
}
