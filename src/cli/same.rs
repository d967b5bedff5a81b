//! `baja same`: whether two identifiers are the same person.

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use super::{Answer, Global, output::Output};
use crate::identity::Identifier;

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja same '+52 1 55 1234 5678' 525512345678
  baja same --country AR '011 15 2345-6789' 5491123456789

Exit codes:
  0  the same
  1  not the same
  2  one of them could not be read";

/// Tell whether two phone numbers or user ids are the same person, and why.
///
/// By their spelling: asks no Redis. `baja show` knows which have turned out to belong together.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Same {
    /// A phone number or user id, in any spelling.
    a: String,
    /// Another.
    b: String,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    a: &'a str,
    b: &'a str,
    same: bool,
    why: &'a str,
}

impl Same {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let read = |text: &str, which| {
            Identifier::read_typed(text, global.country())
                .with_context(|| format!("the {which} identifier cannot be read"))
        };
        let (a, b) = (read(&self.a, "first")?, read(&self.b, "second")?);
        let same = a.canonical() == b.canonical();
        let why = reason(&a, &b);
        let mut out = Output::new(self.json);
        let line = Line { a: a.as_str(), b: b.as_str(), same, why };
        out.either(&line, || format!("{}: {why}", if same { "same" } else { "not the same" }))?;
        out.flush()?;
        Ok(if same { Answer::Yes } else { Answer::No })
    }
}

fn reason(a: &Identifier, b: &Identifier) -> &'static str {
    let same = a.canonical() == b.canonical();
    match (a, b) {
        (Identifier::Phone(_), Identifier::Phone(_)) if a == b => "the same digits with their country code",
        (Identifier::Phone(phone), Identifier::Phone(_)) if same => match phone.as_str().get(..2) {
            Some("52") => "a Mexican mobile is written with 52 or with 521",
            Some("54") => "an Argentine mobile is written with 54 or with 549",
            _ => "a Brazilian mobile is written with or without the ninth digit",
        },
        (Identifier::Phone(_), Identifier::Phone(_)) => "other digits, and no spellings of one number",
        (Identifier::Bsuid(_), Identifier::Bsuid(_)) if same => "the same user id",
        (Identifier::Bsuid(_), Identifier::Bsuid(_)) => "other user ids, which have one spelling each",
        _ => "a user id does not tell a number; `baja show` knows what belongs together",
    }
}
