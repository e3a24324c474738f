//! Converts documents with LibreOffice, if it is installed: a .docx to PDF, an old .doc or .wps to .docx.
//!
//! One document at a time, each in its own folder with its own profile.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::child::{Limits, RunError, WorkFolder, find_program};
use crate::config::settings::PdfSettings;

/// Names of the executable in Debian and elsewhere.
const NAMES: [&str; 2] = ["soffice", "libreoffice"];
/// For the documents of others.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// Largest result.
const MAX_MADE: u64 = 100 << 20;
/// LibreOffice takes some hundred megabytes, and reserves more.
const MAX_MEMORY: u64 = 3 << 10;
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
    find_program(&NAMES).ok_or(PdfError::NotInstalled)
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
    let folder = WorkFolder::new("pdf")?;
    let name = format!("issue.{from}");
    folder.write(&name, document).await?;
    let profile = Url::from_file_path(folder.path().join("profile"));
    let profile = profile.map_err(|()| PdfError::Failed(format!("{} is no path", folder.path().display())))?;
    let arguments =
        [&format!("-env:UserInstallation={profile}"), "--headless", "--norestore", "--nologo", "--convert-to", to, "--outdir", ".", &name];
    let limits = Limits { megabytes: MAX_MEMORY, processor: settings.timeout, wall: settings.timeout };
    folder.run(&soffice, arguments, limits).await?;
    // it may report success without a result, so look for the file
    folder.read(&format!("issue.{to}"), MAX_MADE).await?.ok_or_else(|| PdfError::Failed(folder.words()))
}

impl From<RunError> for PdfError {
    fn from(e: RunError) -> Self {
        match e {
            RunError::Timeout(after) => Self::Timeout(after),
            RunError::Failed { .. } => Self::Failed(e.to_string()),
            RunError::Io(e) => Self::Io(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

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
