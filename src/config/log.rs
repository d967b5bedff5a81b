//! `[log]`

use tracing_subscriber::EnvFilter;

use super::reader::{Choice, Reader};

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// Lines to read, or lines to parse.
    pub format: LogFormat,
    /// Which targets at which level, as in `RUST_LOG`.
    pub filter: String,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Choice for LogFormat {
    const WORDS: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

impl Log {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let log = Self { format: reader.choice("log.format"), filter: reader.text("log.filter") };
        if EnvFilter::builder().parse(&log.filter).is_err() {
            reader.problem("log.filter", "not a filter", "give a level, or a list as in warn,baja=debug");
        }
        log
    }
}
