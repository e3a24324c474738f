//! Progress display: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal as _;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::phrases::{Language, stage_name};
use crate::crawl::Progress;

pub(super) struct ProgressDisplay {
    language: Language,
    bar: Option<ProgressBar>,
    plain: Mutex<Option<(&'static str, usize)>>,
}

impl ProgressDisplay {
    pub(super) fn new(language: Language) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("{msg:>18} [{bar:32}] {pos}/{len} {elapsed}") {
                bar.set_style(style.progress_chars("=> "));
            }
            bar
        });
        Self { language, bar, plain: Mutex::default() }
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => self.flush(),
        }
    }

    fn flush(&self) {
        if let Some((name, n)) = self.plain.lock().unwrap_or_else(PoisonError::into_inner).take()
            && n > 0
        {
            eprintln!("{name}: {n}");
        }
    }
}

impl Progress for ProgressDisplay {
    fn stage(&self, name: &'static str, total: usize) {
        let name = stage_name(self.language, name);
        if let Some(bar) = &self.bar {
            bar.set_message(name);
            bar.set_length(total as u64);
            bar.set_position(0);
        } else {
            self.flush();
            *self.plain.lock().unwrap_or_else(PoisonError::into_inner) = Some((name, 0));
        }
    }

    fn expect(&self, n: usize) {
        if let Some(bar) = &self.bar {
            bar.inc_length(n as u64);
        }
    }

    fn advance(&self, n: usize) {
        match &self.bar {
            Some(bar) => bar.inc(n as u64),
            None => {
                if let Some((_, count)) = self.plain.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                    *count += n;
                }
            }
        }
    }

    fn notice(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}
