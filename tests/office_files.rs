//! Office documents, scans and pictures through the real binary: read, marked, and refused with a reason.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a set-up that fails must fail the test

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use axum::Router;
use axum::http::header;
use axum::routing::get;
use rusqlite::Connection;
use serde_json::Value;

const TITLE: &str = "关于组织申报算力产业专项资金的通知";
const LINES: [&str; 6] = [
    "各县区科学技术局，各有关企业：",
    "为加快算力产业发展，市科学技术局决定组织申报二零二六年度专项资金，现将有关事项通知如下。",
    "一、支持方向。重点支持智能计算中心建设、工业软件研发和数据要素流通平台，单个项目补助不超过300万元。",
    "二、申报条件。申报单位应当在本市注册满两年，上一年度研发投入占营业收入的比重不低于3.5%，信用记录良好。",
    "三、申报时间。网上申报截止时间为2026年12月20日，逾期不予受理，纸质材料一式三份报送市科学技术局高新科。",
    "北岸市科学技术局2026年11月20日",
];

/// Writes a .docx of the notice by hand.
fn docx(title: &str, lines: &[&str]) -> Vec<u8> {
    let p = |text: &str, align: &str| {
        format!("<w:p><w:pPr><w:jc w:val=\"{align}\"/></w:pPr><w:r><w:rPr><w:sz w:val=\"32\"/></w:rPr><w:t>{text}</w:t></w:r></w:p>")
    };
    let body: String = lines.iter().map(|l| p(l, "left")).collect();
    let table =
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>项目</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>上限（万元）</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let ns = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    let parts = [
        ("[Content_Types].xml", "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>".to_owned()),
        ("_rels/.rels", "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>".to_owned()),
        ("word/document.xml", format!("<w:document {ns}><w:body>{}{body}{table}</w:body></w:document>", p(title, "center"))),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn run(program: &str, args: &[&str], dir: &Path) {
    let o = Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(o.status.success(), "{program}: {}", String::from_utf8_lossy(&o.stderr));
}

/// Converts a file by LibreOffice.
fn converted(dir: &Path, from: &str, to: &str) -> PathBuf {
    let profile = format!("-env:UserInstallation=file://{}/profile", dir.display());
    run("soffice", &[&profile, "--headless", "--convert-to", to, from], dir);
    dir.join(from).with_extension(to)
}

/// Writes the notice and draws it; returns its page as a picture of this resolution.
fn drawn(dir: &Path, dpi: &str) -> image::RgbImage {
    std::fs::write(dir.join("notice.docx"), docx(TITLE, &LINES)).unwrap();
    converted(dir, "notice.docx", "pdf");
    run("pdftoppm", &["-r", dpi, "-singlefile", "-png", "notice.pdf", "page"], dir);
    image::open(dir.join("page.png")).unwrap().to_rgb8()
}

/// Writes a PDF whose page is a picture.
fn scan(picture: &image::RgbImage, dpi: u32) -> Vec<u8> {
    let mut jpeg = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let (w, h) = picture.dimensions();
    let (wide, high) = (w * 72 / dpi, h * 72 / dpi);
    let shown = format!("q {wide} 0 0 {high} 0 0 cm /I Do Q");
    let objects: [Vec<u8>; 5] = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 {wide} {high}]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>").into_bytes(),
        format!("<</Length {}>>\nstream\n{shown}\nendstream", shown.len()).into_bytes(),
        [
            format!(
                "<</Type/XObject/Subtype/Image/Width {w}/Height {h}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Length {}>>\nstream\n",
                jpeg.len()
            )
            .into_bytes(),
            jpeg,
            b"\nendstream".to_vec(),
        ]
        .concat(),
    ];
    let (mut out, mut offsets) = (b"%PDF-1.4\n".to_vec(), Vec::new());
    for (i, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend([format!("{} 0 obj\n", i + 1).as_bytes(), object.as_slice(), b"\nendobj\n"].concat());
    }
    let xref = out.len();
    let rows: String = offsets.iter().map(|o| format!("{o:010} 00000 n \n")).collect();
    out.extend(format!("xref\n0 6\n0000000000 65535 f \n{rows}trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n{xref}\n%%EOF\n").into_bytes());
    out
}

/// Reads a file by `inspect extract`.
fn inspected(dir: &Path, name: &str, path: Option<&str>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.args(["inspect", "extract", name]).current_dir(dir).stdin(Stdio::null());
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let o = command.output().unwrap();
    serde_json::from_slice(&o.stdout).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&o.stderr)))
}

/// Levenshtein distance of the characters that are no blanks or signs, as a share of `expected`.
fn error_rate(expected: &str, got: &str) -> f64 {
    let kept = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>();
    let (a, b) = (kept(expected), kept(got));
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], best);
        }
    }
    #[allow(clippy::cast_precision_loss)]
    let rate = row[b.len()] as f64 / a.len() as f64;
    rate
}

fn whole(article: &Value) -> String {
    format!("{}{}", article["title"].as_str().unwrap_or_default(), article["text"].as_str().unwrap_or_default())
}

#[test]
fn a_docx_is_an_article_with_its_table() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.docx"), docx(TITLE, &LINES)).unwrap();
    let article = inspected(dir.path(), "a.docx", None);
    assert_eq!(article["title"], TITLE);
    assert_eq!(article["published_at"], "2026-11-20T00:00:00+08:00");
    assert!(article["text"].as_str().unwrap().contains("上限（万元）") && article["html"].as_str().unwrap().contains("<td>"), "{article}");
    std::fs::write(dir.path().join("b.docx"), b"PK\x03\x04 word/document.xml").unwrap();
    assert!(inspected(dir.path(), "b.docx", None)["error"].as_str().unwrap().contains("damaged"));
}

#[test]
fn a_workbook_is_an_article_of_tables() {
    let dir = tempfile::tempdir().unwrap();
    let cell = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |cells: &[&str]| format!("<row>{}</row>", cells.iter().map(|c| cell(c)).collect::<String>());
    let rows =
        [row(&["二零二六年度算力产业专项资金拟支持项目名单"]), row(&["项目单位", "金额（万元）"]), row(&["北岸智造有限公司", "<c><v>120</v></c>"])]
            .concat();
    let parts = [
        ("xl/workbook.xml", "<workbook xmlns:r=\"r\"><sheets><sheet name=\"名单\" r:id=\"a\"/></sheets></workbook>".to_owned()),
        ("xl/_rels/workbook.xml.rels", "<Relationships><Relationship Id=\"a\" Target=\"worksheets/sheet1.xml\"/></Relationships>".to_owned()),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")
                .replace("<c t=\"inlineStr\"><is><t><c><v>120</v></c></t></is></c>", "<c><v>120</v></c>"),
        ),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    std::fs::write(dir.path().join("a.xlsx"), zip.finish().unwrap().into_inner()).unwrap();
    let article = inspected(dir.path(), "a.xlsx", None);
    assert_eq!(article["title"], "二零二六年度算力产业专项资金拟支持项目名单", "{article}");
    assert!(
        article["text"].as_str().unwrap().contains("北岸智造有限公司") && article["html"].as_str().unwrap().contains("<td>120</td>"),
        "{article}"
    );
}

#[test]
fn without_the_programs_a_scan_and_an_old_document_name_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("scan.pdf"), scan(&image::RgbImage::from_pixel(600, 800, image::Rgb([255, 255, 255])), 72)).unwrap();
    let ole: Vec<u8> = [b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec(), "WordDocument".encode_utf16().flat_map(u16::to_le_bytes).collect()].concat();
    std::fs::write(dir.path().join("old.doc"), ole).unwrap();
    let error = |name| inspected(dir.path(), name, Some("/nowhere"))["error"].as_str().unwrap().to_owned();
    assert!(error("scan.pdf").contains("tesseract-ocr-chi-sim"), "{}", error("scan.pdf"));
    assert!(error("old.doc").contains("libreoffice"), "{}", error("old.doc"));
}

#[test]
#[ignore = "needs LibreOffice"]
fn old_documents_are_read_through_libreoffice() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("notice.docx"), docx(TITLE, &LINES)).unwrap();
    for ending in ["doc", "rtf"] {
        converted(dir.path(), "notice.docx", ending);
        let article = inspected(dir.path(), &format!("notice.{ending}"), None);
        assert_eq!(article["title"], TITLE, "{ending}: {article}");
        assert!(article["text"].as_str().unwrap().contains("单个项目补助不超过300万元"), "{ending}");
    }
}

#[test]
#[ignore = "needs tesseract, LibreOffice and pdftoppm"]
fn scans_are_recognised_with_a_confidence_and_bad_ones_are_doubtful() {
    let dir = tempfile::tempdir().unwrap();
    let clean = drawn(dir.path(), "300");
    let expected = format!("{TITLE}{}项目上限（万元）", LINES.concat());
    let mut stamped = clean.clone();
    for (x, y, p) in stamped.enumerate_pixels_mut() {
        let (dx, dy) = (i64::from(x) - 900, i64::from(y) - 900);
        if (220..235).contains(&(dx * dx + dy * dy).isqrt()) || (dx.abs() < 160 && dy.abs() < 18) {
            p.0 = [214, 30, 40];
        }
    }
    let small = image::imageops::resize(&clean, 900, 1273, image::imageops::FilterType::Triangle);
    for (name, picture, dpi, most) in [("clean", &clean, 300, 0.03), ("stamped", &stamped, 300, 0.08), ("small", &small, 109, 0.08)] {
        std::fs::write(dir.path().join("scan.pdf"), scan(picture, dpi)).unwrap();
        let article = inspected(dir.path(), "scan.pdf", None);
        let rate = error_rate(&expected, &whole(&article));
        assert!(rate <= most, "{name}: {rate}: {article}");
        assert_eq!(article["charset"], "ocr");
        assert!(article["confidence"]["ocr"].as_f64().unwrap() > 0.8, "{name}: {article}");
    }
    let blurred = image::imageops::blur(&image::imageops::resize(&clean, 420, 594, image::imageops::FilterType::Triangle), 1.2);
    std::fs::write(dir.path().join("bad.pdf"), scan(&blurred, 51)).unwrap();
    let bad = inspected(dir.path(), "bad.pdf", None);
    assert!(bad["error"].is_string() || bad["confidence"]["ocr"].as_f64().unwrap() < 0.8, "{bad}");
}

/// Serves a list whose notices are a page of pictures, a page with a file, and a document.
async fn site(picture: Vec<u8>, file: Vec<u8>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let html = |body: String| ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], body);
    let notice = move |title: &str, body: &str| {
        html(format!(
            "<html><head><title>{title}</title></head><body><h1>{title}</h1><div class=info>发布时间：2026-11-20 09:00 来源：北岸市科学技术局</div><div class=TRS_Editor>{body}</div></body></html>"
        ))
    };
    let rows = "<li><a href=/n/picture.html>关于组织申报算力产业专项资金的图片通知</a><span>2026-11-20</span></li>\
        <li><a href=/n/file.html>关于公布专项资金申报指南文件的通知</a><span>2026-11-20</span></li>\
        <li><a href=/n/guide.docx>关于专项资金申报指南的补充说明文件</a><span>2026-11-19</span></li>";
    let docx_type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    let (second, third) = (file.clone(), docx("关于专项资金申报指南的补充说明文件", &LINES));
    let app = Router::new()
        .route("/", get(move || async move { html(format!("<ul>{rows}</ul>")) }))
        .route("/n/picture.html", get(move || async move { notice("关于组织申报算力产业专项资金的图片通知", "<p><img src=/p/1.png></p>") }))
        .route(
            "/n/file.html",
            get(move || async move {
                notice("关于公布专项资金申报指南文件的通知", "<p>附件：<a href=/f/1.docx>申报指南.docx</a></p>")
            }),
        )
        .route("/p/1.png", get(move || async move { ([(header::CONTENT_TYPE, "image/png")], picture) }))
        .route("/f/1.docx", get(move || async move { ([(header::CONTENT_TYPE, docx_type)], second) }))
        .route("/n/guide.docx", get(move || async move { ([(header::CONTENT_TYPE, docx_type)], third) }));
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/")
}

#[tokio::test]
#[ignore = "needs tesseract, LibreOffice and pdftoppm"]
async fn a_crawl_reads_notices_of_pictures_and_of_files() {
    let dir = tempfile::tempdir().unwrap();
    let mut png = std::io::Cursor::new(Vec::new());
    drawn(dir.path(), "150").write_to(&mut png, image::ImageFormat::Png).unwrap();
    let url = site(png.into_inner(), docx(TITLE, &LINES)).await;
    std::fs::write(
        dir.path().join("sources.toml"),
        format!("[[source]]\nid = \"kjj\"\nname = \"北岸市科学技术局\"\nurl = \"{url}\"\nallow_private = true\n"),
    )
    .unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[fetch]\nhost_delay = \"0s\"\n").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.arg("once").current_dir(dir.path()).env_remove("RUST_LOG").stdin(Stdio::null());
    let o = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    let db = Connection::open(dir.path().join("data/qingbao.db")).unwrap();
    let read = |title: &str| -> (String, Option<f64>) {
        let sql = "SELECT text, confidence ->> '$.ocr' FROM article WHERE title LIKE ?1";
        db.query_row(sql, [format!("%{title}%")], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap_or_else(|e| panic!("{title}: {e}: {}", String::from_utf8_lossy(&o.stderr)))
    };
    let (picture, confidence) = read("图片通知");
    assert!(picture.contains("智能计算中心") && confidence.is_some_and(|c| c > 0.8), "{confidence:?} {picture}");
    let (file, confidence) = read("指南文件");
    assert!(file.starts_with("附件：申报指南.docx") && file.contains("研发投入占营业收入") && confidence.is_none(), "{file}");
    assert!(read("补充说明").0.contains("纸质材料一式三份"));
}
