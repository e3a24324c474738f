use rusqlite::params;

use super::*;

fn article(entry: i64, text: &str) -> NewArticle {
    NewArticle {
        entry: EntryId(entry),
        source: SourceId::parse("a").unwrap(),
        url: WebUrl::parse("https://a.cn/1").unwrap(),
        part: None,
        title: "许昌发制品出口增长".into(),
        published_at: None,
        signature: MinHashSignature::new(text),
        extracted: Extracted { text: text.into(), ..Extracted::default() },
        fetched: DateTime::UNIX_EPOCH,
        words: (String::new(), String::new()),
        classification: Classification::default(),
    }
}

#[test]
fn a_result_that_comes_twice_leaves_its_entry_done() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let entry = |t: &Connection, id: i64| {
        let sql = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen)
                   VALUES (?1, 'a', ?1, 'https://a.cn/1', 'https://a.cn/1', '', 'pending', 0)";
        t.execute(sql, params![id])
    };
    store
        .write(|t| {
            t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            entry(t, 1)?;
            Ok(entry(t, 2)?)
        })
        .unwrap();
    let state = |id: i64| store.read(|c| Ok(c.query_row("SELECT state FROM entry WHERE id = ?1", [id], |r| r.get::<_, String>(0))?)).unwrap();
    assert!(store.commit_article(&article(1, "许昌发制品出口增长。"), None).unwrap().is_some());
    assert!(store.commit_article(&article(1, "许昌发制品出口增长。"), None).unwrap().is_none());
    assert_eq!(state(1), "done");
    assert!(store.commit_article(&article(2, "许昌发制品出口增长。"), None).unwrap().is_none());
    assert_eq!(state(2), "duplicate");
    store.entry_failed(EntryId(1), "late", None, None, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(state(1), "done", "a late failure does not undo it");
}
