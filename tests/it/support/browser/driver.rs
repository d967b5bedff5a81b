//! The program `chromedriver`, and the Chromium that it runs: a process group of their own, which ends with this value.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What to do where there is no browser; never a reason to leave the test out.
const MISSING: &str = "needs Chromium and chromedriver: run scripts/install-deps.sh tests, or install the packages by hand \
     (Debian: chromium chromium-driver; Fedora: chromium chromedriver)";
/// How a Chromium may be called; where none is found, chromedriver looks at the places that it knows.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// No window, no other host than the test's own, nothing that asks somebody by itself.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

pub(super) struct Driver {
    child: Child,
    port: u16,
    profile: TempDir,
}

impl Driver {
    /// Starts it on a free port of its own choice, which it then tells.
    pub(super) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("chromedriver: {error}; this test {MISSING}"));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let told = lines
            .filter_map(|line| line.split_once("successfully on port ").map(|(_, port)| port.to_owned()));
        let port = told.map(|port| port.trim_end_matches('.').parse().unwrap()).next();
        Self { child, port: port.expect("chromedriver tells its port"), profile }
    }

    /// The address of a command.
    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What a new session asks for.
    pub(super) fn capabilities(&self) -> Value {
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", self.profile.path().display()));
        let mut options = json!({ "args": arguments });
        if let Some(binary) = NAMES.iter().find_map(|name| on_path(name)) {
            options["binary"] = json!(binary);
        }
        json!({ "capabilities": { "alwaysMatch": { "browserName": "chrome", "goog:chromeOptions": options } } })
    }

    /// Says what is wrong when no session came.
    pub(super) fn refused(&self, answer: &Value) -> ! {
        panic!("no browser: {}; this test {MISSING}", answer["value"]["message"].as_str().unwrap_or_default())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The browser's processes are in the group of the driver.
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

fn on_path(name: &str) -> Option<String> {
    let folders = std::env::var_os("PATH")?;
    let found =
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())?;
    Some(found.to_string_lossy().into_owned())
}
