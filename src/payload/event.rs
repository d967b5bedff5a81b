//! The vocabulary: what a webhook body says, in the words the rest of the program speaks.

use std::borrow::Cow;

use crate::identity::Person;

/// All that a body said, in the order of the body.
#[derive(Debug, Default)]
pub struct Parsed<'a> {
    /// What could be read.
    pub events: Vec<Event<'a>>,
    /// What could not, to be counted and kept as dead letters.
    pub broken: Vec<Broken<'a>>,
    /// How many more could not be read: beyond a thousand they are only counted.
    pub more_broken: u64,
    /// How many more were of no concern: beyond ten thousand they are only counted.
    pub more_ignored: u64,
    ignored: usize,
}

/// Meta sends up to a thousand items in a body. Three bytes can make a broken one, and a body has three million.
const MOST_BROKEN: usize = 1000;
const MOST_IGNORED: usize = 10_000;

impl<'a> Parsed<'a> {
    /// Keeps an item that could not be read, or only counts it.
    pub(super) fn bury(&mut self, broken: Broken<'a>) {
        if self.broken.len() < MOST_BROKEN { self.broken.push(broken) } else { self.more_broken += 1 }
    }

    /// Notes something that is of no concern, or only counts it.
    pub(super) fn ignore(&mut self, what: Ignored) {
        if self.ignored < MOST_IGNORED {
            self.ignored += 1;
            self.events.push(Event::Ignored(what));
        } else {
            self.more_ignored += 1;
        }
    }

    /// How much there is, to go back to it.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            events: self.events.len(),
            broken: self.broken.len(),
            more_broken: self.more_broken,
            more_ignored: self.more_ignored,
            ignored: self.ignored,
        }
    }

    /// Whatever was said since was said long ago.
    pub(super) fn is_history_since(&mut self, since: &Mark) {
        for event in self.events.iter_mut().skip(since.events) {
            if let Event::Said(said) = event {
                said.via = Via::History;
            }
        }
    }

    /// Forgets what came since.
    pub(super) fn go_back(&mut self, to: &Mark) {
        self.events.truncate(to.events);
        self.broken.truncate(to.broken);
        (self.more_broken, self.more_ignored, self.ignored) = (to.more_broken, to.more_ignored, to.ignored);
    }
}

/// How much was in a [`Parsed`] at some moment.
#[derive(PartialEq, Eq)]
pub(super) struct Mark {
    events: usize,
    broken: usize,
    more_broken: u64,
    more_ignored: u64,
    ignored: usize,
}

/// One thing that a webhook told.
#[derive(Debug)]
pub enum Event<'a> {
    /// A person said something to a number, by typing or by tapping.
    Said(Said<'a>),
    /// A person changed their marketing preference in WhatsApp's own settings.
    Preference(Preference<'a>),
    /// A marketing send failed with 131050: the person had stopped marketing in WhatsApp's settings.
    Refused(Refused<'a>),
    /// A person changed number or user id.
    Moved(Moved<'a>),
    /// A webhook tied identifiers together without saying anything else (a shared contact, for example).
    Known(Known<'a>),
    /// What became of a message that was sent. A failure with 131050 yields a [`Refused`] as well.
    Status(Status<'a>),
    /// News of a message template.
    Template(TemplateNotice<'a>),
    /// News of an account or of a number.
    Account(AccountNotice<'a>),
    /// Understood, and of no concern here.
    Ignored(Ignored),
}

/// Which of the business's accounts and numbers an event belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route<'a> {
    /// `entry[].id`, the WhatsApp Business Account; empty when it was missing.
    pub waba_id: Cow<'a, str>,
    /// `metadata.phone_number_id`; `None` on account and template fields.
    pub phone_number_id: Option<Cow<'a, str>>,
}

/// How a message came to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// `messages`: the person wrote to us.
    Live,
    /// `standby`: another handler holds the conversation; to answer would take it over.
    Standby,
    /// `history`: a back-fill of old conversations; never answered.
    History,
}

/// A person said something. A message that carries words in several places (which no well-formed one does)
/// yields one of these for each, with one `message_id`.
#[derive(Debug)]
pub struct Said<'a> {
    /// To which number.
    pub route: Route<'a>,
    /// Who: every identifier that the message and its contact entry carry. Never empty.
    pub person: Person,
    /// The message's id (`wamid.…`), or a stand-in (`missing-…`) made from the item's bytes where Meta left it
    /// out. Personal data: it decodes to the number.
    pub message_id: Cow<'a, str>,
    /// When, unix milliseconds; `None` when it was missing or unreadable.
    pub at: Option<i64>,
    /// By which way it came.
    pub via: Via,
    /// The person's own words.
    pub words: Words<'a>,
    /// The id of the message that this one answers or quotes (`context.id`).
    pub replies_to: Option<Cow<'a, str>>,
    /// Whether the words were forwarded from elsewhere.
    pub forwarded: bool,
}

/// What a person said, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words<'a> {
    /// Typed text, an edited text, or a media caption.
    Text(Cow<'a, str>),
    /// A tap on a template's quick-reply button.
    Button {
        /// What the button shows.
        label: Cow<'a, str>,
        /// What the sender put behind it; the label itself when nothing was.
        payload: Cow<'a, str>,
    },
    /// A tap on an interactive reply button or list row.
    Reply {
        /// The id that the sender gave it.
        id: Cow<'a, str>,
        /// What it shows.
        title: Cow<'a, str>,
        /// A list row's second line; empty when there is none.
        description: Cow<'a, str>,
    },
    /// A completed form (`nfm_reply`): the strings among its answers, as `(key, value)`, nested ones by their
    /// own key. A response that is not JSON yields none.
    Form(Vec<(String, String)>),
    /// Nothing that has words: media without a caption, a place, an order.
    Nothing,
}

/// What a person set in WhatsApp's own settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreferenceValue {
    /// No more marketing from this business.
    Stop,
    /// Marketing again.
    Resume,
    /// Signed up through a sign-up link.
    Signup,
}

/// A change of a person's marketing preference (`user_preferences`).
#[derive(Debug)]
pub struct Preference<'a> {
    /// For which number.
    pub route: Route<'a>,
    /// Who. Never empty.
    pub person: Person,
    /// Stop, resume or sign up.
    pub value: PreferenceValue,
    /// When, unix milliseconds; `None` when it was missing or unreadable.
    pub at: Option<i64>,
}

/// A send that failed with 131050.
#[derive(Debug)]
pub struct Refused<'a> {
    /// From which number.
    pub route: Route<'a>,
    /// To whom. Never empty.
    pub person: Person,
    /// The id of the message that was refused, or a stand-in as in [`Said::message_id`].
    pub message_id: Cow<'a, str>,
    /// When, unix milliseconds; `None` when it was missing or unreadable.
    pub at: Option<i64>,
    /// What the sender attached to the message (`biz_opaque_callback_data`).
    pub callback_data: Option<Cow<'a, str>>,
}

/// A person changed number or user id (`system` messages).
#[derive(Debug)]
pub struct Moved<'a> {
    /// Told to which number.
    pub route: Route<'a>,
    /// The identifiers that are no longer theirs. Never empty.
    pub from: Person,
    /// The identifiers that are theirs now. Never empty.
    pub to: Person,
    /// The id of the system message, or a stand-in as in [`Said::message_id`].
    pub message_id: Cow<'a, str>,
    /// When, unix milliseconds; `None` when it was missing or unreadable.
    pub at: Option<i64>,
}

/// Identifiers that one webhook shows to be one person's.
#[derive(Debug)]
pub struct Known<'a> {
    /// Told to which number.
    pub route: Route<'a>,
    /// Two or more identifiers.
    pub person: Person,
}

/// What became of a message that was sent.
#[derive(Debug)]
pub struct Status<'a> {
    /// From which number.
    pub route: Route<'a>,
    /// The message's id.
    pub message_id: Cow<'a, str>,
    /// `sent`, `delivered`, `read`, `played`, `failed`, or a word that Meta adds later.
    pub status: Cow<'a, str>,
    /// When, unix milliseconds; `None` when it was missing or unreadable.
    pub at: Option<i64>,
    /// `recipient_id`; empty when it was missing. A group's id for group messages.
    pub recipient: Cow<'a, str>,
    /// `recipient_user_id`; empty when it was missing.
    pub recipient_user_id: Cow<'a, str>,
    /// `biz_opaque_callback_data`, which the sender set.
    pub callback_data: Option<Cow<'a, str>>,
    /// `pricing.category`, for example `marketing`.
    pub category: Option<Cow<'a, str>>,
    /// `errors[0].code` of a failure.
    pub error_code: Option<i64>,
}

/// News of a message template: its status, quality, category or components.
#[derive(Debug)]
pub struct TemplateNotice<'a> {
    /// Of which account.
    pub route: Route<'a>,
    /// `status`, `quality`, `category`, `coming` (a category that is announced) or `components`.
    pub about: &'static str,
    /// `message_template_id`, as digits.
    pub template_id: Cow<'a, str>,
    /// `message_template_name`.
    pub name: Cow<'a, str>,
    /// `message_template_language`, with `_` for `-`.
    pub language: Cow<'a, str>,
    /// The event, the new score or the new category, as Meta wrote it.
    pub value: Cow<'a, str>,
    /// `message_template_category`, which a status carries; empty when it was missing.
    pub category: Cow<'a, str>,
    /// Why: the reason of a rejection, the title of a pause, or of an announced category the time at which it
    /// comes (unix seconds). Empty when nothing is said.
    pub detail: Cow<'a, str>,
    /// `entry[].time` in unix milliseconds.
    pub at: Option<i64>,
}

/// News of an account, a number or its quality.
#[derive(Debug)]
pub struct AccountNotice<'a> {
    /// Of which account.
    pub route: Route<'a>,
    /// The webhook field, for example `account_update`.
    pub field: Cow<'a, str>,
    /// `event` or the alert's type; empty when there is none.
    pub event: Cow<'a, str>,
    /// The business's own number, or the thing that an alert is about; empty when it is the account itself.
    pub subject: Cow<'a, str>,
    /// What exactly: the violation, the restriction, the ban, the alert's severity and state, the limit. Words are
    /// parted by blanks; empty when nothing is said.
    pub detail: String,
    /// `entry[].time` in unix milliseconds.
    pub at: Option<i64>,
}

/// What is understood and has no effect, by kind: the label of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ignored {
    /// The business's own message, sent from its phone app or by another handler.
    Echo,
    /// A message in a group: not addressed to the business alone.
    Group,
    /// A reaction.
    Reaction,
    /// A message kind that WhatsApp cannot show, or a withdrawn message.
    Unsupported,
    /// A system message that moves nobody.
    System,
    /// A handover between handlers of a conversation.
    Handover,
    /// Errors that Meta reports for the number itself.
    ValueError,
    /// A field, type or value that is not known here.
    Unknown,
}

/// An item that could not be read.
#[derive(Debug)]
pub struct Broken<'a> {
    /// What it seemed to be, a short name fit for a metric's label: `body`, `entry`, `change`, `message` …
    pub kind: &'static str,
    /// What is wrong with it, fit for an operator and free of its content.
    pub reason: &'static str,
    /// The item as it came, or what of it is text. Personal data: not for logs.
    pub raw: Cow<'a, str>,
}
