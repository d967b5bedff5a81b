//! `baja completions`: what a shell needs to complete commands and options.

use std::io::Write;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Answer, Cli};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja completions bash > /etc/bash_completion.d/baja
  baja completions zsh > ~/.zfunc/_baja              (with that folder in fpath)
  baja completions fish > ~/.config/fish/completions/baja.fish

Exit codes:
  0  printed";

/// Print completions of commands and options for a shell. Needs nothing.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Completions {
    /// For which shell.
    #[arg(value_name = "SHELL", value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

impl Completions {
    pub(super) fn run(self) -> anyhow::Result<Answer> {
        let shell = match self.shell.as_str() {
            "zsh" => Shell::Zsh,
            "fish" => Shell::Fish,
            _ => Shell::Bash,
        };
        let mut script = Vec::new();
        generate(shell, &mut Cli::command(), "baja", &mut script);
        let mut out = std::io::stdout().lock();
        out.write_all(&script)?;
        out.flush()?;
        Ok(Answer::Yes)
    }
}
