//! Result lines of `doctor` and `worker --check`.

use crate::cli::output::outln;

/// Severity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warning,
    Error,
}

/// Severities of the lines printed so far.
#[derive(Default)]
pub(super) struct Report {
    levels: Vec<Level>,
    /// Whether standard output is closed.
    is_closed: bool,
}

impl Report {
    /// Prints a line.
    pub(super) fn line(&mut self, level: Level, what: &str, words: &str) {
        let mark = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        self.detail(&format!("{mark}  {what:<12} {words}"));
        self.levels.push(level);
    }

    /// Prints a further line of the last result.
    pub(super) fn detail(&mut self, line: &str) {
        // without a reader the checks continue: the exit code is their result
        self.is_closed = self.is_closed || outln!("{line}").is_err();
    }

    /// Prints a result; an error stops the service from working.
    pub(super) fn require<T, E: std::fmt::Display>(&mut self, what: &str, result: Result<T, E>, words: impl FnOnce(&T) -> String) -> Option<T> {
        match result {
            Ok(value) => {
                self.line(Level::Ok, what, &words(&value));
                Some(value)
            }
            Err(e) => {
                self.line(Level::Error, what, &e.to_string());
                None
            }
        }
    }

    /// Prints one of two lines; the bad one is a warning.
    pub(super) fn check(&mut self, well: bool, what: &str, good: &str, bad: &str) {
        if well { self.line(Level::Ok, what, good) } else { self.line(Level::Warning, what, bad) }
    }

    /// Prints the totals.
    ///
    /// # Errors
    /// Something stops the service from working.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let count = |level| self.levels.iter().filter(|l| **l == level).count();
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        self.detail(&format!("{} looked at, {errors} errors, {warnings} warnings", self.levels.len()));
        anyhow::ensure!(errors == 0, "{errors} errors: the lines above say what to do");
        Ok(())
    }
}
