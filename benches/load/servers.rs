//! The servers under test, each a process of its own on its own core.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use actix_web::{App, HttpResponse, HttpServer, web};

pub struct Server {
    process: Child,
    pub address: String,
    /// From the start of the process until it took requests.
    pub start: Duration,
}

/// What one process holds of memory, MiB.
#[derive(Clone, Copy)]
pub struct Resident {
    pub all: f64,
    /// Of that, what is not a file.
    pub anonymous: f64,
}

/// What the shipped image and unit tell the allocator.
pub const SHIPPED: [(&str, &str); 2] = [("MALLOC_ARENA_MAX", "2"), ("MALLOC_TRIM_THRESHOLD_", "131072")];

/// So long may a server take to start.
const START: Duration = Duration::from_secs(60);

impl Server {
    /// A handler that takes the bytes and answers 200: the most that the framework gives.
    pub fn bare() -> Self {
        let mut command = pinned(std::env::current_exe().unwrap().to_str().unwrap());
        command.arg("--bare-server").stdout(Stdio::piped());
        let started = Instant::now();
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, address: line.trim().to_owned(), start: started.elapsed() }
    }

    /// The release binary with its defaults, one worker, confirmations off: nothing listens to them here.
    pub async fn baja(redis_url: &str) -> Self {
        Self::baja_with(redis_url, &[]).await
    }

    /// The same with these variables.
    pub async fn baja_with(redis_url: &str, variables: &[(&str, &str)]) -> Self {
        let (public, operators) = (free_address(), free_address());
        let mut command = pinned(&binary());
        command
            .arg("serve")
            .env_clear()
            .env("BAJA_APP_SECRET", super::bodies::SECRET)
            .env("BAJA_VERIFY_TOKEN", "an-invented-verify-token")
            .env("BAJA_REDIS_URL", redis_url)
            .env("BAJA_LISTEN", &public)
            .env("BAJA_OPS_LISTEN", &operators)
            .env("BAJA__SERVER__WORKERS", "1")
            .env("BAJA__CONFIRM__ENABLED", "false")
            .env("BAJA__LOG__FILTER", "error")
            // On a machine with other work a Redis stands still for seconds; here that is to be slow, not a 503.
            .env("BAJA__REDIS__RESPONSE_TIMEOUT_MS", "59000")
            .env("BAJA__REDIS__BUDGET_MS", "60000")
            .envs(variables.iter().copied());
        let started = Instant::now();
        let mut server = Self { process: command.spawn().unwrap(), address: public, start: Duration::ZERO };
        while !is_ready(&operators) {
            assert!(started.elapsed() < START, "the server did not become ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.start = started.elapsed();
        server
    }

    pub fn resident(&self) -> Resident {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let mib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
        };
        Resident { all: mib("VmRSS:"), anonymous: mib("RssAnon:") }
    }
}

/// The release as it is shipped, where `BAJA_BENCH_BINARY` names it. What is built for the benches has the features that
/// they want of some libraries, and its functions lie elsewhere (`src/build/functions.rs`), which takes more memory.
fn binary() -> String {
    std::env::var("BAJA_BENCH_BINARY").unwrap_or_else(|_| env!("CARGO_BIN_EXE_baja").to_owned())
}

/// Whether `/ready` says 200.
fn is_ready(operators: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(operators)?;
        stream.write_all(b"GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer.starts_with("HTTP/1.1 200"))
    };
    ask().unwrap_or(false)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn run_bare() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("{}", listener.local_addr().unwrap());
    let take = async |body: web::Bytes| {
        std::hint::black_box(body);
        HttpResponse::Ok().finish()
    };
    let server = HttpServer::new(move || {
        App::new().app_data(web::PayloadConfig::new(4 << 20)).route("/webhook", web::post().to(take))
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(server.workers(1).listen(listener).unwrap().run()).unwrap();
}

/// Moves this process, and what it starts, to a core.
pub fn pin_self(core: &str) {
    let process = std::process::id().to_string();
    let _ = Command::new("taskset").args(["-acp", core, &process]).stdout(Stdio::null()).status();
}

fn pinned(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", super::SERVER_CORE, program]);
    command
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
