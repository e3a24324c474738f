//! Mistakes in configuration files, each with its place, in English and Chinese.

use std::fmt;

use crate::config::localized::LocalizedMessage;

/// A mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// File as named on the command line.
    pub file: String,
    /// From 1; `None` if the whole file is meant.
    pub at: Option<(usize, usize)>,
    /// What is wrong and what to do.
    pub words: LocalizedMessage,
}

impl Problem {
    /// Returns the message with its place, for the console.
    pub fn chinese(&self) -> String {
        match self.at {
            Some((line, column)) => format!("{} 第 {line} 行第 {column} 列：{}", self.file, self.words.chinese),
            None => format!("{}：{}", self.file, self.words.chinese),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.words),
            None => write!(f, "{}: {}", self.file, self.words),
        }
    }
}

/// All mistakes of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn file(file: &str, words: LocalizedMessage) -> Self {
        Self { problems: vec![Problem { file: file.to_owned(), at: None, words }] }
    }

    /// Returns all messages, one per line, for the console.
    pub fn chinese(&self) -> String {
        self.problems.iter().map(Problem::chinese).collect::<Vec<_>>().join("\n")
    }
}
