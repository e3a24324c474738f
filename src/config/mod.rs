//! `sources.toml`, `qingbao.toml` and `taxonomy.toml`: text in, checked values out.
//!
//! Every problem of a file is reported at once, each with file, line, column and the nearest right word.

mod alerts;
mod calendar;
mod column;
mod console;
mod crawl;
pub mod docx_template;
pub mod edit_settings;
pub mod edit_sources;
pub(crate) mod edit_toml;
mod error;
pub(crate) mod foreword;
mod imprint;
mod learning;
mod localized;
mod mail;
mod ocr;
pub mod opml;
mod outlets;
mod pdf;
mod publication;
mod reader;
mod recipient;
pub mod region;
pub mod settings;
mod signing;
pub mod source_list;
mod source_scope;
mod store;
mod summarise;
pub mod taxonomy;

use std::path::Path;

pub use error::{ConfigError, Problem};
pub use localized::LocalizedMessage;
use localized::localized;
pub use region::Region;
pub use settings::Settings;
pub use source_list::SourceList;
pub use taxonomy::Taxonomy;

/// Reads a configuration file as UTF-8 (BOM and CRLF accepted), with a message that tells the cases apart.
pub fn read_file(path: &Path) -> Result<String, ConfigError> {
    let name = path.display().to_string();
    let mut bytes = read_regular(path).map_err(|e| {
        let what = match e.kind() {
            std::io::ErrorKind::NotFound => localized(
                "does not exist; create it, or name another one (--sources, --config, or the key that names it)",
                "没有这个文件；请建立它，或另指定一个",
            ),
            std::io::ErrorKind::PermissionDenied => localized("may not be read; check its owner and mode", "不许读取；请检查文件的属主和权限"),
            std::io::ErrorKind::IsADirectory => localized("is a directory; name the file inside it", "是文件夹；请指定里面的文件"),
            std::io::ErrorKind::InvalidInput => {
                localized("is no regular file but a pipe, socket or device; name a file", "不是普通文件，而是管道、套接字或设备；请指定一个文件")
            }
            _ => localized(format!("cannot be read: {e}"), format!("读不了：{e}")),
        };
        ConfigError::file(&name, what)
    })?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ConfigError::file(
            &name,
            localized(
                "is empty; a half-written file is never taken as the new one. Delete it, or leave a comment in it",
                "是空的；写了一半的文件不会生效。不要内容就删掉它，或留一行注释",
            ),
        ));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|e| {
        let line = e
            .as_bytes()
            .split(|b| *b == b'\n')
            .scan(0, |end, line| {
                *end += line.len() + 1;
                Some(*end)
            })
            .take_while(|end| *end <= e.utf8_error().valid_up_to())
            .count()
            + 1;
        let chinese = format!("不是 UTF-8 编码（第 {line} 行），请另存为 UTF-8");
        ConfigError::file(&name, localized(format!("is not UTF-8 (line {line}); save it as UTF-8"), chinese))
    })
}

/// Returns a text as a TOML string.
pub(crate) fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

/// Opening a pipe would wait for its writer, and a device may never end.
fn read_regular(path: &Path) -> std::io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    std::fs::read(path)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn every_way_a_file_can_be_unreadable_has_its_own_words() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let gbk = encoding_rs::GBK.encode("# 来源\n[[source]]\nname = \"许昌\"").0.into_owned();
        let table = [
            (dir.path().join("none"), "does not exist"),
            (dir.path().to_owned(), "is a directory"),
            (PathBuf::from("/dev/zero"), "is no regular file"),
            (file("empty", b" \n"), "is empty"),
            (file("gbk", &gbk), "is not UTF-8 (line 1)"),
        ];
        for (path, expected) in table {
            let got = read_file(&path).unwrap_err().to_string();
            assert!(got.contains(expected), "{got}");
        }
        assert_eq!(read_file(&file("bom", b"\xEF\xBB\xBFa = 1")).unwrap(), "a = 1");
    }
}
