//! Result lines of `doctor` and `worker --check`.

/// Severity of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Ok,
    Warning,
    Error,
}

/// Severities of the lines printed so far.
#[derive(Default)]
pub(super) struct Report(Vec<Level>);

impl Report {
    /// Prints a line.
    pub(super) fn line(&mut self, level: Level, what: &str, words: &str) {
        let mark = match level {
            Level::Ok => "ok     ",
            Level::Warning => "warning",
            Level::Error => "error  ",
        };
        println!("{mark}  {what:<12} {words}");
        self.0.push(level);
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
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let count = |level| self.0.iter().filter(|l| **l == level).count();
        let (errors, warnings) = (count(Level::Error), count(Level::Warning));
        println!("{} looked at, {errors} errors, {warnings} warnings", self.0.len());
        anyhow::ensure!(errors == 0, "{errors} errors: the lines above say what to do");
        Ok(())
    }
}
