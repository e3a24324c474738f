//! A knowledge file, parsed at its first use.

use std::io::Write as _;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

/// Exit code of a process that needs a broken file (`EX_CONFIG` of sysexits.h).
pub(crate) const EXIT_CODE: i32 = 78;

/// A parse error.
#[derive(Debug, thiserror::Error)]
#[error("src/data/{file}, built into this program, is broken: {problem}")]
pub(crate) struct BrokenFile {
    file: &'static str,
    /// With line and row.
    problem: String,
}

/// A file of `src/data`.
pub(crate) struct File<T> {
    name: &'static str,
    text: &'static str,
    read: OnceLock<T>,
}

impl<T: DeserializeOwned> File<T> {
    pub(super) const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, text, read: OnceLock::new() }
    }

    fn read(&self) -> Result<T, BrokenFile> {
        toml_edit::de::from_str(self.text).map_err(|e| BrokenFile { file: self.name, problem: e.to_string() })
    }
}

impl<T: DeserializeOwned> Deref for File<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.read.get_or_init(|| self.read().unwrap_or_else(|e| stop(&e)))
    }
}

/// Ends the process: without this file it would judge documents wrongly.
fn stop(e: &BrokenFile) -> ! {
    // not `eprintln!`, whose text a test would capture and lose
    let _ = writeln!(std::io::stderr(), "error: {e}");
    std::process::exit(EXIT_CODE)
}

/// A file of any type.
pub(super) trait Checked: Sync {
    /// Parses it.
    fn check(&self) -> Result<(), BrokenFile>;
}

impl<T: DeserializeOwned + Send + Sync> Checked for File<T> {
    fn check(&self) -> Result<(), BrokenFile> {
        if self.read.get().is_none() {
            // another thread may have been first
            let _ = self.read.set(self.read()?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::knowledge::{Pattern, Words};

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)] // it is only read
    struct Table {
        rule: Vec<Rule>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Rule {
        pattern: Option<Pattern>,
        words: Option<Words>,
    }

    #[test]
    fn a_broken_row_is_named_with_file_line_and_text() {
        for (broken, told) in [
            ("[[rule]]\npattern = 'a'\n[[rule]]\npattern = '(b'", "unclosed group"),
            ("[[rule]]\npattern = 'a'\n[[rule]]\npattern = '{yaer}'", "there is no part {yaer}"),
            ("[[rule]]\npattern = 'a'\n[[rule]]\nwords = ['b', 'b']", "“b” stands twice"),
            ("[[rule]]\npattern = 'a'\n[[rule]]\nwords = []", "no words"),
            ("[[rule]]\npattern = 'a'\n\nb = 1\n[[rules]]", "unknown field `rules`"),
        ] {
            let file: File<Table> = File::new("made_up.toml", broken.to_owned().leak());
            let problem = file.check().unwrap_err().to_string();
            assert!(problem.starts_with("src/data/made_up.toml") && problem.contains(told), "{problem}");
            assert!(problem.contains("line 4") || problem.contains("line 5"), "{problem}");
        }
    }
}
