//! Where the files of a new institute go, and their first writing.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::config::Settings;
use crate::setup::SetupPlan;

/// Paths of a new institute.
#[derive(Debug, Clone)]
pub struct SetupFiles {
    /// Absolute folder of the settings.
    pub folder: PathBuf,
    pub settings: PathBuf,
    pub sources: PathBuf,
    pub taxonomy: PathBuf,
    /// Password of the mail account.
    pub smtp_password: PathBuf,
    pub database: PathBuf,
}

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// These files are there already.
    #[error("已有 {}，不会覆盖；请在空文件夹里运行，或用 --config、--sources、--data 指定别处", .0.join("、"))]
    Exists(Vec<String>),
    #[error("{path} 写不了：{source}")]
    Write { path: String, source: io::Error },
}

impl SetupFiles {
    /// Returns the paths beside a settings file; without one, in the current folder.
    ///
    /// # Errors
    /// The current folder is gone.
    pub fn new(settings: Option<&Path>, sources: &Path, data: &Path) -> io::Result<Self> {
        let settings = std::path::absolute(settings.unwrap_or(Path::new(Settings::FILE)))?;
        let folder = settings.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self {
            sources: std::path::absolute(sources)?,
            taxonomy: folder.join("taxonomy.toml"),
            smtp_password: folder.join("credentials/smtp_password"),
            database: data.join("qingbao.db"),
            folder,
            settings,
        })
    }

    /// Checks that no file is there that would be overwritten.
    ///
    /// # Errors
    /// The files that are.
    pub fn refuse_existing(&self, with_database: bool) -> Result<(), SetupError> {
        let written = [&self.settings, &self.sources, &self.taxonomy, &self.smtp_password];
        let all = written.into_iter().chain(with_database.then_some(&self.database));
        let there: Vec<String> = all.filter(|p| p.symlink_metadata().is_ok()).map(|p| p.display().to_string()).collect();
        if there.is_empty() { Ok(()) } else { Err(SetupError::Exists(there)) }
    }

    /// Writes new files, the settings last.
    ///
    /// # Errors
    /// A file is there already, or cannot be written.
    pub fn write(&self, plan: &SetupPlan, smtp_password: Option<&str>) -> Result<(), SetupError> {
        if let Some(password) = smtp_password {
            write_new(&self.smtp_password, password, 0o600)?;
        }
        if let Some((path, text)) = &plan.taxonomy {
            write_new(path, text, 0o640)?;
        }
        if let Some(text) = &plan.sources_text {
            write_new(&self.sources, text, 0o640)?;
        }
        write_new(&self.settings, &plan.settings_text, 0o640)
    }
}

/// Writes a file that must not exist, with its folder.
fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), SetupError> {
    let write = || {
        if let Some(folder) = path.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o750).create(folder)?;
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
    };
    write().map_err(|source| SetupError::Write { path: path.display().to_string(), source })
}
