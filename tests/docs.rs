//! The documents against the code: links lead to files and headings, names in the picture of the data's way exist, commands are those of `--help`.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        match entry.is_dir() {
            true => found.extend(files(&entry, ending)),
            false if entry.to_string_lossy().ends_with(ending) => found.push(entry),
            false => {}
        }
    }
    found
}

fn documents() -> Vec<PathBuf> {
    let here = std::fs::read_dir(root()).unwrap().map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "md"));
    here.chain(files(&root().join("docs"), ".md")).chain(files(&root().join("src/data"), "README.md")).collect()
}

/// Words between `begin` and `end`, in order.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    text.split(begin).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

/// The anchors of a document: its headings as GitHub names them.
fn anchors(text: &str) -> BTreeSet<String> {
    let (mut found, mut fenced) = (BTreeSet::<String>::new(), false);
    for line in text.lines() {
        fenced ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if fenced || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || [' ', '-', '_'].contains(c);
        let slug: String = heading.trim().to_lowercase().chars().filter(kept).map(|c| if c == ' ' { '-' } else { c }).collect();
        // a second heading of the same words gets a number
        let name = (0_u32..1_000).map(|n| if n == 0 { slug.clone() } else { format!("{slug}-{n}") }).find(|s| !found.contains(s));
        found.extend(name);
    }
    found
}

#[test]
fn an_anchor_is_made_of_the_words_of_a_heading() {
    let text = "# A `key` of [x], twice\n## 订阅源（feed）\n```sh\n# a comment\n```\n## 订阅源（feed）\n#no heading\n";
    let expected = ["a-key-of-x-twice", "订阅源feed", "订阅源feed-1"];
    assert_eq!(anchors(text).iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn every_link_within_the_documents_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in between(&text, "](", ")").into_iter().filter(|l| !l.contains("://")) {
            let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
            let file = if target.is_empty() { document.clone() } else { document.parent().unwrap().join(target) };
            let has_anchor = || anchors(&std::fs::read_to_string(&file).unwrap_or_default()).contains(anchor);
            let leads = file.exists() && (anchor.is_empty() || has_anchor());
            if !leads {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_index_of_the_documents_is_short_and_leads_to_each_of_them() {
    let index = std::fs::read_to_string(root().join("docs/README.md")).unwrap();
    let linked: BTreeSet<&str> = between(&index, "](", ")").into_iter().filter_map(|l| l.split('#').next()).collect();
    let names: Vec<String> = files(&root().join("docs"), ".md").iter().map(|f| f.file_name().unwrap().to_string_lossy().into_owned()).collect();
    let missing: Vec<_> = names.iter().filter(|n| *n != "README.md" && !linked.contains(n.as_str())).collect();
    assert!(missing.is_empty(), "docs/README.md does not lead to {missing:?}");
    assert!(index.lines().count() <= 60, "docs/README.md is to fit on a page");
}

#[test]
fn the_types_in_the_picture_of_the_way_are_those_of_the_code() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let picture = between(&text, "```mermaid", "```")[0];
    let code: String = files(&root().join("src"), ".rs").iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let names: BTreeSet<&str> = picture
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| w.len() > 3 && w.starts_with(|c: char| c.is_ascii_uppercase()) && w.contains(|c: char| c.is_ascii_lowercase()))
        .collect();
    assert!(names.len() > 15, "{names:?}");
    let kinds = ["struct", "enum", "trait"];
    let missing: Vec<_> =
        names.iter().filter(|n| !["SQLite"].contains(n)).filter(|n| !kinds.iter().any(|k| code.contains(&format!("{k} {n}")))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_function_that_the_architecture_names_exists() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let code: String = files(&root().join("src"), ".rs").iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
    let names: BTreeSet<&str> = text.split('`').skip(1).step_by(2).filter(|n| n.contains("::") && !n.contains(' ')).collect();
    assert!(names.len() > 40, "{names:?}");
    let missing: Vec<_> = names.iter().filter(|n| !code.contains(&format!("fn {}", n.rsplit("::").next().unwrap()))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_command_has_a_manual_page_and_the_readme_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_qingbao")).arg("man").arg(dir.path()).status().unwrap();
    assert!(status.success());
    let pages = files(dir.path(), ".1");
    assert!(pages.iter().any(|p| p.ends_with("qingbao.1")) && pages.len() > 30, "{pages:?}");
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let commands: Vec<String> = pages
        .iter()
        .filter_map(|p| Some(p.file_stem()?.to_str()?.strip_prefix("qingbao-")?.to_owned()))
        .filter(|c| !c.contains('-') && c != "help")
        .collect();
    let unnamed: Vec<_> = commands.iter().filter(|c| !readme.contains(&format!("qingbao {c}"))).collect();
    assert!(unnamed.is_empty(), "README.md does not name {unnamed:?}");
}

#[test]
fn every_source_file_that_the_documents_name_exists() {
    let files: Vec<String> =
        ["src", "tests", "benches", "fuzz"].iter().flat_map(|f| files(&root().join(f), ".rs")).map(|f| f.to_string_lossy().into_owned()).collect();
    let mut missing = Vec::new();
    for document in documents().iter().filter(|d| !d.ends_with("CHANGELOG.md")) {
        let text = std::fs::read_to_string(document).unwrap();
        for name in text.split('`').skip(1).step_by(2).filter(|name| Path::new(name).extension().is_some_and(|e| e == "rs")) {
            if !files.iter().any(|f| f.ends_with(&format!("/{name}"))) {
                missing.push(format!("{}: {name}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_unit_outlives_a_child_that_takes_too_much_memory_and_writes_one_folder_of_its_settings() {
    for name in ["qingbao.service", "qingbao-worker.service"] {
        let unit = std::fs::read_to_string(root().join("deploy").join(name)).unwrap();
        let lines: BTreeSet<&str> = unit.lines().collect();
        for line in ["OOMPolicy=continue", "LimitCORE=0", "ProtectSystem=strict"] {
            assert!(lines.contains(line), "{name}: {line}");
        }
        // a folder that the service may write must not hold what root reads for it: settings and credentials
        for paths in unit.lines().filter_map(|l| l.strip_prefix("ReadWritePaths=")) {
            assert_eq!(paths, "-/etc/qingbao/sources", "{name}");
        }
    }
}
