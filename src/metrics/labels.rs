//! The values that labels may have. Everything a label can be is a variant here, so that no metric grows without bound.

/// A label with a fixed set of values.
pub(super) trait Label: Copy + 'static {
    /// The label's name.
    const NAME: &'static str;
    /// All variants, in the order of their discriminants.
    const ALL: &'static [Self];
    /// The value as Prometheus sees it.
    fn word(self) -> &'static str;
    /// The position in [`Self::ALL`].
    fn index(self) -> usize;
}

macro_rules! label {
    ($(#[$about:meta])* $name:ident as $label:literal { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl Label for $name {
            const NAME: &'static str = $label;
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
            fn index(self) -> usize {
                self as usize
            }
        }
    };
}

label! {
    /// What became of a POST to the webhook.
    WebhookOutcome as "outcome" {
        /// 200: everything in it is safe.
        Ok = "ok",
        /// 200: genuine, but not a webhook that can be read; kept as a dead letter.
        Unreadable = "unreadable",
        /// 400: not HTTP as it should be.
        BadRequest = "bad_request",
        /// 401: the signature is missing, malformed or not Meta's.
        BadSignature = "bad_signature",
        /// 408: the body did not arrive in time.
        Timeout = "timeout",
        /// 413: larger than anything Meta sends.
        TooLarge = "too_large",
        /// 500: a bug.
        Internal = "internal",
        /// 503: Redis could not take it; Meta sends it again.
        StoreUnavailable = "store_unavailable",
        /// 503: a target of the relay has not got it.
        NotPassedOn = "not_passed_on",
        /// 503: too many large bodies at once.
        Busy = "busy",
    }
}

label! {
    /// What became of a reload of the configuration.
    ReloadOutcome as "outcome" {
        /// It is in place.
        Applied = "applied",
        /// It was not usable, and nothing changed.
        Refused = "refused",
    }
}

label! {
    /// What came of asking Meta how the numbers and templates of a business stand.
    PollOutcome as "outcome" {
        /// Everything was told.
        Answered = "answered",
        /// Meta is asked too often, or nearly; it is left alone for a while.
        Limited = "limited",
        /// Meta does not tell it: mostly a token that is not good, or may not.
        Refused = "refused",
        /// There was no answer, or none that can be read.
        Failed = "failed",
        /// What Meta told could not be noted, because Redis did not answer.
        StoreUnavailable = "store_unavailable",
    }
}

label! {
    /// What became of a GET of the webhook, with which Meta checks who answers.
    HandshakeOutcome as "outcome" {
        /// 200: the token was right.
        Ok = "ok",
        /// 403: it was not.
        Refused = "refused",
        /// 400: it was no handshake.
        BadRequest = "bad_request",
    }
}

label! {
    /// What an event in a webhook was.
    EventKind as "kind" {
        /// A person typed or tapped something.
        Said = "said",
        /// A person changed the preference in WhatsApp's settings.
        Preference = "preference",
        /// A send failed because the person had stopped marketing (131050).
        Refused = "refused",
        /// A person changed number or user id.
        Moved = "moved",
        /// Identifiers were shown to be one person's.
        Known = "known",
        /// What became of a message that was sent.
        Status = "status",
        /// News of a template.
        Template = "template",
        /// News of an account.
        Account = "account",
        /// Ignored: the business's own message.
        Echo = "echo",
        /// Ignored: a message in a group.
        Group = "group",
        /// Ignored: a reaction.
        Reaction = "reaction",
        /// Ignored: a message that WhatsApp cannot show.
        Unsupported = "unsupported",
        /// Ignored: a system message that moves nobody.
        System = "system",
        /// Ignored: a handover between handlers.
        Handover = "handover",
        /// Ignored: an error that Meta reports for the number.
        ValueError = "value_error",
        /// Ignored: a field or type that is not known here.
        Unknown = "unknown",
        /// Ignored: for a number that no business owns.
        UnknownNumber = "unknown_number",
        /// Ignored: made by the test button of Meta's dashboard.
        TestButton = "test_button",
    }
}

label! {
    /// What an event says about somebody's wishes.
    DecisionAction as "action" {
        /// Suppress.
        Stop = "stop",
        /// Lift the suppression.
        Start = "start",
        /// Explain.
        Help = "help",
        /// Ask what was meant.
        Ask = "ask",
        /// Nothing.
        None = "none",
    }
}

label! {
    /// By which way a wish came.
    DecisionSource as "source" {
        /// Typed words.
        Typed = "typed",
        /// A tap on a button or a list.
        Button = "button",
        /// WhatsApp's own settings.
        Preference = "preference",
        /// A send that failed with 131050.
        Refused = "refused",
        /// A back-fill of old conversations.
        History = "history",
    }
}

label! {
    /// What the ledger did with a decision.
    LedgerResult as "result" {
        /// It changed the list.
        Applied = "applied",
        /// The list said so before.
        Already = "already",
        /// Something newer was known.
        Older = "older",
        /// The same event had been handled.
        Duplicate = "duplicate",
        /// It would have answered a question, and none was open.
        Unasked = "unasked",
    }
}

label! {
    /// Where a confirmation stands.
    OutboxState as "state" {
        /// Waits for its time.
        Due = "due",
        /// A worker sends it.
        Leased = "leased",
        /// Nobody knows whether it was sent.
        Unknown = "unknown",
    }
}

label! {
    /// What became of one attempt to send a confirmation.
    SendResult as "result" {
        /// Meta took it.
        Sent = "sent",
        /// It did not leave: no connection.
        NotSent = "not_sent",
        /// Meta refused it, and will again.
        Refused = "refused",
        /// Nobody knows: the connection broke, or the answer did not come in time.
        Unknown = "unknown",
        /// Nothing can be sent until somebody acts (the token, the account).
        Stopped = "stopped",
    }
}

label! {
    /// What became of a text that was likely a stop, and not surely one.
    NearMissEvent as "event" {
        /// It was kept.
        Noted = "noted",
        /// The person answered the question with a stop.
        Yes = "yes",
        /// The person answered that messages may go on.
        No = "no",
        /// An operator took it for a stop, by the API.
        Approved = "approved",
        /// An operator took it for none, by the API.
        Rejected = "rejected",
    }
}

label! {
    /// What a question to the API was answered with.
    ApiOutcome as "outcome" {
        /// 200.
        Ok = "ok",
        /// 400 and the like: the caller is to mend the request.
        BadRequest = "bad_request",
        /// 401: no token, or one that is not known.
        Unauthorized = "unauthorized",
        /// 403: no token is configured, or this one may only read.
        Forbidden = "forbidden",
        /// 404: nothing there, or nothing that the token may see.
        NotFound = "not_found",
        /// 429: too many wrong tokens.
        Limited = "limited",
        /// 500: what is stored cannot be used.
        Internal = "internal",
        /// 503: Redis could not be asked.
        StoreUnavailable = "store_unavailable",
    }
}

label! {
    /// For whom Redis was asked.
    RedisOperation as "operation" {
        /// A webhook waits for its 200.
        Webhook = "webhook",
        /// Everything else: the outbox, the heartbeat, questions.
        Background = "background",
    }
}
