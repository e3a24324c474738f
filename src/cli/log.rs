//! The log on standard error: for people, for the journal, or as JSON lines.

use std::fmt;
use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, SubscriberBuilder};
use tracing_subscriber::registry::LookupSpan;

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For the journal under systemd, otherwise as text
    Auto,
    /// For people: time, level, message
    Text,
    /// One JSON object per line
    Json,
}

/// Starts the log.
pub(super) fn start(format: LogFormat, filter: EnvFilter) {
    let base = || -> SubscriberBuilder<_, _, EnvFilter, fn() -> std::io::Stderr> {
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr as fn() -> std::io::Stderr).with_target(false)
    };
    let journal = std::env::var_os("JOURNAL_STREAM").is_some() && !std::io::stderr().is_terminal();
    match format {
        LogFormat::Json => base().json().flatten_event(true).init(),
        LogFormat::Auto if journal => base().with_ansi(false).event_format(Journal).init(),
        LogFormat::Auto | LogFormat::Text => base().with_ansi(std::io::stderr().is_terminal()).init(),
    }
}

/// Writes lines for journald (sd-daemon(3)): `<priority>` first, no time, because the journal adds it.
struct Journal;

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let priority = match *event.metadata().level() {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => 6,
            Level::DEBUG | Level::TRACE => 7,
        };
        let mut text = String::new();
        context.format_fields(Writer::new(&mut text), event)?;
        // journald takes each line as a message
        text.lines().try_for_each(|line| writeln!(writer, "<{priority}>{line}"))
    }
}
