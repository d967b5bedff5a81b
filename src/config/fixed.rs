//! Which settings count only from the start on.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use toml::Value;

use super::values::{Raw, Values};

/// What a reload puts in place. Everything else is fixed at the start: a key that is new here must be thought of.
const RELOADABLE: &[&str] =
    &["meta.", "lexicon.", "business.", "access.", "cloud_api.access_token", "confirm.ask"];

/// The keys that a reload cannot change, each with a digest of its value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed(BTreeMap<String, u64>);

impl Fixed {
    pub(super) fn of(values: &Values) -> Self {
        let fixed = values.all().filter(|(key, _)| !RELOADABLE.iter().any(|start| key.starts_with(start)));
        Self(fixed.map(|(key, entry)| (key.to_owned(), digest(&entry.raw))).collect())
    }

    /// The keys whose values differ, in the order of their names.
    pub fn changed(&self, other: &Self) -> Vec<String> {
        let differs = |key: &&String| self.0.get(*key) != other.0.get(*key);
        let mut keys: Vec<String> = self.0.keys().chain(other.0.keys()).filter(differs).cloned().collect();
        keys.sort();
        keys.dedup();
        keys
    }
}

/// Of the value as a variable would have it, so that it does not matter where it is set.
fn digest(raw: &Raw) -> u64 {
    let text = match (raw.list(), raw) {
        (Some(items), _) => items.join(","),
        (None, Raw::Text(text)) => text.clone(),
        (None, Raw::Toml(value)) => match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    };
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    fn load(variables: &[(&str, &str)]) -> Settings {
        Settings::load(None, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
            .unwrap()
    }

    #[test]
    fn what_a_reload_cannot_change_is_named_and_the_rest_is_taken_over() {
        let running = load(&[("BAJA_ACCESS_TOKEN", "one"), ("BAJA__CONFIRM__STANDBY", "true")]);
        let new = load(&[
            ("BAJA_ACCESS_TOKEN", "other"),
            ("BAJA_LISTEN", "127.0.0.1:1"),
            ("BAJA__LEDGER__AUDIT_MAX", "7"),
            // As the default is.
            ("BAJA_OPS_LISTEN", "127.0.0.1:9090"),
            ("BAJA__BUSINESS__DEFAULT__LANGUAGE", "pt-BR"),
        ]);
        let changed = running.fixed.changed(&new.fixed);
        assert_eq!(changed, ["confirm.standby", "ledger.audit_max", "server.listen"]);
        let together = running.with_reloadable(new);
        assert_eq!(together.server.listen, running.server.listen);
        assert!(together.confirm.standby);
        assert_eq!(together.businesses[0].language, "pt-BR");
        assert!(running.fixed.changed(&together.fixed).is_empty());
    }
}
