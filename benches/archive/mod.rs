//! Filling a database with articles, for the benches that need a large archive.
#![allow(dead_code)] // each bench takes what it needs

use rusqlite::{Connection, Statement, params};

/// Begins a transaction that does not wait for the disk, and adds the one source.
pub fn begin(c: &Connection) {
    c.execute_batch(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN; INSERT INTO source (id, name, url) VALUES ('s', '示例网', 'http://s/')",
    )
    .unwrap();
}

/// Adds entries with their articles.
pub struct Articles<'c> {
    entry: Statement<'c>,
    article: Statement<'c>,
}

impl<'c> Articles<'c> {
    pub fn of(c: &'c Connection) -> Self {
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 's', ?2, ?2, ?2, 't', 'done', 0)";
        let article = "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id, judgement)
                       VALUES (?1, ?1, 's', ?2, ?2, ?3, ?4, ?4, ?5, '', ?6, ?7)";
        Self { entry: c.prepare(entry).unwrap(), article: c.prepare(article).unwrap() }
    }

    pub fn add(&mut self, id: i64, title: &str, text: &str, when: i64, story: Option<i64>, judgement: Option<&str>) {
        let url = format!("http://s/{id}");
        self.entry.execute(params![id, url]).unwrap();
        self.article.execute(params![id, url, title, when, text, story, judgement]).unwrap();
    }
}

/// Bytes of this process in memory.
pub fn resident() -> f64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap().split(' ').nth(1).unwrap().parse::<f64>().unwrap();
    pages * 4096.0
}
