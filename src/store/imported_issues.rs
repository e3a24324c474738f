//! Issues made before this program, imported from files.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::{AuditAction, Edition, EditionId, Series};
use crate::store::audit::audit;
use crate::store::edition_revision::{load, save};
use crate::store::{EditionFilter, EditionRow, Result, Store, invalid_value};

/// Most issues of one number or date that are listed.
const MAX_CLASHES: i64 = 20;

/// The file of an imported issue.
#[derive(Debug, Clone, Copy)]
pub struct ImportedFile<'a> {
    /// Its name, without folders.
    pub name: &'a str,
    /// The digest of its bytes, in hexadecimal.
    pub sha256: &'a str,
}

/// What became of a file.
#[derive(Debug)]
pub enum ImportResult {
    /// Stored, with its id.
    Imported(Box<Edition>),
    /// Stored in the place of an imported issue, which is told as in the log.
    Replaced(Box<Edition>, String),
    /// The same file was imported before, as this issue.
    Known(EditionId),
    /// This issue has the number.
    NumberTaken(EditionId),
    /// This issue has the date.
    DateTaken(EditionId),
    /// Its file, number and date are those of several issues, so it cannot replace one.
    Several(Clashes),
}

/// The issues that an old issue would replace.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Clashes {
    /// The issue of the same file.
    pub file: Option<EditionId>,
    /// Those with its number or total number.
    pub number: Vec<EditionId>,
    /// Those of its day.
    pub date: Vec<EditionId>,
}

impl Clashes {
    fn all(&self) -> BTreeSet<i64> {
        self.file.iter().chain(&self.number).chain(&self.date).map(|id| id.0).collect()
    }

    /// Returns why the issue cannot be stored.
    fn refusal(&self) -> Option<ImportResult> {
        let number = || self.number.first().map(|id| ImportResult::NumberTaken(*id));
        let date = || self.date.first().map(|id| ImportResult::DateTaken(*id));
        self.file.map(ImportResult::Known).or_else(number).or_else(date)
    }
}

/// An item of an imported issue, to train from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedItem {
    pub edition: EditionId,
    /// The date of the issue.
    pub date: NaiveDate,
    pub column: String,
    pub title: String,
    pub text: String,
    /// 来源; empty if it was not printed.
    pub publisher: String,
}

impl Store {
    /// Stores an old issue with all its items, unless the file is known or its number or date is taken. No mail becomes due.
    /// With `replace`, the one imported issue in its way is deleted.
    pub fn import_issue(&self, mut edition: Edition, file: ImportedFile<'_>, replace: bool, who: &str, now: DateTime<Utc>) -> Result<ImportResult> {
        self.write(|t| {
            let clashes = clashes(t, &edition, file)?;
            let mut replaced = None;
            if let Some(refused) = clashes.refusal() {
                let in_its_way = clashes.all();
                if replace && in_its_way.len() > 1 {
                    return Ok(ImportResult::Several(clashes));
                }
                let id = in_its_way.first().filter(|_| replace);
                replaced = id.map(|id| delete_imported(t, EditionId(*id), who, now)).transpose()?.flatten();
                if replaced.is_none() {
                    return Ok(refused);
                }
            }
            insert(t, &mut edition)?;
            save(t, &edition, 1)?;
            t.execute(
                "INSERT INTO imported_issue (edition_id, publication, file, sha256, imported_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![edition.id.0, edition.publication, file.name, file.sha256, now.timestamp()],
            )?;
            audit(t, who, AuditAction::ImportIssue, &format!("{} {}", edition.label_in_log(), file.name), now)?;
            let edition = Box::new(edition);
            Ok(match replaced {
                Some(old) => ImportResult::Replaced(edition, old),
                None => ImportResult::Imported(edition),
            })
        })
    }

    /// Returns why an old issue would be refused, without storing it.
    pub fn check_import(&self, edition: &Edition, file: ImportedFile<'_>) -> Result<Option<ImportResult>> {
        self.read(|c| Ok(clashes(c, edition, file)?.refusal()))
    }

    /// Returns the issue that a file became.
    pub fn issue_of_file(&self, publication: &str, sha256: &str) -> Result<Option<EditionId>> {
        self.read(|c| same_file(c, publication, sha256))
    }

    /// Gives each item of a publication's imported issues, by date of issue, in the printed order.
    pub fn each_imported_item(&self, publication: &str, mut take: impl FnMut(ImportedItem)) -> Result<()> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT e.id, e.payload FROM imported_issue i JOIN edition e ON e.id = i.edition_id WHERE i.publication = ?1 ORDER BY e.date, e.id",
            )?;
            let mut rows = s.query([publication])?;
            while let Some(r) = rows.next()? {
                let (id, payload): (i64, String) = (r.get(0)?, r.get(1)?);
                let edition: Edition = serde_json::from_str(&payload).map_err(invalid_value("edition"))?;
                for column in edition.columns {
                    for item in column.items {
                        take(ImportedItem {
                            edition: EditionId(id),
                            date: edition.date,
                            column: column.name.clone(),
                            title: item.title,
                            text: item.text,
                            publisher: item.publisher,
                        });
                    }
                }
            }
            Ok(())
        })
    }

    /// Returns the columns of a publication's imported issues.
    pub fn imported_columns(&self, publication: &str) -> Result<Vec<String>> {
        self.read(|c| {
            let mut s = c.prepare_cached(
                "SELECT DISTINCT j.value ->> '$.name' FROM imported_issue i JOIN edition e ON e.id = i.edition_id, json_each(e.payload, '$.columns') j
                 WHERE i.publication = ?1 ORDER BY 1",
            )?;
            let rows = s.query_map([publication], |r| r.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Returns the imported issues, newest first.
    pub fn imported_editions(&self, filter: &EditionFilter, limit: usize) -> Result<Vec<EditionRow>> {
        self.edition_rows("id IN (SELECT edition_id FROM imported_issue)", filter, limit)
    }

    /// Returns the issues made here, newest first.
    pub fn own_editions(&self, filter: &EditionFilter, limit: usize) -> Result<Vec<EditionRow>> {
        self.edition_rows("id NOT IN (SELECT edition_id FROM imported_issue)", filter, limit)
    }
}

/// Deletes an imported issue and returns how the log calls it; `None` if it was made here.
fn delete_imported(t: &Connection, id: EditionId, who: &str, now: DateTime<Utc>) -> Result<Option<String>> {
    let Some((edition, _)) = load(t, id)?.filter(|(e, _)| e.is_imported()) else { return Ok(None) };
    t.execute("DELETE FROM edition WHERE id = ?1", [id.0])?;
    let label = format!("{}, {}", edition.label_in_log(), edition.date);
    audit(t, who, AuditAction::DiscardIssue, &edition.label_in_log(), now)?;
    Ok(Some(label))
}

/// Inserts the row of an old issue. Only an issue with a total number takes part in the index of numbers.
fn insert(t: &Connection, edition: &mut Edition) -> Result<()> {
    t.execute(
        "INSERT INTO edition (publication, date, year, number, total, built, payload, scheduled, extra, numbered) VALUES (?1, ?2, ?3, ?4, ?5, ?6, '{}', 0, ?7, ?8)",
        params![
            edition.publication,
            edition.date.to_string(),
            edition.year,
            edition.number_in_year,
            edition.cumulative_number,
            edition.date.and_time(NaiveTime::MIN).and_utc().timestamp(),
            edition.series == Series::Extra,
            edition.cumulative_number > 0
        ],
    )?;
    edition.id = EditionId(t.last_insert_rowid());
    Ok(())
}

fn same_file(c: &Connection, publication: &str, sha256: &str) -> Result<Option<EditionId>> {
    let id = c
        .query_row("SELECT edition_id FROM imported_issue WHERE publication = ?1 AND sha256 = ?2", params![publication, sha256], |r| r.get(0))
        .optional()?;
    Ok(id.map(EditionId))
}

/// Returns the issues that have the file, number or date of an old issue.
fn clashes(c: &Connection, edition: &Edition, file: ImportedFile<'_>) -> Result<Clashes> {
    let is_extra = edition.series == Series::Extra;
    let mut s = c.prepare_cached(
        "SELECT id FROM edition WHERE publication = ?1 AND extra = ?2 AND (numbered OR id IN (SELECT edition_id FROM imported_issue))
         AND (?3 > 0 AND year = ?4 AND number = ?3 OR ?5 > 0 AND total = ?5) ORDER BY id LIMIT ?6",
    )?;
    let values = params![edition.publication, is_extra, edition.number_in_year, edition.year, edition.cumulative_number, MAX_CLASHES];
    let number = s.query_map(values, |r| Ok(EditionId(r.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut s = c.prepare_cached("SELECT id FROM edition WHERE publication = ?1 AND extra = ?2 AND date = ?3 ORDER BY id LIMIT ?4")?;
    let values = params![edition.publication, is_extra, edition.date.to_string(), MAX_CLASHES];
    let date = s.query_map(values, |r| Ok(EditionId(r.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
    Ok(Clashes { file: same_file(c, &edition.publication, file.sha256)?, number, date })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::Publication;
    use crate::issue::signing::{SigningAction, SigningError};
    use crate::issue::tests::{build_with, now};
    use crate::old_issues::{Known, edition, lines, read};
    use crate::store::{OutgoingMessage, SigningResult};
    use crate::text::dates::Clock;

    const TEXT: &str = "第7期（总第107期）\n2026年3月2日\n●行业动态\n甲县风电产业园建成投产\n园区已有企业九家。\n（来源：甲日报）\n●行业报告\n丙区植物生长灯通过验收\n首批用于育苗工厂。\n";

    fn old(text: &str, publication: &Publication) -> Edition {
        let known = Known { publication: publication.name.clone(), columns: publication.column_names(), repeated: Vec::new() };
        let issue = read(lines(text.as_bytes()).unwrap().lines, &known, "x.txt", &Clock::new(chrono_tz::Asia::Shanghai, now()));
        edition(&issue, publication, issue.numbering.date.unwrap(), now())
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        (dir, store)
    }

    #[test]
    fn an_old_issue_is_stored_once_and_its_number_and_date_are_taken() {
        let (_dir, store) = store();
        let p = Publication::default();
        let import =
            |text: &str, sha256: &str| store.import_issue(old(text, &p), ImportedFile { name: "x.txt", sha256 }, false, "命令行", now()).unwrap();
        let ImportResult::Imported(first) = import(TEXT, "a") else { panic!("it is new") };
        assert_eq!(first.issue_label(), "2026年第7期(总第107期)");
        assert!(matches!(import(TEXT, "a"), ImportResult::Known(id) if id == first.id));
        assert!(matches!(import(&TEXT.replace("3月2日", "3月3日"), "b"), ImportResult::NumberTaken(id) if id == first.id));
        assert!(matches!(import(&TEXT.replace("第7期（总第107期）", "第8期"), "c"), ImportResult::DateTaken(id) if id == first.id));
        assert!(matches!(import(&TEXT.replace("第7期（总第107期）\n2026年3月2日", "第8期\n2026年3月4日"), "d"), ImportResult::Imported(_)));
        let mut items = Vec::new();
        store.each_imported_item(&p.name, |i| items.push((i.date.to_string(), i.column, i.title, i.publisher))).unwrap();
        assert_eq!(items.len(), 4);
        let strings = ["2026-03-02", "行业动态", "甲县风电产业园建成投产", "甲日报"].map(str::to_owned);
        assert_eq!(items[0], strings.into());
        assert_eq!(store.imported_columns(&p.name).unwrap(), ["行业动态", "行业报告"]);
        assert_eq!(
            (store.imported_editions(&EditionFilter::default(), 9).unwrap().len(), store.own_editions(&EditionFilter::default(), 9).unwrap().len()),
            (2, 0)
        );
        let log = store.audit_log(9).unwrap();
        assert_eq!(log.iter().filter(|l| l.action == "import-issue").count(), 2);
    }

    #[test]
    fn a_better_reading_replaces_imported_issues_and_no_others() {
        let (_dir, store) = store();
        let p = Publication::default();
        let import =
            |text: &str, sha256: &str| store.import_issue(old(text, &p), ImportedFile { name: "x.txt", sha256 }, true, "命令行", now()).unwrap();
        assert!(matches!(import(TEXT, "a"), ImportResult::Imported(_)));
        assert!(matches!(import(&TEXT.replace("第7期（总第107期）\n2026年3月2日", "第8期\n2026年3月4日"), "b"), ImportResult::Imported(_)));
        let imported = || store.imported_editions(&EditionFilter::default(), 9).unwrap().len();
        // the number of one and the day of the other
        let ImportResult::Several(clashes) = import(&TEXT.replace("3月2日", "3月4日"), "c") else { panic!("it is two issues") };
        assert_eq!((clashes.file, clashes.number.len(), clashes.date.len(), imported()), (None, 1, 1, 2));
        // the file of one and the number of the other
        assert!(matches!(import(&TEXT.replace("3月2日", "3月9日"), "b"), ImportResult::Several(c) if c.file.is_some() && c.date.is_empty()));
        let ImportResult::Replaced(_, old) = import(&TEXT.replace("九家", "十家"), "c") else { panic!("it replaces the first") };
        assert!(old.contains("2026年第7期(总第107期)") && old.ends_with("2026-03-02"), "{old}");
        assert_eq!(imported(), 2);
        assert_eq!(store.issue_of_file(&p.name, "c").unwrap(), store.imported_editions(&EditionFilter::default(), 9).unwrap().last().map(|e| e.id));
        assert_eq!(store.issue_of_file(&p.name, "a").unwrap(), None);
        let made = store.commit_edition(build_with(Vec::new(), &[]), &p, store.whole_archive().range).unwrap();
        let clash = TEXT.replace("第7期（总第107期）", &format!("第{}期", made.number_in_year)).replace("3月2日", "3月9日");
        assert!(matches!(import(&clash, "d"), ImportResult::NumberTaken(id) if id == made.id));
    }

    #[test]
    fn new_issues_count_on_from_the_highest_number() {
        for (initial, expected) in [(0, (8, 108)), (200, (12, 201))] {
            let (_dir, store) = store();
            let p = Publication { initial_cumulative_number: initial, issues_this_year: if initial > 0 { 11 } else { 0 }, ..Publication::default() };
            store.import_issue(old(TEXT, &p), ImportedFile { name: "x.txt", sha256: "a" }, false, "命令行", now()).unwrap();
            let draft = build_with(Vec::new(), &[]);
            let made = store.commit_edition(draft, &p, store.whole_archive().range).unwrap();
            assert_eq!((made.number_in_year, made.cumulative_number), expected);
        }
    }

    #[test]
    fn an_old_issue_is_never_signed_withdrawn_or_mailed() {
        let (_dir, store) = store();
        let p = Publication::default();
        let ImportResult::Imported(e) = store.import_issue(old(TEXT, &p), ImportedFile { name: "x", sha256: "a" }, false, "命令行", now()).unwrap()
        else {
            panic!("it is new")
        };
        let letter = OutgoingMessage { recipient: "a@b.cn".to_owned(), message_id: "<1@x>".to_owned(), message: vec![1] };
        assert_eq!(store.queue_messages(&e, &[letter], now(), now() + chrono::TimeDelta::days(1)).unwrap(), 0);
        assert!(store.pending_notifications(now()).unwrap().is_empty() && store.letters_due_at(e.id).unwrap().is_none());
        let withdrawn = store.withdraw_edition(e.id, 1, "错", "张三", now().date_naive(), now()).unwrap();
        assert!(matches!(withdrawn, SigningResult::Rejected(SigningError::Imported)));
        let signed = store.sign_edition(e.id, 1, &SigningAction::Finalise, &p, "张三", now()).unwrap();
        assert!(matches!(signed, SigningResult::Rejected(SigningError::Imported)));
        assert!(!store.is_discardable(e.id).unwrap());
    }
}
