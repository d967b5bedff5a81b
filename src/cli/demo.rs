//! `baja demo`: invented webhooks go through the real service, and what they did is shown and checked.

mod account;
mod case;
mod cases;
mod page;
mod post;
mod stage;
mod transcript;
mod webhook;
mod year;

use std::{
    io::{IsTerminal, stdout},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;

use stage::Stage;
use transcript::Transcript;

/// Wants the operators' page at the end, also where nobody sits at a terminal.
const WANTS_PAGE: (&str, &str) = ("DEMO", "page");

/// For all cases. Every single wait has a shorter deadline of its own.
const DEADLINE: Duration = Duration::from_secs(60);

/// What it exits with when something did not go as it should.
const NOT_AS_EXPECTED: u8 = 1;

pub(super) async fn run() -> anyhow::Result<ExitCode> {
    let colours = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut transcript = Transcript::new(stdout(), colours);
    let stage = Stage::set().await?;
    let play = tokio::time::timeout(DEADLINE, play(&stage, &mut transcript));
    let all_held =
        play.await.context("the demo took too long; the machine may be short of memory or disk")??;
    let wants_page =
        stdout().is_terminal() || std::env::var_os(WANTS_PAGE.0).is_some_and(|wish| wish == WANTS_PAGE.1);
    if all_held && wants_page {
        page::stay(&stage, &mut transcript).await?;
    }
    stage.strike().await?;
    Ok(if all_held { ExitCode::SUCCESS } else { ExitCode::from(NOT_AS_EXPECTED) })
}

async fn play(stage: &Stage, transcript: &mut Transcript<impl std::io::Write>) -> anyhow::Result<bool> {
    transcript.opening(stage)?;
    let cases = cases::all(stage.started_at());
    let count = cases.len();
    let mut failed = Vec::new();
    for (index, case) in cases.into_iter().enumerate() {
        let number = index + 1;
        transcript.heading(number, case.title)?;
        let misses = case.play(stage, transcript).await?;
        transcript.verdict(&misses)?;
        failed.extend(misses.into_iter().map(|miss| format!("{number} {}: {miss}", case.title)));
    }
    transcript.closing(count, &failed)?;
    Ok(failed.is_empty())
}
