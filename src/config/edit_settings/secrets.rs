//! Files with passwords and keys, beside the settings.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Most secrets of one name.
const MAX_SECRETS: u32 = 1_000;

/// Writes a secret into a new file of mode 0600 in `credentials` beside the settings, and returns its path. An earlier file stays, so that
/// the earlier settings stay good.
///
/// # Errors
/// The file cannot be written.
pub fn write_secret(settings: &Path, name: &str, secret: &str) -> io::Result<PathBuf> {
    // beside the file itself, where a link leads to it: there the service may write
    let settings = std::fs::canonicalize(settings).or_else(|_| std::path::absolute(settings))?;
    let folder = settings.parent().unwrap_or(Path::new("/")).join("credentials");
    std::fs::DirBuilder::new().recursive(true).mode(0o750).create(&folder)?;
    for n in 1..=MAX_SECRETS {
        let path = folder.join(if n == 1 { name.to_owned() } else { format!("{name}-{n}") });
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => return file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map(|()| path),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_gets_a_file_of_its_own_that_others_cannot_read() {
        let dir = tempfile::tempdir().unwrap();
        let settings = dir.path().join("qingbao.toml");
        let first = write_secret(&settings, "smtp_password", "一").unwrap();
        let second = write_secret(&settings, "smtp_password", "二").unwrap();
        assert_ne!(first, second);
        assert_eq!(std::fs::read_to_string(&first).unwrap(), "一");
        assert_eq!(std::fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
