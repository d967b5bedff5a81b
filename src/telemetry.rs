//! Logs: one line for each thing that happened, on standard error, as text or as JSON.
//!
//! A line is logged once, where the outcome is known, and its facts are fields, with the same name everywhere:
//!
//! | field | what |
//! | --- | --- |
//! | `business` | slug of the business |
//! | `webhook.outcome`, `webhook.bytes`, `webhook.events`, `webhook.broken` | what became of a webhook, and its size |
//! | `event.kind` | what an event was |
//! | `decision.action`, `decision.scope`, `decision.source`, `decision.language` | what was decided, and from what |
//! | `ledger.result` | what the ledger did |
//! | `redis.operation`, `redis.failure` | what was asked of Redis, and the kind of error |
//! | `outbox.state`, `send.result`, `send.code`, `drop.reason` | what became of a confirmation; Meta's `error.code` |
//! | `attempt`, `duration_ms`, `delay_ms` | counts and times |
//! | `error` | an error of our own, which never quotes what it was given |
//!
//! Never logged: phone numbers, user ids, names, message text, message ids (a `wamid` decodes to the number), bodies,
//! URLs with a password, tokens, secrets. Two things would get around that, and are shut here: the libraries' debug and
//! trace lines, which may hold URLs, headers and bodies, are let through by no filter; and a panic is logged with its
//! place and without its message, which may quote what was being read.

use std::io::IsTerminal;
use std::panic::{self, PanicHookInfo};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, ParseError, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::LogFormat;

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter cannot be understood.
    #[error("cannot read log.filter; give a level, or a list as in warn,baja=debug")]
    Filter(#[source] ParseError),
    /// Logging was set up before.
    #[error("logging is set up already; set it up once in a process")]
    Twice(#[source] TryInitError),
}

/// Sends the logs of the process to standard error, with `filter` as in `RUST_LOG`, and panics with them.
///
/// # Errors
/// When the filter cannot be read, and when this was called before.
pub fn init(format: LogFormat, filter: &str) -> Result<(), TelemetryError> {
    let layer = layer(format, filter, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing_subscriber::registry().with(layer).try_init().map_err(TelemetryError::Twice)?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

fn layer<S, W>(
    format: LogFormat,
    filter: &str,
    writer: W,
    colours: bool,
) -> Result<impl Layer<S> + use<S, W>, TelemetryError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::ERROR.into())
        .parse(filter)
        .map_err(TelemetryError::Filter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer).with_ansi(colours);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
    };
    Ok(lines.with_filter(filter.and(filter_fn(is_safe))))
}

/// Our own lines at any level; those of libraries only where they speak to operators.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let own = metadata.target() == "baja" || metadata.target().starts_with("baja::");
    own || *metadata.level() <= Level::INFO
}

fn log_panic(info: &PanicHookInfo<'_>) {
    let place = info.location().map(|location| format!("{}:{}", location.file(), location.line()));
    tracing::error!(place = place.as_deref().unwrap_or("unknown"), "a panic, which is a bug in baja");
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn captured(format: LogFormat, filter: &str, log: impl FnOnce()) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let layer = layer(format, filter, move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        String::from_utf8(captured.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn json_is_one_object_a_line_with_the_fields_at_the_top() {
        let lines = captured(LogFormat::Json, "info", || {
            tracing::info!(webhook.outcome = "ok", webhook.bytes = 7, "webhook handled");
            tracing::warn!("second\nline");
        });
        let lines: Vec<serde_json::Value> =
            lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["webhook.outcome"], "ok");
        assert_eq!(lines[0]["webhook.bytes"], 7);
        assert_eq!(lines[0]["message"], "webhook handled");
        assert_eq!(lines[1]["level"], "WARN");
    }

    #[test]
    fn text_is_readable_and_the_filter_holds() {
        let lines = captured(LogFormat::Text, "warn", || {
            tracing::info!("unheard");
            tracing::warn!(business = "acme", "heard");
        });
        assert!(lines.contains("heard business=\"acme\"") && !lines.contains("unheard"), "{lines}");
    }

    #[test]
    fn no_filter_lets_the_debug_lines_of_libraries_through() {
        let lines = captured(LogFormat::Text, "trace", || {
            tracing::debug!(target: "hyper::proto", "POST /webhook");
            tracing::debug!(target: "bajada", "not ours");
            tracing::info!(target: "actix_server", "started");
            tracing::trace!("our own");
        });
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(lines.contains("started") && lines.contains("our own"), "{lines}");
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_an_error() {
        assert!(matches!(init(LogFormat::Text, "baja=loud"), Err(TelemetryError::Filter(_))));
    }
}
