//! The end of the demo for those who would rather look: the operators' page of all that was played, with a year before it.

use std::{io::Write, time::Duration};

use anyhow::Context;

use super::{
    stage::{Signer, Stage},
    transcript::Transcript,
    webhook::{Guest, body, text},
    year,
};
use crate::clock::unix_seconds;

/// For the year to be written.
const DEADLINE: Duration = Duration::from_secs(120);

/// Texts that are likely an opt-out and not surely one, in several languages.
const DOUBTS: [(&str, &str, &str); 6] = [
    ("5215555550190", "Sofía Ejemplo", "no me interesa, gracias"),
    ("5511955550191", "Caio Exemplo", "não tenho interesse"),
    ("447700900192", "Ruth Example", "not interested"),
    ("33655550193", "Élise Exemple", "pas intéressée"),
    ("393755550194", "Bruna Esempio", "non mi interessa"),
    ("4915555550195", "Jonas Beispiel", "kein Interesse"),
];

/// What one of them answers to the question whether they meant it.
const ANSWER: (&str, &str, &str) = ("393755550194", "Bruna Esempio", "no");

/// Fills the page, says where it is, and stays until Ctrl-C.
pub(super) async fn stay(stage: &Stage, transcript: &mut Transcript<impl Write>) -> anyhow::Result<()> {
    tokio::time::timeout(DEADLINE, fill(stage))
        .await
        .context("the year of the page took too long to write")??;
    let [desk, reader] = stage.tokens();
    transcript.heading_of_page()?;
    transcript.line("page", &stage.page())?;
    transcript.line("token", &format!("{desk}  (may act, sees whole numbers)"))?;
    transcript.line("", &format!("{reader}  (may look)"))?;
    transcript.note("With a year of invented data. Sign in with one of the tokens. Ctrl-C ends it all.")?;
    tokio::signal::ctrl_c().await.context("cannot wait for Ctrl-C")
}

async fn fill(stage: &Stage) -> anyhow::Result<()> {
    year::write(&stage.ledger_of_a_year()?, stage.started_at() * 1000).await?;
    for (place, (number, name, words)) in DOUBTS.into_iter().enumerate() {
        let ago = i64::try_from(DOUBTS.len() - place).unwrap_or_default() * 7300;
        say(stage, (number, name), &format!("DOUBT{place}"), stage.started_at() - ago, words).await?;
    }
    // The questions are out before anybody answers.
    stage.sent().await?;
    let (number, name, words) = ANSWER;
    say(stage, (number, name), "ANSWER", unix_seconds(), words).await?;
    stage.sent().await?;
    Ok(())
}

async fn say(
    stage: &Stage,
    (number, name): (&'static str, &'static str),
    id: &str,
    at: i64,
    words: &str,
) -> anyhow::Result<()> {
    let guest = Guest { wa_id: Some(number), user_id: "", name };
    let message = guest.message(id, at, text(words));
    stage.deliver(&body("messages", "messages", &[guest], &[message]), Signer::Meta).await?;
    Ok(())
}
