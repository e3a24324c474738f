//! What editors write is what mail, document, page and JSON say.

use std::io::Read as _;

use mail_parser::{MessageParser, MimeHeaders as _};
use serde_json::Value;

use super::{Browser, Service, StatusCode, client, run};

/// One pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

impl Browser {
    async fn change(&self, article: &str, fields: &[(&str, &str)]) {
        let all: Vec<(&str, &str)> = fields.iter().copied().chain([("article", article)]).collect();
        let answer = self.post("/draft/1", &all).await;
        let code = answer.status();
        assert_eq!(code, StatusCode::SEE_OTHER, "{fields:?}: {}", answer.text().await.unwrap());
    }

    async fn finalise(&self, fields: &[(&str, &str)]) {
        let all: Vec<(&str, &str)> = fields.iter().copied().chain([("do", "finalise"), ("anyway", "1")]).collect();
        assert_eq!(self.post("/draft/1/signing", &all).await.status(), StatusCode::SEE_OTHER);
    }

    async fn state(&self) -> Value {
        serde_json::from_str(&self.page("/draft/1/state?version=0").await).unwrap()
    }

    async fn content(&self) -> Value {
        self.state().await["content"].take()
    }

    async fn upload(&self, article: &str, what: &str, name: &str, bytes: &[u8]) -> (StatusCode, Value) {
        let mut body = Vec::new();
        for (field, value) in [("csrf", self.csrf.as_str()), ("article", article), ("what", what)] {
            body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n").bytes());
        }
        body.extend(format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n").bytes());
        body.extend([bytes, b"\r\n--b--\r\n"].concat());
        let request = client().post(format!("{}/draft/1/files", self.base)).header("cookie", &self.cookie).header("x-requested-by", "console");
        let answer = request.header("content-type", "multipart/form-data; boundary=b").body(body).send().await.unwrap();
        (answer.status(), serde_json::from_str(&answer.text().await.unwrap()).unwrap())
    }
}

fn items(content: &Value, column: usize) -> Vec<String> {
    content["columns"][column]["items"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

fn document(bytes: &[u8]) -> String {
    let mut xml = String::new();
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    zip.by_name("word/document.xml").unwrap().read_to_string(&mut xml).unwrap();
    xml
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_that_editors_change_is_in_document_mail_page_and_json() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let content = editor.content().await;
    let (first, moved) = (items(&content, 0), items(&content, 4)[0].clone());

    editor
        .change(&first[0], &[("do", "rewrite"), ("title", "改写的标题"), ("summary", "改写的摘要第一段\r\n改写的摘要第二段"), ("note", "编者的按语")])
        .await;
    editor.change(&first[1], &[("do", "print-full")]).await;
    editor.change(&first[1], &[("do", "rewrite"), ("text", "改写的全文第一段\r\n指标\t数值\r\n产值甲\t一百二十\r\n改写的全文末段")]).await;
    editor.change(&moved, &[("do", "move"), ("column", "行业趋势")]).await;
    editor.change(&first[2], &[("drop", "stale")]).await;
    editor.change("", &[("do", "foreword"), ("foreword", "各位领导：\r\n编者写的第二段")]).await;
    editor
        .change(
            "",
            &[("do", "write"), ("title", "自写的标题"), ("text", "自写的正文\r\n自写的第二段"), ("publisher", "本所"), ("column", "行业报告")],
        )
        .await;
    let own = items(&editor.content().await, 2).pop().unwrap();
    assert!(own.starts_with('-'), "{own}");
    assert_eq!(editor.upload(&own, "picture", "示意图.png", PNG).await.0, StatusCode::OK);
    assert_eq!(editor.upload(&own, "attachment", "统计公报.pdf", b"%PDF-1.4 whole").await.0, StatusCode::OK);
    for (what, name, bytes) in
        [("picture", "a.png", &b"<svg>"[..]), ("attachment", "a.exe", b"MZ"), ("picture", "b.png", PNG), ("attachment", "a.pdf", b"")]
    {
        let (code, told) = editor.upload(&own, what, name, bytes).await;
        assert!(code == StatusCode::UNPROCESSABLE_ENTITY && !told["words"].as_str().unwrap().is_empty(), "{what} {name}: {told}");
    }

    let words = [
        "改写的标题",
        "编者的按语",
        "改写的摘要第一段",
        "改写的摘要第二段",
        "改写的全文第一段",
        "产值甲",
        "一百二十",
        "改写的全文末段",
        "各位领导：",
        "编者写的第二段",
        "自写的标题",
        "自写的正文",
        "自写的第二段",
        "统计公报.pdf",
    ];
    let export = |format: &str| {
        let file = service.dir.path().join(format!("issue.{format}"));
        run(service.dir.path(), &["digest", "export", "1", "--format", format, "-o", file.to_str().unwrap()], "");
        std::fs::read(file).unwrap()
    };
    let html = editor.page("/draft/1/mail").await;
    let docx = editor.get("/draft/1/docx").await.bytes().await.unwrap();
    assert_eq!(docx, export("docx"));
    let eml = export("eml");
    let letter = MessageParser::default().parse(&eml).unwrap();
    let forms = [
        ("page", editor.page("/draft/1").await),
        ("mail", html.clone()),
        ("docx", document(&docx)),
        ("json", String::from_utf8(export("json")).unwrap()),
        ("txt", String::from_utf8(export("txt")).unwrap()),
        ("html", String::from_utf8(export("html")).unwrap()),
        ("text of the letter", letter.body_text(0).unwrap().into_owned()),
        ("html of the letter", letter.body_html(0).unwrap().into_owned()),
    ];
    for (form, text) in &forms {
        for word in words {
            assert!(text.contains(word), "{word} is not in {form}:\n{text}");
        }
        let order = |a: &str, b: &str| text.rfind(a).unwrap() < text.rfind(b).unwrap();
        assert!(order("改写的摘要第一段", "改写的全文第一段") && order("改写的全文末段", "自写的正文"), "{form}");
    }
    // paragraphs stay paragraphs, tables tables, and the picture is seen
    assert!(html.contains("改写的摘要第一段</div>") && html.contains("<br>编者写的第二段") && html.contains(">产值甲</td>"), "{html}");
    assert_eq!(html.matches("data:image/png;base64,").count(), 2, "the chart and the picture");
    assert!(forms[2].1.contains("<w:drawing>") && forms[2].1.contains("<w:tbl>"));
    let names: Vec<_> = letter.attachments().filter_map(|a| a.attachment_name()).collect();
    assert!(names.contains(&"统计公报.pdf") && names.iter().any(|n| n.starts_with("picture")), "{names:?}");

    // what is refused is not stored
    let files: i64 = rusqlite::Connection::open(service.dir.path().join("data/qingbao.db"))
        .unwrap()
        .query_row("SELECT count(*) FROM item_file", [], |r| r.get(0))
        .unwrap();
    assert_eq!(files, 2);
    assert!(run(service.dir.path(), &["digest", "list"], "").contains("29 items"));

    // the source's text comes back
    editor.change(&first[1], &[("do", "reset-text")]).await;
    assert!(!editor.page("/draft/1/mail").await.contains("改写的全文"));
    editor.change("", &[("do", "undo"), ("version", &version(&editor).await)]).await;
    assert!(editor.page("/draft/1/mail").await.contains("改写的全文末段"));

    // what is finished is what programs read
    editor.finalise(&[("version", &version(&editor).await)]).await;
    let issue = editor.page("/api/v1/issues/current").await;
    assert!(words.iter().all(|word| issue.contains(word)), "{issue}");
    let feed = editor.page("/feeds/issue.atom").await;
    assert!(feed.contains("按：编者的按语\n改写的摘要第一段"), "{feed}");
    assert!(feed.contains("自写的正文\n自写的第二段") && feed.contains("改写的摘要第一段\n改写的摘要第二段"), "{feed}");
}

async fn version(editor: &Browser) -> String {
    editor.state().await["version"].to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreword_that_is_not_true_any_more_is_told_and_an_issue_is_not_finished_over_it_unasked() {
    let service = Service::start("");
    let editor = service.sign_in("", "甲编辑").await;
    let content = editor.content().await;
    let (foreword, first) = (content["foreword"].as_str().unwrap().to_owned(), items(&content, 0)[0].clone());
    let n: usize = (0..5).map(|c| items(&content, c).len()).sum();
    assert!(foreword.contains(&format!("选出 {n} 条")), "{foreword}");
    // nobody wrote it: it follows the items
    editor.change(&first, &[("drop", "stale")]).await;
    let composed = editor.content().await["foreword"].as_str().unwrap().to_owned();
    assert!(composed.contains(&format!("选出 {} 条", n - 1)), "{composed}");
    // an editor who did not see that may write it all the same
    editor.change("", &[("do", "foreword"), ("foreword_was", &foreword), ("foreword", &format!("本期共 {} 条。", n - 1))]).await;
    editor.change(&items(&content, 0)[1], &[("drop", "stale")]).await;
    let content = editor.content().await;
    let stale = format!("写的是“共 {} 条”，现在是 {} 条", n - 1, n - 2);
    assert_eq!(
        (content["foreword"].as_str().unwrap(), &content["stale"][0]),
        (format!("本期共 {} 条。", n - 1).as_str(), &Value::from(stale.as_str()))
    );
    assert!(editor.page("/draft/1").await.contains(&stale));
    let seen = version(&editor).await;
    let refused = editor.post("/draft/1/signing", &[("do", "finalise"), ("version", &seen)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("没有定稿"));
    editor.finalise(&[("version", &seen), ("anyway", "1")]).await;
    assert!(editor.page("/draft/1").await.contains("已定稿"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_issue_is_downloaded_as_pdf_where_there_is_libreoffice_and_otherwise_told_why_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let soffice = dir.path().join("soffice");
    std::fs::write(&soffice, "#!/bin/sh\nprintf '%%PDF-1.7 ' > issue.pdf && wc -c < issue.docx >> issue.pdf\n").unwrap();
    std::fs::set_permissions(&soffice, std::fs::Permissions::from_mode(0o755)).unwrap();
    let service = Service::start_with("", &format!("[pdf]\nsoffice = \"{}\"\n", soffice.display()));
    let editor = service.sign_in("", "甲编辑").await;
    assert!(editor.page("/draft/1").await.contains("下载 PDF"));
    let answer = editor.get("/draft/1/pdf").await;
    assert_eq!((answer.status(), answer.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, "application/pdf"));
    assert!(answer.text().await.unwrap().starts_with("%PDF-1.7 "));
    std::fs::remove_file(&soffice).unwrap();
    assert!(!editor.page("/draft/1").await.contains("下载 PDF"));
    let answer = editor.get("/draft/1/pdf").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text().await.unwrap().contains("LibreOffice"));
}
