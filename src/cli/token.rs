//! `baja token`: tokens of the API.

use anyhow::ensure;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;

use super::{Answer, output::Output};
use crate::{
    access::{NewToken, Role},
    config::is_slug,
};

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja token new crm
  baja token new desk --role write --reveal
  baja token new shop --role write --business acme --json

The token is shown once and kept nowhere: give it to whoever is to use it. The configuration gets its sha256 only; the
service reads it when it starts.

Exit codes:
  0  made
  2  could not be made";

/// Make a token for the API of the operators' listener.
#[derive(Subcommand)]
pub(super) enum Token {
    /// Make a token, and print it with the section for the configuration.
    New(New),
}

#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct New {
    /// What it is for; stands in the audit as who did it. 1 to 40 of a-z, 0-9, - and _.
    name: String,
    /// What it may do.
    #[arg(long, value_enum, default_value_t = RoleName::Read)]
    role: RoleName,
    /// Let it see whole numbers and people's own words.
    #[arg(long)]
    reveal: bool,
    /// A business that it may see; can be given several times. Without it, all.
    #[arg(long = "business", value_name = "SLUG")]
    businesses: Vec<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Ask.
    Read,
    /// Ask, suppress, resume, decide near-misses.
    Write,
}

#[derive(Serialize)]
struct Made<'a> {
    name: &'a str,
    token: &'a str,
    sha256: String,
    /// The section for the configuration.
    toml: String,
}

impl Token {
    pub(super) fn run(self) -> anyhow::Result<Answer> {
        let Self::New(command) = self;
        command.run()
    }
}

impl New {
    fn run(self) -> anyhow::Result<Answer> {
        let fine = std::iter::once(&self.name).chain(&self.businesses).all(|name| is_slug(name));
        ensure!(fine, "a name is 1 to 40 of a-z, 0-9, - and _, and begins with a letter or digit");
        let new = NewToken::random();
        let sha256 = new.hash().to_string();
        let toml = self.section(&sha256);
        let made = Made { name: &self.name, token: new.token(), sha256, toml };
        let mut out = Output::new(self.json);
        out.either(&made, || made.to_text())?;
        out.flush()?;
        Ok(Answer::Yes)
    }

    fn section(&self, sha256: &str) -> String {
        let role = match self.role {
            RoleName::Read => Role::Read.as_str(),
            RoleName::Write => Role::Write.as_str(),
        };
        let mut section = format!("[access.{}]\nsha256 = \"{sha256}\"\nrole = \"{role}\"\n", self.name);
        if self.reveal {
            section.push_str("reveal = true\n");
        }
        if !self.businesses.is_empty() {
            let slugs: Vec<_> = self.businesses.iter().map(|slug| format!("\"{slug}\"")).collect();
            section.push_str(&format!("businesses = [{}]\n", slugs.join(", ")));
        }
        section
    }
}

impl Made<'_> {
    fn to_text(&self) -> String {
        format!(
            "The token, shown this once:\n\n{}\n\nFor the file of --config, then start the service again:\n\n{}",
            self.token, self.toml
        )
    }
}
