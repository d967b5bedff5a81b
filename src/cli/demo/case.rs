//! One case: what goes in, what is expected, and whether it came so.

use std::io::Write;

use serde_json::Value;

use super::{
    stage::{Signer, Stage},
    transcript::Transcript,
};
use crate::http::stand_in::Sent;

/// A webhook with everything that it should and should not do.
pub(super) struct Case {
    /// What happens.
    pub(super) title: &'static str,
    /// What is worth knowing about it.
    pub(super) note: &'static str,
    /// What is in the body, for the reader: its items without the envelope.
    pub(super) shown: Vec<Value>,
    /// The body.
    pub(super) body: Vec<u8>,
    /// Who signs it.
    pub(super) signer: Signer,
    /// What senders ask before and after.
    pub(super) asks: Vec<Ask>,
    /// The messages that go out.
    pub(super) messages: Vec<Expected>,
    /// What is kept as the reason.
    pub(super) evidence: Option<Proof>,
    /// How many items are kept because they could not be read.
    pub(super) dead_letters: usize,
}

/// A question to Redis.
pub(super) struct Ask {
    /// The topic's set, or everybody's.
    pub(super) topic: Option<&'static str>,
    /// Whom it is about.
    pub(super) identifier: &'static str,
    /// The answer before the webhook.
    pub(super) before: bool,
    /// The answer after it.
    pub(super) after: bool,
}

/// A message that is expected at the Cloud API.
pub(super) struct Expected {
    /// `+` and the number, or a BSUID.
    pub(super) to: &'static str,
    /// What it says somewhere.
    pub(super) says: &'static str,
}

/// The newest evidence about somebody.
pub(super) struct Proof {
    /// About whom.
    pub(super) of: &'static str,
    /// A part of what it says.
    pub(super) says: &'static str,
}

impl Case {
    /// Plays it, tells it, and returns what did not go as expected.
    pub(super) async fn play(
        &self,
        stage: &Stage,
        transcript: &mut Transcript<impl Write>,
    ) -> anyhow::Result<Vec<String>> {
        let mut misses = Vec::new();
        let mut expect = |held: bool, miss: &dyn Fn() -> String| {
            if !held {
                misses.push(miss());
            }
        };
        if !self.note.is_empty() {
            transcript.note(self.note)?;
        }
        let sent_before = stage.sent().await?.len();
        for ask in &self.asks {
            let command = ask.command(stage)?;
            let answer = stage.is_member(&stage.set_of(ask.topic)?, ask.identifier).await?;
            transcript.line("before", &format!("{command}  -> {}", u8::from(answer)))?;
            expect(answer == ask.before, &|| format!("before, {command} should be {}", u8::from(ask.before)));
        }
        for item in &self.shown {
            transcript.line("in", &item.to_string())?;
        }
        let (status, by) = match self.signer {
            Signer::Meta => (200, "signed with the app secret"),
            Signer::Forger => (401, "signed with another secret"),
        };
        transcript.line("", &format!("{} bytes, {by}", self.body.len()))?;
        let answer = stage.deliver(&self.body, self.signer).await?;
        transcript.line("answer", format!("{} {}", answer.status, answer.body).trim_end())?;
        expect(answer.status == status, &|| format!("the answer should be {status}"));
        for ask in &self.asks {
            let command = ask.command(stage)?;
            let answer = stage.is_member(&stage.set_of(ask.topic)?, ask.identifier).await?;
            transcript.line("after", &format!("{command}  -> {}", u8::from(answer)))?;
            expect(answer == ask.after, &|| format!("after, {command} should be {}", u8::from(ask.after)));
        }
        if let Some(proof) = &self.evidence {
            let kept = stage.evidence(proof.of).await?.unwrap_or_default();
            let kept = [
                ("source", &kept.source),
                ("rule", &kept.rule),
                ("language", &kept.language),
                ("reference", &kept.reference),
                ("reason", &kept.reason),
            ];
            let kept: Vec<_> = kept
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let kept = kept.join(", ");
            transcript.line("kept", &kept)?;
            expect(kept.contains(proof.says), &|| format!("the evidence should say {}", proof.says));
        }
        if self.dead_letters > 0 {
            let letters = stage.dead_letters(self.dead_letters).await?;
            for letter in &letters {
                let (kind, reason, raw) = (&letter.kind, &letter.reason, &letter.raw);
                transcript.line("aside", &format!("a broken {kind} ({reason}): {raw}"))?;
            }
            expect(letters.len() == self.dead_letters, &|| {
                format!("{} broken items should be kept", self.dead_letters)
            });
        }
        let sent = stage.sent().await?;
        let sent = sent.get(sent_before..).unwrap_or_default();
        for message in sent {
            transcript.line("sent", &describe(message))?;
        }
        if sent.is_empty() {
            transcript.line("sent", "nothing")?;
        }
        expect(sent.len() == self.messages.len(), &|| {
            format!("{} messages should go out", self.messages.len())
        });
        for expected in &self.messages {
            let found = sent.iter().any(|message| expected.is(message));
            expect(found, &|| format!("{} should be told {:?}", expected.to, expected.says));
        }
        Ok(misses)
    }
}

impl Ask {
    /// As somebody would type it.
    fn command(&self, stage: &Stage) -> anyhow::Result<String> {
        Ok(format!("redis-cli SISMEMBER {} {}", stage.set_of(self.topic)?, self.identifier))
    }
}

impl Expected {
    fn is(&self, message: &Sent) -> bool {
        recipient(&message.body) == self.to && text(&message.body).contains(self.says) && message.authorized
    }
}

fn describe(message: &Sent) -> String {
    let body = &message.body;
    let quote = if body.pointer("/context/message_id").is_some() { ", quoting theirs" } else { "" };
    let kind = body.pointer("/interactive/type").or_else(|| body.get("type")).and_then(Value::as_str);
    let rows = body.pointer("/interactive/action/sections/0/rows").and_then(Value::as_array);
    let titles: Vec<_> = rows
        .into_iter()
        .flatten()
        .filter_map(|row| row.get("title").and_then(Value::as_str))
        .map(|title| format!("[{title}]"))
        .collect();
    let said = text(body).replace("\n\n", " ");
    format!("to {}, {}{quote}: \"{said}\" {}", recipient(body), kind.unwrap_or("?"), titles.join(" "))
        .trim_end()
        .to_owned()
}

fn recipient(body: &Value) -> &str {
    body.get("to").or_else(|| body.get("recipient")).and_then(Value::as_str).unwrap_or_default()
}

fn text(body: &Value) -> &str {
    let text = body.pointer("/interactive/body/text").or_else(|| body.pointer("/text/body"));
    text.and_then(Value::as_str).unwrap_or_default()
}
