//! The periods that a view can show, as links to choose from.

use super::{texts::fill, visit::Visit};

/// What can be chosen, in days.
pub(super) struct Periods {
    pub(super) choices: &'static [u16],
    pub(super) usual: u16,
}

/// A period to choose; `templates/page/periods.html` shows it.
pub(super) struct PeriodLink {
    pub(super) href: String,
    pub(super) text: String,
    pub(super) current: bool,
}

impl Periods {
    /// The period that was asked for, if it is one of those offered.
    pub(super) fn chosen(&self, days: Option<u16>) -> u16 {
        days.filter(|days| self.choices.contains(days)).unwrap_or(self.usual)
    }

    /// The links, where `days` is shown.
    pub(super) fn links(&self, visit: &Visit, days: u16, href: impl Fn(u16) -> String) -> Vec<PeriodLink> {
        let link = |&choice: &u16| PeriodLink {
            href: href(choice),
            text: visit.texts.common.days.say(choice.into(), visit.locale),
            current: choice == days,
        };
        self.choices.iter().map(link).collect()
    }
}

/// A period in words: so many days up to this one.
pub(super) fn in_words(visit: &Visit, days: u16, to: &str) -> String {
    let common = &visit.texts.common;
    fill(&common.period, &[("days", &common.days.say(days.into(), visit.locale)), ("to", to)])
}
