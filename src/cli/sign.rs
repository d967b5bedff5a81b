//! `baja sign`: the signature that Meta would send for a body.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use secrecy::ExposeSecret;

use super::{Answer, Global, output::Output};
use crate::signature;

/// What `--help` ends with.
const HELP: &str = "\
Example, with BAJA_APP_SECRET set as for the service:
  curl -i http://127.0.0.1:8080/webhook -H 'Content-Type: application/json' \\
    -H \"$(baja sign --header body.json)\" --data-binary @body.json

Exit codes:
  0  signed
  2  the file cannot be read, or there is no app secret";

/// What the app secret comes from.
const SECRET_VARIABLES: &[&str] = &["BAJA_APP_SECRET", "BAJA__META__APP_SECRET"];

/// Sign a body as Meta does, to try the webhook with curl.
///
/// The exact bytes of the file, with the first app secret.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Sign {
    /// The body; `-` reads standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print the whole header line.
    #[arg(long)]
    header: bool,
}

impl Sign {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let settings = global.settings_from(SECRET_VARIABLES)?;
        let secret = settings
            .meta
            .app_secrets
            .first()
            .context("there is no app secret; set BAJA_APP_SECRET or BAJA_APP_SECRET_FILE")?;
        let body = if self.file.as_os_str() == "-" {
            let mut body = Vec::new();
            io::stdin().lock().read_to_end(&mut body).context("standard input cannot be read")?;
            body
        } else {
            std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?
        };
        let value = signature::sign(secret.expose_secret(), &body)?;
        let mut out = Output::new(false);
        if self.header {
            out.line(format!("X-Hub-Signature-256: {value}"))?;
        } else {
            out.line(value)?;
        }
        out.flush()?;
        Ok(Answer::Yes)
    }
}
