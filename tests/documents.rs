//! The mail and the document through programs that are not ours.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs the demo into a folder and gives the file with this ending.
fn demo(dir: &Path, ending: &str) -> PathBuf {
    let status = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(["demo", "--out", "."]).current_dir(dir).status().unwrap();
    assert!(status.success());
    std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().is_some_and(|e| e == ending)).unwrap()
}

fn run(program: &str, args: &[&str], dir: &Path) -> String {
    let o = Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(o.status.success(), "{program}: {}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8_lossy(&o.stdout).into_owned()
}

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn the_document_opens_in_libreoffice_with_masthead_columns_and_page_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let docx = demo(dir.path(), "docx");
    let profile = format!("-env:UserInstallation=file://{}/profile", dir.path().display());
    run("soffice", &[&profile, "--headless", "--convert-to", "pdf", docx.file_name().unwrap().to_str().unwrap()], dir.path());
    let pdf = docx.with_extension("pdf");
    let text = run("pdftotext", &["-layout", pdf.file_name().unwrap().to_str().unwrap(), "-"], dir.path());
    for wanted in ["许昌竞争情报快递", "2026年第1期", "●编者的话", "●行业动态", "●财经数据", "许昌智算中心二期点亮", "— 1 —"]
    {
        let wanted = wanted.replace("2026", &chrono::Utc::now().format("%Y").to_string());
        // LibreOffice puts blanks between Han and Latin letters
        let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert!(squeeze(&text).contains(&squeeze(&wanted)), "{wanted} not in\n{text}");
    }
}

/// Makes a PDF of a document; gives its pages as text.
fn pages(dir: &Path, docx: &Path) -> Vec<String> {
    let profile = format!("-env:UserInstallation=file://{}/profile", dir.display());
    run("soffice", &[&profile, "--headless", "--convert-to", "pdf", docx.to_str().unwrap()], dir);
    let text = run("pdftotext", &["-layout", docx.with_extension("pdf").to_str().unwrap(), "-"], dir);
    text.split('\u{c}').map(str::to_owned).collect()
}

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn a_full_page_has_22_lines_of_28_characters_and_the_imprint_stands_where_it_is_set() {
    let dir = tempfile::tempdir().unwrap();
    demo(dir.path(), "docx");
    let store = qingbao::store::Store::open(&dir.path().join("data")).unwrap();
    let mut edition = store.edition(qingbao::model::EditionId(1)).unwrap().unwrap();
    edition.imprint = qingbao::model::Imprint {
        serial: "许科情〔2026〕17号".into(),
        editor: "责编甲".into(),
        signer: "所长乙".into(),
        phone: "0374-1234567".into(),
        report_to: "市委、市政府领导".into(),
        send_to: "市直各单位，各县（市、区）".into(),
        copies: 120,
        ..Default::default()
    };
    let item = &mut edition.columns[0].items[0];
    (item.print, item.text) = (qingbao::model::Print::Full, "国".repeat(28 * 100));
    let docx = dir.path().join("full.docx");
    std::fs::write(&docx, qingbao::render::docx(&edition, &qingbao::render::Files::new()).unwrap()).unwrap();
    let pages = pages(dir.path(), &docx);
    let full: Vec<Vec<&str>> = pages.iter().map(|p| p.lines().map(str::trim).filter(|l| l.starts_with("国国国")).collect()).collect();
    let (lines, most) = full.iter().map(|p| (p.len(), p)).max_by_key(|p| p.0).unwrap();
    let characters: Vec<usize> = most.iter().map(|l| l.chars().count()).collect();
    assert_eq!((lines, characters.iter().min(), characters.iter().max()), (22, Some(&28), Some(&28)), "{characters:?}");
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let all = squeeze(&pages.concat());
    for wanted in [
        "许科情〔2026〕17号",
        "责任编辑：责编甲签发：所长乙电话：0374-1234567",
        "报：市委、市政府领导",
        "送：市直各单位，各县（市、区）",
        "印发（共印120份）",
    ] {
        assert!(all.contains(&squeeze(wanted)), "{wanted} not in {all}");
    }
}

#[test]
#[ignore = "needs python3"]
fn the_mail_is_read_by_pythons_email_package() {
    let dir = tempfile::tempdir().unwrap();
    let eml = demo(dir.path(), "eml");
    let script = "
import email, email.policy, sys
m = email.message_from_bytes(open(sys.argv[1], 'rb').read(), policy=email.policy.default)
assert not m.defects, m.defects
kinds = [p.get_content_type() for p in m.walk()]
assert kinds[:6] == ['multipart/mixed', 'multipart/alternative', 'text/plain', 'multipart/related', 'text/html', 'image/png'], kinds
raw = open(sys.argv[1], 'rb').read()
assert all(len(l) <= 998 for l in raw.splitlines()) and raw.isascii()
picture = [p for p in m.walk() if p.get_content_type() == 'image/png'][0]
assert picture['content-id'] == '<chart@qingbao>' and 'cid:chart@qingbao' in m.get_body(('html',)).get_content()
print(m['subject']); print([p.get_filename() for p in m.iter_attachments()]); print(m['message-id'])
print(m.get_body(('plain',)).get_content()[:200])
";
    let text = run("python3", &["-c", script, eml.file_name().unwrap().to_str().unwrap()], dir.path());
    let year = chrono::Utc::now().format("%Y");
    assert!(text.starts_with("【草稿】许昌竞争情报快递 "), "{text}");
    assert!(text.contains(&format!("['许昌竞争情报快递{year}年第1期（草稿）.docx']")), "{text}");
    assert!(text.contains("编者的话"), "{text}");
}
