//! Hostile input, a quarter of a megabyte of each family: it is read to its end, and neither it nor what stands behind it ends the program.

use std::process::Command;

use crate::families::{FAMILIES, Family, Kind, MARKUP};

const SIZE: usize = 1 << 18;

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
    let files: Vec<(&str, String)> =
        MARKUP.iter().map(|(name, begin, piece)| (*name, Family::markup(Kind::Page, name, begin, piece).input(SIZE))).collect();
    for (line, (name, ..)) in inspect("extract", &files).iter().zip(&MARKUP) {
        // what looks like no article is refused, which is an answer too
        let is_refused = line["error"].as_str().is_some_and(|e| e.starts_with("holds no article"));
        assert!(is_refused || line["title"] == "花木企业新建温室", "{name}: {line:.300}");
    }
    // lists may hold nothing, which is an answer too
    inspect("list", &files);
}

#[test]
fn feeds_are_read_whatever_stands_in_them() {
    let least = [
        ("items", 1_000),
        ("open items", 1_000),
        ("sections", 1),
        ("open sections", 1),
        ("bare ampersands", 1),
        ("references in a text", 1),
        ("brackets in a text", 1),
        ("pictures in a text", 1),
        ("an item named in the last section", 1_000),
        ("unfinished items", 0),
    ];
    let family = |name| FAMILIES.iter().find(|f| f.kind == Kind::Feed && f.name == name).unwrap();
    let texts = least.map(|(name, _)| (name, family(name).input(SIZE)));
    for (line, (name, least)) in inspect("feed", &texts).iter().zip(&least) {
        assert!(line["entries"].as_array().map_or(0, Vec::len) >= *least, "{name}: {line:.300}");
    }
}
