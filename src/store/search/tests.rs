use super::*;
use crate::model::{Credibility, GradeFloor, Reliability};
use crate::store::labels::store_judgement;

#[test]
fn every_wish_alone_and_together_is_a_valid_search() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let day = Some("2026-11-24".parse().unwrap());
    let text = |t: &str| Some(t.to_owned());
    for bits in 0u32..1024 {
        let on = |bit: u32| bits & (1 << bit) != 0;
        let filter = Filter {
            words: text("发制品 \" OR NEAR(").filter(|_| on(0)),
            industry: text("发'制品").filter(|_| on(1)),
            column: text("行业动态").filter(|_| on(2)),
            source: text("a").filter(|_| on(3)),
            place: text("许'昌").filter(|_| on(6)),
            organisation: text("瑞贝卡").filter(|_| on(7)),
            floor: GradeFloor { reliability: Some(Reliability::C).filter(|_| on(8)), credibility: Some(Credibility::PossiblyTrue).filter(|_| on(9)) },
            from: day.filter(|_| on(4)),
            to: day.filter(|_| on(5)),
            zone: chrono_tz::Asia::Shanghai,
        };
        assert!(store.find(&filter, 10).unwrap().is_empty());
        assert_eq!(store.count(&filter, 10).unwrap(), 0);
    }
    assert!(store.article(ArticleId(1)).unwrap().is_none());
}

#[test]
fn a_wish_beside_a_word_is_looked_for_in_all_that_hold_the_word() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (few, many) = (3, i64::try_from(RANKED).unwrap() + 10);
    let fill = |t: &rusqlite::Connection| {
        for n in 1..=few + many {
            let source = if n <= few { "old" } else { "new" };
            t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES (?1, ?1, 'https://a.cn/')", [source])?;
            t.execute("INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?1, ?1, 'https://a.cn/', '题', 'done', 0)", rusqlite::params![n, source])?;
            t.execute("INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?1, ?2, ?1, 'https://a.cn/', '题', ?1, 0, '文', '')", rusqlite::params![n, source])?;
            t.execute("INSERT INTO article_words (rowid, title, text) VALUES (?1, '企业', '')", [n])?;
        }
        Ok(())
    };
    store.write(fill).unwrap();
    let of = |source: Option<&str>| Filter {
        words: Some("企业".to_owned()),
        industry: None,
        column: None,
        place: None,
        organisation: None,
        source: source.map(str::to_owned),
        floor: GradeFloor::default(),
        from: None,
        to: None,
        zone: Tz::UTC,
    };
    assert_eq!((store.find(&of(Some("old")), 10).unwrap().len(), store.count(&of(Some("old")), 10).unwrap()), (3, 3));
    assert_eq!((store.find(&of(None), 10_000).unwrap().len(), store.count(&of(None), 10_000).unwrap()), (RANKED, RANKED + 13));
    assert_eq!(store.count(&of(None), 100).unwrap(), 100, "no further than asked");
}

#[test]
fn labels_are_found_as_they_are_now() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let judgement = |industry: &str, place: &str, organisation: &str| {
        format!(
            r#"{{"industries":[{{"name":"{industry}","score":1,"evidence":[]}}],"column":"行业动态","keywords":[],"places":["{place}"],"organisations":["{organisation}"],"mentioned":["示例{organisation}"]}}"#
        )
    };
    store
        .write(|t| {
            t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", [])?;
            for n in 1..=6i64 {
                t.execute("INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)", [n])?;
                let j = judgement(if n % 2 == 0 { "食品" } else { "建材" }, if n % 3 == 0 { "许昌市" } else { "郑州市" }, "瑞贝卡");
                t.execute("INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', ?1, 0, '文', '')", [n])?;
                store_judgement(t, ArticleId(n), &j)?;
            }
            store_judgement(t, ArticleId(6), &judgement("化工", "许昌市", "许继"))?;
            Ok(())
        })
        .unwrap();
    let find = |industry: Option<&str>, place: Option<&str>, organisation: Option<&str>, source: Option<&str>, most: usize| -> Vec<i64> {
        let text = |t: Option<&str>| t.map(str::to_owned);
        let filter = Filter {
            words: None,
            industry: text(industry),
            column: text(Some("行业动态")),
            place: text(place),
            organisation: text(organisation),
            source: text(source),
            floor: GradeFloor::default(),
            from: None,
            to: None,
            zone: Tz::UTC,
        };
        let found: Vec<i64> = store.find(&filter, most).unwrap().into_iter().map(|h| h.id.0).collect();
        assert_eq!(store.count(&filter, most).unwrap(), found.len(), "{filter:?}");
        found
    };
    assert_eq!(find(Some("食品"), None, None, None, 10), [4, 2]);
    assert_eq!(find(Some("建材"), None, None, None, 10), [5, 3, 1]);
    assert_eq!(find(Some("建材"), Some("许昌市"), None, None, 10), [3]);
    assert_eq!(find(None, None, Some("贝卡"), None, 2), [5, 4]);
    assert_eq!(find(None, Some("许昌市"), None, Some("a"), 10), [6, 3]);
    assert_eq!(find(Some("化工"), None, Some("许继"), Some("a"), 10), [6]);
}

#[test]
fn a_floor_finds_what_is_as_good_and_editors_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let fill = |t: &rusqlite::Connection| {
        t.execute_batch("INSERT INTO source (id, name, url) VALUES ('a', 'a', 'https://a.cn/')")?;
        for (n, grade) in (1i64..).zip([("A", 1), ("C", 3), ("D", 2), ("F", 6), ("B", 4)]) {
            t.execute("INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?1, 'https://a.cn/', '题', 'done', 0)", [n])?;
            t.execute("INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html) VALUES (?1, ?1, 'a', ?1, 'https://a.cn/', '题', -?1, 0, '文', '')", [n])?;
            t.execute("INSERT INTO article_industry (article_id, name, effective) VALUES (?1, '建材', -?1)", [n])?;
            t.execute(
                "INSERT INTO grade (article_id, reliability, credibility, payload, at) VALUES (?1, ?2, ?3, '{}', 0)",
                rusqlite::params![n, grade.0, grade.1],
            )?;
        }
        t.execute_batch("INSERT INTO grade_overruled (article_id, reliability, credibility, reason, who, at) VALUES (5, NULL, 2, '', '', 0)")?;
        Ok(())
    };
    store.write(fill).unwrap();
    let found = |reliability: Option<Reliability>, credibility: Option<Credibility>, industry: Option<&str>| -> Vec<i64> {
        let filter = Filter {
            words: None,
            industry: industry.map(str::to_owned),
            column: None,
            place: None,
            organisation: None,
            source: None,
            floor: GradeFloor { reliability, credibility },
            from: None,
            to: None,
            zone: Tz::UTC,
        };
        assert_eq!(store.count(&filter, 9).unwrap(), store.find(&filter, 9).unwrap().len());
        store.find(&filter, 9).unwrap().iter().map(|h| h.id.0).collect()
    };
    for industry in [None, Some("建材")] {
        assert_eq!(found(Some(Reliability::C), None, industry), [1, 2, 5]);
        assert_eq!(found(None, Some(Credibility::ProbablyTrue), industry), [1, 3, 5], "an editor raised the last one");
        assert_eq!(found(Some(Reliability::B), Some(Credibility::Improbable), industry), [1, 5]);
        assert_eq!(found(None, None, industry).len(), 5);
    }
}
