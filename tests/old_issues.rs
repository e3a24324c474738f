//! `qingbao learn import` by the real binary, with old issues that we made.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::path::Path;
use std::process::{Command, Output};

use docx_rs::{AlignmentType, Docx, Paragraph, Run};

const WIND: &str = "甲县风电装备产业园一期工程近来建成，园区已有整机、叶片、塔筒企业九家，年产值预计二十亿元，带动就业两千人。";
const LAMPS: &str = "丙区照明研究院研制的植物生长灯通过验收，光效比上一代产品提高两成，首批产品用于育苗工厂。";

fn qingbao(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(dir).env_remove("RUST_LOG").output().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8_lossy(&o.stdout).into_owned()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn text(number: u32, day: u32) -> String {
    format!(
        "许昌竞争情报快递\n2024年第{number}期（总第{}期）\n甲市科技情报研究所主办　2024年2月{day}日\n\n●行业动态\n甲县风电装备产业园建成投产\n来源：甲日报 2024-02-01\n{WIND}\n●行业报告\n丙区植物生长灯通过验收\n{LAMPS}\n",
        number + 100
    )
}

/// Writes an issue as a word processor does.
fn write_docx(path: &Path, number: u32, day: u32) {
    let plain = |text: &str| Paragraph::new().add_run(Run::new().add_text(text));
    let title = |text: &str| Paragraph::new().align(AlignmentType::Center).add_run(Run::new().add_text(text).bold().size(32));
    let number = format!("2024年第{number}期（总第{}期）　2024年2月{day}日", number + 100);
    let paragraphs = [
        (true, "许昌竞争情报快递"),
        (false, number.as_str()),
        (false, "行业动态"),
        (true, "甲县风电装备产业园建成投产"),
        (false, WIND),
        (false, "行业报告"),
        (true, "丙区植物生长灯通过验收"),
        (false, LAMPS),
        (false, "主办：甲市科技情报研究所"),
    ];
    let add = |docx: Docx, (is_title, text)| docx.add_paragraph(if is_title { title(text) } else { plain(text) });
    let docx = paragraphs.into_iter().fold(Docx::new(), add);
    docx.build().pack(std::fs::File::create(path).unwrap()).unwrap();
}

fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("sources.toml"), "[[source]]\nid = \"a\"\nname = \"甲县政府\"\nurl = \"https://a.example/\"\nenabled = false\n")
        .unwrap();
    std::fs::write(dir.path().join("one.txt"), text(3, 6)).unwrap();
    dir
}

#[test]
fn a_check_prints_what_was_understood_and_stores_nothing() {
    let dir = folder();
    let o = qingbao(dir.path(), &["learn", "import", "--check", "one.txt"]);
    assert!(o.status.success(), "{}", stderr(&o));
    let lines: Vec<String> = stdout(&o).lines().map(str::to_owned).collect();
    let expected = [
        "one.txt: year 2024, number 3, total 103, date 2024-02-06, 甲市科技情报研究所".to_owned(),
        "  行业动态".to_owned(),
        format!("    甲县风电装备产业园建成投产  (line 6, {} characters, 甲日报, 2024-02-01)", WIND.chars().count()),
        "  行业报告".to_owned(),
        format!("    丙区植物生长灯通过验收  (line 10, {} characters)", LAMPS.chars().count()),
        "one.txt: can be imported".to_owned(),
    ];
    assert_eq!(lines, expected);
    assert!(!dir.path().join("data").exists());
}

#[test]
fn files_become_issues_once_and_a_refused_file_stops_no_other() {
    let dir = folder();
    write_docx(&dir.path().join("two.docx"), 4, 7);
    std::fs::write(dir.path().join("taken.txt"), text(3, 8)).unwrap();
    std::fs::write(dir.path().join("broken.docx"), b"PK\x03\x04 and nothing more").unwrap();
    std::fs::write(dir.path().join("undated.txt"), text(9, 9).replace("2024年2月9日", "")).unwrap();
    let files = ["one.txt", "taken.txt", "broken.docx", "undated.txt", "gone.txt", "two.docx"];
    let o = qingbao(dir.path(), &[&["learn", "import"], &files[..]].concat());
    let text = stdout(&o);
    assert_eq!(o.status.code(), Some(1), "{text}");
    for wanted in [
        "one.txt: imported as 许昌竞争情报快递 2024年第3期(总第103期) #1, 2024-02-06, 2 columns, 2 items\n",
        "taken.txt: refused: issue 1 has its number",
        "broken.docx: refused: cannot be read",
        "undated.txt: refused: neither its text nor its name tells its date; say --date",
        "gone.txt: refused: there is no such file",
        "two.docx: imported as 许昌竞争情报快递 2024年第4期(总第104期) #2, 2024-02-07, 2 columns, 2 items\n",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(stderr(&o).contains("4 of 6 files were refused"), "{}", stderr(&o));
    let again = qingbao(dir.path(), &["learn", "import", "one.txt", "two.docx"]);
    assert!(again.status.success() && stdout(&again).contains("one.txt: was imported before, as issue 1"), "{}", stdout(&again));
    let dated = qingbao(dir.path(), &["learn", "import", "undated.txt", "--date", "2024-02-09"]);
    assert!(dated.status.success(), "{}", stdout(&dated));
    let list = stdout(&qingbao(dir.path(), &["digest", "list"]));
    assert_eq!(list.lines().filter(|l| l.contains("\timported\t")).count(), 3, "{list}");
    let shown = stdout(&qingbao(dir.path(), &["digest", "show", "1"]));
    assert!(shown.contains("甲县风电装备产业园建成投产") && shown.contains(WIND), "{shown}");
    let sent = qingbao(dir.path(), &["digest", "send", "1"]);
    assert!(stderr(&sent).contains("old issues are not mailed"), "{}", stderr(&sent));
    let built = qingbao(dir.path(), &["digest", "build"]);
    assert!(stdout(&built).contains("(总第110期)"), "numbers go on after 109: {}{}", stdout(&built), stderr(&built));
}

#[test]
fn a_known_file_needs_no_date_and_what_is_ignored_is_told() {
    let dir = folder();
    std::fs::write(dir.path().join("undated.txt"), text(9, 9).replace("2024年2月9日", "")).unwrap();
    let import = |args: &[&str]| qingbao(dir.path(), &[&["learn", "import", "undated.txt"], args].concat());
    assert!(import(&["--date", "2024-02-09"]).status.success());
    let again = import(&[]);
    assert!(again.status.success() && stdout(&again) == "undated.txt: was imported before, as issue 1\n", "{}", stdout(&again));
    let other = import(&["--date", "2024-02-10"]);
    assert!(other.status.success() && stdout(&other).contains("change nothing") && stdout(&other).contains("--replace"), "{}", stdout(&other));
    let check = import(&["--check"]);
    assert!(check.status.success() && stdout(&check).ends_with("was imported before, as issue 1\n"), "{}", stdout(&check));
    let replaced = import(&["--date", "2024-02-10", "--replace"]);
    assert!(
        stdout(&replaced).contains("#2, 2024-02-10") && stdout(&replaced).contains("; it replaces 许昌竞争情报快递 2024年第9期"),
        "{}",
        stdout(&replaced)
    );
}

#[test]
fn no_issue_is_replaced_if_file_number_and_date_point_to_several() {
    let dir = folder();
    std::fs::write(dir.path().join("two.txt"), text(4, 7)).unwrap();
    assert!(qingbao(dir.path(), &["learn", "import", "one.txt", "two.txt"]).status.success());
    std::fs::write(dir.path().join("mixed.txt"), text(3, 7)).unwrap();
    let o = qingbao(dir.path(), &["learn", "import", "--replace", "mixed.txt"]);
    assert_eq!(o.status.code(), Some(1));
    let expected = "mixed.txt: refused: it would replace several issues: its number is that of issue 1; its date is that of issue 2";
    assert!(stdout(&o).contains(expected), "{}", stdout(&o));
    let list = stdout(&qingbao(dir.path(), &["digest", "list"]));
    assert_eq!(list.lines().filter(|l| l.contains("\timported\t")).count(), 2, "{list}");
}

#[test]
fn a_refusal_says_what_is_wrong_with_the_file() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("folder.txt")).unwrap();
    std::fs::write(dir.path().join("future.txt"), text(3, 6).replace("2024年2月6日", "2093年2月6日")).unwrap();
    std::fs::write(dir.path().join("lost.txt"), text(3, 6).replace("●行业动态", &format!("{LAMPS}\n●行业动态"))).unwrap();
    std::fs::write(dir.path().join("bytes.txt"), [b"\0\0\0\0\0".as_slice(), text(3, 6).as_bytes()].concat()).unwrap();
    let o = qingbao(dir.path(), &["learn", "import", "folder.txt", "/dev/null", "future.txt", "lost.txt", "bytes.txt"]);
    let text = stdout(&o);
    for wanted in [
        "folder.txt: refused: is a folder; name the files in it",
        "null: refused: is a pipe or device, no file",
        "future.txt: refused: its date 2093-02-06 lies in the future; say --date",
        "lost.txt: refused: the text at line 5, before the first column, would be lost",
        "bytes.txt: refused: is no text: 5 bytes are zero or no UTF-8, the first is byte 1",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let one = std::fs::read(dir.path().join("one.txt")).unwrap();
    std::fs::write(dir.path().join("one.txt"), [one.as_slice(), b"\xFF\n"].concat()).unwrap();
    let o = qingbao(dir.path(), &["learn", "import", "one.txt"]);
    assert!(o.status.success() && stdout(&o).contains(&format!("one.txt: left out what is no text at byte {}\n", one.len() + 1)), "{}", stdout(&o));
    let o = qingbao(dir.path(), &["learn", "import", "one.txt", "--number", "10000"]);
    assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
}

#[test]
fn an_old_doc_needs_libreoffice_and_says_so() {
    let dir = folder();
    std::fs::write(dir.path().join("old.doc"), b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more").unwrap();
    let o = Command::new(env!("CARGO_BIN_EXE_qingbao"))
        .args(["learn", "import", "old.doc"])
        .current_dir(dir.path())
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert!(
        stdout(&o).contains("old.doc: refused: is an old .doc or has a password") && stdout(&o).contains("install the package libreoffice-writer"),
        "{}",
        stdout(&o)
    );
}

#[test]
#[ignore = "needs LibreOffice"]
fn an_old_doc_is_read_through_libreoffice() {
    let dir = folder();
    write_docx(&dir.path().join("five.docx"), 5, 8);
    let converted = Command::new("soffice")
        .arg(format!("-env:UserInstallation=file://{}", dir.path().join("profile").display()))
        .args(["--headless", "--convert-to", "doc", "five.docx"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(dir.path().join("five.doc").exists(), "{}", stderr(&converted));
    let o = qingbao(dir.path(), &["learn", "import", "five.doc"]);
    assert!(
        stdout(&o).contains("five.doc: imported as 许昌竞争情报快递 2024年第5期(总第105期) #1, 2024-02-08, 2 columns, 2 items"),
        "{}",
        stdout(&o)
    );
}
