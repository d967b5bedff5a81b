//! How fast `baja scrub` is, beside a pipelined `SMISMEMBER` of the same numbers: a million of them, against a local
//! Redis that holds a million suppressions. `cargo bench --bench scrub`; `ROWS=10000000` for more rows.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench that fails should say where"
)]

use std::{
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    process::Command,
    time::{Duration, Instant},
};

use baja::startup::private_redis::PrivateRedis;

const SUPPRESSED: u64 = 1_000_000;
const BATCH: usize = 1000;
const ALL: &str = "baja:{default}:suppressed";
const MARKETING: &str = "baja:{default}:suppressed:marketing";
const RUNS: usize = 5;

/// The number of a row: Mexican, and on the list in one of ten.
fn number(row: u64) -> String {
    let ten = row.wrapping_mul(2_654_435_761) % 8_000_000_000 + 1_000_000_000;
    format!("52{ten}")
}

fn main() {
    let rows: u64 = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = runtime.block_on(PrivateRedis::start(folder.path(), None)).unwrap();
    let mut redis = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    for set in [ALL, MARKETING] {
        for from in (0..SUPPRESSED / 4).step_by(BATCH) {
            let mut pipe = redis::pipe();
            for row in from..from + BATCH as u64 {
                let digits = number(row * 20 + u64::from(set == ALL) * 10);
                pipe.cmd("SADD").arg(set).arg(&digits).arg(format!("521{}", &digits[2..])).ignore();
            }
            pipe.query::<()>(&mut redis).unwrap();
        }
    }
    let audience = folder.path().join("audience.csv");
    let mut out = BufWriter::new(File::create(&audience).unwrap());
    writeln!(out, "name,phone,city").unwrap();
    for row in 0..rows {
        writeln!(out, "Person {row},{},\"Ciudad de México, {}\"", number(row), row % 100).unwrap();
    }
    out.flush().unwrap();
    drop(out);

    let (mut pipelined, mut scrubbed) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        pipelined = pipelined.min(ask(&mut redis, rows));
        scrubbed = scrubbed.min(scrub(&server.url(), folder.path()));
    }
    println!("{rows} rows, {SUPPRESSED} suppressions, the best of {RUNS} runs");
    println!("pipelined SMISMEMBER, two sets  {:>8.2} s", pipelined.as_secs_f64());
    println!("baja scrub, the whole program   {:>8.2} s", scrubbed.as_secs_f64());
    println!("ratio                           {:>8.2}", scrubbed.as_secs_f64() / pipelined.as_secs_f64());
    runtime.block_on(server.stop());
}

/// Both sets, a thousand numbers to a command, as a sender asks that knows one spelling.
fn ask(redis: &mut redis::Connection, rows: u64) -> Duration {
    let numbers: Vec<String> = (0..rows).map(number).collect();
    let started = Instant::now();
    for batch in numbers.chunks(BATCH) {
        let mut pipe = redis::pipe();
        for set in [ALL, MARKETING] {
            pipe.cmd("SMISMEMBER").arg(set).arg(batch);
        }
        let answers: Vec<Vec<bool>> = pipe.query(redis).unwrap();
        assert_eq!(answers[0].len(), batch.len());
    }
    started.elapsed()
}

fn scrub(url: &str, folder: &std::path::Path) -> Duration {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
    command.env_clear().env("BAJA_REDIS_URL", url).current_dir(folder);
    command.args(["scrub", "audience.csv", "--topic", "marketing", "--column", "phone"]);
    command.args(["-o", "allowed.csv", "--rejected", "rejected.csv"]);
    let started = Instant::now();
    let output = command.output().unwrap();
    let took = started.elapsed();
    let mut said = String::new();
    let _ = write!(
        said,
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    took
}
