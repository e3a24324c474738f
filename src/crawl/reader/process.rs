//! A child process that answers requests about hostile documents: how it ends shows whether the document is to blame.
//!
//! Both sides exchange frames over the child's standard input and output: a length of four bytes, little-endian, and that many
//! bytes. A request has two frames, the metadata of the document and its body; an answer has one.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

use crate::knowledge;

/// CPU time per document: ten times what a large honest one takes, and independent of the machine's other load.
const CPU_SECONDS: u64 = 10;
/// Wall-clock limit: far more than the CPU time, because the machine may be busy.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(3);
/// How long a killed child may take to exit.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest answer, in bytes.
const MAX_ANSWER: u32 = 64 << 20;
/// Bytes kept from the end of standard error.
const LAST_WORDS: usize = 4096;

/// The memory limit that a child sets itself: address space in MB, including the program's own 80 MB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::crawl) struct MemoryLimit(pub(in crate::crawl) u64);

impl MemoryLimit {
    pub(in crate::crawl) const NONE: Self = Self(u64::MAX >> 20);
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::crawl) enum Failure {
    /// The document reached a limit of time or memory, and would again.
    Limit(String),
    /// A fatal signal or an error.
    Crash(String),
    /// Killed, not started, built with a broken table, or no answer in time. The document is not at fault.
    Interrupted(String),
}

impl Failure {
    pub(in crate::crawl) fn interrupted(reason: &dyn std::fmt::Display) -> Self {
        Self::Interrupted(reason.to_string())
    }
}

/// A running child, killed on drop.
pub(in crate::crawl) struct Process {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    last_words: JoinHandle<Vec<u8>>,
    memory: MemoryLimit,
}

impl Process {
    /// Starts a program. It limits itself; `memory` is for the error message.
    pub(in crate::crawl) fn start(program: &Path, argument: &str, memory: MemoryLimit) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        // A backtrace would push the reason out of what is kept. A signal to our process group, as Ctrl-C sends it, is for us:
        // the child ends with us.
        command
            .process_group(0)
            .arg(argument)
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| Failure::Interrupted(format!("the parser process does not start: {e}")))?;
        let (Some(to), Some(from), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err(Failure::Interrupted("no pipes".to_owned()));
        };
        Ok(Self { child, to, from, last_words: tokio::spawn(last_words(errors)), memory })
    }

    /// Sends a request and waits for its answer. After a failure the process is unusable.
    pub(in crate::crawl) async fn ask(&mut self, head: &[u8], body: &[u8]) -> Result<Vec<u8>, Failure> {
        match tokio::time::timeout(ANSWER_TIMEOUT, self.exchange(head, body)).await {
            Ok(Ok(answer)) => Ok(answer),
            // it closed its end: its exit status says why
            Ok(Err(e)) => Err(match tokio::time::timeout(EXIT_TIMEOUT, self.child.wait()).await {
                Ok(Ok(status)) => self.judge(status).await,
                Ok(Err(e)) => Failure::interrupted(&e),
                Err(_) => Failure::interrupted(&e),
            }),
            Err(_) => Err(Failure::Interrupted(format!("no answer within {} s", ANSWER_TIMEOUT.as_secs()))),
        }
    }

    async fn exchange(&mut self, head: &[u8], body: &[u8]) -> io::Result<Vec<u8>> {
        for part in [head, body] {
            let length = u32::try_from(part.len()).map_err(io::Error::other)?;
            self.to.write_all(&length.to_le_bytes()).await?;
            self.to.write_all(part).await?;
        }
        self.to.flush().await?;
        let length = self.from.read_u32_le().await?;
        if length > MAX_ANSWER {
            return Err(io::Error::other("the answer is too long"));
        }
        let mut answer = Vec::new();
        (&mut self.from).take(length.into()).read_to_end(&mut answer).await?;
        if answer.len() < length as usize { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
    }

    async fn judge(&mut self, status: ExitStatus) -> Failure {
        let last_words = tokio::time::timeout(EXIT_TIMEOUT, &mut self.last_words).await;
        let last_words = last_words.ok().and_then(Result::ok).unwrap_or_default();
        let last_words = String::from_utf8_lossy(&last_words);
        let MemoryLimit(megabytes) = self.memory;
        match (status.code(), status.signal().and_then(Signal::from_named_raw)) {
            (Some(_), _) if last_words.contains("panicked at ") => Failure::Crash("panic".to_owned()),
            // the program is broken, not the document
            (Some(knowledge::EXIT_CODE), _) => Failure::Interrupted(last_words.trim().to_owned()),
            (Some(code), _) => Failure::Crash(format!("exit code {code}")),
            // the standard library aborts with these words if memory runs out
            (None, Some(Signal::ABORT)) if last_words.contains("memory allocation of ") => {
                Failure::Limit(format!("it needs more than {megabytes} MB of memory"))
            }
            (None, Some(Signal::ABORT)) if last_words.contains("has overflowed its stack") => Failure::Crash("stack overflow".to_owned()),
            (None, Some(Signal::ABORT)) => Failure::Crash("SIGABRT".to_owned()),
            (None, Some(Signal::XCPU)) => Failure::Limit(format!("more than {CPU_SECONDS} s of processor time")),
            (None, Some(s @ (Signal::SEGV | Signal::BUS | Signal::ILL | Signal::FPE | Signal::SYS | Signal::TRAP))) => {
                Failure::Crash(format!("signal {}", s.as_raw()))
            }
            (None, _) => Failure::Interrupted(format!("killed from outside ({status})")),
        }
    }
}

/// Returns the end of a child's standard error; reads all of it, so that the child never blocks.
async fn last_words(mut from: ChildStderr) -> Vec<u8> {
    let (mut last, mut piece) = (Vec::new(), [0; LAST_WORDS]);
    while let Ok(n @ 1..) = from.read(&mut piece).await {
        last.extend_from_slice(piece.get(..n).unwrap_or_default());
        last.drain(..last.len().saturating_sub(LAST_WORDS));
    }
    last
}

/// The child: answers requests until standard input is closed, each within [`CPU_SECONDS`].
///
/// # Errors
/// A request is incomplete, or `answer` fails.
pub(in crate::crawl) fn serve(mut answer: impl FnMut(&[u8], Vec<u8>) -> anyhow::Result<Vec<u8>>) -> anyhow::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    while let Some(head) = read_frame(&mut input)? {
        let body = read_frame(&mut input)?.context("a request breaks off")?;
        limit_cpu()?;
        #[cfg(debug_assertions)]
        crate::crawl::reader::faults::cause(&body);
        let answer = answer(&head, body)?;
        output.write_all(&u32::try_from(answer.len())?.to_le_bytes())?;
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}

/// Reads the next frame; `None` at the end of the input.
fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u64::from(u32::from_le_bytes(length));
    let mut frame = Vec::new();
    input.take(length).read_to_end(&mut frame)?;
    if (frame.len() as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Some(frame)) }
}

/// Gives this process CPU time for one more document; the signal at the limit names the cause.
fn limit_cpu() -> io::Result<()> {
    let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
    let maximum = getrlimit(Resource::Cpu).maximum;
    let current = (used + 1 + CPU_SECONDS).min(maximum.unwrap_or(u64::MAX));
    Ok(setrlimit(Resource::Cpu, Rlimit { current: Some(current), maximum })?)
}

/// Limits this process, a child, before it reads its input. It ends with its parent, and first if memory runs out.
pub(in crate::crawl) fn limit_self(MemoryLimit(megabytes): MemoryLimit) -> io::Result<()> {
    // the parent may already have a lower limit, which cannot be raised
    let at_most = |resource, most: u64| {
        let most = getrlimit(resource).maximum.map_or(most, |known| known.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
    };
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // if the kernel must kill a process of the unit, let it be this one and not the service; failing to say so does no harm
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    at_most(Resource::As, megabytes << 20)?;
    at_most(Resource::Core, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    /// Writes a shell program of one line.
    fn program(line: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = crate::crawl::reader::testing::script(dir.path(), line);
        (dir, path)
    }

    async fn ask(program: &Path, body: &[u8]) -> Result<Vec<u8>, Failure> {
        Process::start(program, "x", MemoryLimit(512))?.ask(b"head", body).await
    }

    #[tokio::test]
    async fn its_own_end_is_its_fault_and_a_kill_from_outside_is_not() {
        for (line, fault) in [
            ("kill -ABRT $$", "crash"),
            ("kill -SEGV $$", "crash"),
            ("kill -BUS $$", "crash"),
            ("kill -ILL $$", "crash"),
            ("kill -XCPU $$", "limit"),
            ("exit 3", "crash"),
            ("exit 0", "crash"),
            ("kill -KILL $$", "interrupted"),
            ("kill -TERM $$", "interrupted"),
            // not INT or HUP: background jobs ignore them
            (r"printf '\377\377\377\377'; exit 3", "crash"),
            (r"printf '\004\000\000\0001'; kill -KILL $$", "interrupted"),
        ] {
            let (_dir, path) = program(line);
            let told = match ask(&path, &vec![0; 100_000]).await.unwrap_err() {
                Failure::Limit(_) => "limit",
                Failure::Crash(_) => "crash",
                Failure::Interrupted(_) => "interrupted",
            };
            assert_eq!(told, fault, "{line}");
        }
        assert!(matches!(ask(Path::new("/nowhere"), b"").await, Err(Failure::Interrupted(_))));
    }

    #[tokio::test]
    async fn the_limit_it_reached_is_named_however_much_it_says_before() {
        for (says, expected) in [
            ("memory allocation of 99 bytes failed", Failure::Limit("it needs more than 512 MB of memory".to_owned())),
            ("thread 'main' has overflowed its stack", Failure::Crash("stack overflow".to_owned())),
            ("", Failure::Crash("SIGABRT".to_owned())),
        ] {
            let (_dir, path) = program(&format!("head -c 1000000 /dev/zero >&2; echo \"{says}\" >&2; kill -ABRT $$"));
            assert_eq!(ask(&path, b"").await, Err(expected));
        }
    }

    #[tokio::test]
    async fn a_request_passes_and_an_answer_comes_back() {
        // its first frame is the head
        let (_dir, path) = program("cat");
        assert_eq!(ask(&path, &vec![b'a'; 10_000]).await.as_deref(), Ok(b"head".as_slice()));
    }

    #[test]
    fn frames_that_break_off_are_errors() {
        let read = |bytes: &[u8]| read_frame(&mut io::Cursor::new(bytes.to_owned()));
        assert_eq!(read(b"\x02\0\0\0ab").unwrap().as_deref(), Some(b"ab".as_slice()));
        assert_eq!(read(b"").unwrap(), None);
        assert!(read(b"\xff\xff\xff\xffab").is_err());
    }
}
