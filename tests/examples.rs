//! The examples of the documents: each TOML block is read by the reader of its file, each command line is parsed by the real
//! command line, and what a folder with the sample world's archive allows is run.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser as _;
use clap::error::ErrorKind;
use qingbao::cli::Cli;
use qingbao::config::source_list::Vocabulary;
use qingbao::config::{Settings, SourceList, Taxonomy};
use qingbao::demo::{self, DemoWorld};
use qingbao::setup::{SetupAnswers, SetupPlan};

/// Programs of Debian and of the shell that examples use and this test does not start.
const OTHER_PROGRAMS: [&str; 15] =
    ["apt", "apt-get", "cat", "cd", "git", "grep", "head", "ls", "scp", "sed", "sh", "sha256sum", "systemctl", "tail", "wc"];

/// `qingbao` commands that are parsed and not run, with the reason.
const NOT_RUN: [(&str, &str); 15] = [
    ("demo --serve", "does not end by itself"),
    ("setup", "asks, and needs an empty folder: tests/setup.rs"),
    ("serve", "does not end by itself"),
    ("worker", "needs a NATS server"),
    ("healthcheck", "needs a running service"),
    ("doctor", "judges the machine it runs on"),
    ("restore FILE", "refuses to replace a database; the example with --replace is run"),
    ("sources add", "needs the internet"),
    ("digest mail-test", "needs a mail server"),
    ("outlet test", "needs a chat robot"),
    ("learn import", "needs old issues"),
    ("learn train", "needs labels"),
    ("learn sentences", "needs labels"),
    ("learn ranking", "needs final issues"),
    ("learn backtest", "needs final issues"),
];

/// Fences that hold no example.
const PICTURES: [&str; 2] = ["mermaid", "text"];

/// Documents whose commands need another machine; `deploy/try-install.sh` runs those of install.md and writes down what they print.
const RECORDS: [&str; 1] = ["install.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<PathBuf> {
    let folder = |path: &str| std::fs::read_dir(root().join(path)).unwrap().map(|e| e.unwrap().path()).collect::<Vec<_>>();
    let mut found: Vec<PathBuf> = folder(".").into_iter().chain(folder("docs")).chain([root().join("src/data/models/README.md")]).collect();
    found.retain(|p| p.extension().is_some_and(|e| e == "md") && !p.ends_with("CHANGELOG.md"));
    found.sort();
    found
}

/// Part of a document: a fenced block, or lines indented by four.
#[derive(Debug)]
struct Block {
    place: String,
    tag: String,
    text: String,
}

fn blocks(document: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(document).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < lines.len() {
        let place = format!("{}:{}", document.strip_prefix(root()).unwrap().display(), at + 1);
        if let Some(tag) = lines[at].strip_prefix("```") {
            let end = (at + 1..lines.len()).find(|i| lines[*i].starts_with("```")).unwrap();
            found.push(Block { place, tag: tag.to_owned(), text: lines[at + 1..end].join("\n") });
            at = end + 1;
        } else if lines[at].starts_with("    ") && (at == 0 || lines[at - 1].trim().is_empty()) {
            let inside = |i: &usize| lines[*i].starts_with("    ") || lines[*i].trim().is_empty();
            let end = (at..lines.len()).find(|i| !inside(i)).unwrap_or(lines.len());
            let text = lines[at..end].iter().map(|l| l.strip_prefix("    ").unwrap_or("")).collect::<Vec<_>>().join("\n");
            found.push(Block { place, tag: String::new(), text });
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// Text between single backticks, outside of blocks, with its line.
fn inline(document: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(document).unwrap();
    let mut fenced = false;
    let mut found = Vec::new();
    for (i, line) in text.lines().enumerate() {
        fenced ^= line.starts_with("```");
        if !fenced && !line.starts_with("    ") {
            let place = format!("{}:{}", document.strip_prefix(root()).unwrap().display(), i + 1);
            found.extend(line.split('`').skip(1).step_by(2).map(|code| (place.clone(), code.to_owned())));
        }
    }
    found
}

fn is_toml(block: &Block) -> bool {
    let begins_so =
        |l: &str| l.starts_with('[') || l.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    block.tag == "toml" || (block.tag.is_empty() && block.text.lines().find(|l| !l.starts_with('#')).is_some_and(begins_so))
}

fn vocabulary() -> Vocabulary {
    Settings::default().vocabulary(&Taxonomy::load(None).unwrap())
}

#[test]
fn every_toml_block_is_read_by_the_reader_of_its_file() {
    let mut seen = [0; 3];
    for block in documents().iter().flat_map(|d| blocks(d)).filter(is_toml) {
        let holds = |table: &str| block.text.contains(&format!("[[{table}]]"));
        let (kind, read) = match () {
            () if holds("source") => (0, SourceList::parse(&block.place, &block.text, &vocabulary()).map(drop)),
            () if block.text.starts_with("organiser = ") => {
                let answers = SetupAnswers::parse(&block.text).unwrap_or_else(|e| panic!("{}: {e}", block.place));
                SetupPlan::new(&answers, Path::new("/etc/qingbao")).unwrap_or_else(|e| panic!("{}: {e:?}", block.place));
                continue;
            }
            () if holds("industry") => (1, Taxonomy::parse(&block.place, &block.text).map(drop)),
            () => (2, Settings::parse(&block.place, &block.text).map(drop)),
        };
        seen[kind] += 1;
        read.unwrap_or_else(|e| panic!("{e}\n{}", block.text));
    }
    eprintln!("source lists, taxonomies, settings: {seen:?}");
    assert!(seen.iter().all(|n| *n > 0), "{seen:?}");
}

#[test]
fn every_key_of_a_source_that_the_text_of_sources_md_gives_is_read() {
    let document = root().join("docs/sources.md");
    let key = |code: &str| code.split_once(" = ").map(|(k, _)| k.to_owned()).filter(|k| k.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    let mut seen = 0;
    for (place, code) in inline(&document).into_iter().filter(|(_, code)| key(code).is_some() && !code.contains('…')) {
        let url = if key(&code).unwrap() == "url" { "" } else { "url = \"https://example.cn/\"\n" };
        let list = format!("[[source]]\nid = \"a\"\nname = \"甲\"\n{url}{code}\n");
        SourceList::parse(&place, &list, &vocabulary()).unwrap_or_else(|e| panic!("{e}\n{code}"));
        seen += 1;
    }
    eprintln!("inline: {seen}");
    assert!(seen > 20, "{seen}");
}

/// A command line of an example: words by part of a pipe or list.
#[derive(Debug)]
struct Line {
    place: String,
    text: String,
    commands: Vec<Vec<String>>,
}

/// The words of a shell line, cut at `|`, `;` and `&&`; without comment and redirections.
fn commands(line: &str) -> Vec<Vec<String>> {
    let (mut all, mut words, mut word, mut quote) = (Vec::new(), Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '|' | ';' | '&') if word.as_ref().is_none_or(|w| !w.contains('>')) => {
                words.extend(word.take());
                if !words.is_empty() {
                    all.push(std::mem::take(&mut words));
                }
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if !words.is_empty() {
        all.push(words);
    }
    for words in &mut all {
        let file = words.iter().position(|w| w.ends_with(['<', '>']));
        if let Some(at) = file {
            words.truncate(at);
        }
        words.retain(|w| !w.contains(">/") && !w.contains(">&"));
        while words.first().is_some_and(|w| w.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))) {
            words.remove(0);
        }
    }
    all
}

/// The shell lines of a block: all, or those after a prompt. In a table of commands, what follows two spaces describes them.
fn shell(block: &Block, document: &Path) -> Vec<Line> {
    let is_record = RECORDS.iter().any(|r| document.ends_with(r));
    let prompted = |l: &str| l.strip_prefix("root@").and_then(|l| l.split_once("# ")).map(|(_, l)| l.to_owned());
    let lines = block.text.lines().filter_map(|l| match () {
        () if block.tag == "console" => prompted(l),
        () if is_record => l.strip_prefix("# ").map(str::to_owned),
        () => Some(l.to_owned()).filter(|l| !l.trim().is_empty() && !l.starts_with('#')),
    });
    let command = |l: String| if l.contains("  #") { l } else { l.split("  ").next().unwrap_or(&l).to_owned() };
    lines.map(command).map(|text| Line { place: block.place.clone(), commands: commands(&text), text }).collect()
}

fn shell_lines() -> Vec<Line> {
    let of =
        |d: &PathBuf| blocks(d).iter().filter(|b| !is_toml(b) && !PICTURES.contains(&b.tag.as_str())).flat_map(|b| shell(b, d)).collect::<Vec<_>>();
    documents().iter().flat_map(of).collect()
}

/// Parses the words of a `qingbao` command; names of placeholders that must be numbers become one.
fn parse(words: &[String]) -> Result<(), clap::Error> {
    Cli::try_parse_from(words.iter().map(|w| if ["N", "编号"].contains(&w.as_str()) { "1" } else { w })).map(drop)
}

fn names(folder: &str) -> Vec<String> {
    std::fs::read_dir(root().join(folder)).unwrap().map(|e| e.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// What is wrong with a command, by the program it starts.
fn check(words: &[String]) -> Result<(), String> {
    let after = |flag: &str| words.iter().position(|w| w == flag).and_then(|i| words.get(i + 1)).cloned();
    let exists = |file: &str| root().join(file).is_file().then_some(()).ok_or_else(|| format!("there is no {file}"));
    match words.first().unwrap().as_str() {
        "qingbao" | "qingbaoctl" => parse(words).map_err(|e| e.to_string()),
        "qingbao-nats-setup" => exists("deploy/nats-setup"),
        "cargo" => {
            for (flag, folder) in [("--test", "tests"), ("--bench", "benches"), ("--example", "examples")] {
                if let Some(target) = after(flag).filter(|t| !names(folder).contains(t)) {
                    return Err(format!("there is no {folder}/{target}"));
                }
            }
            let of_ours = words.get(1).is_some_and(|w| w == "run") && after("--example").is_none();
            let ours = after("--").filter(|_| of_ours).map(|_| words.iter().skip_while(|w| *w != "--").skip(1));
            ours.map_or(Ok(()), |rest| {
                parse(&std::iter::once("qingbao".to_owned()).chain(rest.cloned()).collect::<Vec<_>>()).map_err(|e| e.to_string())
            })
        }
        script if script.contains('/') => exists(script),
        other => OTHER_PROGRAMS.contains(&other).then_some(()).ok_or_else(|| format!("{other} is none of OTHER_PROGRAMS")),
    }
}

#[test]
fn every_command_line_is_one_that_the_program_takes() {
    let (mut wrong, mut seen, mut others) = (Vec::new(), [0; 2], BTreeSet::<&str>::new());
    for line in shell_lines() {
        for words in &line.commands {
            let other = OTHER_PROGRAMS.iter().find(|o| *o == &words[0]);
            seen[usize::from(other.is_some())] += 1;
            others.extend(other);
            wrong.extend(check(words).err().map(|e| format!("{}: {}\n{e}", line.place, line.text)));
        }
    }
    eprintln!("commands of ours, of others: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen[0] > 60 && others.len() == OTHER_PROGRAMS.len(), "{seen:?} {others:?}");
}

#[test]
fn every_command_that_a_text_names_exists() {
    // a text may name a command without its arguments
    let partly = [ErrorKind::MissingRequiredArgument, ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand, ErrorKind::MissingSubcommand];
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (place, code) in documents().iter().flat_map(|d| inline(d)) {
        for words in commands(&code).into_iter().filter(|w| w.first().is_some_and(|w| ["qingbao", "qingbaoctl", "cargo"].contains(&w.as_str()))) {
            seen += 1;
            let failed = match words[0].as_str() {
                "cargo" => check(&words).err(),
                _ => parse(&words).err().filter(|e| !partly.contains(&e.kind())).map(|e| e.to_string()),
            };
            wrong.extend(failed.map(|e| format!("{place}: {code}\n{e}")));
        }
    }
    eprintln!("inline commands: {seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 50, "{seen}");
}

/// A folder as after `qingbao once` over the sample world, with the files that examples name.
struct Folder {
    dir: tempfile::TempDir,
    _server: demo::Server,
    _runtime: tokio::runtime::Runtime,
}

impl Folder {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = DemoWorld::at(chrono::Utc::now());
        let server = runtime.block_on(demo::start(world.clone())).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("sources.toml", &world.sources(&server.base));
        write("qingbao.toml", "[fetch]\nhost_delay = \"0s\"\n[publication]\nwindow = \"5d\"\n");
        write(
            "PAGE.html",
            "<title>许昌科技新闻</title><h1>许昌科技新闻</h1><p>2026-11-20 08:00 来源：许昌日报</p><p>正文第一段，说明事情的经过。</p>",
        );
        std::fs::create_dir(dir.path().join("bin")).unwrap();
        for name in ["qingbao", "qingbaoctl"] {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_qingbao"), dir.path().join("bin").join(name)).unwrap();
        }
        let folder = Self { dir, _server: server, _runtime: runtime };
        for line in [
            "qingbao once",
            "qingbao sources export list.opml",
            "qingbao articles export > articles.jsonl",
            "mkdir backups; qingbao backup backups",
            "mv backups/*.db backups/qingbao-20261126-024000.db",
        ] {
            folder.run(line).unwrap();
        }
        folder
    }

    fn run(&self, line: &str) -> Result<(), String> {
        let path = format!("{}:/usr/bin:/bin", self.dir.path().join("bin").display());
        let o = Command::new("sh").arg("-ec").arg(line).current_dir(self.dir.path()).env("PATH", path).env_remove("RUST_LOG").output().unwrap();
        if o.status.success() { Ok(()) } else { Err(format!("{line}\n{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))) }
    }
}

#[test]
fn every_command_line_that_the_sample_world_allows_does_its_work() {
    let folder = Folder::new();
    let (mut wrong, mut run, mut left) = (Vec::new(), BTreeSet::new(), Vec::new());
    for line in shell_lines() {
        let ours = |words: &Vec<String>| ["qingbao", "qingbaoctl"].contains(&words[0].as_str());
        let tail = |words: &Vec<String>| words[1..].join(" ");
        let named = |words: &Vec<String>| NOT_RUN.iter().any(|(command, _)| tail(words).starts_with(command));
        if line.place.contains("install.md") || !line.commands.iter().all(|w| ours(w) || w[0] == "echo") || line.commands.iter().any(named) {
            left.push(line.text);
            continue;
        }
        // the service's folders are those of this test; a source of the sample world stands for any
        let text = line.text.replace("/etc/qingbao/", "").replace("/var/backups/qingbao", "backups");
        let text = text.replace("ID_OR_URL", "gongxin").replace("编号或网址", "gongxin");
        let text = text.split("  ").next().unwrap().to_owned();
        if run.insert(text.clone()) {
            wrong.extend(folder.run(&text).err().map(|e| format!("{}: {e}", line.place)));
        }
    }
    eprintln!("run: {}\n{run:#?}\nnot run: {}\n{left:#?}", run.len(), left.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run.len() > 20, "{run:?}");
    let unused: Vec<_> = NOT_RUN.iter().filter(|(command, _)| !left.iter().any(|l| l.contains(command))).collect();
    assert!(unused.is_empty(), "{unused:?}");
}
