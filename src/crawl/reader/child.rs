//! A child process that does one piece of hostile work: how it ends tells whether its input is to blame.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, Command};

/// Processor time that a child gives itself. It does not depend on what else the machine does.
const CPU_SECONDS: u64 = 30;
/// Longest a child may take by the clock: far more than its processor time, for the machine may be busy.
const MAX_WALL_TIME: Duration = Duration::from_mins(3);
/// Most bytes taken from a child.
const MAX_OUTPUT: u64 = 64 << 20;
/// Bytes kept of the end of its standard error.
const LAST_WORDS: usize = 4096;

/// The most memory that a child gives itself: address space in MB, the program's own 80 MB included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MemoryLimit(pub(super) u64);

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Well, with its output.
    Well(Vec<u8>),
    /// By its own doing: a fatal signal, an error, one of its limits.
    Fault(String),
    /// From outside: killed, not started, or out of time by the clock. The input is not at fault.
    Interrupted(String),
}

/// Runs a program with this input. The child sets its limits itself; `memory` is for the message if it reaches its limit.
pub(super) async fn run(program: &Path, argument: &str, memory: MemoryLimit, input: &[&[u8]]) -> End {
    let mut command = Command::new(program);
    // a backtrace would push the reason out of what is kept
    command.arg(argument).env("RUST_BACKTRACE", "0").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return End::Interrupted(format!("the child process does not start: {e}")),
    };
    let (Some(mut to), Some(from), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return End::Interrupted("no pipes".to_owned());
    };
    let work = async {
        let mut output = Vec::new();
        let mut limited = from.take(MAX_OUTPUT);
        let write = async {
            for part in input {
                // a child that gave up closes its end; how it ended counts, not the broken pipe
                if to.write_all(part).await.is_err() {
                    break;
                }
            }
            drop(to);
        };
        let read = async {
            let read = limited.read_to_end(&mut output).await;
            // with its output closed, a child that says too much ends too
            drop(limited);
            read
        };
        let ((), read, last_words) = tokio::join!(write, read, last_words(errors));
        match (child.wait().await, read) {
            (Ok(status), Ok(_)) => judge(status, output, &last_words, memory),
            (Err(e), _) | (_, Err(e)) => End::Interrupted(e.to_string()),
        }
    };
    tokio::time::timeout(MAX_WALL_TIME, work).await.unwrap_or_else(|_| End::Interrupted(format!("no end within {} s", MAX_WALL_TIME.as_secs())))
}

/// The end of what a child writes to standard error; all of it is read, so that the child never waits.
async fn last_words(mut from: ChildStderr) -> Vec<u8> {
    let (mut last, mut piece) = (Vec::new(), [0; LAST_WORDS]);
    while let Ok(n @ 1..) = from.read(&mut piece).await {
        last.extend_from_slice(piece.get(..n).unwrap_or_default());
        last.drain(..last.len().saturating_sub(LAST_WORDS));
    }
    last
}

fn judge(status: ExitStatus, output: Vec<u8>, last_words: &[u8], MemoryLimit(megabytes): MemoryLimit) -> End {
    let said = |words: &str| String::from_utf8_lossy(last_words).contains(words);
    match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
        (Some(0), _) => End::Well(output),
        (Some(code), _) => End::Fault(format!("exit code {code}")),
        // the standard library's words: it aborts where memory cannot be had
        (None, Some(Signal::ABORT)) if said("memory allocation of ") => End::Fault(format!("it needs more than {megabytes} MB of memory")),
        (None, Some(Signal::ABORT)) if said("has overflowed its stack") => End::Fault("stack overflow".to_owned()),
        (None, Some(Signal::ABORT)) => End::Fault("SIGABRT".to_owned()),
        (None, Some(Signal::XCPU)) => End::Fault(format!("more than {CPU_SECONDS} s of processor time")),
        (None, Some(s @ (Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::SYS | Signal::TRAP))) => {
            End::Fault(format!("signal {}", s.as_raw()))
        }
        (None, _) => End::Interrupted(format!("killed from outside ({status})")),
    }
}

/// Limits this process, a child, before it reads its input. It ends with its parent, and before it where memory gets short.
pub(super) fn limit_self(MemoryLimit(megabytes): MemoryLimit) -> std::io::Result<()> {
    // a limit that the parent has may be lower already, and may not be raised
    let at_most = |resource, soft: u64, hard: u64| {
        let hard = getrlimit(resource).maximum.map_or(hard, |known| known.min(hard));
        setrlimit(resource, Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) })
    };
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // if the kernel has to end a process of the unit, it is this one and not the service; where that may not be said, nothing is lost
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    at_most(Resource::As, megabytes << 20, megabytes << 20)?;
    // the signal at the lower limit names the cause; the upper one kills
    at_most(Resource::Cpu, CPU_SECONDS, CPU_SECONDS + 5)?;
    at_most(Resource::Core, 0, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// A program made of a line of shell.
    fn program(line: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = crate::crawl::reader::testing::script(dir.path(), line);
        (dir, path)
    }

    #[tokio::test]
    async fn its_own_end_is_its_fault_and_a_kill_from_outside_is_not() {
        for (line, fault) in [
            ("kill -ABRT $$", Some(true)),
            ("kill -SEGV $$", Some(true)),
            ("kill -BUS $$", Some(true)),
            ("kill -ILL $$", Some(true)),
            ("kill -XCPU $$", Some(true)),
            ("exit 3", Some(true)),
            ("kill -KILL $$", Some(false)),
            ("kill -TERM $$", Some(false)),
            // not INT or HUP: a background job ignores them
            ("exit 0", None),
        ] {
            let (_dir, path) = program(line);
            let end = run(&path, "x", MemoryLimit(512), &[&vec![0; 100_000]]).await;
            let told = match end {
                End::Well(_) => None,
                End::Fault(_) => Some(true),
                End::Interrupted(_) => Some(false),
            };
            assert_eq!(told, fault, "{line}: {end:?}");
        }
        assert!(matches!(run(Path::new("/nowhere"), "x", MemoryLimit(512), &[]).await, End::Interrupted(_)));
    }

    #[tokio::test]
    async fn the_limit_it_reached_is_named_however_much_it_says_before() {
        for (says, expected) in [
            ("memory allocation of 99 bytes failed", "it needs more than 512 MB of memory"),
            ("thread 'main' has overflowed its stack", "stack overflow"),
            ("", "SIGABRT"),
        ] {
            let (_dir, path) = program(&format!("head -c 1000000 /dev/zero >&2; echo \"{says}\" >&2; kill -ABRT $$"));
            assert_eq!(run(&path, "x", MemoryLimit(512), &[]).await, End::Fault(expected.to_owned()));
        }
    }

    #[tokio::test]
    async fn input_passes_and_output_comes_back() {
        let (_dir, path) = program("cat");
        let long = vec![b'a'; 1 << 20];
        assert_eq!(run(&path, "x", MemoryLimit(512), &[b"head\n", &long]).await, End::Well([b"head\n".as_slice(), &long].concat()));
    }
}
