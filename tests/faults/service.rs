//! A replica of the service: the built binary, started again whenever it ends.

use std::{
    fs::File,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use super::{people::SECRET, webhook::NUMBER};

const START_DEADLINE: Duration = Duration::from_secs(60);

pub struct Replica {
    pub address: SocketAddr,
    operators: SocketAddr,
    process: Child,
    variables: Vec<(String, String)>,
    log: PathBuf,
    /// The largest resident memory that was seen, KiB.
    pub most_memory: u64,
}

impl Replica {
    pub async fn start(redis: &str, graph: &str, log: PathBuf) -> Self {
        let [address, operators] = free_addresses();
        let (public, private) = (address.to_string(), operators.to_string());
        let variables = [
            ("BAJA_APP_SECRET", SECRET),
            ("BAJA_VERIFY_TOKEN", "an-invented-verify-token"),
            ("BAJA_ACCESS_TOKEN", "an-invented-access-token"),
            ("BAJA_REDIS_URL", redis),
            ("BAJA_GRAPH_URL", graph),
            ("BAJA_LISTEN", &public),
            ("BAJA_OPS_LISTEN", &private),
            ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", NUMBER),
            ("BAJA__SERVER__WORKERS", "1"),
            ("BAJA__SERVER__BODY_TIMEOUT_MS", "1500"),
            ("BAJA__SERVER__SHUTDOWN_TIMEOUT_S", "5"),
            // Times short enough that every road through the outbox is walked.
            ("BAJA__CLOUD_API__TIMEOUT_MS", "500"),
            ("BAJA__CLOUD_API__CONNECT_TIMEOUT_MS", "400"),
            ("BAJA__CONFIRM__LEASE_S", "6"),
            ("BAJA__CONFIRM__UNKNOWN_AFTER_S", "6"),
            ("BAJA__CONFIRM__PER_SECOND", "10000"),
            ("BAJA__CONFIRM__MAX_IN_FLIGHT", "32"),
            ("BAJA__LOG__FILTER", "info"),
        ];
        let variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let process = spawn(&variables, &log);
        let mut replica = Self { address, operators, process, variables, log, most_memory: 0 };
        replica.wait_until_ready().await;
        replica
    }

    /// Ends it as a crash would.
    pub async fn kill(&mut self) {
        self.look_at_memory();
        self.process.kill().await.unwrap();
    }

    /// Ends it as a deployment would.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.look_at_memory();
        signal(self.process.id().unwrap(), "-TERM");
        let ended = tokio::time::timeout(Duration::from_secs(30), self.process.wait()).await;
        ended.expect("it stops in time").unwrap()
    }

    /// Gives it, from its next start on, a clock that is as far off as a file says, or the machine's again.
    pub fn wear(&mut self, clock: Option<&Path>) {
        const CLOCK: [&str; 4] =
            ["LD_PRELOAD", "FAKETIME_TIMESTAMP_FILE", "FAKETIME_NO_CACHE", "FAKETIME_DONT_FAKE_MONOTONIC"];
        self.variables.retain(|(name, _)| !CLOCK.contains(&name.as_str()));
        if let Some(clock) = clock {
            let values =
                [faketime().display().to_string(), clock.display().to_string(), "1".into(), "1".into()];
            self.variables.extend(CLOCK.map(str::to_owned).into_iter().zip(values));
        }
    }

    /// Starts it again, at the same address, without waiting for it.
    pub fn start_again(&mut self) {
        self.process = spawn(&self.variables, &self.log);
    }

    /// Waits until it is ready, and starts it again when it could not start: somebody else may have been
    /// given its port meanwhile.
    pub async fn wait_until_ready(&mut self) {
        let started = Instant::now();
        loop {
            if self.ask("/ready").await.is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
                return;
            }
            assert!(started.elapsed() < START_DEADLINE, "not ready in time; see {}", self.log.display());
            if self.process.try_wait().unwrap().is_some() {
                tokio::time::sleep(Duration::from_millis(200)).await;
                self.start_again();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn look_at_memory(&mut self) {
        let Some(process) = self.process.id() else { return };
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let memory = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        self.most_memory = self.most_memory.max(memory.unwrap_or(0));
    }

    /// Everything that it said.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    async fn ask(&self, path: &str) -> Option<String> {
        let talk = async {
            let mut stream = TcpStream::connect(self.operators).await.ok()?;
            let request = format!("GET {path} HTTP/1.1\r\nHost: baja\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            Some(answer)
        };
        tokio::time::timeout(Duration::from_secs(3), talk).await.ok().flatten()
    }
}

/// Sends a signal by its name, as in `-STOP`.
pub fn signal(process: u32, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &process.to_string()]).status();
    assert!(sent.unwrap().success(), "kill {name}");
}

/// The library that gives a process another clock.
fn faketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|folder| folder.path());
    let mut found =
        folders.chain(["/usr/lib64".into()]).map(|folder| folder.join("faketime/libfaketime.so.1"));
    found.find(|library| library.exists()).expect("libfaketime is missing: run scripts/install-deps.sh tests")
}

fn spawn(variables: &[(String, String)], log: &PathBuf) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    let built = env!("CARGO_BIN_EXE_baja").to_owned();
    Command::new(std::env::var("BAJA_FAULTS_BINARY").unwrap_or(built))
        .arg("serve")
        .env_clear()
        .envs(variables.iter().cloned())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Two that are free, held together while they are chosen so that they differ.
fn free_addresses() -> [SocketAddr; 2] {
    let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}
