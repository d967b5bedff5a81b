//! The `baja` binary.

use std::process::ExitCode;

use baja::cli::Cli;
use clap::Parser;

/// What a command exits with when it could not do what was asked.
const FAILED: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("baja: {error:#}");
            ExitCode::from(FAILED)
        }
    }
}
