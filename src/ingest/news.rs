//! What Meta tells of templates, numbers and the account, as the ledger keeps it.

use crate::{ledger::News, payload::Event};

/// What is kept of one text, characters.
const LONGEST: usize = 256;

/// The news in an event; `None` when it holds none. `now` stands in for a missing time.
pub(super) fn of(event: &Event<'_>, now: i64) -> Option<News> {
    match event {
        Event::Template(notice) => Some(News {
            template: true,
            about: notice.about.to_owned(),
            waba_id: cut(&notice.route.waba_id),
            subject: cut(&notice.template_id),
            name: cut(&notice.name),
            language: cut(&notice.language),
            category: cut(&notice.category),
            value: cut(&notice.value),
            detail: cut(&notice.detail),
            at: notice.at.unwrap_or(now),
        }),
        Event::Account(notice) => Some(News {
            template: false,
            about: cut(&notice.field),
            waba_id: cut(&notice.route.waba_id),
            subject: cut(&notice.subject),
            value: cut(&notice.event),
            detail: cut(&notice.detail),
            at: notice.at.unwrap_or(now),
            ..News::default()
        }),
        _ => None,
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}
