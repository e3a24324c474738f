//! A child process that does one piece of hostile work: how it ends tells whether its input is to blame.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// Processor time, and memory, that a child gives itself. Processor time does not depend on what else the machine does.
const CPU_SECONDS: u64 = 30;
const MEMORY: u64 = 1 << 30;
/// Longest a child may take by the clock: far more than its processor time, for the machine may be busy.
const MAX_WALL_TIME: Duration = Duration::from_mins(3);
/// Most bytes taken from a child.
const MAX_OUTPUT: u64 = 64 << 20;

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

/// Runs a program with this input.
pub(super) async fn run(program: &Path, argument: &str, input: &[&[u8]]) -> End {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return End::Interrupted(format!("the child process does not start: {e}")),
    };
    let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else { return End::Interrupted("no pipes".to_owned()) };
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
        let ((), read) = tokio::join!(write, limited.read_to_end(&mut output));
        // with its output closed, a child that says too much ends too
        drop(limited);
        match (child.wait().await, read) {
            (Ok(status), Ok(_)) => judge(status, output),
            (Err(e), _) | (_, Err(e)) => End::Interrupted(e.to_string()),
        }
    };
    tokio::time::timeout(MAX_WALL_TIME, work).await.unwrap_or_else(|_| End::Interrupted(format!("no end within {} s", MAX_WALL_TIME.as_secs())))
}

fn judge(status: ExitStatus, output: Vec<u8>) -> End {
    match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
        (Some(0), _) => End::Well(output),
        (Some(code), _) => End::Fault(format!("exit code {code}")),
        (None, Some(Signal::ABORT)) => End::Fault("SIGABRT: stack overflow or out of memory".to_owned()),
        (None, Some(Signal::XCPU)) => End::Fault(format!("more than {CPU_SECONDS} s of processor time")),
        (None, Some(s @ (Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::SYS | Signal::TRAP))) => {
            End::Fault(format!("signal {}", s.as_raw()))
        }
        (None, _) => End::Interrupted(format!("killed from outside ({status})")),
    }
}

/// Limits this process, a child, before it reads its input. It ends with its parent.
pub(super) fn limit_self() -> std::io::Result<()> {
    // a limit that the parent has may be lower already, and may not be raised
    let at_most = |resource, soft: u64, hard: u64| {
        let hard = getrlimit(resource).maximum.map_or(hard, |known| known.min(hard));
        setrlimit(resource, Rlimit { current: Some(soft.min(hard)), maximum: Some(hard) })
    };
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    at_most(Resource::As, MEMORY, MEMORY)?;
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
            let end = run(&path, "x", &[&vec![0; 100_000]]).await;
            let told = match end {
                End::Well(_) => None,
                End::Fault(_) => Some(true),
                End::Interrupted(_) => Some(false),
            };
            assert_eq!(told, fault, "{line}: {end:?}");
        }
        assert!(matches!(run(Path::new("/nowhere"), "x", &[]).await, End::Interrupted(_)));
    }

    #[tokio::test]
    async fn input_passes_and_output_comes_back() {
        let (_dir, path) = program("cat");
        let long = vec![b'a'; 1 << 20];
        assert_eq!(run(&path, "x", &[b"head\n", &long]).await, End::Well([b"head\n".as_slice(), &long].concat()));
    }
}
