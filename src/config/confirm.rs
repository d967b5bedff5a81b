//! `[confirm]`

use std::time::Duration;

use super::reader::{Choice, Reader};

/// The confirmations: whether, when, and how fast.
#[derive(Debug, Clone)]
pub struct Confirm {
    /// Whether people are told that it is done.
    pub enabled: bool,
    /// Whether this replica sends; otherwise it only records.
    pub worker: bool,
    /// Whether the confirmation is a list with "it was a mistake" and the reasons for leaving.
    pub interactive: bool,
    /// Whether messages that came by `standby` are answered.
    pub standby: bool,
    /// Whether a request for help is answered.
    pub help: bool,
    /// Whether to ask once when a message is likely an opt-out. [`Business::ask`](super::Business::ask) takes this into account.
    pub ask: bool,
    /// Time in which a person gets no second confirmation.
    pub cooldown: Duration,
    /// How long after the question a typed answer counts as one; zero when only taps do.
    pub answer: Duration,
    /// How long after a delivered marketing message a doubtful text is a stop; zero when it never is for that.
    pub marketing: Duration,
    /// How long a worker owns a job; longer than [`CloudApiSettings::timeout`](super::CloudApiSettings::timeout).
    pub lease: Duration,
    /// How long to wait for the status of a send that may have succeeded.
    pub unknown_after: Duration,
    /// What then.
    pub on_unknown: OnUnknown,
    /// How long after the person's message a confirmation may still go; at most Meta's 24 hours.
    pub window: Duration,
    /// Attempts before a confirmation is given up.
    pub max_attempts: u32,
    /// Messages a second for each number.
    pub per_second: u32,
    /// Sends under way at the same time.
    pub max_in_flight: usize,
}

/// What to do with a send of which nobody knows whether it succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnknown {
    /// Send once more; the person may get it twice.
    #[default]
    ResendOnce,
    /// Give up; the person may get none.
    Drop,
}

impl Choice for OnUnknown {
    const WORDS: &'static [(&'static str, Self)] = &[("resend_once", Self::ResendOnce), ("drop", Self::Drop)];
}

impl Confirm {
    pub(super) fn read(reader: &mut Reader<'_>, send_timeout: Duration) -> Self {
        let confirm = Self {
            enabled: reader.flag("confirm.enabled"),
            worker: reader.flag("confirm.worker"),
            interactive: reader.flag("confirm.interactive"),
            standby: reader.flag("confirm.standby"),
            help: reader.flag("confirm.help"),
            ask: reader.flag("confirm.ask"),
            cooldown: reader.minutes("confirm.cooldown_minutes", 0..=525_600),
            answer: reader.minutes("confirm.answer_minutes", 0..=1440),
            marketing: reader.minutes("confirm.after_marketing_minutes", 0..=10_080),
            lease: reader.seconds("confirm.lease_s", 1..=3600),
            unknown_after: reader.seconds("confirm.unknown_after_s", 1..=86_400),
            on_unknown: reader.choice("confirm.on_unknown"),
            window: reader.minutes("confirm.window_minutes", 1..=1440),
            max_attempts: reader.count("confirm.max_attempts", 1..=1000),
            per_second: reader.count("confirm.per_second", 1..=10_000),
            max_in_flight: reader.size("confirm.max_in_flight", 1..=1024),
        };
        if confirm.lease <= send_timeout {
            let hint = "give more, or another worker sends the same confirmation while this one still waits";
            reader.problem("confirm.lease_s", "not longer than cloud_api.timeout_ms", hint);
        }
        confirm
    }
}
