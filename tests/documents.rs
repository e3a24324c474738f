//! The mail and the document through programs that are not ours.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::{Path, PathBuf};
use std::process::Command;

use qingbao::model::{Edition, Imprint, Print};
use qingbao::render::Files;

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

/// Writes an edition as a document, and makes a PDF of it.
fn pdf(dir: &Path, edition: &Edition) -> PathBuf {
    let docx = dir.join("issue.docx");
    std::fs::write(&docx, qingbao::render::docx(edition, &Files::new(), None).unwrap()).unwrap();
    let profile = format!("-env:UserInstallation=file://{}/profile", dir.display());
    run("soffice", &[&profile, "--headless", "--convert-to", "pdf", docx.to_str().unwrap()], dir);
    docx.with_extension("pdf")
}

/// The pages of a PDF as text.
fn pages(dir: &Path, pdf: &Path) -> Vec<String> {
    let text = run("pdftotext", &["-layout", pdf.to_str().unwrap(), "-"], dir);
    text.trim_end_matches('\u{c}').split('\u{c}').map(str::to_owned).collect()
}

/// The words of each page of a PDF, each with its left and lower edge and its height in points.
fn words(dir: &Path, pdf: &Path) -> Vec<Vec<(f64, f64, f64, String)>> {
    let html = run("pdftotext", &["-bbox", pdf.to_str().unwrap(), "-"], dir);
    let value = |line: &str, key: &str| line.split(&format!("{key}=\"")).nth(1).and_then(|v| v.split('"').next()?.parse().ok()).unwrap_or(0.0);
    let word = |line: &str| {
        let (low, high): (f64, f64) = (value(line, "yMax"), value(line, "yMin"));
        let text = line.split('>').nth(1).and_then(|t| t.split('<').next()).unwrap_or_default();
        (value(line, "xMin"), low, low - high, text.to_owned())
    };
    html.split("<page ").skip(1).map(|page| page.lines().filter(|l| l.contains("<word ")).map(word).collect()).collect()
}

/// The first issue of the demo.
fn first_issue(dir: &Path) -> Edition {
    demo(dir, "docx");
    let store = qingbao::store::Store::open(&dir.join("data")).unwrap();
    store.edition(qingbao::model::EditionId(1)).unwrap().unwrap()
}

/// A template as LibreOffice writes it: a head, a place for the items, and 正文 in another font.
const TEMPLATE: &str = r#"<html><head><style>p { font-family: "Noto Serif CJK SC" } h1 { color: #004080 }</style></head><body>
<p><b>{{刊名}}</b></p><p>{{年}}年第{{期号}}期（总第{{总期号}}期）　{{编印}}　{{日期}}</p><h1>样式</h1><p>{{正文}}</p></body></html>"#;

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn items_are_put_into_the_template_of_an_institute() {
    let dir = tempfile::tempdir().unwrap();
    first_issue(dir.path());
    let profile = format!("-env:UserInstallation=file://{}/profile", dir.path().display());
    std::fs::write(dir.path().join("template.html"), TEMPLATE).unwrap();
    let to_docx = ["--headless", "--infilter=HTML (StarWriter)", "--convert-to", "docx:MS Word 2007 XML", "template.html"];
    run("soffice", &[&[profile.as_str()], &to_docx[..]].concat(), dir.path());
    std::fs::write(dir.path().join("qingbao.toml"), "[publication]\ntemplate = \"template.docx\"\n").unwrap();
    run(env!("CARGO_BIN_EXE_qingbao"), &["digest", "export", "1", "--format", "docx", "-o", "made.docx"], dir.path());
    run("soffice", &[&profile, "--headless", "--convert-to", "pdf", "made.docx"], dir.path());
    let pages = pages(dir.path(), &dir.path().join("made.pdf"));
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (first, all) = (squeeze(&pages[0]), squeeze(&pages.concat()));
    let year = chrono::Utc::now().format("%Y");
    assert!(first.starts_with(&format!("许昌竞争情报快递{year}年第1期（总第1期）许昌市科学技术情报研究所{year}年")), "{first}");
    assert!(all.contains("●行业动态") && all.contains("印发") && !all.contains("{{"), "{all}");
    // what we add can be a template again
    std::fs::copy(dir.path().join("made.docx"), dir.path().join("template.docx")).unwrap();
    let again = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(["sources", "check"]).current_dir(dir.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("template.docx: has no paragraph {{正文}}"), "{again:?}");
}

#[test]
fn a_template_that_cannot_be_used_is_named_by_every_command() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[publication]\ntemplate = \"head.docx\"\n").unwrap();
    for (bytes, expected) in [(None, "head.docx: the template cannot be read"), (Some("no zip"), "head.docx: is no .docx")] {
        if let Some(bytes) = bytes {
            std::fs::write(dir.path().join("head.docx"), bytes).unwrap();
        }
        for command in [&["doctor", "--no-network"][..], &["sources", "check"], &["digest", "list"]] {
            let o = Command::new(env!("CARGO_BIN_EXE_qingbao")).args(command).current_dir(dir.path()).output().unwrap();
            let told = String::from_utf8_lossy(&o.stderr);
            assert!(!o.status.success() && told.contains(expected), "{command:?}: {told}");
        }
    }
}

#[test]
#[ignore = "needs LibreOffice"]
fn an_issue_is_exported_as_pdf() {
    let dir = tempfile::tempdir().unwrap();
    first_issue(dir.path());
    run(env!("CARGO_BIN_EXE_qingbao"), &["digest", "export", "1", "--format", "pdf", "-o", "issue.pdf"], dir.path());
    assert!(std::fs::read(dir.path().join("issue.pdf")).unwrap().starts_with(b"%PDF-"));
}

#[test]
fn without_libreoffice_the_export_says_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    first_issue(dir.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    let o = command.args(["digest", "export", "1", "--format", "pdf"]).env("PATH", "/nonexistent").current_dir(dir.path()).output().unwrap();
    assert!(!o.status.success() && String::from_utf8_lossy(&o.stderr).contains("libreoffice-writer"), "{o:?}");
}

/// The lower edge of the type area, in points from the top of the page.
const FOOT: f64 = 841.9 - 99.2;

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn the_imprint_stands_at_the_foot_of_the_last_page_and_page_numbers_on_the_outside() {
    let dir = tempfile::tempdir().unwrap();
    let mut edition = first_issue(dir.path());
    edition.columns.truncate(1);
    edition.columns[0].items.truncate(1);
    edition.imprint = Imprint { report_to: "市委领导".into(), copies: 120, ..Default::default() };
    // a page with room, one that is just full, and one more than that
    for (lines, expected) in [(3, 2), (13, 2), (18, 3), (30, 3)] {
        let item = &mut edition.columns[0].items[0];
        (item.print, item.text) = (Print::Full, vec!["国国国"; lines].join("\n"));
        let pages = words(dir.path(), &pdf(dir.path(), &edition));
        assert_eq!(pages.len(), expected, "{lines} lines");
        let last = pages.last().unwrap();
        let imprint = |w: &&(f64, f64, f64, String)| w.3.contains("报：") || w.3.contains("印发") || w.3.contains("共印");
        let (lowest, highest) =
            (last.iter().filter(imprint).map(|w| w.1).fold(0.0, f64::max), last.iter().filter(imprint).map(|w| w.1).fold(900.0, f64::min));
        assert!((FOOT - 12.0..FOOT + 2.0).contains(&lowest), "{lines} lines: it ends at {lowest}");
        assert!(last.iter().filter(|w| w.3.contains("国国")).all(|w| w.1 < highest), "{lines} lines: text stands in it");
        for (n, page) in pages.iter().enumerate() {
            let number = page.iter().filter(|w| w.1 > FOOT + 10.0).map(|w| w.0).next().unwrap();
            assert_eq!(number > 297.0, n % 2 == 0, "page {} has its number at {number}", n + 1);
        }
    }
}

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn names_of_publications_fill_one_line_at_most() {
    let dir = tempfile::tempdir().unwrap();
    let mut edition = first_issue(dir.path());
    edition.columns.clear();
    let mut heights = Vec::new();
    for name in ["许昌情报工作快报", "许昌市竞争情报与产业快递", "许昌市战略性新兴产业与科技竞争情报工作快报"]
    {
        edition.publication = name.to_owned();
        let pages = words(dir.path(), &pdf(dir.path(), &edition));
        let (_, _, height, _) = pages[0].iter().find(|w| w.3 == name).unwrap_or_else(|| panic!("{name} is parted: {pages:?}"));
        heights.push(*height);
    }
    assert!(heights.is_sorted_by(|a, b| a > b), "{heights:?}");
}

#[test]
#[ignore = "needs LibreOffice and pdftotext"]
fn a_full_page_has_22_lines_of_28_characters_and_the_imprint_stands_where_it_is_set() {
    let dir = tempfile::tempdir().unwrap();
    let mut edition = first_issue(dir.path());
    edition.imprint = Imprint {
        copy_number: "000001".into(),
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
    (item.print, item.text) = (Print::Full, "国".repeat(28 * 100));
    let pages = pages(dir.path(), &pdf(dir.path(), &edition));
    let full: Vec<Vec<&str>> = pages.iter().map(|p| p.lines().map(str::trim).filter(|l| l.starts_with("国国国")).collect()).collect();
    let (lines, most) = full.iter().map(|p| (p.len(), p)).max_by_key(|p| p.0).unwrap();
    let characters: Vec<usize> = most.iter().map(|l| l.chars().count()).collect();
    assert_eq!((lines, characters.iter().min(), characters.iter().max()), (22, Some(&28), Some(&28)), "{characters:?}");
    let squeeze = |t: &str| t.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let head: Vec<String> = pages[0].lines().map(squeeze).filter(|l| !l.is_empty()).take(2).collect();
    assert_eq!(head, ["000001许科情〔2026〕17号", "内部资料草稿"]);
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
