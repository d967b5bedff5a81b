//! The servers under test, each a process of its own on its own core.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use actix_web::{App, HttpResponse, HttpServer, web};

pub struct Server {
    process: Child,
    pub address: String,
}

impl Server {
    /// A handler that takes the bytes and answers 200: the most that the framework gives.
    pub async fn bare() -> Self {
        let mut command = pinned(std::env::current_exe().unwrap().to_str().unwrap());
        command.arg("--bare-server").stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, address: line.trim().to_owned() }
    }

    /// The release binary with its defaults, one worker, confirmations off: nothing listens to them here.
    pub async fn baja(redis_url: &str) -> Self {
        let (public, operators) = (free_address(), free_address());
        let mut command = pinned(env!("CARGO_BIN_EXE_baja"));
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
            .env("BAJA__LOG__FILTER", "error");
        let server = Self { process: command.spawn().unwrap(), address: public };
        while tokio::net::TcpStream::connect(&server.address).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        server
    }

    /// Resident memory, KiB.
    pub fn resident_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
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
