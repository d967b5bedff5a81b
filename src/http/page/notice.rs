//! What the page says after a form was sent: one line on the page that follows.

use super::texts::Texts;

/// What came of a form. Travels in a cookie by its name, never as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    SignedOut,
    SignedOutHere,
    Suppressed,
    Resumed,
    AlreadySo,
    NotResumed,
    NotSuppressed,
    Erased,
    NothingErased,
    Approved,
    Outdated,
    Rejected,
    AnsweredNo,
    EndedWithStop,
    Gone,
    WillBeSent,
    JobDropped,
    JobSent,
    WindowClosed,
    LetterRead,
    LetterReadNothing,
    StillBroken,
    LetterDropped,
}

/// Each with its name.
const NAMES: [(Notice, &str); 23] = [
    (Notice::SignedOut, "signed-out"),
    (Notice::SignedOutHere, "signed-out-here"),
    (Notice::Suppressed, "suppressed"),
    (Notice::Resumed, "resumed"),
    (Notice::AlreadySo, "already-so"),
    (Notice::NotResumed, "not-resumed"),
    (Notice::NotSuppressed, "not-suppressed"),
    (Notice::Erased, "erased"),
    (Notice::NothingErased, "nothing-erased"),
    (Notice::Approved, "approved"),
    (Notice::Outdated, "outdated"),
    (Notice::Rejected, "rejected"),
    (Notice::AnsweredNo, "answered-no"),
    (Notice::EndedWithStop, "ended-with-stop"),
    (Notice::Gone, "gone"),
    (Notice::WillBeSent, "will-be-sent"),
    (Notice::JobDropped, "job-dropped"),
    (Notice::JobSent, "job-sent"),
    (Notice::WindowClosed, "window-closed"),
    (Notice::LetterRead, "letter-read"),
    (Notice::LetterReadNothing, "letter-read-nothing"),
    (Notice::StillBroken, "still-broken"),
    (Notice::LetterDropped, "letter-dropped"),
];

impl Notice {
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(notice, _)| *notice == self).map_or("", |(_, name)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(notice, _)| *notice)
    }

    /// Whether it tells that something was not done.
    pub(super) fn is_failure(self) -> bool {
        match self {
            Self::SignedOutHere
            | Self::NotResumed
            | Self::NotSuppressed
            | Self::Outdated
            | Self::AnsweredNo
            | Self::EndedWithStop
            | Self::Gone
            | Self::JobSent
            | Self::WindowClosed
            | Self::StillBroken => true,
            Self::SignedOut
            | Self::Suppressed
            | Self::Resumed
            | Self::AlreadySo
            | Self::Erased
            | Self::NothingErased
            | Self::Approved
            | Self::Rejected
            | Self::WillBeSent
            | Self::JobDropped
            | Self::LetterRead
            | Self::LetterReadNothing
            | Self::LetterDropped => false,
        }
    }

    pub(super) fn text(self, texts: &Texts) -> &str {
        match self {
            Self::SignedOut => &texts.notices.signed_out,
            Self::SignedOutHere => &texts.notices.signed_out_here,
            Self::Suppressed => &texts.notices.suppressed,
            Self::Resumed => &texts.notices.resumed,
            Self::AlreadySo => &texts.notices.already_so,
            Self::NotResumed => &texts.notices.not_resumed,
            Self::NotSuppressed => &texts.notices.not_suppressed,
            Self::Erased => &texts.notices.erased,
            Self::NothingErased => &texts.notices.nothing_erased,
            Self::Approved => &texts.notices.approved,
            Self::Outdated => &texts.notices.outdated,
            Self::Rejected => &texts.notices.rejected,
            Self::AnsweredNo => &texts.notices.answered_no,
            Self::EndedWithStop => &texts.notices.ended_with_stop,
            Self::Gone => &texts.notices.gone,
            Self::WillBeSent => &texts.notices.will_be_sent,
            Self::JobDropped => &texts.notices.job_dropped,
            Self::JobSent => &texts.notices.job_sent,
            Self::WindowClosed => &texts.notices.window_closed,
            Self::LetterRead => &texts.notices.letter_read,
            Self::LetterReadNothing => &texts.notices.letter_read_nothing,
            Self::StillBroken => &texts.notices.still_broken,
            Self::LetterDropped => &texts.notices.letter_dropped,
        }
    }
}
