//! `baja openapi`: the description of the API.

use std::io::Write;

use clap::Args;

use super::Answer;
use crate::http;

/// What `--help` ends with.
const HELP: &str = "\
Example:
  baja openapi > baja.json

The same is served at /api/v1/openapi.json on the operators' listener.

Exit codes:
  0  printed";

/// Print the description of the API of the operators' listener: OpenAPI 3.1, JSON.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct OpenApi {}

impl OpenApi {
    pub(super) fn run(self) -> anyhow::Result<Answer> {
        let mut out = std::io::stdout().lock();
        out.write_all(http::openapi()?.as_bytes())?;
        out.write_all(b"\n")?;
        Ok(Answer::Yes)
    }
}
