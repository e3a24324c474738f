//! The documents against the code: links lead somewhere, names in the picture of the data's way exist, commands are those of `--help`.
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
    here.chain(files(&root().join("docs"), ".md")).collect()
}

/// Words between `begin` and `end`, in order.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> Vec<&'t str> {
    text.split(begin).skip(1).filter_map(|rest| Some(rest.split_once(end)?.0)).collect()
}

#[test]
fn every_link_within_the_documents_leads_to_a_file() {
    let mut broken = Vec::new();
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in between(&text, "](", ")") {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !document.parent().unwrap().join(target).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
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
