//! Upload of pictures and attachments for items.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::Utc;

use crate::issue::edit::{Change, EditError, MAX_ATTACHMENTS};
use crate::model::{ArticleId, EditionId, Picture};
use crate::render;
use crate::store::MAX_EDITION_FILES;
use crate::text::normalize::{collapse_whitespace, truncate};
use crate::web::form::{Form, UploadForm};
use crate::web::issue_changes::{Request, load};
use crate::web::issue_editor::{Done, answer, carry_out};
use crate::web::path::Path;
use crate::web::response::stored;
use crate::web::{AppState, response};

/// Maximum length of a file name, in characters.
const MAX_NAME: usize = 120;

/// Accepted attachments: file extension, first bytes, MIME type. Excludes everything that a mail server or a reader's program would
/// execute.
const ATTACHMENTS: [(&str, &[u8], &str); 13] = [
    ("pdf", b"%PDF", "application/pdf"),
    ("docx", b"PK", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", b"PK", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("pptx", b"PK", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("zip", b"PK", "application/zip"),
    ("doc", b"\xd0\xcf\x11\xe0", "application/msword"),
    ("xls", b"\xd0\xcf\x11\xe0", "application/vnd.ms-excel"),
    ("ppt", b"\xd0\xcf\x11\xe0", "application/vnd.ms-powerpoint"),
    ("wps", b"\xd0\xcf\x11\xe0", "application/vnd.ms-works"),
    ("et", b"\xd0\xcf\x11\xe0", "application/vnd.ms-excel"),
    ("jpg", b"\xff\xd8\xff", "image/jpeg"),
    ("jpeg", b"\xff\xd8\xff", "image/jpeg"),
    ("png", b"\x89PNG", "image/png"),
];

/// The stored parts of an upload: name, MIME type, bytes, and for a picture its size in pixels.
type Kept = (String, &'static str, Vec<u8>, Option<(u32, u32)>);

pub(super) async fn upload(State(console): State<AppState>, Path(id): Path<i64>, form: UploadForm) -> Response {
    put(&console, EditionId(id), form).await.unwrap_or_else(|answer| answer)
}

async fn put(console: &AppState, id: EditionId, UploadForm { form, file: (name, bytes) }: UploadForm) -> Result<Response, Response> {
    let article = ArticleId(form.fields.number("article").unwrap_or(0));
    let refused = |words: String| Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words);
    let as_picture = match form.fields.text("what") {
        "picture" => true,
        "attachment" => false,
        _ => return answer(console, id, &form, refused("没有说明是图片还是附件".to_owned())).await,
    };
    // check before the file is read and stored
    let (e, _) = load(console, &form.session, id).await?;
    let problem = match e.items().find(|i| i.article == article) {
        None => Some(EditError::NoItem),
        Some(_) if e.is_final => Some(EditError::Final),
        Some(_) if e.is_frozen() => Some(EditError::Submitted),
        Some(i) if (as_picture && i.picture.is_some()) || (!as_picture && i.attachments.len() >= MAX_ATTACHMENTS) => Some(EditError::TooManyFiles),
        Some(_) => None,
    };
    let done = match problem {
        Some(problem) => refused(problem.to_string()),
        None => match checked_file(name, bytes, as_picture).await? {
            Err(words) => refused(words),
            Ok(kept) => store(console, &form, id, article, kept).await?,
        },
    };
    answer(console, id, &form, done).await
}

/// Stores a file and attaches it to its item; removes the file again if that fails.
async fn store(console: &AppState, form: &Form, id: EditionId, article: ArticleId, kept: Kept) -> Result<Done, Response> {
    let (name, media_type, bytes, size) = kept;
    let file = stored(console.store.run(move |s| s.add_item_file(id, &name, media_type, &bytes, Utc::now())).await)?;
    let Some(file) = file else {
        let words = format!("本期的图片和附件合计超过 {} MB，邮件会被退回", MAX_EDITION_FILES >> 20);
        return Ok(Done::refused(StatusCode::UNPROCESSABLE_ENTITY, words));
    };
    let row = file.id;
    let change = match size {
        Some((width, height)) => Change::AddPicture { article, picture: Picture { file, width, height } },
        None => Change::AddAttachment { article, file },
    };
    let done = carry_out(console, &form.session, id, 0, Request::Changes(vec![change])).await?;
    if done.code != StatusCode::OK {
        stored(console.store.run(move |s| s.remove_item_file(row)).await)?;
    }
    Ok(done)
}

/// Returns the parts of an upload to store, or why it is refused.
async fn checked_file(name: String, bytes: Vec<u8>, as_picture: bool) -> Result<Result<Kept, String>, Response> {
    if bytes.is_empty() {
        return Ok(Err("请先选择文件".to_owned()));
    }
    let name = safe_name(&name);
    if as_picture {
        let read = tokio::task::spawn_blocking(move || render::read_picture(&bytes)).await.map_err(|e| response::broken(&e))?;
        return Ok(read.map(|p| (name, "image/png", p.bytes, Some((p.width, p.height)))).map_err(|e| e.to_string()));
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    let known = ATTACHMENTS.iter().find(|(end, magic, _)| *end == ending && bytes.starts_with(magic));
    Ok(known.map(|(_, _, media_type)| (name, *media_type, bytes, None)).ok_or_else(|| {
        let endings: Vec<&str> = ATTACHMENTS.iter().map(|a| a.0).collect();
        format!("附件只收 {}，内容须与扩展名一致", endings.join("、"))
    }))
}

/// Returns the file name without folders and without characters that break mail programs or file systems.
fn safe_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = collapse_whitespace(name).chars().filter(|c| !matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | ';')).collect();
    let (stem, ending) = clean.rsplit_once('.').unwrap_or((&clean, ""));
    let stem = truncate(if stem.is_empty() { "文件" } else { stem }, MAX_NAME);
    if ending.is_empty() { stem } else { format!("{stem}.{}", truncate(ending, 8)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_made_safe() {
        assert_eq!(safe_name("C:\\桌面\\统计 公报\r\n.pdf"), "统计 公报 .pdf");
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("\"a\"; x=\u{202e}b.docx"), "a x=b.docx");
        assert_eq!(safe_name(""), "文件");
    }

    #[tokio::test]
    async fn only_files_that_are_what_their_names_say_are_kept() {
        let take = async |name: &str, bytes: &[u8]| checked_file(name.to_owned(), bytes.to_vec(), false).await.unwrap().map(|k| k.1);
        assert_eq!(take("表.XLSX", b"PK\x03\x04").await, Ok("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
        for (name, bytes) in [("a.exe", &b"MZ"[..]), ("a.pdf", b"MZ"), ("a.html", b"<script>"), ("pdf", b"%PDF"), ("a.pdf", b"")] {
            assert!(take(name, bytes).await.is_err(), "{name}");
        }
    }
}
