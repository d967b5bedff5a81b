//! Near-misses, breaches, the outbox and dead letters; and what looking at them costs.

use std::collections::HashSet;

use baja::ledger::{JobKind, Message};

use super::{Seen, Site, Visitor};
use crate::support::{
    app::SUPPRESSED,
    store::person,
    wait::until,
    webhook::{NUMBER, says},
};

const NEAR_MISSES: &str = "/page/of/acme/near-misses";
const OUTBOX: &str = "/page/of/acme/outbox";
const LETTERS: &str = "/page/of/acme/dead-letters";
const DOUBT: &str = "no me interesa";

/// What stands between two texts.
#[track_caller]
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before}: {text}")).1;
    rest.split_once(after).unwrap().0
}

/// Sends a form that the page at `from` has, and returns the page after it.
async fn send(visitor: &mut Visitor, from: &str, path: &str, note: &str) -> Seen {
    let done = visitor.submit(from, path, &[("note", note), ("back", from)]).await;
    assert_eq!((done.status, done.location()), (303, from), "{done:?}");
    visitor.get(from).await
}

#[tokio::test]
async fn a_near_miss_is_shown_with_its_rule_and_a_proposal_and_decided_once() {
    let site = Site::start().await;
    for number in 1..=2 {
        site.app.post(says(&format!("3460000000{number}"), &format!("wamid.{number}"), DOUBT)).await;
    }
    let mut desk = site.signed_in(&site.desk).await;
    let seen = until("both", async || {
        let seen = desk.get(NEAR_MISSES).await;
        (seen.body.matches("<article").count() == 2).then_some(seen)
    })
    .await;
    for text in [
        "Spanish: the word “no me interesa”",
        "A rule that would catch it",
        "match = [&#34;&#60; no me interesa &#62;&#34;]",
    ] {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    let ids: Vec<_> =
        seen.body.split("<article").skip(1).map(|one| between(one, "near-", "\"").to_owned()).collect();
    let approve = |id: &str| format!("{NEAR_MISSES}/{id}/approve");
    let reject = |id: &str| format!("{NEAR_MISSES}/{id}/reject");
    let seen = send(&mut desk, NEAR_MISSES, &approve(&ids[0]), "says so below").await;
    assert!(seen.body.contains("Taken for an opt-out: the person is on the list."), "{}", seen.body);
    assert!(seen.body.contains("says so below") && seen.body.contains("<bdi>desk</bdi>"), "{}", seen.body);
    let seen = send(&mut desk, NEAR_MISSES, &reject(&ids[0]), "").await;
    assert!(seen.body.contains("it ended with an opt-out"), "{}", seen.body);
    let seen = send(&mut desk, NEAR_MISSES, &reject(&ids[1]), "about an order").await;
    assert!(seen.body.contains("Taken for none."), "{}", seen.body);
    let seen = send(&mut desk, NEAR_MISSES, &reject(&ids[1]), "").await;
    assert!(seen.body.contains("It was so before."), "{}", seen.body);
    let seen = send(&mut desk, NEAR_MISSES, &approve("0123456789abcdef"), "").await;
    assert!(seen.body.contains("it is not there any more"), "{}", seen.body);
    assert_eq!(site.app.members(SUPPRESSED).await, ["34600000002"]);
    assert_eq!(site.app.metric("baja_near_misses_total{event=\"approved\"}").await, 1.0);

    for (state, count) in [("open", 0), ("approved", 1), ("rejected", 1), ("", 2)] {
        let seen = desk.get(&format!("{NEAR_MISSES}?state={state}")).await;
        assert_eq!(seen.body.matches("<article").count(), count, "{state}");
    }
    assert_eq!(desk.get(&format!("{NEAR_MISSES}?state=x")).await.status, 404);
    assert_eq!(desk.submit(NEAR_MISSES, &format!("{NEAR_MISSES}/{}/else", ids[0]), &[]).await.status, 404);
    // The person is found without their number, and so by whoever may not see it.
    let mut reader = site.signed_in(&site.reader).await;
    let seen = reader.get(&format!("/page/of/acme/person?of=near-miss.{}", ids[0])).await;
    assert!(seen.body.contains("Refuses everything") && !seen.body.contains("34600000002"), "{}", seen.body);
    let seen = reader.get(NEAR_MISSES).await;
    assert!(!seen.body.contains("<q") && seen.body.contains("…0002"), "{}", seen.body);
    assert_eq!(reader.submit(NEAR_MISSES, &approve(&ids[1]), &[]).await.status, 403);
    // The other one's question is still in the outbox until it is sent.
    site.app.sent().await;
    site.finish().await;
}

#[tokio::test]
async fn a_breach_leads_to_the_person_and_pages_go_on() {
    let site = Site::start().await;
    let mut reader = site.signed_in(&site.reader).await;
    let seen = reader.get("/page/of/acme/breaches").await;
    assert!(seen.body.contains("Nobody was written to against the list"), "{}", seen.body);
    for number in 0..51 {
        let (to, since) = (format!("346000001{number:02}"), if number == 0 { "0" } else { "1780000000000" });
        let entry = ["XADD", "baja:{acme}:breaches", "*", "identifier", &to, "scope", "marketing"];
        let more = ["sent", "1790000000000", "since", since, "template", "spring_sale", "message", "wamid.B"];
        let _: String = site.app.redis(&[&entry[..], &more[..]].concat()).await;
    }
    let seen = reader.get("/page/of/acme/breaches").await;
    assert_eq!(seen.body.matches("<tr ").count(), 51, "fifty and the head");
    for text in ["Marketing, since 28\u{a0}May\u{a0}2026", "spring_sale", "…0150"] {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    assert!(!seen.body.contains("34600000150") && !seen.body.contains("wamid.B"), "{}", seen.body);
    let older = between(&seen.body, "href=\"/page/of/acme/breaches?", "\"").to_owned();
    let seen = reader.get(&format!("/page/of/acme/breaches?{older}")).await;
    assert_eq!(seen.body.matches("<tr ").count(), 2);
    assert!(seen.body.contains("since nobody knows when"), "{}", seen.body);
    let link = between(&seen.body, "/page/of/acme/person?", "\"").to_owned();
    let seen = reader.get(&format!("/page/of/acme/person?{link}")).await;
    assert!(seen.body.contains("Written to against the list"), "{}", seen.body);
    assert_eq!(reader.get("/page/of/acme/breaches?before=x").await.status, 404);
    site.finish().await;
}

#[tokio::test]
async fn a_message_is_dropped_and_sent_again_as_long_as_its_window_is_open() {
    // Nothing is sent by itself, so that it waits.
    let site = Site::with(&[("BAJA__CONFIRM__ENABLED", "false")]).await;
    let mut stop =
        crate::ledger::change(&["34600000001"], baja::ledger::Act::Stop(baja::intent::Scope::All), 10);
    stop.message = Some(Message {
        kind: JobKind::Stopped,
        phone_number_id: NUMBER.to_owned(),
        to: "34600000001".to_owned(),
        language: "es".to_owned(),
        quote: None,
        expires_at: 4_000_000_000_000,
    });
    let mut desk = site.signed_in(&site.desk).await;
    let seen = desk.get(OUTBOX).await;
    assert!(seen.body.contains("Nothing waits"), "{}", seen.body);
    site.app.ledger.apply(&[("acme", stop)]).await.unwrap();
    let lease = site.app.ledger.lease("acme", 10).await.unwrap();
    let id = match lease.first() {
        Some(lease) => lease.job.id.as_str().to_owned(),
        None => site.app.jobs().await[0].id.as_str().to_owned(),
    };
    let seen = send(&mut desk, OUTBOX, &format!("{OUTBOX}/{id}/drop"), "a test").await;
    assert!(seen.body.contains("It will not be sent."), "{}", seen.body);
    let seen = desk.get(&format!("{OUTBOX}?finished=true")).await;
    for text in ["The opt-out is done", "Given up", "34600000001", "Send now"] {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    let seen = send(&mut desk, OUTBOX, &format!("{OUTBOX}/{id}/retry"), "").await;
    assert!(seen.body.contains("It will be sent now."), "{}", seen.body);
    let unknown = format!("{OUTBOX}/0123456789abcdef0123456789abcdef/drop");
    let seen = send(&mut desk, OUTBOX, &unknown, "").await;
    assert!(seen.body.contains("it is not there any more"), "{}", seen.body);
    let mut reader = site.signed_in(&site.reader).await;
    assert_eq!(reader.submit(OUTBOX, &format!("{OUTBOX}/{id}/drop"), &[]).await.status, 403);
    let dossier = site.app.ledger.dossier("acme", &person(&["34600000001"]), None).await.unwrap();
    let acts: HashSet<_> =
        dossier.trail.entries.iter().filter(|one| one.by == "desk").map(|one| one.act.as_str()).collect();
    assert_eq!(acts, HashSet::from(["outbox_drop", "outbox_retry"]));
    let open = site.app.ledger.depth("acme").await.unwrap().iter().map(|state| state.jobs).sum();
    site.app.finish_with_open(open).await;
}

#[tokio::test]
async fn a_dead_letter_is_read_again_once_it_can_be_or_dropped() {
    let site = Site::start().await;
    let fine = r#"{"from":"34600000001","id":"wamid.A","timestamp":"1780000000","type":"text","text":{"body":"BAJA"}}"#;
    let letters = [("message", "invented", fine), ("message", "invented", "broken <b>")];
    site.app.ledger.bury("acme", &letters).await.unwrap();
    let mut desk = site.signed_in(&site.desk).await;
    let seen = desk.get(LETTERS).await;
    assert!(seen.body.contains("broken &#60;b&#62;") && seen.body.contains("wamid.A"), "{}", seen.body);
    let ids: Vec<_> =
        seen.body.split("<article").skip(1).map(|one| between(one, "letter-", "\"").to_owned()).collect();
    let seen = send(&mut desk, LETTERS, &format!("{LETTERS}/{}/again", ids[0]), "").await;
    assert!(seen.body.contains("It still cannot be read, and stays."), "{}", seen.body);
    let seen = send(&mut desk, LETTERS, &format!("{LETTERS}/{}/again", ids[1]), "after the upgrade").await;
    assert!(seen.body.contains("It was read, and what it asks for is done."), "{}", seen.body);
    assert!(site.app.has(SUPPRESSED, "34600000001").await);
    assert!(site.app.sent().await.is_empty(), "nobody is sent a message for a single item");
    let seen = send(&mut desk, LETTERS, &format!("{LETTERS}/{}/again", ids[1]), "").await;
    assert!(seen.body.contains("it is not there any more"), "{}", seen.body);
    let mut reader = site.signed_in(&site.reader).await;
    let masked = reader.get(LETTERS).await;
    assert!(masked.body.contains("invented") && !masked.body.contains("broken"), "{}", masked.body);
    let drop = format!("{LETTERS}/{}/drop", ids[0]);
    assert_eq!(reader.submit(LETTERS, &drop, &[]).await.status, 403);
    desk.headers = vec![("accept-language", "es".to_owned())];
    site.app.ledger.bury("acme", &[("status", "it has no message id", "{}")]).await.unwrap();
    let spanish = desk.get(LETTERS).await;
    assert!(spanish.body.contains("no tiene id de mensaje"), "{}", spanish.body);
    // What an older version said is shown as it was said.
    assert!(spanish.body.contains("<bdi>invented</bdi>"), "{}", spanish.body);
    desk.headers.clear();
    let newest = site.app.dead_letters(1).await[0].id.clone();
    send(&mut desk, LETTERS, &format!("{LETTERS}/{newest}/drop"), "").await;
    let seen = send(&mut desk, LETTERS, &drop, "").await;
    assert!(
        seen.body.contains("Dropped.") && seen.body.contains("Everything that came in could be read"),
        "{}",
        seen.body
    );
    let audit: Vec<(String, Vec<String>)> = site.app.redis(&["XRANGE", "baja:{acme}:audit", "-", "+"]).await;
    let acts: Vec<_> =
        audit.iter().map(|(_, fields)| fields.join(" ")).filter(|one| one.contains("dead_letter")).collect();
    assert_eq!(acts.len(), 3, "{acts:?}");
    assert!(acts[0].contains("result read") && acts[0].contains("after the upgrade"), "{acts:?}");
    assert!(acts[2].contains("result dropped") && acts[2].contains(r#""by":"desk""#), "{acts:?}");
    site.finish().await;
}

/// Commands that Redis has done, by name.
async fn commands(site: &Site) -> Vec<(String, u64)> {
    let told: String = site.app.redis(&["INFO", "commandstats"]).await;
    let count = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        Some((name.to_lowercase(), rest.split(',').next()?.parse().ok()?))
    };
    told.lines().filter_map(count).collect()
}

/// How many are on the list; `BAJA_PAGE_SUPPRESSIONS` says another number, to measure with a million.
const SUPPRESSIONS: usize = 20_000;

#[tokio::test]
async fn a_view_costs_few_commands_however_much_there_is_and_never_walks_the_keys() {
    // Without the worker, which looks at the outbox several times a second.
    let site = Site::with(&[("BAJA__CONFIRM__WORKER", "false")]).await;
    let mut desk = site.signed_in(&site.desk).await;
    let wanted = std::env::var("BAJA_PAGE_SUPPRESSIONS").ok().and_then(|count| count.parse().ok());
    let numbers: Vec<_> =
        (0..wanted.unwrap_or(SUPPRESSIONS)).map(|number| format!("3461{number:07}")).collect();
    let mut sender = site.app.sender().await;
    for numbers in numbers.chunks(10_000) {
        let () = redis::cmd("SADD").arg(SUPPRESSED).arg(numbers).query_async(&mut sender).await.unwrap();
    }
    let mut fill = redis::pipe();
    let today = jiff::Timestamp::now().as_second() / 86_400;
    for day in 0..365 {
        let key = format!("baja:{{acme}}:counts:{}", today - day);
        let hours = "9:3 12:7 17:1";
        fill.cmd("HSET").arg(key).arg(&["opt_outs", hours, "opt_outs/source/text", hours]).ignore();
    }
    for number in 0..3000 {
        let (number, id) = (format!("3462{number:07}"), "*");
        fill.cmd("XADD").arg(&["baja:{acme}:audit", id, "act", "stop", "person", &number]).ignore();
        fill.cmd("XADD").arg(&["baja:{acme}:breaches", id, "identifier", &number, "scope", "all"]).ignore();
        fill.cmd("XADD").arg(&["baja:{acme}:dead", id, "kind", "message", "raw", &number]).ignore();
    }
    let () = fill.query_async(&mut sender).await.unwrap();
    desk.submit("/page/of/acme/person", "/page/of/acme/person", &[("number", "34610000001")]).await;

    for path in ["", "?days=365", "/person", "/near-misses", "/breaches", "/outbox", "/dead-letters"] {
        let before = commands(&site).await;
        let begun = std::time::Instant::now();
        let seen = desk.get(&format!("/page/of/acme{path}")).await;
        println!(
            "{:<14} {:>7.1} ms",
            if path.is_empty() { "(overview)" } else { path },
            begun.elapsed().as_secs_f64() * 1e3
        );
        assert_eq!(seen.status, 200, "{path}");
        let is_told = seen
            .body
            .contains("Only a part: audit and breaches have no index by person. 2,000 audit entries");
        assert_eq!(is_told, path == "/person", "{path}");
        let mut spent = 0;
        for (name, calls) in commands(&site).await {
            let was = before.iter().find(|(known, _)| *known == name).map_or(0, |(_, calls)| *calls);
            assert!(
                calls == was
                    || !["keys", "scan", "sscan", "hscan", "zscan", "smembers"].contains(&name.as_str()),
                "{path}: {name}"
            );
            spent += calls - was;
        }
        // The service's own tasks do a few of these each second; a year of days is read with one command a day.
        let most = if path.starts_with('?') { 2 * 365 + 100 } else { 160 };
        assert!(spent < most, "{path}: {spent} commands");
    }
    site.finish().await;
}
