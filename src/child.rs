//! Runs programs of others on hostile files: in a folder of their own, without our secrets, limited in memory and time, and killed
//! with everything they started.
//!
//! `prlimit` and `choom` of util-linux set the limits; every Linux distribution has them.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::time::timeout;

/// Most bytes read of a program's output, and reported of its error output.
const MAX_OUTPUT: u64 = 64 << 10;
const MAX_WORDS: u64 = 500;
/// The files with its two outputs.
const OUTPUT: &str = "output";
const WORDS: &str = "words";
/// Largest file that a program may write, in bytes.
const MAX_FILE: u64 = 200 << 20;

/// Limits of one run.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Address space, in MB.
    pub megabytes: u64,
    /// Processor time.
    pub processor: Duration,
    /// Longest wall-clock time.
    pub wall: Duration,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("it was not done after {} s", .0.as_secs())]
    Timeout(Duration),
    /// It ended with an error: its status and the beginning of its output.
    #[error("{status}: {words}")]
    Failed { status: ExitStatus, words: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A folder for this user alone, removed on drop.
#[derive(Debug)]
pub struct WorkFolder(PathBuf);

impl WorkFolder {
    /// Creates a folder, named after its purpose.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn new(purpose: &str) -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("qingbao-{purpose}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let make = || DirBuilder::new().mode(0o700).create(&path);
        // left by a killed process with the same process id
        make().or_else(|_| std::fs::remove_dir_all(&path).and_then(|()| make()))?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into the folder.
    ///
    /// # Errors
    /// It cannot be written.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        tokio::fs::write(self.0.join(name), bytes).await
    }

    /// Reads a file of the folder, if it is there; at most `most` bytes of it.
    ///
    /// # Errors
    /// It is larger, or cannot be read.
    pub async fn read(&self, name: &str, most: u64) -> io::Result<Option<Vec<u8>>> {
        let path = self.0.join(name);
        match tokio::fs::metadata(&path).await {
            Ok(m) if m.len() <= most => Ok(Some(tokio::fs::read(&path).await?)),
            Ok(_) => Err(io::Error::other(format!("the result is larger than {} MB", most >> 20))),
            Err(_) => Ok(None),
        }
    }

    /// Returns the beginning of the last program's output.
    pub fn output(&self) -> String {
        self.beginning(OUTPUT, MAX_OUTPUT)
    }

    /// Returns the beginning of the last program's error output.
    pub fn words(&self) -> String {
        self.beginning(WORDS, MAX_WORDS)
    }

    fn beginning(&self, name: &str, most: u64) -> String {
        let mut bytes = Vec::new();
        let _ = File::open(self.0.join(name)).and_then(|f| f.take(most).read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    /// Runs a program in the folder. It is killed when nobody waits any more.
    ///
    /// # Errors
    /// It failed, or took too long.
    pub async fn run(&self, program: &Path, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>, limits: Limits) -> Result<(), RunError> {
        let run = async {
            let mut child = Command::new("prlimit")
                .arg(format!("--as={}", limits.megabytes << 20))
                .arg(format!("--cpu={}", limits.processor.as_secs()))
                .arg(format!("--fsize={MAX_FILE}"))
                // if memory runs out, the kernel ends this program and not the service
                .args(["--core=0", "--", "choom", "-n", "1000", "--"])
                .arg(program)
                .args(arguments)
                .current_dir(&self.0)
                .env_clear()
                .env("PATH", std::env::var_os("PATH").unwrap_or_default())
                .env("LANG", "C.UTF-8")
                .env("OMP_THREAD_LIMIT", "1")
                .env("HOME", &self.0)
                .env("TMPDIR", &self.0)
                .stdin(Stdio::null())
                .stdout(File::create(self.0.join(OUTPUT))?)
                .stderr(File::create(self.0.join(WORDS))?)
                .process_group(0)
                .kill_on_drop(true)
                .spawn()?;
            let _group = ProcessGroup(child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)));
            let status = child.wait().await?;
            if status.success() { Ok(()) } else { Err(RunError::Failed { status, words: self.words() }) }
        };
        timeout(limits.wall, run).await.map_err(|_| RunError::Timeout(limits.wall))?
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program may start further processes: killing the first would leave the others.
struct ProcessGroup(Option<Pid>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // already gone if all went well
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Returns the first program of these names on the PATH.
pub fn find_program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).flat_map(|dir| names.iter().map(move |name| dir.join(name))).find(|p| p.is_file())
}
