//! `[relay.<name>]`

use std::time::Duration;

use super::business::{Business, is_slug};
use super::reader::{Choice, Reader};
use super::url::{Allowed, is_safe};

/// Somebody else who gets the same webhooks.
#[derive(Debug, Clone)]
pub struct RelayTarget {
    /// Its name: 1 to 40 of `a-z`, `0-9`, `-`, `_`, beginning with a letter or digit.
    pub name: String,
    /// Where bodies are posted to. May hold a token of the target's: not for logs.
    pub url: String,
    /// How they get there.
    pub mode: RelayMode,
    /// Which of them.
    pub events: RelayEvents,
    /// Only bodies of these businesses alone; empty for all.
    pub businesses: Vec<String>,
    /// For one delivery, the answer included.
    pub timeout: Duration,
    /// Deliveries under way at a time.
    pub max_in_flight: usize,
    /// Bodies that wait at the most.
    pub queue_max: u64,
    /// Bytes that wait at the most.
    pub queue_bytes: u64,
    /// Bodies kept that were given up.
    pub dead_max: u64,
    /// When a body that does not get through is given up.
    pub give_up_after: Duration,
    /// Whether `http://` may be used to another machine.
    pub plain_http: bool,
    /// Whether names that lead to private addresses are refused.
    pub public_only: bool,
}

/// How bodies get to a target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RelayMode {
    /// Kept in Redis until they got through.
    #[default]
    Queued,
    /// Passed on before Meta is answered, with 200 only when the target took it.
    Inline,
}

/// Which bodies a target gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RelayEvents {
    /// All.
    #[default]
    All,
    /// All but those in which there is nothing but opt-outs and returns.
    NotOptOuts,
}

impl Choice for RelayMode {
    const WORDS: &'static [(&'static str, Self)] = &[("queued", Self::Queued), ("inline", Self::Inline)];
}

impl Choice for RelayEvents {
    const WORDS: &'static [(&'static str, Self)] = &[("all", Self::All), ("not-opt-outs", Self::NotOptOuts)];
}

/// Reads every target. What is wrong with one keeps none of the others from being checked.
pub(super) fn read_all(reader: &mut Reader<'_>, businesses: &[Business]) -> Vec<RelayTarget> {
    let names = reader.sections_below("relay");
    names.into_iter().map(|name| read(reader, name, businesses)).collect()
}

fn read(reader: &mut Reader<'_>, name: String, businesses: &[Business]) -> RelayTarget {
    let at = |key: &str| format!("relay.{name}.{key}");
    if !is_slug(&name) {
        let hint = "give 1 to 40 of a-z, 0-9, - and _, beginning with a letter or digit";
        reader.problem(&format!("relay.{name}"), "cannot be the name of a target", hint);
    }
    let plain_http = reader.flag(&at("plain_http"));
    let url = reader.text(&at("url"));
    if !is_safe(&url, Allowed { query: true, plain_http }) {
        let hint = "give https://HOST/PATH without user or fragment; http for this machine, or with plain_http = true";
        reader.problem(&at("url"), "people's messages would not be safe with this URL", hint);
    }
    let wanted = reader.list(&at("businesses"));
    if !wanted.iter().all(|slug| businesses.iter().any(|business| business.slug == *slug)) {
        let slugs: Vec<_> = businesses.iter().map(|business| business.slug.as_str()).collect();
        let hint = format!("give some of: {}; or none for all", slugs.join(", "));
        reader.problem(&at("businesses"), "has a business that is not configured", hint);
    }
    RelayTarget {
        url,
        plain_http,
        businesses: wanted,
        mode: reader.choice(&at("mode")),
        events: reader.choice(&at("events")),
        timeout: reader.milliseconds(&at("timeout_ms"), 1..=60_000),
        max_in_flight: reader.size(&at("max_in_flight"), 1..=1000),
        queue_max: reader.number(&at("queue_max"), 1..=100_000_000),
        queue_bytes: reader.number(&at("queue_mib"), 4..=1_048_576) * 1024 * 1024,
        dead_max: reader.number(&at("dead_max"), 1..=1_000_000),
        give_up_after: reader.minutes(&at("give_up_minutes"), 1..=525_600),
        public_only: reader.flag(&at("public_only")),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn load(variables: &[(&str, &str)]) -> Result<Vec<RelayTarget>, Vec<(String, String)>> {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        match Settings::load(None, variables) {
            Ok(settings) => Ok(settings.relays),
            Err(errors) => Err(errors.0.into_iter().map(|error| (error.key, error.problem)).collect()),
        }
    }

    #[test]
    fn a_target_needs_a_url_and_nothing_else() {
        assert!(load(&[]).unwrap().is_empty());
        let targets = load(&[("BAJA__RELAY__BOT__URL", "https://bot.example/in?key=1")]).unwrap();
        let [bot] = targets.as_slice() else { panic!("one target") };
        assert_eq!((bot.name.as_str(), bot.mode, bot.events), ("bot", RelayMode::Queued, RelayEvents::All));
        assert!(bot.businesses.is_empty() && !bot.public_only && bot.queue_bytes >= 4 << 20);
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        let errors = load(&[
            ("BAJA__RELAY__A__MODE", "sometimes"),
            ("BAJA__RELAY__A__BUSINESSES", "acme"),
            ("BAJA__RELAY__B__URL", "http://bot.internal:3000"),
            ("BAJA__RELAY__C__URL", "http://bot.internal:3000"),
            ("BAJA__RELAY__C__PLAIN_HTTP", "true"),
        ])
        .unwrap_err();
        let keys: Vec<_> = errors.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["relay.a.url", "relay.a.businesses", "relay.a.mode", "relay.b.url"]);
    }
}
