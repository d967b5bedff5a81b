//! Composes the message of a job.

use crate::cloud_api::{Button, Content, Message, Recipient, Row};
use crate::identity::Identifier;
use crate::ledger::{Job, JobKind};

use super::texts::{Key, LanguageTexts, Texts};

/// Between a confirmation and the question under it.
pub(super) const BLANK_LINE: &str = "\n\n";

/// The scope of everything, as jobs name it.
const ALL: &str = "all";

/// The topic that a question offers when the words named none.
const MARKETING: &str = "marketing";

/// How a business's messages look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Lists and buttons; without, plain text.
    pub interactive: bool,
    /// What a tap sends back begins with these.
    pub prefixes: Prefixes,
}

impl Default for Style {
    fn default() -> Self {
        Self { interactive: true, prefixes: Prefixes::default() }
    }
}

/// The prefixes of button payloads, which must be those that taps are read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    /// `<stop>`, `<stop>:<topic>` and `<stop>:reason:<reason>`.
    pub stop: String,
    /// `<start>` and `<start>:<topic>`, `|undo` after them.
    pub start: String,
}

impl Default for Prefixes {
    fn default() -> Self {
        Self { stop: "optout".to_owned(), start: "optin".to_owned() }
    }
}

/// The message of `job`; `None` when the job's recipient is neither a phone number nor a BSUID.
pub(super) fn compose(job: &Job, texts: &Texts, style: &Style) -> Option<Message> {
    let recipient = match Identifier::read(&job.to)? {
        Identifier::Phone(phone) => Recipient::Phone(phone.as_str().to_owned()),
        Identifier::Bsuid(bsuid) => Recipient::Bsuid(bsuid.as_str().to_owned()),
    };
    let texts = texts.for_language(&job.language);
    let topic = Some(job.scope.as_str()).filter(|scope| *scope != ALL);
    let by_scope = |all, one| texts.render(if topic.is_some() { one } else { all }, topic);
    let content = match (job.kind, style.interactive) {
        (JobKind::Stopped, true) => {
            stopped_list(texts, by_scope(Key::StoppedAll, Key::StoppedTopic), topic, &style.prefixes)
        }
        (JobKind::Stopped, false) => Content::Text(by_scope(Key::StoppedAll, Key::StoppedTopic)),
        (JobKind::Resumed, _) => Content::Text(by_scope(Key::ResumedAll, Key::ResumedTopic)),
        (JobKind::Help, _) => Content::Text(texts.render(Key::Help, None)),
        (JobKind::Ask, true) => question(texts, topic.unwrap_or(MARKETING), &style.prefixes),
        (JobKind::Ask, false) => Content::Text(texts.render(Key::AskPlain, topic.or(Some(MARKETING)))),
    };
    let quote = job.quote.clone().filter(|wamid| !job.quote_refused && !wamid.is_empty());
    Some(Message { recipient, quote, content, callback_data: format!("baja:{}", job.id.as_str()) })
}

/// The confirmation with the way back and the reasons as rows. Undo resumes what was stopped, the topic or
/// everything, and nothing else: `optin|undo` rather than `optin:undo`, which would name a topic.
fn stopped_list(texts: &LanguageTexts, text: String, topic: Option<&str>, prefixes: &Prefixes) -> Content {
    let Prefixes { stop, start } = prefixes;
    let undo = match topic {
        Some(topic) => format!("{start}:{topic}|undo"),
        None => format!("{start}|undo"),
    };
    let reason = |name: &str, key| Row {
        id: format!("{stop}:reason:{name}"),
        title: texts.render(key, topic),
        description: String::new(),
    };
    let rows = vec![
        Row {
            id: undo,
            title: texts.render(Key::ListUndo, topic),
            description: texts.render(Key::ListUndoDescription, topic),
        },
        reason("lost_interest", Key::ListLostInterest),
        reason("solved", Key::ListSolved),
        reason("content", Key::ListContent),
        reason("no_consent", Key::ListNoConsent),
    ];
    Content::List {
        body: text + BLANK_LINE + &texts.render(Key::ListInvite, topic),
        button: texts.render(Key::ListButton, topic),
        rows,
    }
}

fn question(texts: &LanguageTexts, topic: &str, prefixes: &Prefixes) -> Content {
    let stop = &prefixes.stop;
    let button = |id: String, key| Button { id, title: texts.render(key, Some(topic)) };
    Content::Buttons {
        body: texts.render(Key::AskText, Some(topic)),
        buttons: vec![
            button(stop.clone(), Key::AskAll),
            button(format!("{stop}:{topic}"), Key::AskTopic),
            button("keep".to_owned(), Key::AskKeep),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud_api::limits;
    use crate::confirm::worker::tests::job;

    fn composed(job: &Job, style: &Style) -> Message {
        compose(job, &Texts::builtin().unwrap(), style).unwrap()
    }

    fn plain() -> Style {
        Style { interactive: false, ..Style::default() }
    }

    fn ids(content: &Content) -> Vec<String> {
        match content {
            Content::Text(_) => Vec::new(),
            Content::List { rows, .. } => rows.iter().map(|row| row.id.clone()).collect(),
            Content::Buttons { buttons, .. } => buttons.iter().map(|button| button.id.clone()).collect(),
        }
    }

    #[test]
    fn a_stop_is_confirmed_with_a_list_in_the_persons_language() {
        let message = composed(&Job { language: "es-AR".into(), ..job(1) }, &Style::default());
        assert_eq!(message.recipient, Recipient::Phone("5491155550101".into()));
        assert_eq!(message.quote.as_deref(), Some("wamid.TEST0001"));
        assert_eq!(message.callback_data, "baja:00000000000000000000000000000001");
        assert_eq!(
            ids(&message.content),
            [
                "optin|undo",
                "optout:reason:lost_interest",
                "optout:reason:solved",
                "optout:reason:content",
                "optout:reason:no_consent"
            ]
        );
        let Content::List { body, .. } = message.content else { panic!("not a list") };
        assert!(
            body.starts_with("Listo: no te enviaremos más mensajes. ") && body.contains("ALTA"),
            "{body}"
        );
    }

    #[test]
    fn undoing_a_topics_stop_resumes_that_topic() {
        let job = Job { scope: "marketing".into(), language: "pt".into(), ..job(1) };
        let message = composed(&job, &Style::default());
        assert_eq!(ids(&message.content)[0], "optin:marketing|undo");
        assert_eq!(
            composed(&job, &plain()).content,
            Content::Text(
                "Pronto: não enviaremos mais mensagens de promoções. Se quiser voltar a receber, responda VOLTAR."
                    .into()
            )
        );
    }

    #[test]
    fn a_question_offers_everything_the_topic_and_nothing() {
        let ask = Job { kind: JobKind::Ask, ..job(1) };
        assert_eq!(ids(&composed(&ask, &Style::default()).content), ["optout", "optout:marketing", "keep"]);
        let about = Job { scope: "surveys".into(), ..ask };
        assert_eq!(ids(&composed(&about, &Style::default()).content), ["optout", "optout:surveys", "keep"]);
    }

    #[test]
    fn own_prefixes_reach_every_id() {
        let prefixes = Prefixes { stop: "baja".into(), start: "alta".into() };
        let style = Style { interactive: true, prefixes };
        for kind in [JobKind::Stopped, JobKind::Ask] {
            for id in ids(&composed(&Job { kind, ..job(1) }, &style).content) {
                assert!(id.starts_with("baja") || id.starts_with("alta") || id == "keep", "{id}");
            }
        }
    }

    #[test]
    fn a_quote_that_was_refused_is_left_out() {
        let refused = Job { quote_refused: true, ..job(1) };
        assert_eq!(composed(&refused, &plain()).quote, None);
    }

    #[test]
    fn a_recipient_is_a_phone_or_a_bsuid() {
        let texts = Texts::builtin().unwrap();
        let to = |to: &str| {
            compose(&Job { to: to.into(), ..job(1) }, &texts, &plain()).map(|message| message.recipient)
        };
        assert_eq!(to("MX.900"), Some(Recipient::Bsuid("MX.900".into())));
        assert_eq!(to("5215550001111"), Some(Recipient::Phone("5215550001111".into())));
        assert_eq!(to(""), None);
        assert_eq!(to("nobody"), None);
    }

    #[test]
    fn every_message_of_every_language_is_within_the_limits() {
        let texts = Texts::builtin().unwrap();
        let longest_topic = "x".repeat(40);
        for language in texts.languages() {
            for kind in [JobKind::Stopped, JobKind::Resumed, JobKind::Help, JobKind::Ask] {
                for scope in [ALL, "appointment-reminders", &longest_topic] {
                    for style in [Style::default(), plain()] {
                        let language = language.language().to_owned();
                        let job = Job { kind, scope: scope.into(), language, ..job(1) };
                        within_limits(&compose(&job, &texts, &style).unwrap().content);
                    }
                }
            }
        }
    }

    fn within_limits(content: &Content) {
        let fits = |text: &str, limit: usize| {
            assert!((1..=limit).contains(&text.chars().count()), "{text} within {limit}");
        };
        match content {
            Content::Text(body) => fits(body, limits::TEXT_BODY),
            Content::List { body, button, rows } => {
                fits(body, limits::LIST_BODY);
                fits(button, limits::LIST_BUTTON);
                assert!(rows.len() <= limits::ROWS);
                for row in rows {
                    fits(&row.id, limits::ROW_ID);
                    fits(&row.title, limits::ROW_TITLE);
                    assert!(row.description.chars().count() <= limits::ROW_DESCRIPTION);
                }
            }
            Content::Buttons { body, buttons } => {
                fits(body, limits::BUTTONS_BODY);
                assert!(buttons.len() <= limits::BUTTONS);
                buttons.iter().for_each(|button| fits(&button.title, limits::BUTTON_TITLE));
            }
        }
    }
}
