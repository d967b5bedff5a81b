//! The worker between an outbox in memory and a Cloud API of its own.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::cloud_api::{PlainHttp, Timeouts};
use crate::confirm::breaker::BreakerSettings;
use crate::confirm::message::Style;
use crate::confirm::outbox::memory::Memory;
use crate::confirm::texts::Texts;
use crate::ledger::{JobId, JobKind};

/// A job to the person of that number, whose window is open for an hour.
pub(in crate::confirm) fn job(number: u32) -> Job {
    Job {
        id: JobId::parse(&format!("{number:032x}")).unwrap(),
        kind: JobKind::Stopped,
        scope: "all".into(),
        phone_number_id: "106540352242922".into(),
        to: format!("54911555501{number:02}"),
        language: "es".into(),
        quote: Some(format!("wamid.TEST{number:04}")),
        expires_at: dice().now + 3_600_000,
        attempts: 0,
        quote_refused: false,
    }
}

#[derive(Default)]
struct Counted {
    names: Mutex<Vec<String>>,
    /// The first count under this name panics.
    panic_at: Mutex<Option<&'static str>>,
}

impl Counted {
    fn add(&self, what: &str, name: &str) {
        let counted = format!("{what} {name}");
        let mut panic_at = self.panic_at.lock().unwrap();
        let now = panic_at.is_some_and(|at| at == counted);
        if now {
            *panic_at = None;
        }
        drop(panic_at);
        self.names.lock().unwrap().push(counted);
        assert!(!now, "as the test asks");
    }

    fn count(&self, name: &str) -> usize {
        self.names.lock().unwrap().iter().filter(|counted| *counted == name).count()
    }
}

impl ConfirmMetrics for Counted {
    fn sent(&self, result: &'static str) {
        self.add("sent", result);
    }

    fn put_off(&self, reason: &'static str) {
        self.add("put off", reason);
    }

    fn dropped(&self, reason: &'static str) {
        self.add("dropped", reason);
    }

    fn paused(&self, reason: &'static str) {
        self.add("paused", reason);
    }

    fn outbox_failed(&self, operation: &'static str) {
        self.add("failed", operation);
    }
}

/// How long a request may take where the test does not wait for its end.
const PATIENCE: Duration = Duration::from_secs(9);

/// How long where it does.
const BRIEF: Duration = Duration::from_millis(500);

struct Bench {
    server: MockServer,
    outbox: Arc<Memory>,
    counted: Arc<Counted>,
    worker: Worker<Arc<Memory>>,
    business: Business,
}

impl Bench {
    async fn new(jobs: impl IntoIterator<Item = Job>, settings: WorkerSettings) -> Self {
        let server = MockServer::start().await;
        let base = server.uri();
        Self::at(&base, server, jobs, settings, PATIENCE)
    }

    fn at(
        base: &str,
        server: MockServer,
        jobs: impl IntoIterator<Item = Job>,
        settings: WorkerSettings,
        total: Duration,
    ) -> Self {
        let timeouts = Timeouts { total, connect: total / 2 };
        let api = CloudApi::new(base, timeouts, PlainHttp::LoopbackOnly).unwrap();
        let outbox = Arc::new(Memory::with(jobs));
        let counted = Arc::new(Counted::default());
        let metrics: Arc<dyn ConfirmMetrics> = counted.clone();
        let worker = Worker::new(Arc::clone(&outbox), api, metrics, settings).unwrap();
        let business = Business {
            slug: "acme".into(),
            token: "EAA-test-token".into(),
            texts: Arc::new(Texts::builtin().unwrap()),
            style: Style::default(),
        };
        Self { server, outbox, counted, worker, business }
    }

    async fn answer(&self, template: ResponseTemplate, times: u64) {
        Mock::given(any())
            .respond_with(template)
            .up_to_n_times(times)
            .expect(times)
            .mount(&self.server)
            .await;
    }

    async fn step(&self) -> StepReport {
        self.worker.step(&self.business).await
    }

    async fn bodies(&self) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().map(|request| request.body_json().unwrap()).collect()
    }
}

fn accepted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"messages": [{"id": "wamid.OUT0099"}]}))
}

fn refused(code: i64) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({"error": {"code": code}}))
}

fn one_at_once() -> WorkerSettings {
    WorkerSettings { at_once: 1, ..WorkerSettings::default() }
}

#[tokio::test]
async fn a_job_is_sent_once_and_recorded() {
    let bench = Bench::new([job(1)], WorkerSettings::default()).await;
    bench.answer(accepted(), 1).await;
    assert_eq!(bench.step().await, StepReport { leased: 1, sent: 1, ..StepReport::default() });
    assert_eq!(bench.step().await, StepReport::default());
    assert_eq!(bench.outbox.settlements(), [Settlement::Sent { wamid: "wamid.OUT0099".into() }]);
    assert_eq!(bench.counted.count("sent accepted"), 1);
    let body = &bench.bodies().await[0];
    assert_eq!(body["to"], "+5491155550101");
    assert_eq!(body["context"]["message_id"], "wamid.TEST0001");
    assert_eq!(body["biz_opaque_callback_data"], "baja:00000000000000000000000000000001");
    assert_eq!(body["interactive"]["type"], "list");
}

#[tokio::test]
async fn every_class_of_answer_has_its_end() {
    for (template, counted, report) in [
        (refused(131_026), "dropped undeliverable", StepReport { dropped: 1, ..StepReport::default() }),
        (refused(131_047), "dropped window_closed", StepReport { dropped: 1, ..StepReport::default() }),
        (refused(130_429), "put off throughput", StepReport { put_off: 1, ..StepReport::default() }),
        (refused(131_056), "put off pair_rate_limit", StepReport { put_off: 1, ..StepReport::default() }),
        (refused(190), "paused token", StepReport { put_off: 1, ..StepReport::default() }),
        (ResponseTemplate::new(502), "sent unknown", StepReport { unknown: 1, ..StepReport::default() }),
        (ResponseTemplate::new(200), "sent unknown", StepReport { unknown: 1, ..StepReport::default() }),
    ] {
        let bench = Bench::new([job(1)], WorkerSettings::default()).await;
        bench.answer(template, 1).await;
        assert_eq!(bench.step().await, StepReport { leased: 1, ..report }, "{counted}");
        assert_eq!(bench.counted.count(counted), 1, "{counted}");
    }
}

#[tokio::test]
async fn a_refused_quote_is_left_out_the_second_time() {
    let bench = Bench::new([job(1)], WorkerSettings::default()).await;
    bench.answer(refused(131_009), 1).await;
    bench.answer(accepted(), 1).await;
    assert_eq!(bench.step().await.put_off, 1);
    assert_eq!(bench.step().await.sent, 1);
    let bodies = bench.bodies().await;
    assert!(bodies[0].get("context").is_some() && bodies[1].get("context").is_none());
}

#[tokio::test]
async fn what_cannot_be_sent_is_dropped_without_a_request() {
    let late = Job { expires_at: dice().now - 1, ..job(1) };
    let nobody = Job { to: "nobody".into(), ..job(2) };
    let nowhere = Job { phone_number_id: "../me".into(), ..job(3) };
    let bench = Bench::new([late, nobody, nowhere], WorkerSettings::default()).await;
    assert_eq!(bench.step().await, StepReport { leased: 3, dropped: 3, ..StepReport::default() });
    for reason in ["window_closed", "bad_recipient", "bad_phone_number_id"] {
        assert_eq!(bench.counted.count(&format!("dropped {reason}")), 1, "{reason}");
    }
    assert!(bench.bodies().await.is_empty());
}

#[tokio::test]
async fn a_bad_token_stops_the_business_and_keeps_its_jobs() {
    let bench = Bench::new((1..=3).map(job), one_at_once()).await;
    bench.answer(refused(190), 1).await;
    assert_eq!(bench.step().await.put_off, 1);
    for _ in 0..3 {
        assert_eq!(bench.step().await, StepReport { held: true, ..StepReport::default() });
    }
    assert_eq!(bench.counted.count("paused token"), 1);
    assert!(
        matches!(bench.outbox.settlements()[0], Settlement::Held { after, reason: "token" } if after.as_secs() >= 60)
    );
    // Another business has another token.
    bench.answer(accepted(), 1).await;
    let other = Business { slug: "other".into(), ..bench.business.clone() };
    assert_eq!(bench.worker.step(&other).await.sent, 1);
}

#[tokio::test]
async fn many_refusals_at_once_are_one_pause() {
    let bench = Bench::new((1..=10).map(job), WorkerSettings::default()).await;
    bench.answer(refused(368), 10).await;
    assert_eq!(bench.step().await.put_off, 10);
    assert_eq!(bench.counted.count("paused account_restricted"), 1);
    bench.outbox.release();
    assert_eq!(bench.step().await.put_off, 10);
    assert_eq!(bench.bodies().await.len(), 10);
}

#[tokio::test]
async fn after_a_pause_one_probe_opens_the_way() {
    let pause = Duration::from_millis(1);
    let breaker = BreakerSettings { pause, longest_pause: pause, ..BreakerSettings::default() };
    let bench = Bench::new((1..=5).map(job), WorkerSettings { breaker, ..one_at_once() }).await;
    bench.answer(refused(190), 1).await;
    bench.answer(accepted(), 4).await;
    let mut sent = 0;
    while sent < 4 {
        sent += bench.step().await.sent;
    }
    assert_eq!(bench.counted.count("paused token"), 1);
}

#[tokio::test]
async fn five_refused_connections_open_the_circuit() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = MockServer::start().await;
    let bench = Bench::at(&format!("http://{free}"), server, (1..=7).map(job), one_at_once(), PATIENCE);
    for _ in 0..7 {
        assert_eq!(bench.step().await.put_off, 1);
    }
    assert_eq!(bench.counted.count("sent not_sent"), 5);
    assert_eq!(bench.counted.count("put off connect"), 5);
    assert_eq!(bench.counted.count("put off circuit_open"), 2);
    assert_eq!(bench.counted.count("paused circuit_open"), 1);
}

#[tokio::test]
async fn one_persons_messages_arrive_in_order() {
    let resumed = Job { kind: JobKind::Resumed, to: job(1).to, ..job(2) };
    let bench = Bench::new([job(1), resumed, job(3)], WorkerSettings::default()).await;
    let slow = accepted().set_delay(Duration::from_millis(30));
    Mock::given(wiremock::matchers::body_string_contains("interactive"))
        .respond_with(slow)
        .expect(2)
        .mount(&bench.server)
        .await;
    bench.answer(accepted(), 1).await;
    assert_eq!(bench.step().await.sent, 3);
    let last = &bench.bodies().await[2];
    assert_eq!((last["to"].as_str(), last["type"].as_str()), (Some("+5491155550101"), Some("text")));
}

#[tokio::test]
async fn a_panic_costs_its_own_job_only_and_leaves_it_in_doubt() {
    let bench = Bench::new((1..=4).map(job), WorkerSettings::default()).await;
    bench.answer(accepted(), 4).await;
    *bench.counted.panic_at.lock().unwrap() = Some("sent accepted");
    assert_eq!(bench.step().await, StepReport { leased: 4, sent: 3, unknown: 1, ..StepReport::default() });
    assert!(bench.outbox.settlements().contains(&Settlement::Unknown { reason: "panic" }));
}

#[tokio::test]
async fn a_panic_while_recording_costs_its_own_job_only() {
    let nobody = Job { to: "nobody".into(), ..job(1) };
    let bench = Bench::new([nobody, job(2), job(3)], WorkerSettings::default()).await;
    bench.answer(accepted(), 2).await;
    *bench.counted.panic_at.lock().unwrap() = Some("dropped bad_recipient");
    assert_eq!(bench.step().await, StepReport { leased: 3, sent: 2, unsettled: 1, ..StepReport::default() });
}

#[tokio::test]
async fn a_result_is_offered_again_and_a_stale_one_is_told() {
    let bench = Bench::new([job(1)], WorkerSettings::default()).await;
    bench.answer(accepted().set_delay(Duration::from_millis(20)), 3).await;
    let break_and_step = async |then: &dyn Fn()| {
        let step = bench.step();
        let breaking = async {
            bench.outbox.leased.notified().await;
            then();
        };
        tokio::join!(step, breaking).0
    };
    let report = break_and_step(&|| bench.outbox.fail(2)).await;
    assert_eq!(report.sent, 1);
    assert_eq!(bench.counted.count("failed settle"), 2);

    bench.outbox.push(job(2));
    let report = break_and_step(&|| bench.outbox.fail(3)).await;
    assert_eq!((report.sent, report.unsettled), (0, 1));

    bench.outbox.push(job(3));
    let report = break_and_step(&|| bench.outbox.steal()).await;
    assert_eq!((report.sent, report.stale), (0, 1));
}

#[tokio::test]
async fn an_outbox_out_of_reach_is_told() {
    let bench = Bench::new([job(1)], WorkerSettings::default()).await;
    bench.outbox.fail(1);
    assert_eq!(bench.step().await, StepReport { outbox_failed: true, ..StepReport::default() });
    assert_eq!(bench.counted.count("failed lease"), 1);
    bench.answer(accepted(), 1).await;
    assert_eq!(bench.step().await.sent, 1);
}

#[tokio::test]
async fn a_number_on_hold_puts_the_others_off() {
    let bench = Bench::new((1..=3).map(job), one_at_once()).await;
    let limited = refused(130_429).insert_header("retry-after", "600");
    bench.answer(limited, 1).await;
    assert_eq!(bench.step().await.put_off, 1);
    assert_eq!(bench.step().await.put_off, 1);
    assert_eq!(bench.counted.count("put off throughput"), 1);
    assert_eq!(bench.counted.count("put off paced"), 1);
}

/// Runs the worker in a task of its own; gives what stops it and what it returns.
fn running(
    bench: Bench,
    notify: &Arc<Notify>,
) -> (CancellationToken, tokio::task::JoinHandle<bool>, MockServer) {
    let (stop, notify) = (CancellationToken::new(), Arc::clone(notify));
    let until = stop.clone();
    let Bench { server, worker, business, .. } = bench;
    let roster = Roster::new([(business.slug.clone(), Arc::new(business))].into());
    let (_, roster) = tokio::sync::watch::channel(roster);
    let task = tokio::spawn(async move { worker.run(roster, &notify, &until).await });
    (stop, task, server)
}

#[tokio::test]
async fn a_notification_wakes_the_worker_and_it_stops_when_told() {
    let settings = WorkerSettings { poll: Duration::from_secs(3600), ..WorkerSettings::default() };
    let bench = Bench::new([], settings).await;
    bench.answer(accepted(), 2).await;
    let (outbox, notify) = (Arc::clone(&bench.outbox), Arc::new(Notify::new()));
    let (stop, task, _server) = running(bench, &notify);
    outbox.looked.notified().await;
    for number in 1..=2 {
        outbox.push(job(number));
        notify.notify_one();
        outbox.settled.notified().await;
    }
    stop.cancel();
    assert!(task.await.unwrap());
}

#[tokio::test]
async fn a_changed_roster_counts_for_what_comes_next() {
    let bench = Bench::new([], WorkerSettings::default()).await;
    bench.answer(accepted(), 2).await;
    let Bench { server, outbox, worker, business, .. } = bench;
    let named = |token: &str| {
        let business = Business { token: token.into(), ..business.clone() };
        Roster::new([(business.slug.clone(), Arc::new(business))].into())
    };
    // It begins with nobody to send for, and goes on.
    let (sender, roster) = tokio::sync::watch::channel(Roster::default());
    let (notify, stop) = (Arc::new(Notify::new()), CancellationToken::new());
    let (called, until) = (Arc::clone(&notify), stop.clone());
    let task = tokio::spawn(async move { worker.run(roster, &called, &until).await });
    for (number, token) in [(1, "first"), (2, "second")] {
        sender.send_replace(named(token));
        outbox.push(job(number));
        notify.notify_one();
        outbox.settled.notified().await;
    }
    sender.send_replace(Roster::default());
    stop.cancel();
    assert!(task.await.unwrap());
    let requests = server.received_requests().await.unwrap();
    let tokens: Vec<_> =
        requests.iter().map(|request| request.headers["authorization"].to_str().unwrap()).collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second"]);
}

#[tokio::test]
async fn the_worker_looks_without_being_called() {
    let settings = WorkerSettings { poll: Duration::from_millis(1), ..WorkerSettings::default() };
    let bench = Bench::new([], settings).await;
    bench.answer(accepted(), 1).await;
    let outbox = Arc::clone(&bench.outbox);
    let (stop, task, _server) = running(bench, &Arc::new(Notify::new()));
    outbox.looked.notified().await;
    outbox.push(job(1));
    outbox.settled.notified().await;
    stop.cancel();
    assert!(task.await.unwrap());
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way() {
    let bench = Bench::new([job(1)], WorkerSettings::default()).await;
    bench.answer(accepted().set_delay(Duration::from_millis(30)), 1).await;
    let outbox = Arc::clone(&bench.outbox);
    let (stop, task, _server) = running(bench, &Arc::new(Notify::new()));
    outbox.leased.notified().await;
    stop.cancel();
    assert!(task.await.unwrap());
    assert_eq!(outbox.settlements().len(), 1);
}

#[tokio::test]
async fn the_drain_has_a_deadline() {
    let settings = WorkerSettings { drain: Duration::from_millis(10), ..WorkerSettings::default() };
    let bench = Bench::new([job(1)], settings).await;
    Mock::given(any()).respond_with(accepted().set_delay(Duration::from_secs(60))).mount(&bench.server).await;
    let outbox = Arc::clone(&bench.outbox);
    let (stop, task, _server) = running(bench, &Arc::new(Notify::new()));
    outbox.leased.notified().await;
    stop.cancel();
    assert!(!task.await.unwrap());
    assert!(outbox.settlements().is_empty());
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn logs_say_what_happened_and_nothing_about_anybody() {
    let logged = Logged::default();
    let writer = logged.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let echo = json!({"error": {"code": 100, "message": "bad value 5491155550101 wamid.TEST0001"}});
    let slow = accepted().set_delay(Duration::from_secs(60));
    for template in [ResponseTemplate::new(400).set_body_json(echo), refused(190), slow, accepted()] {
        let server = MockServer::start().await;
        let base = server.uri();
        let bench = Bench::at(&base, server, [job(1)], WorkerSettings::default(), BRIEF);
        bench.answer(template, 1).await;
        bench.outbox.fail(1);
        bench.step().await;
        bench.step().await;
    }
    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    for told in ["code=100", "reason=\"token\"", "result=Unknown(Timeout)"] {
        assert!(logged.contains(told), "{told} in\n{logged}");
    }
    for secret in ["5491155550101", "wamid", "EAA-test-token", "Listo"] {
        assert!(!logged.contains(secret), "{secret} in\n{logged}");
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let new = |settings| {
        let api = CloudApi::new("https://example.com", Timeouts::default(), PlainHttp::LoopbackOnly).unwrap();
        Worker::new(Arc::new(Memory::default()), api, Arc::new(Counted::default()), settings).err()
    };
    let good = WorkerSettings::default();
    assert_eq!(new(good), None);
    let lease = Duration::from_secs(15);
    assert_eq!(new(WorkerSettings { lease, ..good }), Some(WorkerError::LeaseTooShort));
    let breaker = BreakerSettings { probe: Duration::from_secs(10), ..good.breaker };
    assert_eq!(new(WorkerSettings { breaker, ..good }), Some(WorkerError::ProbeTooShort));
    assert_eq!(new(WorkerSettings { at_once: 0, ..good }), Some(WorkerError::Idle));
    assert_eq!(new(WorkerSettings { per_second: 0, ..good }), Some(WorkerError::Idle));
    assert_eq!(new(WorkerSettings { poll: Duration::ZERO, ..good }), Some(WorkerError::Idle));
}
