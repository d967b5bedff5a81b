//! The command line: what can be asked, and what it exits with.

mod demo;
mod serve;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{ConfigErrors, Settings, environment};

/// Honours every opt-out on WhatsApp: receives Meta's webhooks, keeps the list in Redis, confirms once.
#[derive(Parser)]
#[command(name = "baja", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// A configuration file; it overrides the built-in defaults, and the environment overrides it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Receive webhooks until told to stop.
    Serve,
    /// Send invented webhooks through the real service, on a Redis of its own, and show what happens.
    ///
    /// Needs redis-server, and nothing of the configuration. Exits with 0 when everything went as it should, else with 1.
    Demo,
}

impl Cli {
    /// Does what was asked. An error is for a person to read and ends in exit code 2.
    ///
    /// # Errors
    ///
    /// When it cannot be done.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve => serve::run(&settings(self.config)?).await,
            Command::Demo => demo::run().await,
        }
    }
}

fn settings(file: Option<PathBuf>) -> Result<Settings, ConfigErrors> {
    Settings::load(file.as_deref(), environment())
}
