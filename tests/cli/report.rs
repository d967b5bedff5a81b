//! `report` on a prepared history: three weeks of an old template, two new ones of which one is guilty, an edited one,
//! and what Meta told meanwhile.

use std::{sync::Arc, time::Duration};

use baja::{
    identity::Person,
    insight::{NUMBER_QUALITY, Patience, Teller, Watch},
    intent::Scope,
    ledger::{Act, Change, Evidence, Ledger, MessageClass, News, Seen, SeenKind},
    metrics::{Metrics, WebhookOutcome},
    payload::Labels,
    signature::AppSecrets,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::store::Store;

const DAY: i64 = 86_400_000;

/// Feeds a history as the service would, with numbers that nobody has twice.
struct Past {
    ledger: Ledger,
    now: i64,
    people: u32,
}

/// What came of a template.
struct Template {
    name: &'static str,
    topic: &'static str,
    /// Delivered evenly on the days from so many ago.
    days: std::ops::Range<i64>,
    delivered: u32,
    opt_outs: u32,
    /// Of those.
    never_signed_up: u32,
}

impl Past {
    fn new(store: &Store) -> Self {
        Self { ledger: store.patient_ledger(), now: jiff::Timestamp::now().as_millisecond(), people: 0 }
    }

    async fn told(&self, name: &str, about: &str, value: &str, detail: &str, days_ago: i64) {
        let news = News {
            template: true,
            about: about.to_owned(),
            waba_id: "880011223344556".to_owned(),
            subject: format!("id-{name}"),
            name: name.to_owned(),
            language: "es_MX".to_owned(),
            category: if name == "order_update" { "UTILITY" } else { "MARKETING" }.to_owned(),
            value: value.to_owned(),
            detail: detail.to_owned(),
            at: self.now - days_ago * DAY - DAY / 24,
        };
        assert_eq!(self.ledger.note_news("default", &[news]).await.unwrap(), 1);
    }

    async fn sent(&mut self, template: &Template) {
        let (mut seen, mut changes) = (Vec::new(), Vec::new());
        let length = template.days.end - template.days.start;
        for number in 0..template.delivered {
            self.people += 1;
            let phone = format!("52155{:08}", self.people);
            let mut person = Person::new();
            person.add_text(&phone);
            let id = format!("wamid.{}.{number}", template.name);
            let at = self.now - (template.days.start + i64::from(number) % length) * DAY - 600_000;
            seen.push(Seen {
                message_id: id.clone(),
                kind: SeenKind::Delivered,
                at,
                to: phone,
                person: person.clone(),
                class: Some(MessageClass::Marketing),
                labels: Labels::read(&format!("tpl={};topic={}", template.name, template.topic)),
                code: None,
            });
            if number < template.opt_outs {
                let evidence =
                    Evidence { source: "text", language: "es".to_owned(), quoted: id, ..Evidence::default() };
                let change = |act, at, evidence| {
                    let change =
                        Change { person: person.clone(), act, at, claim: None, evidence, message: None };
                    ("default", change)
                };
                changes.push(change(Act::Stop(Scope::All), at + 60_000, evidence.clone()));
                if number < template.never_signed_up {
                    let evidence = Evidence { reason: "no_consent".to_owned(), ..evidence };
                    changes.push(change(Act::Reason(Scope::All), at + 120_000, evidence));
                }
            }
        }
        for seen in seen.chunks(500) {
            self.ledger.note_sends("default", seen, 0).await.unwrap();
        }
        for change in &changes {
            self.ledger.apply(std::slice::from_ref(change)).await.unwrap();
        }
    }

    /// Everybody alike: 4 of a thousand leave.
    async fn innocent(&mut self) {
        let template = |name, topic, days, delivered, opt_outs| Template {
            name,
            topic,
            days,
            delivered,
            opt_outs,
            never_signed_up: 0,
        };
        self.told("winter_sale", "status", "APPROVED", "", 25).await;
        self.told("order_update", "status", "APPROVED", "", 25).await;
        self.told("order_update", "components", "", "", 2).await;
        self.told("new_arrivals", "status", "APPROVED", "", 5).await;
        self.sent(&template("winter_sale", "offers", 0..20, 9000, 36)).await;
        self.sent(&template("new_arrivals", "offers", 0..5, 4000, 16)).await;
        self.sent(&template("order_update", "receipts", 0..20, 2000, 0)).await;
    }

    async fn count(&self) {
        while self.ledger.count_decisions("default").await.unwrap().taken > 0 {}
    }
}

const SECRET: &str = "alerts-secret";

/// A replica that tells alerts to `receiver`.
fn replica(store: &Store, receiver: &MockServer) -> (Watch, Arc<Metrics>) {
    let metrics = Arc::new(Metrics::new());
    let url = format!("{}/alerts", receiver.uri());
    let teller = Teller::new(&url, Duration::from_secs(5), SECRET.into(), &[Duration::ZERO]).unwrap();
    let patience =
        Patience { silence: Some(Duration::from_secs(3600)), refusals: Some(Duration::from_secs(300)) };
    let watch = Watch::new(Arc::new(store.patient_ledger()), Arc::clone(&metrics), Some(teller), patience);
    (watch, metrics)
}

#[track_caller]
fn has(metrics: &Metrics, line: &str) {
    let text = metrics.encode();
    assert!(text.lines().any(|found| found == line), "{line}\n{text}");
}

#[tokio::test]
async fn alerts_are_signed_and_told_once_by_one_of_the_replicas_also_after_failures() {
    let store = Store::start().await;
    let mut past = Past::new(&store);
    let template = |name, delivered, opt_outs| Template {
        name,
        topic: "offers",
        days: 0..2,
        delivered,
        opt_outs,
        never_signed_up: 0,
    };
    past.told("spring_promo", "status", "PAUSED", "FIRST_PAUSE", 0).await;
    past.told("winter_sale", "status", "APPROVED", "", 25).await;
    past.sent(&template("winter_sale", 1000, 4)).await;
    past.sent(&template("spring_promo", 300, 20)).await;
    past.count().await;

    // Nobody is there at first: two attempts of the first replica for each alert, and the lease of it holds.
    let receiver = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(503))
        .up_to_n_times(4)
        .expect(4)
        .mount(&receiver)
        .await;
    let (first, metrics) = replica(&store, &receiver);
    first.look(past.now).await;
    has(&metrics, "baja_alerts_total{outcome=\"failed\"} 4");
    has(&metrics, "baja_suspect_templates{business=\"default\"} 1");
    has(&metrics, "baja_meta_signals{business=\"default\",severity=\"bad\"} 1");
    let (second, others) = replica(&store, &receiver);
    second.look(past.now).await;
    assert!(!others.encode().contains("baja_alerts_total{"), "another replica has a lease on them");

    // The lease ends; here with the memory of it.
    let mut sender = connection(&store).await;
    let _: () = redis::cmd("DEL").arg("baja:{default}:alerts").query_async(&mut sender).await.unwrap();
    receiver.reset().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).expect(2).mount(&receiver).await;
    tokio::join!(first.look(past.now), second.look(past.now));
    first.look(past.now).await;

    let told = receiver.received_requests().await.unwrap();
    let mut kinds: Vec<String> = told.iter().map(read).collect();
    kinds.sort();
    assert_eq!(kinds, ["signal spring_promo (es_MX)", "suspect spring_promo"]);
}

#[tokio::test]
async fn a_number_whose_rating_fell_is_told_and_one_that_recovered_is_not() {
    let store = Store::start().await;
    let past = Past::new(&store);
    let rating = |number: &str, value: &str, hours_ago: i64| News {
        about: NUMBER_QUALITY.to_owned(),
        waba_id: "880011223344556".to_owned(),
        subject: number.to_owned(),
        value: value.to_owned(),
        at: past.now - hours_ago * 3_600_000,
        ..News::default()
    };
    let news = [
        rating("15557654321", "GREEN", 300),
        rating("15557654321", "RED", 2),
        rating("15557654322", "RED", 300),
        rating("15557654322", "GREEN", 2),
    ];
    assert_eq!(past.ledger.note_news("default", &news).await.unwrap(), 4);
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).expect(1).mount(&receiver).await;
    let (watch, metrics) = replica(&store, &receiver);
    watch.look(past.now).await;
    watch.look(past.now + 600_000).await;
    has(&metrics, "baja_meta_signals{business=\"default\",severity=\"bad\"} 1");
    has(&metrics, "baja_alerts_total{outcome=\"delivered\"} 1");
    let told = receiver.received_requests().await.unwrap();
    assert_eq!(told.iter().map(read).collect::<Vec<_>>(), ["signal 15557654321"]);
    let alert: Value = serde_json::from_slice(&told[0].body).unwrap();
    assert!(alert["because"].as_str().unwrap().contains("RED"), "{alert}");
}

#[tokio::test]
async fn a_silence_is_told_once_and_the_next_one_again() {
    let store = Store::start().await;
    let past = Past::new(&store);
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).expect(2).mount(&receiver).await;
    let (watch, _) = replica(&store, &receiver);
    // Before the first webhook there is nothing to miss.
    watch.look(past.now).await;
    let hours = |hours: i64| past.now + hours * 3_600_000;
    let mut sender = connection(&store).await;
    for (heard, looks) in [(0, [2, 3]), (4, [4, 6])] {
        let mut set = redis::cmd("SET");
        set.arg("baja:{default}:heartbeat").arg(hours(heard));
        let _: () = set.query_async(&mut sender).await.unwrap();
        for look in looks {
            watch.look(hours(look)).await;
        }
    }
    let told = receiver.received_requests().await.unwrap();
    assert!(told.iter().all(|request| read(request) == "silence "));
}

#[tokio::test]
async fn refused_webhooks_are_told_without_redis() {
    let store = Store::start().await;
    let receiver = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).expect(1).mount(&receiver).await;
    let (watch, metrics) = replica(&store, &receiver);
    store.server.stop().await;
    for minute in 0..8 {
        metrics.webhook(WebhookOutcome::StoreUnavailable);
        watch.look_at_refusals(minute * 60_000).await;
    }
    let told = receiver.received_requests().await.unwrap();
    let alert: Value = serde_json::from_slice(&told[0].body).unwrap();
    assert_eq!((&alert["kind"], &alert["business"]), (&json!("refusals"), &json!("")));
}

async fn connection(store: &Store) -> redis::aio::MultiplexedConnection {
    redis::Client::open(store.server.url()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

/// The kind and subject of an alert whose signature is right.
fn read(request: &Request) -> String {
    let headers = request.headers.get_all("x-hub-signature-256").iter().map(|value| value.as_bytes());
    AppSecrets::new([SECRET]).unwrap().verify(headers, &request.body).unwrap();
    let alert: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!((&alert["version"], &alert["business"]), (&json!(1), &json!("default")));
    format!("{} {}", alert["kind"].as_str().unwrap(), alert["subject"].as_str().unwrap())
}

fn row<'a>(report: &'a Value, name: &str) -> &'a Value {
    let rows = report["templates"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name} is missing: {report}"))
}

fn verdicts(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["templates"].as_array().unwrap();
    rows.iter()
        .map(|row| (row["name"].as_str().unwrap(), row["judgement"]["verdict"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn the_guilty_template_is_named_and_no_innocent_one() {
    let store = Store::start().await;
    let mut past = Past::new(&store);
    past.innocent().await;
    past.told("spring_promo", "status", "APPROVED", "", 3).await;
    let guilty = Template {
        name: "spring_promo",
        topic: "loans",
        days: 0..3,
        delivered: 1500,
        opt_outs: 30,
        never_signed_up: 5,
    };
    past.sent(&guilty).await;
    past.told("spring_promo", "status", "PAUSED", "FIRST_PAUSE", 0).await;
    past.count().await;

    let said = store.run(&["report", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let report = &said.objects()[0];
    // The guilty one first, then what changed, then the others.
    let found = verdicts(report);
    assert_eq!(found[0], ("spring_promo", "suspect"), "{report}");
    assert_eq!(found.iter().filter(|(_, verdict)| *verdict == "suspect").count(), 1, "{report}");
    assert_eq!(row(report, "new_arrivals")["judgement"]["verdict"], "fine", "{report}");
    let spring = row(report, "spring_promo");
    assert_eq!((&spring["delivered"], &spring["opt_outs"]), (&json!(1500), &json!(30)));
    assert_eq!((&spring["changes"][0]["kind"], &spring["never_signed_up"]), (&json!("added"), &json!(5)));
    assert_eq!(spring["judgement"]["per_thousand"], json!(20.0));
    let baseline = &spring["judgement"]["baseline"];
    assert_eq!(
        (&baseline["compared_with"], &baseline["delivered"], &baseline["opt_outs"]),
        (&json!("category"), &json!(13_000), &json!(52))
    );
    assert_eq!(row(report, "new_arrivals")["changes"][0]["kind"], "added");
    assert_eq!(row(report, "winter_sale")["changes"], json!([]));
    // An edited one is judged from its edit on.
    let edited = row(report, "order_update");
    assert_eq!(edited["changes"][0]["kind"], "edited");
    assert!(edited["since"].is_string() && edited["delivered"].as_u64().unwrap() <= 400, "{edited}");

    let kinds: Vec<_> =
        report["steps"].as_array().unwrap().iter().map(|step| (&step["kind"], &step["subject"])).collect();
    let wanted = [
        (json!("suspect"), json!("spring_promo")),
        (json!("signal"), json!("spring_promo (es_MX)")),
        (json!("consent"), json!("loans")),
    ];
    assert_eq!(kinds, wanted.iter().map(|(kind, subject)| (kind, subject)).collect::<Vec<_>>());
    let signal = &report["signals"][0];
    assert_eq!((&signal["severity"], &signal["detail"]), (&json!("bad"), &json!("FIRST_PAUSE")));
    let topics = report["topics"].as_array().unwrap();
    let loans = topics.iter().find(|topic| topic["topic"] == "loans").unwrap();
    assert_eq!((&loans["opt_outs"], &loans["never_signed_up"]), (&json!(30), &json!(5)));
    let under = &loans["templates"][0];
    assert_eq!(
        (&under["template"], &under["recent"]["kind"], &under["delivered"], &under["never_signed_up"]),
        (&json!("spring_promo"), &json!("added"), &json!(1500), &json!(5))
    );
    assert_eq!((&under["opt_outs"], &under["per_thousand"]), (&json!(30), &json!(20.0)));
    // What is new stands first, and the whole of a topic is that of its templates.
    let offers = topics.iter().find(|topic| topic["topic"] == "offers").unwrap();
    let names: Vec<_> = offers["templates"].as_array().unwrap().iter().map(|one| &one["template"]).collect();
    assert_eq!(names, ["new_arrivals", "winter_sale"]);
    for topic in topics {
        for figure in ["delivered", "opt_outs", "reasons", "never_signed_up"] {
            assert_eq!(topic["rest"][figure], 0, "{topic}");
        }
    }
    let because = report["steps"][2]["because"].as_str().unwrap();
    assert!(because.starts_with(
        "5 of 5 who gave a reason said that they never signed up: 5 after spring_promo (added "
    ));
    assert!(
        report["steps"][2]["what"]
            .as_str()
            .unwrap()
            .contains("those who were sent spring_promo agreed to loans")
    );
    assert_eq!(report["notes"], json!([]));

    let said = store.run(&["report"]);
    assert_eq!(said.code, 1);
    for part in
        ["1. Stop sending spring_promo", "suspect  spring_promo", "20.0 (13.5 to 28.6)", "FIRST_PAUSE"]
    {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let after = said.out.split_once("\nTopics\n").unwrap().1;
    let under: Vec<_> =
        after.lines().find(|line| line.contains("spring_promo")).unwrap().split_whitespace().collect();
    assert_eq!((under[0], under[1], under[3], under[4]), ("spring_promo", "added", "1500", "30"), "{after}");
    let said = store.run(&["report", "--html"]);
    assert!(said.out.starts_with("<!doctype html>") && said.out.contains("<bdi>spring_promo</bdi>"));
    assert!(!said.out.contains("http"), "a page that needs nothing else");
    assert_eq!(store.run(&["report", "--html", "--json"]).code, 2);
}

#[tokio::test]
async fn without_a_guilty_template_nobody_is_named() {
    let store = Store::start().await;
    let mut past = Past::new(&store);
    past.innocent().await;
    past.count().await;
    let said = store.run(&["report", "--json"]);
    let report = &said.objects()[0];
    assert_eq!((said.code, &report["steps"]), (0, &json!([])), "{report}");
    assert!(verdicts(report).iter().all(|(_, verdict)| *verdict != "suspect"), "{report}");
}

#[tokio::test]
async fn a_report_says_what_it_does_not_know() {
    let store = Store::start().await;
    let said = store.run(&["report"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("Too little data: 0 messages"), "{}", said.out);

    let mut past = Past::new(&store);
    past.told("<script>x</script>", "status", "REJECTED", "\u{202e}INVALID", 1).await;
    let odd =
        Template { name: "odd", topic: "offers", days: 0..2, delivered: 20, opt_outs: 4, never_signed_up: 0 };
    past.sent(&odd).await;
    let unknown = Evidence { source: "text", ..Evidence::default() };
    store.event(&["5215587654321"], Act::Stop(Scope::All), past.now - 1000, unknown, None).await;
    past.ledger.note_sends("default", &[], 37).await.unwrap();
    past.count().await;
    let said = store.run(&["report", "--json"]);
    let report = &said.objects()[0];
    assert_eq!(report["coverage"]["statuses_dropped"], json!(37));
    assert_eq!(report["coverage"]["opt_outs_unattributed"], json!(1));
    assert_eq!(report["coverage"]["sampled_days"].as_array().unwrap().len(), 1);
    // One in five leaves, and still nobody knows whether that is much.
    let judged = &row(report, "odd")["judgement"];
    assert_eq!((&judged["verdict"], &judged["baseline"]), (&json!("unclear"), &Value::Null));
    let notes = report["notes"].to_string();
    for part in ["Too little data", "Sampled: 37 statuses", "1 of 5 opt-outs (20%) are unattributed"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    // The one that nothing explains counts for no template.
    let rows = report["templates"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["opt_outs"].as_u64().unwrap()).sum::<u64>(), 4, "{report}");
    let text = store.run(&["report"]).out;
    assert!(text.contains("1 of 5 opt-outs (20%) are unattributed"), "{text}");
    let said = store.run(&["report", "--html"]);
    assert!(!text.contains('\u{202e}'));
    assert!(!said.out.contains("<script>") && said.out.contains("&lt;script&gt;"), "{}", said.out);
}
