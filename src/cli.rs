//! The command line: what can be asked, and what it exits with.
//!
//! One command a file, of the same shape: a struct of arguments, and `run`, which prints to standard output
//! and returns an `Answer`. What goes wrong with the whole is an error; what goes wrong with one of many is
//! told on standard error, and the others go on.

mod atomic;
mod breaches;
mod check;
mod classify;
mod completions;
mod dead_letters;
mod demo;
mod doctor;
mod eval;
mod explain;
mod export;
mod forget;
mod healthcheck;
mod import;
mod lexicon;
mod list;
mod near_misses;
mod numbers;
mod openapi;
mod operator;
mod outbox;
mod output;
mod patience;
mod progress;
mod relay;
mod report;
mod resume;
mod same;
mod scrub;
mod serve;
mod show;
mod sign;
mod spreadsheet;
mod suppress;
mod table;
mod token;
mod words;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    config::{ConfigErrors, LogFormat, Settings, environment},
    telemetry,
};

/// What `baja --help` ends with.
const HELP: &str = "\
To begin:
  baja classify 'ya no me manden mensajes'      needs nothing
  baja serve --help                             what the service needs
  baja check --help                             may I send?

Exit codes:
  0  yes, or done
  1  no
  2  could not be done
Each command says in its help what they mean there.";
/// What `baja serve --help` ends with.
const SERVE_HELP: &str = "\
Needs the app secret, the verify token and the access token, and a Redis. For one machine without a Redis:
  BAJA_REDIS_URL=private BAJA_APP_SECRET=… BAJA_VERIFY_TOKEN=… BAJA_ACCESS_TOKEN=… baja serve

Exit codes:
  0  stopped as told
  2  could not start, or a listener failed";

/// Honours every opt-out on WhatsApp: receives Meta's webhooks, keeps the list in Redis, confirms once.
#[derive(Parser)]
#[command(name = "baja", version, about, arg_required_else_help = true, after_help = HELP)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Args)]
struct Global {
    /// A configuration file; it overrides the built-in defaults, and the environment overrides it.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    config: Option<PathBuf>,
    /// Where phone numbers without a country code are from: two letters, as in MX.
    #[arg(long, global = true, value_name = "CC", help_heading = "Everywhere")]
    country: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Receive webhooks until told to stop.
    #[command(after_help = SERVE_HELP)]
    Serve,
    Check(check::Check),
    Show(show::Show),
    Report(report::QualityReport),
    Breaches(breaches::Breaches),
    Suppress(suppress::Suppress),
    Resume(resume::Resume),
    Scrub(scrub::Scrub),
    Import(import::Import),
    Export(export::Export),
    Forget(forget::Forget),
    #[command(subcommand)]
    Outbox(outbox::Outbox),
    #[command(subcommand)]
    DeadLetters(dead_letters::DeadLetters),
    #[command(subcommand)]
    NearMisses(near_misses::NearMisses),
    #[command(subcommand)]
    Relay(relay::Relay),
    Classify(classify::Classify),
    #[command(subcommand)]
    Lexicon(lexicon::Lexicon),
    Eval(eval::Eval),
    Sign(sign::Sign),
    Doctor(doctor::Doctor),
    Healthcheck(healthcheck::Healthcheck),
    Same(same::Same),
    #[command(subcommand)]
    Token(token::Token),
    Completions(completions::Completions),
    #[command(name = "openapi")]
    OpenApi(openapi::OpenApi),
    /// Send invented webhooks through the real service, on a Redis of its own, and show what happens.
    ///
    /// Needs redis-server, and nothing of the configuration. Exits with 0 when everything went as it should, else with 1.
    Demo,
}

/// What a command exits with, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    /// Yes, or done.
    Yes = 0,
    /// No.
    No = 1,
    /// Could not be done, in whole or in part.
    Failed = 2,
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        Self::from(answer as u8)
    }
}

impl Cli {
    /// Does what was asked. An error is for a person to read and ends in exit code 2.
    ///
    /// # Errors
    ///
    /// When it cannot be done.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let global = &self.global;
        match self.command {
            Command::Serve => return serve::run(global).await,
            Command::Demo => return demo::run().await,
            _ => {}
        }
        telemetry::init(LogFormat::Text, "warn")?;
        let answer = match self.command {
            Command::Serve | Command::Demo => Ok(Answer::Yes),
            Command::Check(command) => command.run(global).await,
            Command::Show(command) => command.run(global).await,
            Command::Report(command) => command.run(global).await,
            Command::Breaches(command) => command.run(global).await,
            Command::Suppress(command) => command.run(global).await,
            Command::Resume(command) => command.run(global).await,
            Command::Scrub(command) => command.run(global).await,
            Command::Import(command) => command.run(global).await,
            Command::Export(command) => command.run(global).await,
            Command::Forget(command) => command.run(global).await,
            Command::Outbox(command) => command.run(global).await,
            Command::DeadLetters(command) => command.run(global).await,
            Command::NearMisses(command) => command.run(global).await,
            Command::Relay(command) => command.run(global).await,
            Command::Classify(command) => command.run(global),
            Command::Lexicon(command) => command.run(global),
            Command::Eval(command) => command.run(global),
            Command::Sign(command) => command.run(global),
            Command::Doctor(command) => command.run(global).await,
            Command::Healthcheck(command) => command.run(global).await,
            Command::Same(command) => command.run(global),
            Command::Token(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::OpenApi(command) => command.run(),
        };
        match answer {
            // Whoever read our output has seen enough.
            Err(error) if is_broken_pipe(&error) => Ok(Answer::Failed.into()),
            answer => Ok(answer?.into()),
        }
    }
}

impl Global {
    fn settings(&self) -> Result<Settings, ConfigErrors> {
        Settings::load(self.config.as_deref(), environment())
    }

    /// The settings of which only some are needed: variables of others, such as the path of a secret that
    /// this user may not read, do not matter.
    fn settings_from(&self, variables: &[&str]) -> Result<Settings, ConfigErrors> {
        let needed =
            environment().filter(|(name, _)| variables.iter().any(|prefix| name.starts_with(prefix)));
        Settings::load(self.config.as_deref(), needed)
    }

    fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
