//! Standard output. `| head` closes it, which ends a command quietly.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write as _};

/// Standard output was closed by its reader.
#[derive(Debug, thiserror::Error)]
#[error("standard output is closed")]
pub(super) struct OutputClosed;

/// Writes to standard output.
pub(super) fn write(text: Arguments<'_>) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_fmt(text) {
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        written => Ok(written?),
    }
}

/// Writes text to standard output, like `print!`, which would panic if it is closed.
macro_rules! out {
    ($($text:tt)*) => {
        $crate::cli::output::write(format_args!($($text)*))
    };
}

/// Writes a line to standard output, like `println!`, which would panic if it is closed.
macro_rules! outln {
    ($($text:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

pub(super) use {out, outln};
