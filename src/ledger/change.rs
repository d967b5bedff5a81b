//! What can happen to the list, and what came of it.

mod wire;

use std::{fmt, time::Duration};

use serde::Serialize;

pub(super) use wire::{Wire, WireId, WireJob, registers, scope_of, wire_ids};

use super::outbox::JobKind;
use crate::{identity::Person, intent::Scope};
use wire::ALL;

/// One event, ready to be written. Every identifier of `person` is written together.
#[derive(Clone)]
pub struct Change {
    /// Who.
    pub person: Person,
    /// What they decided, or what happened to them.
    pub act: Act,
    /// When it happened, unix milliseconds. Orders events; never the time of delivery.
    pub at: i64,
    /// What makes this event the same as another delivery of it, unique within the business.
    pub claim: Option<String>,
    /// Why.
    pub evidence: Evidence,
    /// A message to be sent if the change is real.
    pub message: Option<Message>,
}

/// What an event does to the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Refuses a scope.
    Stop(Scope),
    /// Takes a scope back, by word or tap.
    Start(Scope),
    /// Takes a scope back, as a list from elsewhere says: does not take off the sets whom only they know, since
    /// nobody knows since when they stand there.
    ImportedStart(Scope),
    /// An operator's word: outlasts what is known, whatever its time.
    ForceStart(Scope),
    /// Stopped marketing in WhatsApp's settings, or a send was refused for that (131050).
    SettingsStop,
    /// Resumed marketing there: lifts what was stopped there and nothing else.
    SettingsResume,
    /// Told why they leave; leaving itself when nothing was decided before.
    Reason(Scope),
    /// Has other identifiers now; the person of the change holds those of before.
    Move {
        /// The identifiers of now.
        to: Person,
    },
    /// Was shown to have all of these identifiers: no decision.
    Link,
    /// Asked for help: a message, no decision.
    Help,
    /// Perhaps wants to stop: one question, no decision.
    Ask(Scope),
    /// The same, but a stop when marketing was delivered to the person shortly before. Its message, of the kind
    /// [`JobKind::Ask`], then confirms the stop.
    Doubt {
        /// What is perhaps refused.
        scope: Scope,
        /// How long ago marketing counts.
        after: Duration,
        /// Whether the question is asked otherwise.
        asks: bool,
    },
    /// Says something that answers our question, when one is open at its time; else nothing at all.
    Answer {
        /// What it says.
        says: Reply,
        /// How long after the question it counts. One that quotes the question always does.
        within: Duration,
    },
}

/// An answer to our question, as the business sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// What was asked about is to stop.
    Yes,
    /// This is to stop.
    Stop(Scope),
    /// Only the topic that the question named is to stop.
    OnlyThat,
    /// Nothing is to stop.
    Keep,
}

impl Act {
    /// Whether it refuses something, where it decides anything.
    pub fn refuses(&self) -> bool {
        match self {
            Self::Stop(_) | Self::SettingsStop | Self::Reason(_) | Self::Doubt { .. } => true,
            Self::Answer { says, .. } => *says != Reply::Keep,
            Self::Start(_) | Self::ImportedStart(_) | Self::ForceStart(_) | Self::SettingsResume => false,
            Self::Move { .. } | Self::Link | Self::Help | Self::Ask(_) => false,
        }
    }

    /// Whether it speaks of everything and not of one topic.
    pub(super) fn is_for_everything(&self) -> bool {
        scope_of(self) == ALL
    }
}

/// Why somebody is on the list: kept with the person, and, but for the text, in the audit stream.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// `text`, `button`, `form`, `preference`, `refused`, `history`, `system`, `operator`, `import` …
    pub source: &'static str,
    /// Of what was imported: where that came from, in the words of the file.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin: String,
    /// The rule that fired.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The version of the rules.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rules_version: String,
    /// The language of the rule, BCP-47.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// The message's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// The number that was written to.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone_number_id: String,
    /// The message that was answered or tapped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub quoted: String,
    /// The campaign or template behind a button.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reference: String,
    /// Why they leave, in the words of the four reasons.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The person's own words, at most 256 characters.
    #[serde(skip)]
    pub text: String,
    /// An operator's note.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// Which operator: the name of a token; empty for the command line.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
}

impl Evidence {
    /// The inside of a JSON object without the person's words, and those as one more member of it.
    pub(super) fn lines(&self) -> Option<(String, String)> {
        let object = serde_json::to_string(self).ok()?;
        let inside = object.strip_prefix('{')?.strip_suffix('}')?.to_owned();
        let words = match self.text.as_str() {
            "" => String::new(),
            text => format!(",\"text\":{}", serde_json::to_string(text).ok()?),
        };
        Some((inside, words))
    }
}

/// A message to queue together with the change.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// What it tells.
    pub kind: JobKind,
    /// From which number.
    pub phone_number_id: String,
    /// To whom, exactly as Meta wrote it.
    pub to: String,
    /// In which language, BCP-47; may be empty.
    pub language: String,
    /// The message to quote.
    pub quote: Option<String>,
    /// When its 24-hour window ends, unix milliseconds.
    pub expires_at: i64,
}

/// Shows what kind of change it is and nothing of the person.
impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Change({:?}, {})", self.act, self.evidence.source)
    }
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The list changed.
    Applied,
    /// It said so already.
    Already,
    /// Something newer is known.
    Older,
    /// This event was handled before.
    Duplicate,
    /// It would have answered a question, and none was open. Nothing was written.
    Unasked,
}

impl Outcome {
    pub(super) fn read(word: &str) -> Option<Self> {
        Some(match word {
            "applied" => Self::Applied,
            "already" => Self::Already,
            "older" => Self::Older,
            "duplicate" => Self::Duplicate,
            "unasked" => Self::Unasked,
            _ => return None,
        })
    }

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Already => "already",
            Self::Older => "older",
            Self::Duplicate => "duplicate",
            Self::Unasked => "unasked",
        }
    }
}

/// The whole answer to a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// What came of it.
    pub outcome: Outcome,
    /// Whether its message was queued.
    pub queued: bool,
    /// How many members the sets gained.
    pub stops: u64,
    /// How many members the sets lost.
    pub starts: u64,
    /// Whether it closed a question that the person had been asked.
    pub answered: bool,
}

impl Applied {
    /// Reads an answer of `apply.lua`: what came of it, 1 when its message was queued, how many members were added
    /// and removed, and 1 when it closed a question, with blanks between.
    pub(super) fn read(answer: &str) -> Option<Self> {
        let mut parts = answer.split(' ');
        let outcome = Outcome::read(parts.next()?)?;
        let mut number = || parts.next()?.parse::<u64>().ok();
        Some(Self {
            outcome,
            queued: number()? == 1,
            stops: number()?,
            starts: number()?,
            answered: number()? == 1,
        })
    }
}
