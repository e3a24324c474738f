//! Organisations: which names are one. `organisation_changes.rs` applies what editors decide about them.
//!
//! A row of `organisation` is one spelled name. Other names of an organisation point to its main row (`main_id`); they never form
//! chains. `head_id` and `merged_into_id` tell which of them a merge brought. Editors' decisions win over the taxonomy, and the
//! taxonomy over what texts tell.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::model::ArticleId;
use crate::store::{Result, Store};

/// Most names of an organisation that are read.
const MAX_NAMES: i64 = 200;

/// SQL: whether editors watch the organisation `m`: as they decided of itself, else of one that is merged into it.
const BY_EDITORS: &str = "coalesce(m.watched, (SELECT max(n.watched) FROM organisation n WHERE n.main_id = m.id))";

/// SQL: whether the organisation `m` is watched: as an editor decided, else if the taxonomy watches one of its names.
pub(super) const IS_WATCHED: &str = "coalesce(m.watched, (SELECT max(n.watched) FROM organisation n WHERE n.main_id = m.id),
     m.listed OR EXISTS (SELECT 1 FROM organisation n WHERE n.main_id = m.id AND n.listed))";

/// SQL: whether `o` is a name that only editors gave, and that no article uses.
pub(super) const IS_REMOVABLE: &str = "(o.head_id IS NOT NULL AND o.joined_by = 'editor' AND NOT o.listed
     AND NOT EXISTS (SELECT 1 FROM article_organisation x WHERE x.organisation_id = o.id))";

/// Who said that a name belongs to an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinedBy {
    Text,
    Taxonomy,
    Editor,
}

impl JoinedBy {
    fn read(code: &str) -> Self {
        match code {
            "text" => Self::Text,
            "taxonomy" => Self::Taxonomy,
            _ => Self::Editor,
        }
    }
}

/// Another name of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationName {
    pub id: i64,
    pub name: String,
    pub joined_by: JoinedBy,
    /// The main name of its own organisation: the page's, or one that was merged into it.
    pub head: i64,
    /// Of the main name of a merged organisation: its note.
    pub note: String,
    /// Only editors gave it, and no article uses it.
    pub is_removable: bool,
}

impl OrganisationName {
    /// Whether it is the main name of an organisation that was merged into this one.
    pub fn is_merged(&self) -> bool {
        self.head == self.id
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub id: i64,
    pub name: String,
    pub is_watched: bool,
    pub note: String,
    /// When an article first named it, if known.
    pub created_at: Option<DateTime<Utc>>,
    pub other_names: Vec<OrganisationName>,
}

impl Organisation {
    /// Returns all its names, the main one first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.other_names.iter().map(|n| n.name.as_str()))
    }
}

impl Store {
    /// Returns the organisation to which a name with this id belongs.
    pub fn organisation(&self, id: i64) -> Result<Option<Organisation>> {
        self.read(|c| {
            let Some(main) = main_of(c, id)? else { return Ok(None) };
            let sql = format!("SELECT id, name, {IS_WATCHED}, note, created_at FROM organisation m WHERE id = ?1");
            let mut found = c.prepare_cached(&sql)?.query_row([main], |r| {
                let created_at = Some(r.get(4)?).filter(|at| *at > 0).and_then(|at| DateTime::from_timestamp(at, 0));
                Ok(Organisation { id: r.get(0)?, name: r.get(1)?, is_watched: r.get(2)?, note: r.get(3)?, created_at, other_names: Vec::new() })
            })?;
            // its own names, then each merged organisation with its names
            let sql = format!(
                "SELECT id, name, joined_by, coalesce(head_id, id) AS head, note, {IS_REMOVABLE} FROM organisation o WHERE main_id = ?1
                 ORDER BY head <> ?1, head, head <> id, name LIMIT ?2"
            );
            let mut s = c.prepare_cached(&sql)?;
            let names = s.query_map([main, MAX_NAMES], |r| {
                let joined_by = JoinedBy::read(&r.get::<_, String>(2)?);
                Ok(OrganisationName { id: r.get(0)?, name: r.get(1)?, joined_by, head: r.get(3)?, note: r.get(4)?, is_removable: r.get(5)? })
            })?;
            found.other_names = names.collect::<rusqlite::Result<_>>()?;
            Ok(Some(found))
        })
    }

    /// Returns the id of a name.
    pub fn organisation_named(&self, name: &str) -> Result<Option<i64>> {
        self.read(|c| id_of(c, name))
    }

    /// Returns every name of each organisation that editors watch, the main one first.
    pub fn watched_by_editors(&self) -> Result<Vec<Vec<String>>> {
        self.names_of_mains(true)
    }

    /// Returns the main names of organisations that the taxonomy watches and editors do not.
    pub fn unwatched_by_editors(&self) -> Result<Vec<String>> {
        Ok(self.names_of_mains(false)?.into_iter().flatten().collect())
    }

    fn names_of_mains(&self, watched: bool) -> Result<Vec<Vec<String>>> {
        self.read(|c| {
            let sql = format!(
                "SELECT m.id, o.name FROM organisation m JOIN organisation o ON o.id = m.id OR o.main_id = m.id
                 WHERE m.main_id IS NULL AND {BY_EDITORS} = ?1 ORDER BY m.id, o.id <> m.id, o.name"
            );
            let mut s = c.prepare_cached(&sql)?;
            let mut rows = s.query([watched])?;
            let (mut out, mut last): (Vec<Vec<String>>, _) = (Vec::new(), None);
            while let Some(r) = rows.next()? {
                let (id, name): (i64, String) = (r.get(0)?, r.get(1)?);
                match out.last_mut().filter(|_| last == Some(id)) {
                    Some(names) => names.push(name),
                    None => out.push(vec![name]),
                }
                last = Some(id);
            }
            Ok(out)
        })
    }

    /// Stores which organisations the taxonomy lists, with their other names and whether it watches them.
    pub fn list_organisations(&self, listed: &[(String, Vec<String>, bool)]) -> Result<()> {
        let is_current = self.read(|c| {
            let watched: i64 = c.query_row("SELECT count(*) FROM organisation WHERE listed", [], |r| r.get(0))?;
            let mut known = c.prepare_cached("SELECT listed FROM organisation WHERE name = ?1")?;
            for (name, others, is_watched) in listed {
                let mut is_known = |name: &String| known.query_row([name], |r| r.get::<_, bool>(0)).optional();
                let mut is_new = is_known(name)? != Some(*is_watched);
                for other in others {
                    is_new |= is_known(other)?.is_none();
                }
                if is_new {
                    return Ok(false);
                }
            }
            Ok(usize::try_from(watched).is_ok_and(|n| n == listed.iter().filter(|l| l.2).count()))
        })?;
        if is_current {
            return Ok(());
        }
        self.write(|t| {
            t.execute("UPDATE organisation SET listed = 0 WHERE listed", [])?;
            for (name, others, is_watched) in listed {
                t.execute(
                    "INSERT INTO organisation (name, listed) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET listed = ?2",
                    params![name, is_watched],
                )?;
                for other in others.iter().filter(|other| *other != name) {
                    join(t, other, name, "taxonomy")?;
                }
            }
            Ok(())
        })
    }
}

/// Joins the short names that an article tells to the full ones.
pub(super) fn join_told_names(t: &Connection, article: ArticleId) -> Result<()> {
    let mut s =
        t.prepare_cached("SELECT j.value ->> '$.name', j.value ->> '$.of' FROM article a, json_each(a.judgement, '$.aliases') j WHERE a.id = ?1")?;
    let told: Vec<(String, String)> = s.query_map([article.0], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    told.iter().try_for_each(|(name, of)| join(t, name, of, "text"))
}

/// Joins a name to an organisation, unless an editor decided otherwise, or it is the name of two organisations.
fn join(t: &Connection, name: &str, of: &str, by: &str) -> Result<()> {
    let Some(target) = id_of(t, of)? else { return Ok(()) };
    let Some(main) = main_of(t, target)? else { return Ok(()) };
    t.prepare_cached("INSERT OR IGNORE INTO organisation (name, created_at) SELECT ?1, created_at FROM organisation WHERE id = ?2")?
        .execute(params![name, target])?;
    let sql = "SELECT id, main_id, joined_by, listed OR watched IS NOT NULL OR EXISTS (SELECT 1 FROM organisation m WHERE m.main_id = o.id) FROM organisation o WHERE name = ?1";
    let (id, known, joined_by, is_main): (i64, Option<i64>, String, bool) =
        t.prepare_cached(sql)?.query_row([name], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
    if id == main || is_main || known == Some(main) || matches!(joined_by.as_str(), "editor" | "ambiguous") || joined_by == "taxonomy" && by == "text"
    {
        return Ok(());
    }
    // texts disagree: two organisations have this short name
    let (to, by) = if known.is_some() && by == "text" { (None, "ambiguous") } else { (Some(main), by) };
    let head = to.map(|_| head_of(t, target)).transpose()?;
    t.prepare_cached("UPDATE organisation SET main_id = ?2, joined_by = ?3, head_id = ?4 WHERE id = ?1")?.execute(params![id, to, by, head])?;
    Ok(())
}

pub(super) fn id_of(c: &Connection, name: &str) -> Result<Option<i64>> {
    Ok(c.prepare_cached("SELECT id FROM organisation WHERE name = ?1")?.query_row([name], |r| r.get(0)).optional()?)
}

pub(super) fn name_of(c: &Connection, id: i64) -> Result<String> {
    Ok(c.prepare_cached("SELECT name FROM organisation WHERE id = ?1")?.query_row([id], |r| r.get(0)).optional()?.unwrap_or_default())
}

/// Returns the main row of a name.
pub(super) fn main_of(c: &Connection, id: i64) -> Result<Option<i64>> {
    Ok(c.prepare_cached("SELECT coalesce(main_id, id) FROM organisation WHERE id = ?1")?.query_row([id], |r| r.get(0)).optional()?)
}

/// Returns the main name that a name had before any merge.
pub(super) fn head_of(c: &Connection, id: i64) -> Result<i64> {
    Ok(c.prepare_cached("SELECT coalesce(head_id, id) FROM organisation WHERE id = ?1")?.query_row([id], |r| r.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::StoreSettings;
    use crate::model::{Alias, Classification};
    use crate::store::labels::store_judgement;
    use crate::store::{OrganisationChange, OrganisationResult};

    const FULL: &str = "许昌云鹭新材料有限公司";

    fn store(dir: &std::path::Path) -> Store {
        let store = Store::open(dir).unwrap();
        store.write(|t| Ok(t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?)).unwrap();
        store
    }

    fn now() -> DateTime<Utc> {
        "2026-11-24T00:00:00Z".parse().unwrap()
    }

    /// Stores an article, or classifies it again.
    fn tell(store: &Store, n: i64, names: &[&str], aliases: &[(&str, &str)]) {
        let judged = Classification {
            other_organisations: names.iter().map(|n| (*n).to_owned()).collect(),
            aliases: aliases.iter().map(|(name, of)| Alias { name: (*name).to_owned(), of: (*of).to_owned() }).collect(),
            places: vec!["许昌".to_owned()],
            ..Classification::default()
        };
        let fill = |t: &Connection| {
            let entry = "INSERT OR IGNORE INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
            t.execute(entry, [n])?;
            let article = "INSERT OR IGNORE INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id)
                           VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', ?2, 0, '文', '', ?1)";
            t.execute(article, [n, now().timestamp() - n * 86_400])?;
            store_judgement(t, ArticleId(n), &serde_json::to_string(&judged).unwrap())
        };
        store.write(fill).unwrap();
    }

    fn of(store: &Store, name: &str) -> Organisation {
        store.organisation(store.organisation_named(name).unwrap().unwrap()).unwrap().unwrap()
    }

    fn change(store: &Store, name: &str, change: &OrganisationChange) -> Option<i64> {
        let id = store.organisation_named(name).unwrap().unwrap();
        match store.change_organisation(id, change, "张三", now()).unwrap() {
            OrganisationResult::Done(page) => Some(page),
            OrganisationResult::Refused | OrganisationResult::NoteChanged(_) => None,
        }
    }

    fn note(store: &Store, name: &str, text: &str, seen: &str) -> Option<i64> {
        let of = store.organisation_named(name).unwrap().unwrap();
        change(store, name, &OrganisationChange::Note { of, text: text.to_owned(), seen: seen.to_owned() })
    }

    #[test]
    fn a_short_name_that_a_text_tells_belongs_to_the_full_one() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL], &[("云鹭新材", FULL)]);
        tell(&store, 2, &["云鹭新材", "白鹇集团"], &[]);
        let o = of(&store, "云鹭新材");
        assert_eq!((o.name.as_str(), o.other_names[0].joined_by), (FULL, JoinedBy::Text));
        let facts = store.organisation_facts(o.id, now()).unwrap();
        assert_eq!((facts.articles, facts.places[0].1, facts.neighbours[0].1.as_str()), (2, 2, "白鹇集团"));
        assert_eq!(store.organisation_articles(o.id, 10).unwrap().len(), 2);
        // another firm with this short name: it belongs to neither
        tell(&store, 3, &["洛阳云鹭新材料有限公司"], &[("云鹭新材", "洛阳云鹭新材料有限公司")]);
        tell(&store, 1, &[FULL], &[("云鹭新材", FULL)]);
        assert_eq!(of(&store, "云鹭新材").name, "云鹭新材");
        assert!(of(&store, FULL).other_names.is_empty());
    }

    #[test]
    fn an_editor_joins_and_parts_and_articles_judged_again_change_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL], &[("云鹭新材", FULL)]);
        tell(&store, 2, &["云鹭集团"], &[]);
        assert_eq!(change(&store, FULL, &OrganisationChange::MergeInto("没有的".into())), None);
        change(&store, FULL, &OrganisationChange::Watch(true)).unwrap();
        let page = change(&store, FULL, &OrganisationChange::MergeInto("云鹭集团".into())).unwrap();
        let o = of(&store, "云鹭新材");
        assert_eq!((o.id, o.is_watched, o.names().count()), (page, true, 3));
        assert_eq!(change(&store, "云鹭新材", &OrganisationChange::MergeInto("云鹭集团".into())), None, "it is one already");
        assert_eq!(store.watched_by_editors().unwrap(), [["云鹭集团", "云鹭新材", FULL]]);
        let short = store.organisation_named("云鹭新材").unwrap().unwrap();
        change(&store, "云鹭集团", &OrganisationChange::SplitOff(short)).unwrap();
        assert_eq!(change(&store, "云鹭集团", &OrganisationChange::SplitOff(short)), None);
        tell(&store, 1, &[FULL], &[("云鹭新材", FULL)]);
        assert_eq!((of(&store, "云鹭新材").name.as_str(), of(&store, FULL).name.as_str()), ("云鹭新材", "云鹭集团"));
        let log: Vec<String> = store.audit_log(10).unwrap().into_iter().map(|l| l.action).collect();
        assert_eq!(log, ["split-organisation", "merge-organisations", "watch-organisation"]);
    }

    #[test]
    fn a_renamed_organisation_keeps_its_names_and_notes() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL, "白鹇集团"], &[("云鹭新材", FULL)]);
        note(&store, FULL, "重点", "").unwrap();
        assert_eq!(change(&store, FULL, &OrganisationChange::Rename("白鹇集团".into())), None, "the name of another");
        for new in ["云鹭新材料", "云鹭新材", FULL] {
            change(&store, FULL, &OrganisationChange::Rename(new.into())).unwrap();
            let o = of(&store, FULL);
            assert_eq!((o.name.as_str(), o.note.as_str(), store.organisation_facts(o.id, now()).unwrap().articles), (new, "重点", 1));
        }
        assert_eq!(of(&store, FULL).names().count(), 3);
    }

    #[test]
    fn what_the_taxonomy_watches_stays_watched_under_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let listed = [("许昌示例集团".to_owned(), Vec::new(), true)];
        store.list_organisations(&listed).unwrap();
        tell(&store, 1, &["许昌示例集团", "示例控股集团"], &[]);
        change(&store, "许昌示例集团", &OrganisationChange::Rename("示例集团".into())).unwrap();
        change(&store, "示例集团", &OrganisationChange::MergeInto("示例控股集团".into())).unwrap();
        store.list_organisations(&listed).unwrap();
        assert!(of(&store, "示例集团").is_watched);
        assert_eq!(of(&store, "许昌示例集团").name, "示例控股集团");
    }

    #[test]
    fn the_list_has_the_watched_first_and_then_those_in_the_news() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let listed = [("许昌示例集团".to_owned(), vec!["示例电气".to_owned()], true), ("示例药业".to_owned(), Vec::new(), false)];
        for _ in 0..2 {
            store.list_organisations(&listed).unwrap();
        }
        (1..4).for_each(|n| tell(&store, n, &["白鹇集团"], &[]));
        tell(&store, 40, &["示例电气", "青鸾集团"], &[]);
        let rows = |words: &str, watched| store.organisations(words, watched, 0, 10, now()).unwrap().rows;
        let names = |rows: Vec<crate::store::OrganisationRow>| rows.into_iter().map(|r| (r.name, r.recent, r.before)).collect::<Vec<_>>();
        let watched = ("许昌示例集团".to_owned(), 0, 1);
        assert_eq!(names(rows("", false)), [watched.clone(), ("白鹇集团".to_owned(), 3, 0), ("青鸾集团".to_owned(), 0, 1)]);
        assert_eq!(names(rows("", true)), std::slice::from_ref(&watched));
        assert_eq!(names(rows("示例 电", false)), [watched], "found by another name, whatever the spaces");
        let page = |skip| store.organisations("", false, skip, 2, now()).unwrap();
        assert_eq!((page(0).rows.len(), page(0).total), (2, 3));
        assert_eq!((page(2).rows.len(), page(2).total), (1, 3));
        assert_eq!((page(4).rows.len(), page(4).total), (0, 3), "behind the last page");
        change(&store, "示例电气", &OrganisationChange::Watch(false)).unwrap();
        assert!(rows("", true).is_empty());
        assert_eq!(store.unwatched_by_editors().unwrap(), ["许昌示例集团", "示例电气"]);
    }

    #[test]
    fn names_that_no_article_has_go_and_those_of_editors_stay() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &["日前白鹇集团", FULL], &[("云鹭新材", FULL)]);
        tell(&store, 2, &["青鸾集团"], &[]);
        note(&store, "青鸾集团", "看", "").unwrap();
        tell(&store, 1, &["白鹇集团"], &[]);
        tell(&store, 2, &[], &[]);
        store.apply_retention(&StoreSettings::default(), now()).unwrap();
        let there = |name: &str| store.organisation_named(name).unwrap().is_some();
        assert!(!there("日前白鹇集团") && !there(FULL) && !there("云鹭新材"));
        assert!(there("白鹇集团") && there("青鸾集团"));
    }

    #[test]
    fn a_split_gives_back_what_a_merge_brought() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL, "白鹇集团", "青鸾集团"], &[("云鹭新材", FULL), ("白鹇股份", "白鹇集团")]);
        note(&store, FULL, "每月看", "").unwrap();
        change(&store, FULL, &OrganisationChange::Watch(true)).unwrap();
        change(&store, FULL, &OrganisationChange::Rename("云鹭材料集团".into())).unwrap();
        note(&store, "白鹇集团", "竞争对手", "").unwrap();
        let before: Vec<_> = [FULL, "白鹇集团"].map(|name| of(&store, name)).into();
        // into 白鹇, and both into 青鸾, under a new name of that
        change(&store, FULL, &OrganisationChange::MergeInto("白鹇股份".into())).unwrap();
        change(&store, "白鹇集团", &OrganisationChange::MergeInto("青鸾集团".into())).unwrap();
        change(&store, "青鸾集团", &OrganisationChange::Rename("青鸾控股".into())).unwrap();
        let all = of(&store, FULL);
        assert_eq!((all.name.as_str(), all.is_watched, all.names().count()), ("青鸾控股", true, 7));
        let notes: Vec<_> = all.other_names.iter().filter(|n| n.is_merged()).map(|n| (n.name.as_str(), n.note.as_str())).collect();
        assert_eq!(notes, [("白鹇集团", "竞争对手"), ("云鹭材料集团", "每月看")]);
        // what a text tells meanwhile belongs to the organisation of which it tells it
        tell(&store, 2, &[FULL], &[("云鹭许昌", FULL)]);
        // by the old name, which is one of its names
        let id = |name: &str| store.organisation_named(name).unwrap().unwrap();
        change(&store, "青鸾控股", &OrganisationChange::SplitOff(id("白鹇集团"))).unwrap();
        assert_eq!(of(&store, "青鸾集团").names().collect::<Vec<_>>(), ["青鸾控股", "青鸾集团"]);
        assert!(!of(&store, "青鸾集团").is_watched);
        change(&store, "白鹇集团", &OrganisationChange::SplitOff(id(FULL))).unwrap();
        let after = of(&store, FULL);
        assert_eq!(after.names().collect::<Vec<_>>(), ["云鹭材料集团", "云鹭新材", "云鹭许昌", FULL]);
        assert_eq!((after.id, after.note.as_str(), after.is_watched), (before[0].id, "每月看", true));
        assert_eq!(of(&store, "白鹇集团"), before[1]);
    }

    #[test]
    fn the_name_of_a_merged_organisation_becomes_the_main_one_and_the_merge_can_be_undone() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL, "白鹇集团"], &[("云鹭新材", FULL), ("白鹇股份", "白鹇集团")]);
        change(&store, FULL, &OrganisationChange::MergeInto("白鹇集团".into())).unwrap();
        let page = change(&store, FULL, &OrganisationChange::Rename("云鹭新材".into())).unwrap();
        assert_eq!(of(&store, "白鹇股份").names().collect::<Vec<_>>(), ["云鹭新材", FULL, "白鹇集团", "白鹇股份"]);
        let other = store.organisation_named("白鹇集团").unwrap().unwrap();
        assert_eq!(change(&store, FULL, &OrganisationChange::SplitOff(other)), Some(page));
        assert_eq!(of(&store, "白鹇集团").names().collect::<Vec<_>>(), ["白鹇集团", "白鹇股份"]);
        assert_eq!(of(&store, FULL).names().collect::<Vec<_>>(), ["云鹭新材", FULL]);
    }

    #[test]
    fn a_mistyped_name_goes_and_one_that_an_article_uses_stays() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL], &[("云鹭新材", FULL)]);
        for name in ["云路集团", "云鹭集团"] {
            change(&store, FULL, &OrganisationChange::Rename(name.into())).unwrap();
        }
        let o = of(&store, FULL);
        let removable: Vec<_> = o.other_names.iter().filter(|n| n.is_removable).map(|n| n.name.as_str()).collect();
        assert_eq!(removable, ["云路集团"]);
        for n in &o.other_names {
            assert_eq!(change(&store, FULL, &OrganisationChange::RemoveName(n.id)).is_some(), n.is_removable, "{}", n.name);
        }
        assert_eq!(change(&store, FULL, &OrganisationChange::RemoveName(o.id)), None, "the main name");
        assert_eq!(store.organisation_named("云路集团").unwrap(), None);
    }

    #[test]
    fn a_note_that_another_editor_changed_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        tell(&store, 1, &[FULL], &[]);
        note(&store, FULL, "一\r\n二", "").unwrap();
        let id = store.organisation_named(FULL).unwrap().unwrap();
        let late = OrganisationChange::Note { of: id, text: "三".to_owned(), seen: String::new() };
        let refused = store.change_organisation(id, &late, "李四", now()).unwrap();
        assert_eq!(refused, OrganisationResult::NoteChanged("一\r\n二".to_owned()));
        assert!(note(&store, FULL, "三", "一\n二").is_some());
        assert_eq!(of(&store, FULL).note, "三");
    }
}
