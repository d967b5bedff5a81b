//! What honest webhooks wait while somebody attacks.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::Duration,
};

use crate::{
    CONNECTIONS, bodies,
    open_loop::{Kind, Mix, Plan},
    servers::Server,
    store::Redis,
};

/// The attackers need the generator's core as well.
const HONEST: Mix = Mix::QUARTER;
const TIME: Duration = Duration::from_secs(10);
/// The number of the replayed body: its people are none of the honest ones'.
const REPLAYED: usize = 90_000;
/// One byte of a slow request.
const TRICKLE: Duration = Duration::from_millis(200);

/// What is done, and over how many connections at once.
struct Attack {
    name: &'static str,
    connections: usize,
    act: fn(&str, &[u8], &AtomicBool) -> u64,
    request: fn() -> Vec<u8>,
}

const ATTACKS: [Attack; 5] = [
    Attack {
        name: "1,000 connections that trickle headers",
        connections: 1000,
        act: trickle,
        request: || b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-A: ".to_vec(),
    },
    Attack {
        name: "1,000 connections that trickle a body",
        connections: 1000,
        act: trickle,
        request: || b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n{".to_vec(),
    },
    Attack {
        name: "forged bodies of 1 KB, 8 at a time",
        connections: 8,
        act: post,
        request: || forged(&bodies::status(0)),
    },
    Attack {
        name: "forged bodies of 3 MB, 2 at a time",
        connections: 2,
        act: post,
        request: || forged(&"[".repeat(3_000_000)),
    },
    Attack {
        name: "one signed body of 1,000 opt-outs, again and again",
        connections: 1,
        act: post,
        request: || bodies::request(&bodies::full_batch(REPLAYED)),
    },
];

/// Prints a line for each attack, after one without any.
pub async fn run() {
    let redis = Redis::start().await;
    let server = Server::baja(&redis.url).await;
    println!(
        "honest webhooks, {} a second in an open loop for {} s: ms from the time at which each was due\n",
        HONEST.rate(),
        TIME.as_secs()
    );
    println!("{:<52} attacks/s   statuses p50, p99   chats p50, p99   opt-outs p50, p99", "");
    let mut first = 0;
    let mut honest = |attack: Option<&Attack>| {
        let plan = Plan::new(HONEST, TIME, first as u64, first);
        first += plan.len();
        let (latencies, attacked) = match attack {
            Some(attack) => under(attack, &server.address, || plan.send(&server.address, CONNECTIONS)),
            None => (plan.send(&server.address, CONNECTIONS), 0),
        };
        let [statuses, chats, opt_outs] = Kind::ALL.map(|kind| {
            format!("{:.2}, {:.2}", latencies.within(0.5, &[kind]), latencies.within(0.99, &[kind]))
        });
        println!(
            "{:<52} {:>9.0}   {statuses:>17}   {chats:>14}   {opt_outs:>17}",
            attack.map_or("nobody", |attack| attack.name),
            attacked as f64 / TIME.as_secs_f64(),
        );
    };
    honest(None);
    ATTACKS.iter().for_each(|attack| honest(Some(attack)));
    honest(None);
    println!("\nresident memory after all of it: {:.1} MiB", server.resident().all);
}

/// What comes of `honest` while the attack lasts, and how often it struck.
fn under<T>(attack: &Attack, address: &str, honest: impl FnOnce() -> T) -> (T, u64) {
    let (over, struck, request) = (AtomicBool::new(false), AtomicU64::new(0), (attack.request)());
    let result = thread::scope(|scope| {
        for _ in 0..attack.connections {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    struck.fetch_add((attack.act)(address, &request, &over), Ordering::Relaxed);
                }
            });
        }
        let result = honest();
        over.store(true, Ordering::Relaxed);
        result
    });
    // Each says how often it struck when it ends.
    (result, struck.into_inner())
}

/// One connection that says a little, and then a byte now and then, until it is closed.
#[allow(clippy::disallowed_methods, reason = "a thread of the generator is slow on purpose")]
fn trickle(address: &str, beginning: &[u8], over: &AtomicBool) -> u64 {
    let Ok(mut stream) = TcpStream::connect(address) else { return 0 };
    let mut alive = stream.write_all(beginning).is_ok();
    while alive && !over.load(Ordering::Relaxed) {
        thread::sleep(TRICKLE);
        alive = stream.write_all(b"a").is_ok();
    }
    1
}

/// Posts over one connection until the service closes it.
fn post(address: &str, request: &[u8], over: &AtomicBool) -> u64 {
    let Ok(mut stream) = TcpStream::connect(address) else { return 0 };
    let (mut posted, mut answer) = (0, [0; 1024]);
    while !over.load(Ordering::Relaxed) {
        if stream.write_all(request).is_err() || !stream.read(&mut answer).is_ok_and(|read| read > 0) {
            break;
        }
        posted += 1;
    }
    posted
}

/// Of the right form, and signed by nobody.
fn forged(body: &str) -> Vec<u8> {
    bodies::request_with(&format!("sha256={}", "0".repeat(64)), body)
}
