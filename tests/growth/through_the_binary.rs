//! Hostile input, a quarter of a megabyte of each family: it is read to its end, and neither it nor what stands behind it ends the program.
use std::process::Command;

use crate::families::MARKUP;

const SIZE: usize = 1 << 18;

/// Repeats a piece until there is enough of it; `#` stands for its number.
fn much(piece: &str) -> String {
    let mut out = String::with_capacity(SIZE + piece.len());
    for n in 0.. {
        if out.len() >= SIZE {
            break;
        }
        out.push_str(&piece.replace('#', &n.to_string()));
    }
    out
}

fn page(begin: &str, piece: &str) -> String {
    let text = "鄢陵花木企业今年新建温室，产品销往十多个省份，比去年增加两成。".repeat(12);
    format!(
        "<!doctype html><html><head><title>花木企业新建温室</title></head><body><h1>花木企业新建温室</h1><p>{text}</p>{begin}{}</body></html>",
        much(piece)
    )
}

fn feed(begin: &str, piece: &str, end: &str) -> String {
    format!("<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>{begin}{}{end}</channel></rss>", much(piece))
}

/// Runs a stage over these files, two at a time; gives the lines it prints.
fn inspect(stage: &str, files: &[(&str, String)]) -> Vec<serde_json::Value> {
    let dir = tempfile::tempdir().unwrap();
    let names: Vec<String> = files.iter().map(|(name, _)| format!("{}.html", name.replace([' ', '/'], "-"))).collect();
    for (name, (_, text)) in names.iter().zip(files) {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_qingbao"));
    command.args(["inspect", stage, "--jobs", "2", "--url", "https://a.example/x/"]).args(&names).current_dir(dir.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{stage}: {}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), files.len());
    lines
}

#[test]
fn pages_are_read_whatever_stands_in_them() {
    let files: Vec<(&str, String)> = MARKUP.iter().map(|(name, begin, piece)| (*name, page(begin, piece))).collect();
    for (line, (name, ..)) in inspect("extract", &files).iter().zip(&MARKUP) {
        assert_eq!(line["title"], "花木企业新建温室", "{name}: {line:.300}");
    }
    // lists may hold nothing, which is an answer too
    inspect("list", &files);
}

#[test]
fn feeds_are_read_whatever_stands_in_them() {
    let item = "<item><title>消息第#条</title><link>https://a.example/#</link></item>";
    let described = "<item><title>消息</title><link>https://a.example/1</link><description>";
    let end = "</description></item>";
    let files = [
        ("items", feed("", item, ""), 1_000),
        ("open items", feed("", "<item><title>消息第#条</title>", ""), 1_000),
        ("sections", feed(described, "<![CDATA[x]]>", end), 1),
        ("open sections", feed(described, "<![CDATA[", end), 1),
        ("bare ampersands", feed(described, "& ", end), 1),
        ("references", feed(described, "&amp;x", end), 1),
        ("brackets", feed(described, "< ", end), 1),
        ("markup in text", feed(&format!("{described}&lt;svg&gt;&lt;title&gt;"), "&lt;div&gt;", end), 1),
        ("an item named in the last section", feed("", item, "<item><title><![CDATA[<entry>]]></title></item>"), 1_000),
        ("item after item unfinished", feed("", "<item", ""), 0),
    ];
    let texts: Vec<(&str, String)> = files.iter().map(|(name, text, _)| (*name, text.clone())).collect();
    for (line, (name, _, least)) in inspect("feed", &texts).iter().zip(&files) {
        assert!(line["entries"].as_array().map_or(0, Vec::len) >= *least, "{name}: {line:.300}");
    }
}
