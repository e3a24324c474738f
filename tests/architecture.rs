//! The code keeps the order of rooms in ARCHITECTURE.md: no room uses a higher one, no files use each other in a circle, and SQL,
//! SMTP and HTTP clients are used in one room each, and pure rooms do not read the clock.
#![allow(clippy::unwrap_used)] // a test that cannot read the tree must fail

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Arrows that lead upward on purpose, each with its reason: from, to, why. At most two.
const UPWARD: &[(&str, &str, &str)] = &[];

/// Crates that one room alone uses.
const OWNED: [(&str, &str); 5] = [("rusqlite", "store"), ("lettre", "mail"), ("reqwest", "fetch"), ("imap_proto", "fetch"), ("mail_parser", "inbox")];

/// The crate's files by module path (`crate::fetch::robots` is `fetch::robots`), without comments, texts and tests.
type Tree = BTreeMap<String, String>;

fn read_tree() -> Tree {
    let mut tree = Tree::new();
    let src = Path::new(ROOT).join("src");
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && path.file_stem().is_none_or(|s| s != "tests") {
                let relative = path.strip_prefix(&src).unwrap().with_extension("");
                let mut parts: Vec<&str> = relative.iter().map(|p| p.to_str().unwrap()).collect();
                parts.pop_if(|p| ["mod", "lib"].contains(p));
                tree.insert(parts.join("::"), code_of(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    tree
}

/// The code that is compiled outside of tests, without comments. Texts stay: none of them names a path of the crate.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().map(|l| l.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Splits `a::{b::C, d}` into `a::b::C` and `a::d`, without recursion.
fn leaves(tree: &str) -> Vec<String> {
    let (mut prefixes, mut current, mut out) = (Vec::new(), String::new(), Vec::new());
    for c in tree.chars().chain([',']) {
        match c {
            '{' => prefixes.push(std::mem::take(&mut current)),
            ',' | '}' => {
                if !current.trim().is_empty() {
                    let path: String = prefixes.iter().map(String::as_str).chain([current.as_str()]).collect();
                    out.push(path.split(" as ").next().unwrap_or_default().split_whitespace().collect());
                }
                current.clear();
                if c == '}' {
                    prefixes.pop();
                }
            }
            c => current.push(c),
        }
    }
    out
}

/// Every path of the crate that a file names, absolute, `crate::` left out.
fn paths_of(module: &str, code: &str) -> BTreeSet<String> {
    let absolute = |path: &str| {
        let mut base: Vec<&str> = module.split("::").filter(|s| !s.is_empty()).collect();
        let mut rest = path;
        while let Some(r) = rest.strip_prefix("super::") {
            base.pop();
            rest = r;
        }
        base.into_iter().chain([rest]).collect::<Vec<_>>().join("::")
    };
    let mut out = BTreeSet::new();
    for statement in code.split(';') {
        let statement = statement.trim();
        let Some(tree) = statement.rsplit_once("use ").filter(|(before, _)| before.is_empty() || before.ends_with([' ', '\n', '}'])).map(|u| u.1)
        else {
            continue;
        };
        if let Some(tree) = tree.strip_prefix("crate::") {
            out.extend(leaves(tree));
        } else if tree.starts_with("super::") {
            out.extend(leaves(tree).iter().map(|l| absolute(l)));
        }
    }
    for (marker, relative) in [("crate::", false), ("super::", true)] {
        for (at, _) in code.match_indices(marker) {
            if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let path: String = code[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
            out.insert(if relative { absolute(&path) } else { path.trim_start_matches("crate::").to_owned() });
        }
    }
    out
}

/// What a module hands on from its children: name → child.
fn reexports(module: &str, code: &str, tree: &Tree) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for statement in code.split(';').filter_map(|s| Some(s.trim().rsplit_once("use ")?.1)) {
        for leaf in leaves(statement) {
            if let Some((child, name)) = leaf.rsplit_once("::") {
                let child = if module.is_empty() { child.to_owned() } else { format!("{module}::{child}") };
                if tree.contains_key(&child) {
                    out.insert(name.to_owned(), child);
                }
            }
        }
    }
    out
}

/// Which files use which: module → modules.
fn arrows(tree: &Tree) -> BTreeMap<&str, BTreeSet<String>> {
    let handed_on: BTreeMap<&str, BTreeMap<String, String>> = tree.iter().map(|(m, code)| (m.as_str(), reexports(m, code, tree))).collect();
    let resolve = |path: &str| {
        let (mut module, mut rest) = (path, Vec::new());
        while !tree.contains_key(module) {
            let (parent, name) = module.rsplit_once("::")?;
            rest.push(name);
            module = parent;
        }
        let child = rest.last().and_then(|name| handed_on.get(module)?.get(*name));
        Some(child.cloned().unwrap_or_else(|| module.to_owned()))
    };
    let of = |(module, code): (&'_ String, &'_ String)| paths_of(module, code).iter().filter_map(|p| resolve(p)).filter(|to| to != module).collect();
    tree.iter().map(|(m, code)| (m.as_str(), of((m, code)))).collect()
}

fn room(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

/// Whether one of the two modules holds the other.
fn related(a: &str, b: &str) -> bool {
    let holds = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| a.is_empty() || rest.starts_with("::"));
    holds(a, b) || holds(b, a)
}

/// Arrows from a room to one above it, as `from -> to`; `rooms` stand from the lowest to the highest.
fn upward(tree: &Tree, rooms: &[String]) -> Vec<String> {
    let height = |module: &str| rooms.iter().position(|r| r == room(module));
    let mut out = Vec::new();
    for (from, targets) in arrows(tree) {
        for to in targets.iter().filter(|to| room(to) != room(from) && height(from) < height(to)) {
            if !UPWARD.iter().any(|(f, t, _)| f == &from && t == to) {
                out.push(format!("{from} -> {to}"));
            }
        }
    }
    out
}

/// Circles of files: what is left when, again and again, every file is taken away that uses none of those left, or that none
/// of those left uses. A module and one it holds may use each other.
fn circles(tree: &Tree) -> Vec<String> {
    let mut left: BTreeMap<&str, BTreeSet<String>> = arrows(tree);
    for (from, targets) in &mut left {
        targets.retain(|to| !related(from, to));
    }
    loop {
        let used: BTreeSet<String> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|file, targets| !targets.is_empty() && used.contains(*file));
        let names: BTreeSet<String> = left.keys().map(|f| (*f).to_owned()).collect();
        for targets in left.values_mut() {
            targets.retain(|to| names.contains(to));
        }
        if left.len() == before {
            break;
        }
    }
    left.iter().map(|(from, targets)| format!("{from} -> {}", targets.iter().cloned().collect::<Vec<_>>().join(", "))).collect()
}

/// The first column of the table under "## Rooms", from the lowest to the highest.
fn rooms_of_the_document() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let table = text.split("\n## Rooms\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let name = |line: &str| Some(line.strip_prefix("| `")?.split(['/', '.', '`']).next()?.to_owned());
    table.lines().filter_map(name).collect()
}

#[test]
fn the_rooms_are_those_of_the_document() {
    let mut listed = rooms_of_the_document();
    listed.sort();
    let tree = read_tree();
    let there: BTreeSet<&str> = tree.keys().map(|m| room(m)).filter(|r| !r.is_empty() && *r != "main").collect();
    assert_eq!(listed, there.into_iter().collect::<Vec<_>>());
}

#[test]
fn no_room_uses_a_higher_one() {
    assert!(UPWARD.len() <= 2);
    assert_eq!(upward(&read_tree(), &rooms_of_the_document()), Vec::<String>::new());
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    assert_eq!(circles(&read_tree()), Vec::<String>::new());
}

#[test]
fn sql_smtp_and_http_stay_in_their_rooms() {
    for (module, code) in read_tree() {
        for (name, owner) in OWNED {
            let named = code
                .match_indices(name)
                .any(|(at, _)| code[at + name.len()..].starts_with("::") && !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(!named || room(&module) == owner, "{module} uses {name}, which belongs to {owner}");
        }
    }
}

#[test]
fn pure_rooms_do_not_read_the_clock() {
    let text = std::fs::read_to_string(Path::new(ROOT).join("ARCHITECTURE.md")).unwrap();
    let sentence = text.split("**Time is a parameter** in").nth(1).unwrap().split('.').next().unwrap();
    let pure: Vec<&str> = sentence.split('`').skip(1).step_by(2).collect();
    assert!(pure.len() > 10, "{pure:?}");
    for (module, code) in read_tree().into_iter().filter(|(m, _)| pure.contains(&room(m))) {
        assert!(!["Utc::now", "Local::now", "Instant::now", "SystemTime::now"].iter().any(|c| code.contains(c)), "{module} reads the clock");
    }
}

#[test]
fn a_planted_ring_is_found() {
    let tree = |files: &[(&str, &str)]| files.iter().map(|(m, code)| ((*m).to_owned(), code_of(code))).collect::<Tree>();
    let rooms = ["low".to_owned(), "high".to_owned()];
    let sound = [("low", "mod a;\npub use a::A;"), ("low::a", "pub struct A;"), ("high", "use crate::low::{self, A};\n// crate::high is above")];
    assert_eq!((upward(&tree(&sound), &rooms), circles(&tree(&sound))), (Vec::new(), Vec::new()));
    let ringed = [
        ("low", "mod a;\nmod b;\npub use a::A;"),
        ("low::a", "use super::b;\nstruct A;"),
        ("low::b", "fn f() -> crate::low::A { todo!() }"),
        ("high", ""),
    ];
    assert_eq!(circles(&tree(&ringed)), ["low::a -> low::b", "low::b -> low::a"]);
    let up = [("low", "fn f() { crate::high::g() }"), ("high", "use crate::{low::f as g};")];
    assert_eq!(upward(&tree(&up), &rooms), ["low -> high"]);
    assert_eq!(circles(&tree(&up)), ["high -> low", "low -> high"]);
    let in_tests = [("low", "#[cfg(test)]\nmod tests {\n    use crate::high::g;\n}"), ("high", "use crate::low::f;")];
    assert_eq!(upward(&tree(&in_tests), &rooms), Vec::<String>::new());
}

/// The home of the first institute is data: neither code nor its comments and pages name its city or province.
#[test]
fn no_source_names_the_first_city() {
    let src = Path::new(ROOT).join("src");
    let mut folders = vec![src.clone()];
    let mut named = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let relative = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
            if ["data", "demo", "classify/background"].contains(&relative.as_str())
                || relative.ends_with("snapshots")
                || relative.ends_with("fixtures")
            {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|e| !["rs", "html", "js", "css", "sql", "toml"].contains(&e.to_string_lossy().as_ref())) {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let is_test = path.file_stem().is_some_and(|s| s == "tests");
            let code = if is_test { "" } else { text.split("#[cfg(test)]").next().unwrap_or_default() };
            named.extend(code.lines().filter(|l| l.contains("许昌") || l.contains("河南")).map(|l| format!("{relative}: {l}")));
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}
