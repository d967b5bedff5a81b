//! A Cloud API that answers as the weather is, and remembers which messages it may have accepted.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedSender,
};

use super::dice::Dice;

/// Longer than the service waits for an answer.
const TOO_LONG: Duration = Duration::from_millis(900);
/// When Meta tells of a message, after it was accepted.
const STATUSES: [(&str, Duration); 3] = [
    ("sent", Duration::from_millis(300)),
    ("delivered", Duration::from_millis(900)),
    ("read", Duration::from_millis(1800)),
];

/// How requests are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Nearly always well; of a hundred requests one is accepted and its answer is lost.
    Fair,
    /// 429 with `Retry-After`.
    Limiting,
    /// 500 and 503 without a word; half of the messages go out all the same.
    Failing,
    /// No answer; half of the messages go out.
    Hanging,
    /// The connection breaks; half of the messages go out.
    Resetting,
    /// 200 with a page of HTML; the messages go out.
    Garbage,
    /// Accepted, and answered when nobody waits any more.
    Late,
}

/// What is known of one job of the outbox.
#[derive(Default)]
pub struct Job {
    pub to: String,
    /// When a request for it may have been accepted.
    pub accepted: Vec<Instant>,
    /// When a status of it got its 200.
    pub told: Vec<Instant>,
}

pub struct CloudApi {
    pub address: SocketAddr,
    state: Arc<State>,
}

struct State {
    started: Instant,
    weather: Mutex<Weather>,
    dice: Mutex<Dice>,
    jobs: Mutex<HashMap<String, Job>>,
    /// Statuses to be delivered: the job and the body's one item.
    statuses: UnboundedSender<(String, Value)>,
}

impl CloudApi {
    pub async fn start(dice: Dice, statuses: UnboundedSender<(String, Value)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            started: Instant::now(),
            weather: Mutex::new(Weather::Fair),
            dice: Mutex::new(dice),
            jobs: Mutex::default(),
            statuses,
        });
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                tokio::spawn(async move { state.serve(stream).await });
            }
        });
        Self { address, state }
    }

    /// How long after the start of the run.
    pub fn since_start(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.state.started)
    }

    pub fn set(&self, weather: Weather) {
        *self.state.weather.lock().unwrap() = weather;
    }

    pub fn told(&self, job: &str) {
        if let Some(job) = self.state.jobs.lock().unwrap().get_mut(job) {
            job.told.push(Instant::now());
        }
    }

    pub fn jobs<T>(&self, look: impl FnOnce(&HashMap<String, Job>) -> T) -> T {
        look(&self.state.jobs.lock().unwrap())
    }

    /// Another way to it.
    pub fn share(&self) -> Self {
        Self { address: self.address, state: Arc::clone(&self.state) }
    }
}

impl State {
    /// Serves one connection until it ends.
    async fn serve(self: Arc<Self>, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let body = read_request(&mut stream, &mut bytes).await?;
            let body: Value = serde_json::from_slice(&body).expect("the service sends JSON");
            let weather = *self.weather.lock().unwrap();
            let (percent, coin) = {
                let mut dice = self.dice.lock().unwrap();
                (dice.below(100), dice.chance(50))
            };
            match weather {
                Weather::Fair if percent == 0 => {
                    self.accept(&body);
                    return None;
                }
                Weather::Fair => {
                    let wamid = self.accept(&body);
                    let answer = json!({ "messaging_product": "whatsapp", "messages": [{ "id": wamid }] });
                    write(&mut stream, "200 OK", &answer.to_string()).await?;
                }
                Weather::Limiting => {
                    let error = json!({ "error": { "code": 130_429, "message": "invented" } });
                    write(&mut stream, "429 Too Many Requests\r\nRetry-After: 1", &error.to_string()).await?;
                }
                Weather::Failing => {
                    if coin {
                        self.accept(&body);
                    }
                    let status = if percent < 50 { "500 Oh" } else { "503 Busy" };
                    write(&mut stream, status, "").await?;
                }
                Weather::Hanging | Weather::Resetting => {
                    if coin {
                        self.accept(&body);
                    }
                    if weather == Weather::Hanging {
                        tokio::time::sleep(TOO_LONG).await;
                    }
                    return None;
                }
                Weather::Garbage => {
                    self.accept(&body);
                    write(&mut stream, "200 OK", "<html>an invented gateway</html>").await?;
                }
                Weather::Late => {
                    let wamid = self.accept(&body);
                    tokio::time::sleep(TOO_LONG).await;
                    let answer = json!({ "messages": [{ "id": wamid }] });
                    write(&mut stream, "200 OK", &answer.to_string()).await?;
                }
            }
        }
    }

    /// The message goes out. Of every second one Meta tells later what became of it.
    fn accept(self: &Arc<Self>, body: &Value) -> String {
        let job = body["biz_opaque_callback_data"].as_str().expect("our mark").to_owned();
        let to = body["to"].as_str().expect("a number").trim_start_matches('+').to_owned();
        let mut jobs = self.jobs.lock().unwrap();
        let known = jobs.entry(job.clone()).or_default();
        known.to.clone_from(&to);
        known.accepted.push(Instant::now());
        let wamid = format!("wamid.OUT.{job}.{}", known.accepted.len());
        drop(jobs);
        if is_told_of(&job) {
            let (state, wamid) = (Arc::clone(self), wamid.clone());
            tokio::spawn(async move {
                let accepted = Instant::now();
                for (status, after) in STATUSES {
                    tokio::time::sleep_until((accepted + after).into()).await;
                    let item = json!({ "id": wamid, "status": status, "recipient_id": to,
                        "timestamp": super::webhook::now().to_string(), "biz_opaque_callback_data": job });
                    let _ = state.statuses.send((job.clone(), item));
                }
            });
        }
        wamid
    }
}

/// Whether statuses of this job's messages are delivered.
pub fn is_told_of(job: &str) -> bool {
    job.bytes().map(u64::from).sum::<u64>().is_multiple_of(2)
}

/// One request's body; what was read beyond it stays in `bytes`.
async fn read_request(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length =
                head.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
            let length: usize = length.trim().parse().unwrap();
            let whole = end + 4 + length;
            if bytes.len() >= whole {
                let body = bytes[end + 4..whole].to_vec();
                bytes.drain(..whole);
                return Some(body);
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn write(stream: &mut TcpStream, status: &str, body: &str) -> Option<()> {
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.ok()
}
