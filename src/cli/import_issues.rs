//! `qingbao learn import`: old issues come into the archive.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{NaiveDate, Utc};

use crate::cli::labels::sha256_hex;
use crate::cli::output::outln;
use crate::cli::{CommandContext, find_publication};
use crate::config::settings::{PdfSettings, Publication};
use crate::libreoffice::docx_of_doc;
use crate::model::{Edition, EditionId};
use crate::old_issues::{self, Doubt, FileError, FileLines, Known, Line, OldIssue, OldItem, Unsure};
use crate::store::{Clashes, ImportResult, ImportedFile, Store};
use crate::text::dates::Clock;

/// The actor in the audit log.
const WHO: &str = "命令行";
/// Most files of one call: their lines are in memory together, to find columns that repeat.
const MAX_FILES: usize = 1_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Old issues: .docx, .doc or .txt
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Name of the publication (default: the first)
    #[arg(long, value_name = "NAME")]
    publication: Option<String>,
    /// Day of the issue, if neither the text nor the file name tells it; for one file
    #[arg(long)]
    date: Option<NaiveDate>,
    /// Number within the year, if the text tells none or another; for one file
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..10_000))]
    number: Option<u32>,
    /// Total number (总第…期), if the text tells none or another; for one file
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..1_000_000))]
    total: Option<u32>,
    /// Print what was understood, and store nothing
    #[arg(long)]
    check: bool,
    /// Replace the issue that was imported before with the same number, date or file
    #[arg(long, conflicts_with = "check")]
    replace: bool,
}

/// A file with its lines, or why it has none.
struct ReadFile {
    name: String,
    sha256: String,
    lines: anyhow::Result<FileLines>,
}

pub(super) fn run(args: &Args, context: &CommandContext) -> anyhow::Result<()> {
    let single = args.date.is_some() || args.number.is_some() || args.total.is_some();
    anyhow::ensure!(!single || args.files.len() == 1, "--date, --number and --total are of one issue: name one file");
    anyhow::ensure!(args.files.len() <= MAX_FILES, "{} files are too many; import at most {MAX_FILES} at once", args.files.len());
    let publication = find_publication(context, args.publication.as_deref())?;
    let store = open(args, context)?;
    let mut columns = publication.column_names();
    if let Some(store) = &store {
        columns.extend(store.imported_columns(&publication.name)?);
    }
    let files: Vec<ReadFile> = args.files.iter().map(|path| read(path, &context.settings.pdf)).collect();
    let lines: Vec<&[Line]> = files.iter().filter_map(|f| f.lines.as_ref().ok().map(|l| l.lines.as_slice())).collect();
    let known = Known { publication: publication.name.clone(), columns, repeated: old_issues::repeated_columns(&lines) };
    let mut refused = 0_usize;
    for file in files {
        let name = file.name.clone();
        if let Err(e) = import(file, args, publication, &known, store.as_ref()) {
            if e.is::<crate::cli::output::OutputClosed>() {
                return Err(e);
            }
            refused += 1;
            outln!("{name}: refused: {}", crate::cli::format_error(&e))?;
        }
    }
    anyhow::ensure!(refused == 0, "{refused} of {} files were refused", args.files.len());
    Ok(())
}

/// Opens the archive; a check does not create one.
fn open(args: &Args, context: &CommandContext) -> anyhow::Result<Option<Store>> {
    if args.check && !context.data.join("qingbao.db").exists() {
        return Ok(None);
    }
    Ok(Some(match Store::open_beside(&context.data) {
        Ok(store) => store,
        // old issues may come before the first crawl
        Err(_) => Store::open(&context.data)?,
    }))
}

fn read(path: &Path, pdf: &PdfSettings) -> ReadFile {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    match bytes_of(path) {
        Ok(bytes) => ReadFile { name, sha256: sha256_hex(&bytes), lines: lines(&bytes, pdf) },
        Err(e) => ReadFile { name, sha256: String::new(), lines: Err(e) },
    }
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let kind = match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => anyhow::bail!("there is no such file"),
        kind => kind?,
    };
    anyhow::ensure!(!kind.is_dir(), "is a folder; name the files in it");
    anyhow::ensure!(kind.is_file(), "is a pipe or device, no file");
    let mut bytes = Vec::new();
    File::open(path)?.take(old_issues::MAX_FILE + 1).read_to_end(&mut bytes)?;
    anyhow::ensure!(bytes.len() as u64 <= old_issues::MAX_FILE, "is larger than {} MB", old_issues::MAX_FILE >> 20);
    Ok(bytes)
}

/// Reads the lines; LibreOffice makes a .docx of a .doc first.
fn lines(bytes: &[u8], pdf: &PdfSettings) -> anyhow::Result<FileLines> {
    match old_issues::lines(bytes) {
        Err(FileError::OldDocument) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let docx = runtime.block_on(docx_of_doc(bytes, pdf)).context("is an old .doc or has a password; save it as .docx without one")?;
            Ok(old_issues::lines(&docx)?)
        }
        lines => Ok(lines?),
    }
}

/// Reads one file, prints it and stores it.
fn import(file: ReadFile, args: &Args, publication: &Publication, known: &Known, store: Option<&Store>) -> anyhow::Result<()> {
    let now = Utc::now();
    let clock = Clock::new(publication.calendar.zone, now);
    let before = store.map(|s| s.issue_of_file(&publication.name, &file.sha256)).transpose()?.flatten();
    let before = before.filter(|_| !args.replace);
    if let Some(id) = before.filter(|_| !args.check) {
        return was_imported(&file.name, id, args);
    }
    let FileLines { lines, left_out } = file.lines?;
    if !left_out.is_empty() {
        let places: Vec<String> = left_out.iter().map(usize::to_string).collect();
        outln!("{}: left out what is no text at byte {}", file.name, places.join(", "))?;
    }
    let mut issue = old_issues::read(lines, known, &file.name, &clock);
    let numbering = &mut issue.numbering;
    numbering.number = args.number.or(numbering.number);
    numbering.total = args.total.or(numbering.total);
    numbering.date = args.date.or(numbering.date);
    if args.check {
        print(&file.name, &issue)?;
    }
    if let Some(id) = before {
        return was_imported(&file.name, id, args);
    }
    let date = complete(&issue, now.with_timezone(&publication.calendar.zone).date_naive())?;
    let edition = old_issues::edition(&issue, publication, date, now);
    let source = ImportedFile { name: &file.name, sha256: &file.sha256 };
    let result = match store {
        Some(store) if args.check => store.check_import(&edition, source)?,
        Some(store) => Some(store.import_issue(edition, source, args.replace, WHO, now)?),
        None => None,
    };
    report(&file.name, &issue, result, args)
}

fn was_imported(name: &str, id: EditionId, args: &Args) -> anyhow::Result<()> {
    let hint = if args.date.is_some() || args.number.is_some() || args.total.is_some() {
        "; --date, --number and --total change nothing: to import it again with them, add --replace and leave --check out"
    } else {
        ""
    };
    outln!("{name}: was imported before, as issue {id}{hint}")
}

/// Returns the date of an issue that has all it needs.
fn complete(issue: &OldIssue, today: NaiveDate) -> anyhow::Result<NaiveDate> {
    anyhow::ensure!(issue.items().next().is_some(), "it has no items that can be recognised");
    if let Some(line) = issue.text_before_columns {
        anyhow::bail!("the text at line {line}, before the first column, would be lost; write the name of its column or 编者的话 above it");
    }
    let future = issue.numbering.future_date.map(|d| format!("its date {d} lies in the future; say --date"));
    let missing = || future.unwrap_or_else(|| "neither its text nor its name tells its date; say --date".to_owned());
    let date = issue.numbering.date.with_context(missing)?;
    anyhow::ensure!(date <= today, "its date {date} lies in the future; say --date");
    Ok(date)
}

/// Prints what became of a file; a refusal is an error.
fn report(name: &str, issue: &OldIssue, result: Option<ImportResult>, args: &Args) -> anyhow::Result<()> {
    let or_replace = if args.replace { "" } else { "; an issue that was imported is replaced with --replace" };
    let stored = |e: &Edition| format!("{}, {}, {}", e.label_in_log(), e.date, counts(e, issue));
    match result {
        None => outln!("{name}: can be imported"),
        Some(ImportResult::Imported(e)) => outln!("{name}: imported as {}", stored(&e)),
        Some(ImportResult::Replaced(e, old)) => outln!("{name}: imported as {}; it replaces {old}", stored(&e)),
        Some(ImportResult::Known(id)) => was_imported(name, id, args),
        Some(ImportResult::NumberTaken(id)) => anyhow::bail!("issue {id} has its number; say --number and --total{or_replace}"),
        Some(ImportResult::DateTaken(id)) => anyhow::bail!("issue {id} has its date; say --date{or_replace}"),
        Some(ImportResult::Several(clashes)) => anyhow::bail!("it would replace several issues: {}", clash_words(&clashes)),
    }
}

fn clash_words(clashes: &Clashes) -> String {
    let list = |what: &str, ids: &[EditionId]| {
        let ids: Vec<String> = ids.iter().map(|id| format!("issue {id}")).collect();
        (!ids.is_empty()).then(|| format!("its {what} is that of {}", ids.join(", ")))
    };
    let parts = [list("file", clashes.file.as_slice()), list("number", &clashes.number), list("date", &clashes.date)];
    format!("{}; say --number, --total and --date of the one", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

fn counts(e: &Edition, issue: &OldIssue) -> String {
    let unsure = issue.unsure.len() + issue.items().filter(|i| i.doubt.is_some()).count();
    let hint = if unsure > 0 { format!(", {unsure} unsure: look at it with --check") } else { String::new() };
    format!("{} columns, {} items{hint}", e.columns.len(), e.item_count())
}

/// Prints what was understood, one line per item.
fn print(name: &str, issue: &OldIssue) -> anyhow::Result<()> {
    let n = &issue.numbering;
    let number = |n: Option<u32>| n.map_or("?".to_owned(), |n| n.to_string());
    let date = n.date.map_or("?".to_owned(), |d| d.to_string());
    let year = n.year().map_or("?".to_owned(), |y| y.to_string());
    let organiser = n.organiser.as_deref().unwrap_or("organiser of the settings");
    outln!("{name}: year {year}, number {}, total {}, date {date}, {organiser}", number(n.number), number(n.total))?;
    for unsure in &issue.unsure {
        outln!("  unsure: {}", unsure_words(unsure))?;
    }
    if !issue.foreword.is_empty() {
        outln!("  foreword: {} characters", issue.foreword.chars().count())?;
    }
    for column in &issue.columns {
        outln!("  {}", column.name)?;
        for item in &column.items {
            outln!("    {}", item_line(item))?;
        }
    }
    Ok(())
}

fn item_line(item: &OldItem) -> String {
    let mut facts = vec![format!("line {}", item.line), format!("{} characters", item.text.chars().count())];
    facts.extend(Some(item.publisher.clone()).filter(|p| !p.is_empty()));
    facts.extend(item.date.map(|d| d.to_string()));
    let doubt = item.doubt.map(|d| format!("  unsure: {}", doubt_words(d))).unwrap_or_default();
    format!("{}  ({}){doubt}", item.title, facts.join(", "))
}

fn doubt_words(doubt: Doubt) -> String {
    match doubt {
        Doubt::MaybeHeading => "it may be a heading within the item before".to_owned(),
        Doubt::NoTitle => "the text has no title; its first words stand for one".to_owned(),
        Doubt::NotInContents => "the table of contents does not name it".to_owned(),
        Doubt::NoText => "it has no text".to_owned(),
    }
}

fn unsure_words(unsure: &Unsure) -> String {
    match unsure {
        Unsure::NoColumns => "no columns were found; the items are in the first one of the publication".to_owned(),
        Unsure::UnknownColumn(name) => format!("neither settings, contents nor other issues know the column {name}"),
        Unsure::DoubleIssue(first, last) => format!("it is a double issue, {first} to {last}; its number is {first}"),
        Unsure::MaybeTitle(line, text) => format!("line {line} may start another item: {text}"),
        Unsure::NotFound(n, first) => format!("{n} titles of the contents were not found, such as {first}"),
    }
}
