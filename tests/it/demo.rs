//! `baja demo`, as a newcomer runs it.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use crate::support::wait::until;

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baja"));
    command.arg("demo").env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command
}

/// A demo that runs; it ends with this value, also when the test fails. It would hold the test's output open.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.0.try_wait() {
            // Not killed: it has a Redis to stop.
            let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        }
        let _ = self.0.wait();
    }
}

#[test]
fn the_demo_needs_no_settings_and_everything_goes_as_expected() {
    let demo = demo().output().unwrap();
    let told = String::from_utf8(demo.stdout).unwrap();
    assert!(demo.status.success(), "{told}");
    assert!(told.ends_with("All 15 cases went as expected.\n"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    assert!(!told.contains('\u{1b}') && demo.stderr.is_empty());
}

#[tokio::test]
async fn who_wants_the_page_gets_it_full_until_they_end_it() {
    let mut demo = Running(demo().env("DEMO", "page").stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut told = |label: &str| {
        let line = lines.find(|line| line.trim_start().starts_with(label)).expect("the demo goes on");
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    let (page, token) = (told("page  "), told("token  "));
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form =
        client.post(format!("{page}/sign-in")).header("content-type", "application/x-www-form-urlencoded");
    let entered = form.body(format!("token={token}")).send().await.unwrap();
    assert_eq!(entered.status(), 303);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    for (path, shown) in [
        ("?days=365", "Opt-outs a week"),
        ("/near-misses", "no me interesa"),
        ("/near-misses?state=no", "non mi interessa"),
        ("/numbers", "<span class=\"tag bad\">RED</span>"),
        ("/breaches", "flash_sale_48h"),
        ("/dead-letters", "nothing in it says who wrote it"),
        ("/outbox?finished=true", "Was a stop meant?"),
    ] {
        let request = client.get(format!("{page}/of/acme{path}")).header("cookie", &cookie);
        let body = request.send().await.unwrap().text().await.unwrap();
        assert!(body.contains(shown), "{path}: {body}");
    }
    // Meta is asked behind the back of who looks, and the stand-in knows what to say.
    let health = until("Meta's answers", async || {
        let request = client.get(format!("{page}/of/acme/health")).header("cookie", &cookie);
        let body = request.send().await.unwrap().text().await.unwrap();
        body.contains("<code>meta.token</code>").then_some(body)
    })
    .await;
    for told in
        ["the app gets the webhooks of this account", "<code>meta.number</code>", "<code>meta.quality</code>"]
    {
        assert!(health.contains(told), "{told}: {health}");
    }
    for wrong in ["Meta refused", "not 32 hexadecimal digits", "(EA…)"] {
        assert!(!health.contains(wrong), "{wrong}: {health}");
    }
    let ended = Command::new("kill").args(["-INT", &demo.0.id().to_string()]).status().unwrap();
    assert!(ended.success() && demo.0.wait().unwrap().success());
}
