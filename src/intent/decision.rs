//! What a text means: the vocabulary that the rest of the program speaks.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// What is known about the moment in which a text was written. All false when nothing is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    /// The text answers one of our messages: `context.id` is present, or a recent marketing send is known.
    pub answers_us: bool,
    /// WhatsApp marked the text as forwarded, so the words are somebody else's.
    pub forwarded: bool,
    /// The person is on the list now.
    pub suppressed: bool,
    /// The person was just asked whether to be signed up again.
    pub asked: bool,
}

/// What to do about a text, and why.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// What the person wants.
    pub action: Action,
    /// The rule that fired.
    pub rule: Rule,
    /// The language of that rule. Empty for payloads and for "nothing fired".
    pub language: Language,
    /// The text as the rules saw it. It is the person's own words: never log it.
    pub normalized: String,
    /// What follows `|` in a payload, such as a campaign.
    pub reference: Option<String>,
    /// Why the person leaves, when a button said so.
    pub reason: Option<Reason>,
    /// Whether it would be a stop if it answered one of our messages. Only beside [`Action::Ask`].
    pub doubtful: bool,
    /// What the text says to our question, for whoever knows that one is open. Only beside [`Action::None`].
    pub answer: Option<Answer>,
}

/// What a short text says to the question whether everything is to stop, or one topic. Without a question it means
/// nothing to us.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Answer {
    /// What was asked about is to stop.
    Yes,
    /// Everything is to stop.
    All,
    /// Only one topic is to stop: the one that is named, or the one that the question named.
    Only(Option<Topic>),
    /// Nothing is to stop.
    Keep,
}

/// The normalised text stays out of debug output, because it is what the person wrote.
impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decision")
            .field("action", &self.action)
            .field("rule", &self.rule)
            .field("language", &self.language)
            .field("reason", &self.reason)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// To be left alone.
    Stop(Scope),
    /// To hear from us again.
    Start(Scope),
    /// An explanation.
    Help,
    /// Probably to be left alone; worth one question.
    Ask(Scope),
    /// Something that is none of our business.
    None,
}

impl Action {
    /// The stable name: `stop`, `start`, `help`, `ask` or `none`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stop(_) => "stop",
            Self::Start(_) => "start",
            Self::Help => "help",
            Self::Ask(_) => "ask",
            Self::None => "none",
        }
    }

    /// The scope, where the action has one.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match self {
            Self::Stop(scope) | Self::Start(scope) | Self::Ask(scope) => Some(scope),
            Self::Help | Self::None => None,
        }
    }
}

/// Prints `stop`, `stop marketing`, `none`: the scope only when it is a topic.
impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.scope() {
            Some(Scope::Topic(topic)) => write!(f, " {topic}"),
            _ => Ok(()),
        }
    }
}

/// What is refused or wanted: everything, or one topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everything the business sends.
    All,
    /// One kind of message.
    Topic(Topic),
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Topic(topic) => topic.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = BadTopic;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s == "all" { Ok(Self::All) } else { Topic::parse(s).map(Self::Topic) }
    }
}

/// A kind of message, as a slug: `[a-z0-9][a-z0-9_-]{0,39}`, and not `all`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(Arc<str>);

impl Topic {
    /// Reads a slug.
    ///
    /// # Errors
    /// [`BadTopic`] when it is not one.
    pub fn parse(slug: &str) -> Result<Self, BadTopic> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let starts = slug.bytes().next().is_some_and(plain);
        let rest = slug.bytes().all(|b| plain(b) || b == b'_' || b == b'-');
        if starts && rest && slug.len() <= 40 && slug != "all" {
            Ok(Self(slug.into()))
        } else {
            Err(BadTopic)
        }
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Topic {
    type Err = BadTopic;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

/// A topic that is not a slug. The text is not repeated: it may be what somebody wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a topic is 1 to 40 of a-z, 0-9, '_' and '-', begins with a letter or digit, and is not 'all'")]
pub struct BadTopic;

/// The stable id of the rule that fired, such as `es/keyword/baja`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule(Cow<'static, str>);

impl Rule {
    pub(super) fn new(id: impl Into<Cow<'static, str>>) -> Self {
        Self(id.into())
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A BCP-47 tag such as `es`, `pt-BR` or `hi-Latn`; empty when no language took part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Language(Arc<str>);

impl Language {
    pub(super) fn new(tag: impl Into<Arc<str>>) -> Self {
        Self(tag.into())
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why somebody leaves, as offered under the confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No longer interested.
    LostInterest,
    /// What they wanted is settled.
    Solved,
    /// Unhappy with what was sent.
    Content,
    /// Never signed up.
    NoConsent,
}

impl Reason {
    /// The stable name: `lost_interest`, `solved`, `content` or `no_consent`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::LostInterest => "lost_interest",
            Self::Solved => "solved",
            Self::Content => "content",
            Self::NoConsent => "no_consent",
        }
    }

    /// The reason with that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::LostInterest, Self::Solved, Self::Content, Self::NoConsent]
            .into_iter()
            .find(|r| r.name() == name)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
