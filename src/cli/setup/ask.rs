//! Questions and answers on a terminal, or a pipe with one answer per line.

use std::io::{BufRead, IsTerminal as _, Write as _, stdin};

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use crate::cli::output::{out, outln};

/// Longest line taken, in bytes.
const MAX_LINE: u64 = 4096;

/// The input ended before the last answer.
#[derive(Debug, thiserror::Error)]
#[error("输入结束了，还有问题没有回答；什么也没有写")]
struct Ended;

/// Asks until `check` takes the answer. An empty answer is the default, if there is one.
pub(super) fn ask<T>(question: &str, default: Option<&str>, check: impl Fn(&str) -> Result<T, String>) -> anyhow::Result<T> {
    loop {
        match default {
            Some(d) if !d.is_empty() => out!("{question}［{d}］：")?,
            _ => out!("{question}：")?,
        }
        let line = read_line()?;
        let answer = if line.is_empty() { default.unwrap_or_default() } else { &line };
        match check(answer) {
            Ok(value) => return Ok(value),
            Err(why) => outln!("  {why}")?,
        }
    }
}

/// Asks for yes or no.
pub(super) fn confirm(question: &str, default: bool) -> anyhow::Result<bool> {
    let usual = if default { "是" } else { "否" };
    ask(&format!("{question}（是/否）"), Some(usual), |answer| match answer.to_lowercase().as_str() {
        "是" | "y" | "yes" => Ok(true),
        "否" | "n" | "no" => Ok(false),
        _ => Err("请写“是”或“否”".to_owned()),
    })
}

/// Asks for a password, without showing it on a terminal.
pub(super) fn ask_password(question: &str, check: impl Fn(&str) -> Result<(), String>) -> anyhow::Result<String> {
    loop {
        out!("{question}：")?;
        let shown = Hidden::start();
        let line = read_line();
        drop(shown);
        let line = line?;
        if stdin().is_terminal() {
            outln!("")?;
        }
        match check(&line) {
            Ok(()) => return Ok(line),
            Err(why) => outln!("  {why}")?,
        }
    }
}

fn read_line() -> anyhow::Result<String> {
    std::io::stdout().flush()?;
    let mut line = String::new();
    let read = std::io::Read::take(&mut stdin().lock(), MAX_LINE).read_line(&mut line)?;
    if read == 0 {
        return Err(Ended.into());
    }
    Ok(line.trim().to_owned())
}

/// Input is not shown while this exists.
struct Hidden(Option<rustix::termios::Termios>);

impl Hidden {
    fn start() -> Self {
        let before = tcgetattr(stdin()).ok();
        if let Some(before) = &before {
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(stdin(), OptionalActions::Now, &hidden);
        }
        Self(before)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
