//! The example senders, each run as a program of its own against the list that the service wrote.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::support::{
    app::App,
    wait::until,
    webhook::{message, messages, now, preference, says, typed},
};

const INSTALL: &str = "install it with scripts/install-deps.sh tests";
/// Nobody listens there.
const AWAY: &str = "redis://127.0.0.1:1";
/// Where Debian's packages of Node have their modules; other builds of Node do not look there by themselves.
const DEBIAN_MODULES: &str = "/usr/share/nodejs";

/// One of the examples.
struct Sender {
    words: Vec<OsString>,
    redis: String,
}

impl Sender {
    fn example(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/senders").join(name)
    }

    /// The first program that says yes to these words, with the example as its argument.
    async fn run_by(programs: &[&str], probe: &[&str], name: &str) -> Vec<OsString> {
        for program in programs {
            let mut command = Command::new(program);
            command.args(probe).env("NODE_PATH", DEBIAN_MODULES).current_dir(Self::example(""));
            if command.output().await.is_ok_and(|output| output.status.success()) {
                return vec![program.into(), Self::example(name).into()];
            }
        }
        panic!("none of {} can {}; {INSTALL}", programs.join(", "), probe.join(" "));
    }

    fn command(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(arguments).env("NODE_PATH", DEBIAN_MODULES);
        command.env("BAJA_REDIS_URL", &self.redis).env("BAJA_BUSINESS", "acme");
        command.envs(environment.iter().copied()).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    async fn run(&self, arguments: &[&str], input: &str, environment: &[(&str, &str)]) -> Output {
        let mut child = self.command(arguments, environment).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // A sender that refuses does not read it.
        let writer = tokio::spawn(async move { stdin.write_all(input.as_bytes()).await });
        let output = child.wait_with_output().await.unwrap();
        let _ = writer.await.unwrap();
        output
    }

    /// What it prints and exits with.
    async fn says(&self, arguments: &[&str], environment: &[(&str, &str)]) -> (String, i32) {
        let output = self.run(arguments, "", environment).await;
        let code = output.status.code().unwrap_or_else(|| panic!("{output:?}"));
        (String::from_utf8(output.stdout).unwrap().trim().to_owned(), code)
    }

    async fn copy(&self, environment: &[(&str, &str)]) -> Copy {
        let mut child =
            self.command(&["copy", "marketing"], environment).stderr(Stdio::null()).spawn().unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut copy = Copy { child, stdin, answers: BufReader::new(stdout).lines() };
        assert_eq!(copy.answers.next_line().await.unwrap().as_deref(), Some("ready"));
        copy
    }
}

/// A sender that keeps a copy of the list.
struct Copy {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Copy {
    async fn allows(&mut self, number: &str) -> bool {
        self.stdin.write_all(format!("{number}\n").as_bytes()).await.unwrap();
        let answer = self.answers.next_line().await.unwrap().unwrap();
        let (word, about) = answer.split_once(' ').unwrap();
        assert_eq!(about, number);
        word == "yes"
    }

    async fn comes_to(&mut self, number: &str, allowed: bool) {
        until("the copy knows", async || (self.allows(number).await == allowed).then_some(())).await;
    }

    /// Stops the process in its tracks, or lets it go on.
    async fn signal(&self, signal: &str) {
        let process = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([signal, &process]).status().await.unwrap().success());
    }
}

async fn opt_out(app: &App, number: &str, id: &str) {
    assert_eq!(app.post(says(number, id, "BAJA")).await.status, 200);
}

/// Everything that a sender must do right.
async fn asks_the_list(words: Vec<OsString>) {
    let mut app = App::start().await;
    let redis = app.store().server.url();
    let sender = Sender { words, redis };
    opt_out(&app, "5215512345678", "wamid.A").await;
    assert_eq!(app.post(preference("34600000001", "stop", now())).await.status, 200);

    // By either spelling, of every topic; and by topic alone.
    let refused = |code| ("no".to_owned(), code);
    for number in ["5215512345678", "525512345678"] {
        assert_eq!(sender.says(&["check", "all", number], &[]).await, refused(1), "{number}");
        assert_eq!(sender.says(&["check", "offers", number], &[]).await, refused(1), "{number}");
    }
    let allowed = ("yes".to_owned(), 0);
    assert_eq!(sender.says(&["check", "marketing", "34600000001"], &[]).await, refused(1));
    assert_eq!(sender.says(&["check", "all", "34600000001"], &[]).await, allowed);
    assert_eq!(sender.says(&["check", "marketing", "5215587654321"], &[]).await, allowed);

    // An old heartbeat stops marketing.
    until("a heartbeat", async || (sender.says(&["fresh"], &[]).await.1 == 0).then_some(())).await;
    app.redis::<()>(&["SET", "baja:{acme}:heartbeat", "1790000000000"]).await;
    assert_eq!(sender.says(&["fresh"], &[]).await, refused(1));
    let numbers: Vec<String> = (0..2500).map(|one| format!("52155{:08}", 20_000_000 + one)).collect();
    let all = [numbers.join("\n"), "\n525512345678\n5215512345678\n34600000001\n".to_owned()].concat();
    let output = sender.run(&["batch", "marketing"], &all, &[]).await;
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{output:?}");

    opt_out(&app, &numbers[1200], "wamid.B").await;
    until("a heartbeat", async || (sender.says(&["fresh"], &[]).await.1 == 0).then_some(())).await;
    let output = sender.run(&["batch", "marketing"], &all, &[]).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<&str> =
        numbers.iter().map(String::as_str).filter(|one| *one != numbers[1200]).collect();
    assert!(printed.lines().eq(expected), "{} lines", printed.lines().count());

    keeps_a_copy(&mut app, &sender).await;

    // Redis is away: nothing may be sent.
    let away = [("BAJA_REDIS_URL", AWAY)];
    assert_eq!(sender.says(&["check", "marketing", "34600000002"], &away).await, refused(2));
    assert_eq!(sender.says(&["fresh"], &away).await, refused(2));
    for topic in ["marketing", "all"] {
        assert_eq!(sender.says(&["batch", topic], &away).await.0, "");
        let output = sender.run(&["batch", topic], &all, &away).await;
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{topic} {output:?}");
    }
    app.finish().await;
}

async fn keeps_a_copy(app: &mut App, sender: &Sender) {
    let mut copy = sender.copy(&[]).await;
    for number in ["5215512345678", "525512345678", "34600000001"] {
        assert!(!copy.allows(number).await, "{number}");
    }
    assert!(copy.allows("34600000002").await);
    opt_out(app, "34600000002", "wamid.C").await;
    copy.comes_to("34600000002", false).await;
    // At equal times, which Meta tells in seconds, the opt-out would win.
    let back = message(("34600000002", ""), "wamid.D", now() + 1, typed("ALTA"));
    assert_eq!(app.post(messages(&[back])).await.status, 200);
    copy.comes_to("34600000002", true).await;

    // While it stands still, more happens than the stream keeps.
    copy.signal("-STOP").await;
    opt_out(app, "34600000003", "wamid.E").await;
    opt_out(app, "34600000004", "wamid.F").await;
    app.redis::<()>(&["XTRIM", "baja:{acme}:changes", "MAXLEN", "1"]).await;
    copy.signal("-CONT").await;
    copy.comes_to("34600000003", false).await;
    assert!(!copy.allows("34600000004").await);

    // The connection breaks, and Redis with it.
    app.sent().await;
    app.store().server.kill().await;
    app.store().server.restart().await.unwrap();
    until("a 200", async || {
        (app.post(says("34600000005", "wamid.G", "BAJA")).await.status == 200).then_some(())
    })
    .await;
    copy.comes_to("34600000005", false).await;
    copy.comes_to("34600000006", true).await;

    // Silence is a no.
    let mut copy = sender.copy(&[("BAJA_MAX_SILENCE", "0")]).await;
    assert!(!copy.allows("34600000006").await);
}

#[tokio::test]
async fn a_sender_in_python_asks_the_list() {
    let probe = ["-c", "import redis"];
    let own = Sender::example(".venv/bin/python");
    let own = own.to_str().unwrap();
    asks_the_list(Sender::run_by(&[own, "python3", "/usr/bin/python3"], &probe, "sender.py").await).await;
}

#[tokio::test]
async fn a_sender_in_node_asks_the_list() {
    asks_the_list(
        Sender::run_by(&["node", "/usr/bin/node"], &["-e", "require('redis')"], "sender.cjs").await,
    )
    .await;
}

#[tokio::test]
async fn a_sender_in_a_shell_asks_the_list() {
    asks_the_list(Sender::run_by(&["bash"], &["-c", "redis-cli --version"], "sender.sh").await).await;
}

#[tokio::test]
async fn a_sender_in_rust_asks_the_list() {
    // `cargo test` has built it; a test that is run alone builds it now.
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--locked", "--offline", "--example", "sender"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    assert!(build.current_dir(env!("CARGO_MANIFEST_DIR")).status().await.unwrap().success());
    let test = std::env::current_exe().unwrap();
    asks_the_list(vec![test.ancestors().nth(2).unwrap().join("examples/sender").into()]).await;
}
