//! A row of a list from elsewhere, as a change of ours.

use sha2::{Digest, Sha256};

use crate::{
    identity::{Identifier, Person, TypedError},
    intent::{Scope, Topic},
    ledger::{Act, Change, Evidence},
};

/// What is kept of a text, characters.
const KEPT_CHARS: usize = 256;
/// Unix seconds below this, milliseconds from it on: as seconds it is the year 5138, as milliseconds 1973.
const FIRST_MILLISECONDS: i64 = 100_000_000_000;
/// WhatsApp began in 2009; a decision from before that is a mistake in the table.
const EARLIEST_MS: i64 = 1_230_768_000_000;
/// How far a clock may be ahead of ours.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// The scope of what was set in WhatsApp's own settings, as an export writes it.
const SETTINGS: &str = "marketing@settings";

/// The cells of a row by their columns; what is missing is empty.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) identifier: String,
    pub(super) also: String,
    pub(super) scope: String,
    pub(super) act: String,
    pub(super) time: String,
    pub(super) source: String,
    pub(super) rule: String,
    pub(super) language: String,
    pub(super) reason: String,
    pub(super) reference: String,
    pub(super) note: String,
}

impl Cells {
    /// The cell of a column by its name, which may be one of other people's.
    pub(super) fn by_name(&mut self, name: &str) -> Option<&mut String> {
        Some(match name.trim().to_lowercase().as_str() {
            "identifier" | "phone" | "number" | "phone_number" | "phone number" | "msisdn" | "wa_id"
            | "whatsapp" | "mobile" | "telefono" | "teléfono" | "celular" | "numero" | "número"
            | "telefone" => &mut self.identifier,
            "also" => &mut self.also,
            "scope" | "topic" => &mut self.scope,
            "act" | "action" | "change" => &mut self.act,
            "time" | "date" | "timestamp" | "at" => &mut self.time,
            "source" => &mut self.source,
            "rule" => &mut self.rule,
            "language" => &mut self.language,
            "reason" => &mut self.reason,
            "reference" => &mut self.reference,
            "note" => &mut self.note,
            _ => return None,
        })
    }
}

/// Why a row is not taken. Nothing in it comes from the row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("identifier: {0}")]
    Identifier(#[from] TypedError),
    #[error("also: {0}")]
    Also(TypedError),
    #[error("scope: the business has no such topic; write all, or one of its topics")]
    Scope,
    #[error("act: write stop or start, or leave it empty for stop")]
    Act,
    #[error(
        "time: write RFC 3339 with its zone (2026-03-01T09:30:00Z), a date, or unix seconds or milliseconds"
    )]
    Time,
    #[error("time: before 2009 there was no WhatsApp")]
    TooEarly,
    #[error("time: a return needs one, or it could undo a newer opt-out")]
    NoTime,
    #[error("time: a return must not be in the future")]
    Future,
    #[error("this is no JSON object on one line")]
    Json,
    #[error("the row is longer than 1 MiB")]
    Long,
}

/// What rows without a column of their own say.
pub(super) struct Defaults<'a> {
    /// The topics of the business.
    pub(super) topics: &'a [String],
    /// The scope of rows without one.
    pub(super) scope: &'a str,
    /// The source of rows without one.
    pub(super) source: &'a str,
    /// When rows without a time were said at the latest, unix milliseconds.
    pub(super) time: i64,
    /// Now, unix milliseconds.
    pub(super) now: i64,
    /// Where numbers without a country code are from.
    pub(super) country: Option<&'a str>,
}

/// Reads a row as a change. The claim is made from what it says, so that the same row twice is one event.
pub(super) fn read(cells: &Cells, defaults: &Defaults<'_>) -> Result<Change, Refusal> {
    let mut person = Person::new();
    person.add(Identifier::read_typed(&cells.identifier, defaults.country)?);
    for also in cells.also.split_whitespace() {
        person.add(Identifier::read_typed(also, None).map_err(Refusal::Also)?);
    }
    let scope = or(&cells.scope, defaults.scope).to_lowercase();
    let starts = match cells.act.trim().to_lowercase().as_str() {
        "" | "stop" | "opt-out" | "optout" => false,
        "start" | "opt-in" | "optin" => true,
        _ => return Err(Refusal::Act),
    };
    let act = match (scope.as_str(), starts) {
        (SETTINGS, false) => Act::SettingsStop,
        (SETTINGS, true) => Act::SettingsResume,
        (scope, starts) => {
            let scope = read_scope(scope, defaults.topics)?;
            if starts { Act::ImportedStart(scope) } else { Act::Stop(scope) }
        }
    };
    let at = read_time(&cells.time, starts, defaults)?;
    let evidence = Evidence {
        source: "import",
        origin: cut(or(&cells.source, defaults.source)),
        rule: cut(&cells.rule),
        language: cut(&cells.language),
        reason: cut(&cells.reason),
        reference: cut(&cells.reference),
        note: cut(&cells.note),
        ..Evidence::default()
    };
    let claim = claim(&person, &scope, starts, at, &evidence);
    Ok(Change { person, act, at, claim: Some(claim), evidence, message: None })
}

fn or<'a>(cell: &'a str, otherwise: &'a str) -> &'a str {
    let cell = cell.trim();
    if cell.is_empty() { otherwise } else { cell }
}

fn cut(text: &str) -> String {
    text.trim().chars().take(KEPT_CHARS).collect()
}

fn read_scope(scope: &str, topics: &[String]) -> Result<Scope, Refusal> {
    if scope == "all" {
        return Ok(Scope::All);
    }
    // The set of a topic that the business does not have is one that no sender asks.
    let known = topics.iter().any(|topic| topic == scope);
    Topic::parse(scope).ok().filter(|_| known).map(Scope::Topic).ok_or(Refusal::Scope)
}

/// When the row's decision was made. Where that is not exact, the error is on the side of the opt-out: a stop
/// counts as late as it can have been, a start as early.
fn read_time(text: &str, starts: bool, defaults: &Defaults<'_>) -> Result<i64, Refusal> {
    let text = text.trim();
    let at = if text.is_empty() {
        if starts {
            return Err(Refusal::NoTime);
        }
        defaults.time
    } else {
        parse_time(text, !starts).ok_or(Refusal::Time)?
    };
    if at < EARLIEST_MS {
        return Err(Refusal::TooEarly);
    }
    match (at > defaults.now, starts) {
        (false, _) => Ok(at),
        (true, true) if at > defaults.now + AHEAD_MS => Err(Refusal::Future),
        // One in the future would outlast returns that have not been made yet.
        (true, _) => Ok(defaults.now),
    }
}

/// Unix milliseconds. A date alone is its last moment, or its first one, in UTC.
pub(super) fn parse_time(text: &str, latest: bool) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return if number < FIRST_MILLISECONDS { number.checked_mul(1000) } else { Some(number) };
    }
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Some(time.as_millisecond());
    }
    let date: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
    let day = if latest { date.tomorrow().ok()? } else { date };
    let start = format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().ok()?.as_millisecond();
    Some(if latest { start - 1 } else { start })
}

fn claim(person: &Person, scope: &str, starts: bool, at: i64, evidence: &Evidence) -> String {
    let mut digest = Sha256::new();
    let Evidence { origin, rule, language, reason, reference, note, .. } = evidence;
    let at = at.to_string();
    let ids = person
        .identifiers()
        .iter()
        .map(|one| one.canonical().as_str().to_owned())
        .collect::<Vec<_>>()
        .join(" ");
    let act = if starts { "start" } else { "stop" };
    for part in [&ids, scope, act, &at, origin, rule, language, reason, reference, note] {
        // The length in front, so that no two rows run together to the same.
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let hash = hex::encode(digest.finalize());
    format!("import:{}", hash.get(..32).unwrap_or(&hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    fn defaults(topics: &[String]) -> Defaults<'_> {
        Defaults { topics, scope: "all", source: "", time: NOW - 1000, now: NOW, country: None }
    }

    fn cells(act: &str, scope: &str, time: &str) -> Cells {
        let text = str::to_owned;
        let identifier = text("5215512345678");
        Cells { identifier, act: text(act), scope: text(scope), time: text(time), ..Cells::default() }
    }

    #[test]
    fn doubt_about_the_time_is_on_the_side_of_the_opt_out() {
        let topics = ["marketing".to_owned()];
        let at = |act, time| read(&cells(act, "", time), &defaults(&topics)).map(|change| change.at);
        assert_eq!(at("", "2026-03-01T09:30:00Z"), Ok(1_772_357_400_000));
        assert_eq!(at("stop", "2026-03-01T09:30:00-06:00"), Ok(1_772_379_000_000));
        assert_eq!(at("stop", "1772357400"), Ok(1_772_357_400_000));
        assert_eq!(at("stop", "1772357400123"), Ok(1_772_357_400_123));
        assert_eq!(at("stop", "2026-03-01"), Ok(1_772_409_599_999));
        assert_eq!(at("start", "2026-03-01"), Ok(1_772_323_200_000));
        assert_eq!(at("stop", ""), Ok(NOW - 1000));
        assert_eq!(at("start", ""), Err(Refusal::NoTime));
        assert_eq!(at("stop", "2099-01-01"), Ok(NOW));
        assert_eq!(at("start", "2099-01-01"), Err(Refusal::Future));
        assert_eq!(at("stop", "1999-01-01"), Err(Refusal::TooEarly));
        for vague in ["01/03/2026", "2026-03-01 09:30", "yesterday", "2026-03", "99999999999999999999"] {
            assert_eq!(at("stop", vague), Err(Refusal::Time), "{vague}");
        }
    }

    #[test]
    fn a_topic_that_nobody_asks_about_is_no_scope() {
        let topics = ["marketing".to_owned()];
        let act = |scope: &str| read(&cells("", scope, ""), &defaults(&topics)).map(|change| change.act);
        assert_eq!(act(""), Ok(Act::Stop(Scope::All)));
        assert_eq!(act("ALL"), Ok(Act::Stop(Scope::All)));
        assert!(matches!(act("marketing"), Ok(Act::Stop(Scope::Topic(_)))));
        assert_eq!(act("marketing@settings"), Ok(Act::SettingsStop));
        assert_eq!(act("offers"), Err(Refusal::Scope));
        assert_eq!(read(&cells("maybe", "", ""), &defaults(&topics)).map(|_| ()), Err(Refusal::Act));
    }

    #[test]
    fn the_same_row_is_the_same_event_in_any_spelling() {
        let topics = [];
        let claim = |cells: &Cells| read(cells, &defaults(&topics)).unwrap().claim.unwrap();
        let one = cells("", "", "1772357400");
        let other =
            Cells { identifier: "+52 55 1234 5678".to_owned(), act: "stop".to_owned(), ..one.clone() };
        assert_eq!(claim(&one), claim(&other));
        assert_ne!(claim(&one), claim(&Cells { note: "by telephone".to_owned(), ..one.clone() }));
        assert_ne!(claim(&one), claim(&cells("", "", "1772357401")));
    }
}
