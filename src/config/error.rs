//! What is wrong with a configuration.

use std::fmt;

/// One thing that is wrong. None of its parts holds a configured value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The key as it stands in `config/default.toml`, `redis.mode`; or the name of the file or variable where there is no key.
    pub key: String,
    /// Where the value came from when it was set: a variable's name, or `the configuration file`.
    pub origin: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub hint: String,
}

impl ConfigError {
    pub(super) fn new(key: &str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { key: key.to_owned(), origin: None, problem: problem.into(), hint: hint.into() }
    }

    pub(super) fn from(mut self, origin: Option<String>) -> Self {
        self.origin = origin;
        self
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(origin) = &self.origin {
            write!(f, " (in {origin})")?;
        }
        write!(f, ": {}; {}", self.problem, self.hint)
    }
}

/// Everything that is wrong, in the order in which it was found. Displays one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}
