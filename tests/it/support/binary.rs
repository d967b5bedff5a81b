//! The real binary, run as a service manager runs it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use super::wait::{LONG, until_within};

/// The real binary, with everything that it writes to standard error.
pub struct Binary {
    child: Child,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Binary {
    /// `baja serve` with these arguments, and with these variables and no others.
    pub fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
        command.arg("serve").args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(variables.iter().copied()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|length| length > 0) {
                written.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    /// What it wrote so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// The address that the log names so, once it does.
    pub async fn address(&self, name: &str) -> SocketAddr {
        until_within(LONG, "an address in the log", async || {
            let log = self.log();
            let after = log.split(&format!("{name}=")).nth(1)?;
            after.split_whitespace().next()?.parse().ok()
        })
        .await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: &str) {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().unwrap().success());
    }

    /// The most memory that it has had so far, KiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.unwrap().trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Stops it as a service manager does, and returns all that it wrote.
    pub fn stop(&mut self) -> String {
        self.signal("-TERM");
        assert!(self.child.wait().unwrap().success());
        self.reader.take().unwrap().join().unwrap();
        self.log()
    }
}

impl Drop for Binary {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
