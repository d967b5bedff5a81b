//! A person: found, explained, decided about.

use baja::ledger::{NearMissId, Operator};

use super::{Seen, Site, Visitor};
use crate::support::{
    app::SUPPRESSED,
    store::person,
    webhook::{message, messages, now, says, typed},
};

const PERSON: &str = "/page/of/acme/person";
const HOSTILE: &str = "<script>alert(1)</script> \u{202e}baja\" onmouseover=\"x";

/// Looks a number up, and returns the view.
async fn look_up(visitor: &mut Visitor, number: &str) -> Seen {
    let seen = visitor.submit(PERSON, PERSON, &[("number", number)]).await;
    assert_eq!((seen.status, seen.location()), (303, PERSON), "{seen:?}");
    visitor.get(PERSON).await
}

/// Wishes something of the person that was looked up, and confirms it.
async fn wish(visitor: &mut Visitor, fields: &[(&str, &str)]) -> Seen {
    let asked = visitor.submit(PERSON, &format!("{PERSON}/confirm"), fields).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let done = visitor.submit(PERSON, &format!("{PERSON}/act"), fields).await;
    assert_eq!(done.status, 303, "{done:?}");
    let location = done.location().to_owned();
    visitor.get(&location).await
}

#[tokio::test]
async fn a_person_is_found_by_the_other_spelling_with_why_and_in_whose_words() {
    let site = Site::start().await;
    let item = message(("5215512340001", "MX.900177"), "wamid.A", now(), typed("BAJA"));
    site.app.post(messages(&[item])).await;
    let mut desk = site.signed_in(&site.desk).await;
    for spelling in ["+52 55 1234 0001", "52 1 55 1234 0001", "MX.900177"] {
        let seen = look_up(&mut desk, spelling).await;
        for text in [
            "Refuses everything",
            "<bdi class=\"chip\">5215512340001</bdi>",
            "<bdi class=\"chip\">MX.900177</bdi>",
            "Opt-out: Everything",
            "<blockquote dir=\"auto\">BAJA</blockquote>",
            "Spanish: the word “baja”",
            "es/keyword/baja",
            "wamid.A",
        ] {
            assert!(seen.body.contains(text), "{spelling}: {text}: {}", seen.body);
        }
    }
    // Whoever may only look sees that it is so, and of whom only the end.
    let mut reader = site.signed_in(&site.reader).await;
    let seen = look_up(&mut reader, "525512340001").await;
    assert!(seen.body.contains("…0001") && seen.body.contains("es/keyword/baja"), "{}", seen.body);
    for text in ["wamid.A", "BAJA", "MX.900177", "name=\"wish\""] {
        assert!(!seen.body.contains(text), "{text}: {}", seen.body);
    }
    site.app.sent().await;
    site.finish().await;
}

#[tokio::test]
async fn what_is_no_number_or_not_known_is_said_so() {
    let site = Site::start().await;
    let mut reader = site.signed_in(&site.reader).await;
    let seen = reader.get(PERSON).await;
    assert!(seen.status == 200 && !seen.body.contains("What happened"), "{}", seen.body);
    for (typed, said) in [
        ("", "Enter a number or a user id."),
        ("5512340001", "national number"),
        ("<b>", "neither a phone number nor a user id"),
        ("120363012345678901@g.us", "id of a group or channel"),
    ] {
        let seen = reader.submit(PERSON, PERSON, &[("number", typed)]).await;
        assert_eq!(seen.status, 400, "{typed}");
        assert!(seen.body.contains(said) && !seen.body.contains("<b>"), "{typed}: {}", seen.body);
    }
    let seen = look_up(&mut reader, "+34 600 000 009").await;
    assert!(seen.body.contains("Nothing is known of this person"), "{}", seen.body);
    assert!(seen.body.contains("May be written to"), "{}", seen.body);
    for (query, status) in [
        ("of=near-miss.0123456789abcdef", 200),
        ("of=job.0123456789abcdef0123456789abcdef", 200),
        ("of=breach.1-1", 200),
        ("of=typed.34600000009", 404),
        ("before=x", 404),
    ] {
        assert_eq!(reader.get(&format!("{PERSON}?{query}")).await.status, status, "{query}");
    }
    let seen = reader.get(&format!("{PERSON}?of=breach.1-1")).await;
    assert!(seen.body.contains("This entry is gone"), "{}", seen.body);
    // Signing out leaves nobody's number behind.
    let seen = reader.submit(PERSON, "/page/sign-out", &[]).await;
    assert!(seen.cookie("baja_person").contains("Max-Age=0"), "{seen:?}");
    assert!(!reader.cookies.contains_key("baja_person"));
    site.finish().await;
}

#[tokio::test]
async fn an_operator_decides_after_being_asked_and_stands_in_the_evidence() {
    let site = Site::start().await;
    let mut desk = site.signed_in(&site.desk).await;
    look_up(&mut desk, "+34 600 000 001").await;
    let number = ("number", "34600000001");
    let fields = [number, ("scope", "all"), ("wish", "suppress"), ("note", "by telephone <b>")];
    // Asking changes nothing yet.
    let asked = desk.submit(PERSON, &format!("{PERSON}/confirm"), &fields).await;
    assert!(asked.body.contains("Put this person on the list?"), "{}", asked.body);
    assert!(!site.app.has(SUPPRESSED, "34600000001").await);

    let seen = wish(&mut desk, &fields).await;
    assert!(seen.body.contains("Done: this person is on the list."), "{}", seen.body);
    assert!(seen.body.contains("by telephone &#60;b&#62;"), "{}", seen.body);
    assert!(site.app.has(SUPPRESSED, "34600000001").await);
    let known = site.app.ledger.known("acme", &person(&["34600000001"])).await.unwrap();
    let evidence = known.records[0].evidence.last().unwrap();
    assert_eq!((evidence.by.as_str(), evidence.note.as_str()), ("desk", "by telephone <b>"));
    let seen = wish(&mut desk, &fields).await;
    assert!(seen.body.contains("It was so before."), "{}", seen.body);

    let offers = [number, ("scope", "offers"), ("wish", "resume")];
    let seen = wish(&mut desk, &offers).await;
    assert!(seen.body.contains("another refusal still stands"), "{}", seen.body);
    let seen = wish(&mut desk, &[number, ("scope", "all"), ("wish", "resume")]).await;
    assert!(seen.body.contains("May be written to"), "{}", seen.body);
    assert!(!site.app.has(SUPPRESSED, "34600000001").await);

    let act = format!("{PERSON}/act");
    for (fields, status) in [
        (vec![number, ("scope", "nothing"), ("wish", "suppress")], 400),
        (vec![number, ("scope", "all"), ("wish", "else")], 400),
        (vec![("scope", "all"), ("wish", "suppress")], 400),
        (vec![number, ("of", "breach.1-1"), ("scope", "all"), ("wish", "suppress")], 400),
        (vec![("of", "breach.1-1"), ("scope", "all"), ("wish", "suppress")], 404),
        (vec![number, ("scope", "all"), ("wish", "suppress"), ("note", &"x".repeat(257))], 400),
    ] {
        assert_eq!(desk.submit(PERSON, &act, &fields).await.status, status, "{fields:?}");
    }
    let mut reader = site.signed_in(&site.reader).await;
    for path in [&act, &format!("{PERSON}/confirm")] {
        let seen = reader.submit(PERSON, path, &fields).await;
        assert_eq!((seen.status, seen.heading()), (403, "Your token may only look"));
    }
    assert_eq!(desk.post(&act, &fields).await.status, 403, "without the token of the form");
    assert!(!site.app.has(SUPPRESSED, "34600000001").await);
    site.finish().await;
}

#[tokio::test]
async fn an_erasure_shows_what_would_go_and_leaves_the_opt_out() {
    let site = Site::start().await;
    site.app.post(says("34600000001", "wamid.A", "BAJA")).await;
    site.app.sent().await;
    let mut desk = site.signed_in(&site.desk).await;
    look_up(&mut desk, "34600000001").await;
    let fields = [("number", "34600000001"), ("scope", "all"), ("wish", "forget"), ("note", "request 7")];
    let asked = desk.submit(PERSON, &format!("{PERSON}/confirm"), &fields).await;
    assert!(asked.body.contains("pieces of evidence <strong>1</strong>"), "{}", asked.body);
    assert!(asked.body.contains("They stay on the list"), "{}", asked.body);
    let seen = wish(&mut desk, &fields).await;
    assert!(seen.body.contains("Erased. What honours the opt-out stays."), "{}", seen.body);
    assert!(!seen.body.contains("wamid.A") && !seen.body.contains("BAJA"), "{}", seen.body);
    for text in ["Refuses everything", "es/keyword/baja", "Personal data erased", "request 7", "desk"] {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    let seen = wish(&mut desk, &fields).await;
    assert!(seen.body.contains("Nothing personal was kept"), "{}", seen.body);
    site.finish().await;
}

#[tokio::test]
async fn hostile_words_stay_words() {
    let site = Site::start().await;
    let text = format!("baja {HOSTILE} {}", "ñ".repeat(4000));
    let item = message(("34600000001", ""), "wamid.<img src=x>", now(), typed("BAJA"));
    site.app.post(messages(&[item])).await;
    let near_miss = baja::ledger::NearMiss {
        at: 1e12,
        canonical: vec!["34600000001".to_owned()],
        text,
        normalized: HOSTILE.to_owned(),
        rule: "es/keyword/<script>".to_owned(),
        language: "<b>".to_owned(),
        scope: "all".to_owned(),
        ..Default::default()
    };
    site.app.ledger.note_near_misses("acme", &[(NearMissId::random(), near_miss)]).await.unwrap();
    let identifiers = person(&["34600000001"]).identifiers().to_vec();
    let operator = Operator { by: "desk", note: HOSTILE };
    let way = baja::ledger::Way::Suppress;
    site.app.ledger.decide("acme", way, &baja::intent::Scope::All, operator, &identifiers).await.unwrap();
    let mut desk = site.signed_in(&site.desk).await;
    let person = look_up(&mut desk, "34600000001").await;
    let near_misses = desk.get("/page/of/acme/near-misses").await;
    for seen in [person, near_misses] {
        assert_eq!(seen.status, 200);
        for raw in ["<script>alert", "<img", "<b>", "\" onmouseover=\"x"] {
            assert!(!seen.body.contains(raw), "{raw}: {}", seen.body);
        }
        assert!(seen.body.contains("&#60;script&#62;alert(1)"), "{}", seen.body);
    }
    site.app.sent().await;
    site.finish().await;
}

#[tokio::test]
async fn another_business_sees_nobody_of_this_one() {
    let site = Site::start().await;
    let mut other = site.signed_in(&site.other).await;
    for path in ["person", "near-misses", "breaches", "outbox", "dead-letters"] {
        assert_eq!(other.get(&format!("/page/of/acme/{path}")).await.status, 404, "{path}");
        assert_eq!(other.get(&format!("/page/of/other/{path}")).await.status, 200, "{path}");
    }
    let mut nobody = site.visitor();
    let seen = nobody.get(PERSON).await;
    assert_eq!(seen.location(), "/page/sign-in?next=%2Fpage%2Fof%2Facme%2Fperson");
    site.finish().await;
}
