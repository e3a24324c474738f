use super::*;
use crate::grades::ReliabilityReason;
use crate::issue::tests::now;

const REPORTS: [(&str, &str, &str); 3] = [
    (
        "北岸日报",
        "云鹭科技隔膜项目在许昌投产",
        "11月3日，云鹭科技公司锂电池隔膜项目在许昌投产，总投资12.5亿元。车间主任乙某说，首条生产线有42名操作工，调试用了75天。",
    ),
    (
        "南岸晚报",
        "投资12.5亿元 云鹭科技新厂开机",
        "走进许昌经开区的云鹭科技公司厂房，机器轰鸣。这个投资12.5亿元的隔膜项目当天投产。居民丙某告诉我们，他家有2人应聘，月薪6500元，到洛阳的班车每天4班。",
    ),
    ("南岸晚报", "更正：一篇报道的日期", "本报昨日一篇报道的日期有误，特此更正，并向读者致歉，今后将加强核对。"),
];

fn store(dir: &std::path::Path) -> Store {
    let store = Store::open(dir).unwrap();
    let fill = |t: &Connection| {
        for (n, (publisher, title, text)) in (1i64..).zip(REPORTS) {
            let source = if n == 1 { "a" } else { "b" };
            t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES (?1, '示例门户', 'https://a.cn/')", [source])?;
            let entry = "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?1, ?1, 'https://a.cn/', '题', 'done', 0)";
            t.execute(entry, params![n, source])?;
            let article =
                "INSERT INTO article (id, entry_id, source_id, canonical, url, title, publisher, effective, fetched, text, html, story_id, event_id)
                           VALUES (?1, ?1, ?6, ?1, 'https://a.cn/', ?2, ?3, ?4, ?4, ?5, '', ?1, iif(?1 = 3, 3, 1))";
            t.execute(article, params![n, title, publisher, 1_762_000_000 - (n / 3) * 90_000 + n, text, source])?;
        }
        Ok(())
    };
    store.write(fill).unwrap();
    store
}

#[test]
fn reports_of_an_event_are_graded_together() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let first = store.update_grade(ArticleId(1), now()).unwrap().unwrap();
    assert_eq!(first.mark().to_string(), "B1");
    let both = store.grades(&[1, 2, 3, 9].map(ArticleId)).unwrap();
    assert_eq!(both.len(), 2, "the third is of another event");
    assert_eq!(both[&ArticleId(2)].mark().to_string(), "C1", "it printed a correction");
    assert!(store.update_grade(ArticleId(9), now()).unwrap().is_none());
    assert_eq!(store.update_grade(ArticleId(3), now()).unwrap().map(|g| g.mark().to_string()), Some("B2".to_owned()));
}

#[test]
fn an_editor_overrules_and_takes_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    store.update_grade(ArticleId(1), now()).unwrap();
    let said =
        OverruledGrade {
            reliability: None, credibility: Some(Credibility::Doubtful), reason: "当事人否认".into(), who: "张三".into(), at: now()
        };
    assert!(store.overrule_grade(ArticleId(1), &said).unwrap());
    assert!(!store.overrule_grade(ArticleId(9), &said).unwrap());
    let judged = store.update_grade(ArticleId(1), now()).unwrap().unwrap();
    assert_eq!(
        (judged.mark().to_string().as_str(), judged.computed.credibility, judged.overruled.as_ref()),
        ("B4", Credibility::Confirmed, Some(&said))
    );
    assert!(store.restore_grade(ArticleId(1), "张三", now()).unwrap() && !store.restore_grade(ArticleId(1), "张三", now()).unwrap());
    assert_eq!(store.grades(&[ArticleId(1)]).unwrap()[&ArticleId(1)].mark().to_string(), "B1");
}

#[test]
fn a_report_that_came_since_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let move_second = |event: i64| store.write(|t| Ok(t.execute("UPDATE article SET event_id = ?1 WHERE id = 2", [event])?)).unwrap();
    let mark = |at| store.current_grades(&[ArticleId(1)], at).unwrap().remove(&ArticleId(1)).map(|g| g.mark().to_string()).unwrap_or_default();
    move_second(7);
    assert_eq!(mark(now()), "B2");
    move_second(1);
    assert_eq!((mark(now()).as_str(), mark(now() + FRESH).as_str()), ("B2", "B1"));
}

#[test]
fn a_correction_of_an_issue_counts_against_the_source_of_its_item() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    // the second article is about to be graded; the one before it, of the same source, was printed and corrected
    let correct = |t: &Connection| {
        t.execute_batch(
            "UPDATE article SET title = '一篇旧闻' WHERE id = 3;
             INSERT INTO edition (id, publication, date, year, number, total, built, payload) VALUES (1, '快报', '2026-11-01', 2026, 1, 1, 0, '{}');
             INSERT INTO notice (edition_id, publication, kind, year, number, round, article_id, wrong, right, user, at, date)
             VALUES (1, '快报', 'correction', 2026, 1, 1, 3, '20%', '2%', '责编', 0, '2026-11-02'), (1, '快报', 'withdrawal', 2026, 1, 1, NULL, '', '', '责编', 0, '2026-11-02');",
        )?;
        Ok(())
    };
    store.write(correct).unwrap();
    let grade = store.update_grade(ArticleId(2), now()).unwrap().unwrap();
    assert_eq!(grade.computed.reliability_reasons.last(), Some(&ReliabilityReason::CorrectedByEditors(1)));
    assert_eq!(grade.mark().to_string(), "C1");
}

#[test]
fn marks_are_read_at_once_and_missing_ones_computed_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let ids = [1, 2, 3, 9].map(ArticleId);
    assert!(store.marks(&ids).unwrap().is_empty());
    let mut marks = HashMap::new();
    store.grade_missing(&ids, &mut marks, 1, now()).unwrap();
    assert_eq!(marks.len(), 1);
    let said = OverruledGrade { reliability: Some(Reliability::E), credibility: None, reason: "无".into(), who: "张三".into(), at: now() };
    store.overrule_grade(ArticleId(2), &said).unwrap();
    let stored = store.marks(&ids).unwrap();
    let mark = |id| stored.get(&ArticleId(id)).map(GradeMark::to_string);
    assert_eq!((mark(1).as_deref(), mark(2).as_deref(), mark(3)), (Some("B1"), Some("E1"), None), "what an editor says holds");
    let mut all = stored;
    store.grade_missing(&ids, &mut all, 9, now()).unwrap();
    assert_eq!(all.len(), 3);
}

#[test]
fn the_cost_does_not_grow_with_the_archive() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let plan = |sql: &str| -> Vec<String> {
        let read = |c: &Connection| {
            let mut s = c.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = s.query_map([], |r| r.get::<_, String>(3))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        };
        store.read(read).unwrap()
    };
    let event = plan(
        "SELECT a.id FROM article a JOIN source s ON s.id = a.source_id WHERE a.event_id = 1 AND 1 IS NOT NULL ORDER BY a.effective, a.id LIMIT 24",
    );
    let record = plan(
        "SELECT title, EXISTS (SELECT 1 FROM decision d WHERE d.article_id = a.id AND d.action = 'dropped' AND d.detail = 'x'),
                       EXISTS (SELECT 1 FROM notice n WHERE n.article_id = a.id AND n.kind = 'correction')
                       FROM article a WHERE source_id = 'a' AND effective < 9 ORDER BY effective DESC LIMIT 300",
    );
    for (steps, index) in [(event, "article_event_time"), (record, "article_source")] {
        assert!(steps.iter().any(|s| s.contains(index)) && steps.iter().all(|s| !s.contains("SCAN") && !s.contains("TEMP B-TREE")), "{steps:?}");
    }
}
