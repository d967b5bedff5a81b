use crate::cloud_api::limits;

/// The optional question under a confirmation shares the message's body with it; this much is kept for it.
const LONGEST_INVITE: usize = 1000;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The word that brings a person back.
    StartWord,
    /// The word that stops everything.
    StopWord,
    /// No more messages.
    StoppedAll,
    /// No more messages of a topic.
    StoppedTopic,
    /// Messages again.
    ResumedAll,
    /// Messages of a topic again.
    ResumedTopic,
    /// How to stop and how to return.
    Help,
    /// What did you mean? With buttons.
    AskText,
    /// The button for everything.
    AskAll,
    /// The button for the topic.
    AskTopic,
    /// The button for nothing.
    AskKeep,
    /// What did you mean? Without buttons.
    AskPlain,
    /// The question under a confirmation that has a list.
    ListInvite,
    /// The button that opens the list.
    ListButton,
    /// The row that takes the stop back.
    ListUndo,
    /// Its second line.
    ListUndoDescription,
    /// A reason: lost interest.
    ListLostInterest,
    /// A reason: the problem is solved.
    ListSolved,
    /// A reason: unhappy with the content.
    ListContent,
    /// A reason: never signed up.
    ListNoConsent,
}

impl Key {
    /// Every key.
    pub const ALL: [Self; 20] = [
        Self::StartWord,
        Self::StopWord,
        Self::StoppedAll,
        Self::StoppedTopic,
        Self::ResumedAll,
        Self::ResumedTopic,
        Self::Help,
        Self::AskText,
        Self::AskAll,
        Self::AskTopic,
        Self::AskKeep,
        Self::AskPlain,
        Self::ListInvite,
        Self::ListButton,
        Self::ListUndo,
        Self::ListUndoDescription,
        Self::ListLostInterest,
        Self::ListSolved,
        Self::ListContent,
        Self::ListNoConsent,
    ];

    /// Where the text stands in a file.
    pub fn name(self) -> &'static str {
        self.spec().0
    }

    /// How long the text may be with its placeholders filled, in characters.
    pub fn limit(self) -> usize {
        self.spec().1
    }

    /// Which placeholders the text may have.
    pub(super) fn placeholders(self) -> &'static [&'static str] {
        self.spec().2
    }

    /// Whether the text must say how to come back.
    pub(super) fn names_the_way_back(self) -> bool {
        matches!(self, Self::StoppedAll | Self::StoppedTopic)
    }

    fn spec(self) -> (&'static str, usize, &'static [&'static str]) {
        const NONE: &[&str] = &[];
        const WORDS: &[&str] = &["{start}", "{stop}"];
        const TOPIC: &[&str] = &["{topic}", "{start}", "{stop}"];
        const STOPPED: usize = limits::LIST_BODY - LONGEST_INVITE - crate::confirm::message::BLANK_LINE.len();
        match self {
            Self::StartWord => ("start_word", limits::BUTTON_TITLE, NONE),
            Self::StopWord => ("stop_word", limits::BUTTON_TITLE, NONE),
            Self::StoppedAll => ("stopped.all", STOPPED, WORDS),
            Self::StoppedTopic => ("stopped.topic", STOPPED, TOPIC),
            Self::ResumedAll => ("resumed.all", limits::TEXT_BODY, WORDS),
            Self::ResumedTopic => ("resumed.topic", limits::TEXT_BODY, TOPIC),
            Self::Help => ("help.text", limits::TEXT_BODY, WORDS),
            Self::AskText => ("ask.text", limits::BUTTONS_BODY, TOPIC),
            Self::AskAll => ("ask.all", limits::BUTTON_TITLE, NONE),
            Self::AskTopic => ("ask.topic", limits::BUTTON_TITLE, NONE),
            Self::AskKeep => ("ask.keep", limits::BUTTON_TITLE, NONE),
            Self::AskPlain => ("ask.plain", limits::TEXT_BODY, TOPIC),
            Self::ListInvite => ("list.invite", LONGEST_INVITE, WORDS),
            Self::ListButton => ("list.button", limits::LIST_BUTTON, NONE),
            Self::ListUndo => ("list.undo", limits::ROW_TITLE, NONE),
            Self::ListUndoDescription => ("list.undo_description", limits::ROW_DESCRIPTION, NONE),
            Self::ListLostInterest => ("list.lost_interest", limits::ROW_TITLE, NONE),
            Self::ListSolved => ("list.solved", limits::ROW_TITLE, NONE),
            Self::ListContent => ("list.content", limits::ROW_TITLE, NONE),
            Self::ListNoConsent => ("list.no_consent", limits::ROW_TITLE, NONE),
        }
    }
}
