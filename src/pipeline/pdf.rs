//! Converts a document to PDF, and an old .doc to .docx, if LibreOffice is installed.
//!
//! One document at a time, each in its own folder with its own profile. LibreOffice is killed when the work ends, or when nobody
//! waits for the PDF any more.

use std::fs::{DirBuilder, File};
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::config::settings::PdfSettings;

/// Names of the executable in Debian and elsewhere.
const NAMES: [&str; 2] = ["soffice", "libreoffice"];
/// For the documents of others.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Largest result, and most that is reported of LibreOffice's output.
const MAX_MADE: u64 = 100 << 20;
const MAX_WORDS: u64 = 500;
/// LibreOffice takes some hundred megabytes.
static TURN: Semaphore = Semaphore::const_new(1);

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// LibreOffice is not installed.
    #[error("LibreOffice is not installed; install the package libreoffice-writer, or name it: [pdf] soffice = \"PATH\"")]
    NotInstalled,
    /// It is not at the configured path.
    #[error("{} is not there; correct [pdf] soffice", .0.display())]
    NotThere(PathBuf),
    /// Others are already waiting.
    #[error("other documents are being converted; try again")]
    Busy,
    /// It took too long.
    #[error("LibreOffice was not done after {} s ([pdf] timeout)", .0.as_secs())]
    Timeout(Duration),
    /// It converted nothing.
    #[error("LibreOffice could not convert the document: {0}")]
    Failed(String),
    /// A file cannot be written or read.
    #[error("the document cannot be handed to LibreOffice: {0}")]
    Io(#[from] io::Error),
}

impl PdfError {
    /// Returns the reason for editors.
    pub fn chinese(&self) -> &'static str {
        match self {
            Self::NotInstalled => {
                "这台服务器没有安装 LibreOffice，不能生成 PDF。请管理员安装 libreoffice-writer，或先下载 Word 文档，在 Word、WPS 里另存为 PDF"
            }
            Self::NotThere(_) => "设置里写的 LibreOffice（[pdf] soffice）不在那里，不能生成 PDF，请告诉管理员",
            Self::Busy => "正在转换别的文档，请稍后再试",
            Self::Timeout(_) => "生成 PDF 超时，请稍后再试，或先下载 Word 文档",
            Self::Failed(_) | Self::Io(_) => "LibreOffice 没有生成 PDF，请告诉管理员（原因在日志里），或先下载 Word 文档",
        }
    }
}

/// Returns the LibreOffice of the settings, or one on the PATH.
///
/// # Errors
/// There is none.
pub fn find_soffice(settings: &PdfSettings) -> Result<PathBuf, PdfError> {
    if let Some(path) = &settings.soffice {
        return if path.is_file() { Ok(path.clone()) } else { Err(PdfError::NotThere(path.clone())) };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|dir| NAMES.map(|name| dir.join(name))).find(|p| p.is_file());
    found.ok_or(PdfError::NotInstalled)
}

/// Makes a PDF of a .docx.
///
/// # Errors
/// There is no LibreOffice, or it failed.
pub async fn pdf(docx: &[u8], settings: &PdfSettings) -> Result<Vec<u8>, PdfError> {
    converted(docx, "docx", "pdf", settings).await
}

/// Makes a .docx of an old .doc.
///
/// # Errors
/// There is no LibreOffice, or it failed.
pub async fn docx_of_doc(doc: &[u8], settings: &PdfSettings) -> Result<Vec<u8>, PdfError> {
    converted(doc, "doc", "docx", settings).await
}

/// Converts a document between formats that are named by their endings.
async fn converted(document: &[u8], from: &str, to: &str, settings: &PdfSettings) -> Result<Vec<u8>, PdfError> {
    let soffice = find_soffice(settings)?;
    let Ok(Ok(_turn)) = timeout(MAX_WAIT, TURN.acquire()).await else { return Err(PdfError::Busy) };
    let folder = WorkFolder::new()?;
    let name = format!("issue.{from}");
    tokio::fs::write(folder.0.join(&name), document).await?;
    let made = timeout(settings.timeout, convert(&soffice, &folder.0, &name, to)).await;
    made.map_err(|_| PdfError::Timeout(settings.timeout))??;
    let made = folder.0.join(format!("issue.{to}"));
    match tokio::fs::metadata(&made).await {
        Ok(m) if m.len() <= MAX_MADE => Ok(tokio::fs::read(&made).await?),
        Ok(_) => Err(PdfError::Failed(format!("the result is larger than {} MB", MAX_MADE >> 20))),
        Err(_) => Err(PdfError::Failed(words(&folder.0.join("words")))),
    }
}

/// Runs LibreOffice on a file in a folder; kills it on drop.
async fn convert(soffice: &Path, folder: &Path, name: &str, to: &str) -> Result<(), PdfError> {
    let profile = Url::from_file_path(folder.join("profile")).map_err(|()| PdfError::Failed(format!("{} is no path", folder.display())))?;
    let mut child = Command::new(soffice)
        .arg(format!("-env:UserInstallation={profile}"))
        .args(["--headless", "--norestore", "--nologo", "--convert-to", to, "--outdir", ".", name])
        .current_dir(folder)
        // it needs none of our secrets
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LANG", "C.UTF-8")
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("words"))?)
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let _group = ProcessGroup(child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)));
    let status = child.wait().await?;
    // it may report success without a result, so look for the file
    if status.success() { Ok(()) } else { Err(PdfError::Failed(format!("{status}: {}", words(&folder.join("words"))))) }
}

/// Returns the beginning of LibreOffice's output.
fn words(file: &Path) -> String {
    let mut bytes = Vec::new();
    let _ = File::open(file).and_then(|f| f.take(MAX_WORDS).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

/// LibreOffice starts further processes: killing the first would leave the others.
struct ProcessGroup(Option<Pid>);

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // already gone if all went well
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// A folder for this user alone, removed on drop.
struct WorkFolder(PathBuf);

impl WorkFolder {
    fn new() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("qingbao-pdf-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let make = || DirBuilder::new().mode(0o700).create(&path);
        // left by a killed process with the same process id
        make().or_else(|_| std::fs::remove_dir_all(&path).and_then(|()| make()))?;
        Ok(Self(path))
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A shell script in place of LibreOffice.
    fn stand_in(dir: &Path, script: &str) -> PdfSettings {
        let path = dir.join("soffice");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        PdfSettings { soffice: Some(path), timeout: Duration::from_secs(2) }
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told_and_nothing_stays_behind() {
        let dir = tempfile::tempdir().unwrap();
        let settings = stand_in(dir.path(), "test -z \"$SECRET\" && cp issue.docx issue.pdf");
        assert_eq!(pdf(b"document", &settings).await.unwrap(), b"document");
        let settings = stand_in(dir.path(), "echo 'source file could not be loaded' >&2");
        assert!(matches!(pdf(b"x", &settings).await, Err(PdfError::Failed(why)) if why.contains("could not be loaded")));
        let settings = stand_in(dir.path(), "exit 81");
        assert!(matches!(pdf(b"x", &settings).await, Err(PdfError::Failed(why)) if why.contains("81")));
        let gone = PdfSettings { soffice: Some(dir.path().join("none")), ..PdfSettings::default() };
        assert!(matches!(pdf(b"x", &gone).await, Err(PdfError::NotThere(_))));
        // its child outlives it, and both are killed
        let pid = dir.path().join("pid");
        let settings = stand_in(dir.path(), &format!("sleep 100 & echo $! > {}; wait", pid.display()));
        assert!(matches!(pdf(b"x", &settings).await, Err(PdfError::Timeout(_))));
        let child = std::fs::read_to_string(&pid).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(state().is_empty() || state().contains(") Z "), "{}", state());
        let prefix = format!("qingbao-pdf-{}-", std::process::id());
        let left = std::fs::read_dir(std::env::temp_dir()).unwrap().flatten().filter(|e| e.file_name().to_string_lossy().starts_with(&prefix));
        assert_eq!(left.count(), 0);
    }
}
