//! Much of everything that the page shows: written by the ledger where that is quick, else in the form in which it is
//! stored (`src/ledger/keys.rs`, `src/ledger/lua/insight/tally.lua`).

use baja::{
    identity::Person,
    intent::Scope,
    ledger::{Act, Change, Evidence, JobKind, Ledger, Message, NearMiss, NearMissId, News},
};
use redis::aio::MultiplexedConnection;

use super::store::Redis;

/// Somebody who has done a lot.
pub const PERSON: &str = "5215512340001";
const BUSINESS: &str = "default";
const DAYS: i64 = 365;
const TEMPLATES: usize = 60;
const TOPICS: usize = 8;
/// Entries of the streams; breaches and news are kept up to so many.
const STREAM: usize = 10_000;
const JOBS: usize = 1000;
const NEAR_MISSES: usize = 1000;
const HOURS: &str = "9:31 10:44 12:70 15:12 17:101";

/// Fills it, and says with what.
pub async fn fill(redis: &Redis, suppressions: usize) -> String {
    let mut sender = redis.connect().await;
    members(&mut sender, suppressions).await;
    year(&mut sender).await;
    streams(&mut sender).await;
    let store = redis.open().await;
    people(&store.ledger).await;
    news(&store.ledger).await;
    format!(
        "{suppressions} suppressions; {DAYS} days of counters with {TEMPLATES} templates and {TOPICS} topics each; {STREAM} entries of audit, \
         breaches and news; {JOBS} messages in the outbox, {NEAR_MISSES} near-misses, 1,000 dead letters"
    )
}

async fn members(sender: &mut MultiplexedConnection, count: usize) {
    let numbers: Vec<_> = (0..count).map(|number| format!("3461{number:07}")).collect();
    for numbers in numbers.chunks(10_000) {
        let () = redis::cmd("SADD")
            .arg("baja:{default}:suppressed")
            .arg(numbers)
            .query_async(sender)
            .await
            .unwrap();
    }
}

async fn year(sender: &mut MultiplexedConnection) {
    let today = jiff::Timestamp::now().as_second() / 86_400;
    let (mut fields, figures) =
        (Vec::new(), ["delivered", "opt_outs", "reasons", "reason:no_consent", "sent", "read", "failed"]);
    for figure in figures.into_iter().chain(["returns", "near_misses", "asked"]) {
        fields.push(figure.to_owned());
    }
    for figure in figures {
        for number in 0..TEMPLATES {
            fields.push(format!("{figure}/template/template_{number}"));
            fields.push(format!("{figure}/campaign/campaign_{number}"));
            fields.push(format!("{figure}/topic_template/topic_{}>template_{number}", number % TOPICS));
        }
        for number in 0..TOPICS {
            fields.push(format!("{figure}/topic/topic_{number}"));
        }
    }
    for (dimension, values) in [
        ("source", &["text", "button", "preference", "refused", "form", "history"][..]),
        ("scope", &["all", "marketing"]),
        ("language", &["es", "pt", "en", "fr", "de", "it"]),
        ("how", &["button", "context", "late", "none"]),
    ] {
        fields.extend(values.iter().map(|value| format!("opt_outs/{dimension}/{value}")));
    }
    for day in 0..DAYS {
        let mut command = redis::cmd("HSET");
        command.arg(format!("baja:{{default}}:counts:{}", today - day));
        for field in &fields {
            command.arg(field).arg(HOURS);
        }
        let () = command.query_async(sender).await.unwrap();
    }
}

async fn streams(sender: &mut MultiplexedConnection) {
    for part in (0..STREAM).collect::<Vec<_>>().chunks(1000) {
        let mut fill = redis::pipe();
        for number in part {
            let person = format!("3462{number:07}");
            fill.cmd("XADD")
                .arg(&["baja:{default}:audit", "*", "act", "stop", "scope", "all", "result", "applied"])
                .arg(&[
                    "person",
                    &person,
                    "time",
                    "1790000000000",
                    "event",
                    r#"{"source":"text","rule":"es/keyword/baja"}"#,
                ])
                .ignore();
            fill.cmd("XADD")
                .arg(&[
                    "baja:{default}:breaches",
                    "*",
                    "identifier",
                    &person,
                    "scope",
                    "all",
                    "person",
                    &person,
                ])
                .arg(&["sent", "1790000000000", "since", "1780000000000", "template", "template_7"])
                .ignore();
        }
        let () = fill.query_async(sender).await.unwrap();
    }
}

fn change(who: &str, act: Act, at: i64) -> Change {
    let mut person = Person::new();
    person.add_text(who);
    let evidence = Evidence {
        source: "text",
        rule: "es/keyword/baja".to_owned(),
        language: "es".to_owned(),
        message_id: format!("wamid.{who}.{at}"),
        text: "baja".to_owned(),
        ..Evidence::default()
    };
    Change { person, act, at, claim: None, evidence, message: None }
}

async fn people(ledger: &Ledger) {
    let now = jiff::Timestamp::now().as_millisecond();
    let mut changes = Vec::new();
    for step in 0..40 {
        let act = if step % 2 == 0 { Act::Stop(Scope::All) } else { Act::Start(Scope::All) };
        changes.push(change(PERSON, act, now - (50 - step) * 3_600_000));
    }
    for number in 0..JOBS {
        let to = format!("3463{number:07}");
        let message = Message {
            kind: JobKind::Stopped,
            phone_number_id: "770099887766554".to_owned(),
            to: to.clone(),
            language: "es".to_owned(),
            quote: None,
            expires_at: now + 80_000_000,
        };
        changes.push(Change { message: Some(message), ..change(&to, Act::Stop(Scope::All), now - 1000) });
    }
    let batch: Vec<_> = changes.into_iter().map(|change| (BUSINESS, change)).collect();
    for part in batch.chunks(100) {
        ledger.apply(part).await.unwrap();
    }
    let near: Vec<_> = (0..NEAR_MISSES)
        .map(|number| {
            let near_miss = NearMiss {
                at: (now - 1_000_000) as f64,
                canonical: vec![format!("3464{number:07}")],
                text: "no me interesa".to_owned(),
                normalized: "no me interesa".to_owned(),
                rule: "es/keyword/no-me-interesa".to_owned(),
                language: "es".to_owned(),
                scope: "all".to_owned(),
                ..NearMiss::default()
            };
            (NearMissId::random(), near_miss)
        })
        .collect();
    ledger.note_near_misses(BUSINESS, &near).await.unwrap();
    let raw = format!(r#"{{"id":"wamid.DEAD","text":"{}"}}"#, "x".repeat(2000));
    let letters = vec![("message", "nothing in it says who wrote it", raw.as_str()); 1000];
    ledger.bury(BUSINESS, &letters).await.unwrap();
}

async fn news(ledger: &Ledger) {
    let now = jiff::Timestamp::now().as_millisecond();
    let all: Vec<News> = (0..STREAM)
        .map(|number| {
            let template = number % 5 != 0;
            let subject =
                if template { format!("id-{}", number % TEMPLATES) } else { "15557654321".to_owned() };
            let name = if template { format!("template_{}", number % TEMPLATES) } else { String::new() };
            News {
                template,
                about: if template { "quality" } else { "quality_rating" }.to_owned(),
                waba_id: "880011223344556".to_owned(),
                subject,
                name,
                language: "es_MX".to_owned(),
                category: "MARKETING".to_owned(),
                value: ["GREEN", "YELLOW", "RED"][number % 3].to_owned(),
                at: now - (number as i64) * 3_000_000,
                ..News::default()
            }
        })
        .collect();
    for part in all.chunks(100) {
        ledger.note_news(BUSINESS, part).await.unwrap();
    }
}
