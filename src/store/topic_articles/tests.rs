use rusqlite::Connection;

use super::*;
use crate::dedup::fingerprint::MinHashSignature;
use crate::model::{EntryId, Extracted, Label, MailAddress, SourceId, TopicAnswer, TopicDraft, TopicKind, WebUrl};
use crate::store::{NewArticle, Role};

fn time(day: u32) -> DateTime<Utc> {
    format!("2026-11-{day:02}T00:00:00Z").parse().unwrap()
}

fn opened() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.write(|t| Ok(t.execute("INSERT INTO source (id, name, url) VALUES ('a', '甲', 'https://a.cn/')", []).map(|_| ())?)).unwrap();
    for name in ["甲", "乙"] {
        assert!(store.add_account(name, Role::Editor, "x", "管理员", time(1)).unwrap());
    }
    (dir, store)
}

fn draft(expression: &str) -> TopicDraft {
    TopicDraft {
        title: "固态电池".into(),
        question: "谁先量产？".into(),
        kind: TopicKind::Competitor,
        filter: TopicFilter { expression: expression.into(), ..TopicFilter::default() },
        owner: "甲".into(),
        recipients: vec![MailAddress::parse("处长 <a@b.cn>").unwrap()],
        due: "2026-12-01".parse().ok(),
        request: None,
    }
}

fn add_article(store: &Store, n: i64, title: &str, labels: Classification, fetched: DateTime<Utc>) -> ArticleId {
    let url = WebUrl::parse(&format!("https://a.cn/{n}")).unwrap();
    let entry = |t: &Connection| {
        let sql =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?2, ?2, '', 'pending', 0)";
        Ok(t.execute(sql, params![n, url.as_str()])?)
    };
    store.write(entry).unwrap();
    let text = format!("{title}，第{n}号消息，企业和市场都有新的变化。");
    let new = NewArticle {
        entry: EntryId(n),
        source: SourceId::parse("a").unwrap(),
        url,
        part: None,
        title: title.into(),
        published_at: None,
        signature: MinHashSignature::new(&text),
        extracted: Extracted { text, ..Extracted::default() },
        fetched,
        words: (String::new(), String::new()),
        classification: labels,
    };
    store.commit_article(&new, None).unwrap().unwrap()
}

fn titles(store: &Store, id: TopicId) -> Vec<(String, bool)> {
    store.topic_articles(id, 100).unwrap().into_iter().map(|a| (a.headline.title, a.is_news)).collect()
}

#[test]
fn a_topic_finds_the_archive_of_ninety_days_and_every_article_as_it_comes() {
    let (_dir, store) = opened();
    let long_ago: DateTime<Utc> = "2026-07-01T00:00:00Z".parse().unwrap();
    add_article(&store, 1, "固态电池旧闻", Classification::default(), long_ago);
    add_article(&store, 2, "固态电池中试", Classification::default(), time(2));
    add_article(&store, 3, "陶瓷出口", Classification::default(), time(2));
    let preview = store.preview_topic(draft("固态电池").filter, time(1), 5).unwrap();
    assert_eq!((preview.matching, preview.tried, preview.is_complete, preview.examples.len()), (1, 2, true, 1));

    let id = store.add_topic(&draft("固态电池"), "甲", time(10)).unwrap();
    assert!(store.topic(id).unwrap().unwrap().is_searching);
    // before the search is done, articles come
    add_article(&store, 4, "固态电池投产", Classification::default(), time(10));
    store.search_archive_for_topics().unwrap();
    let expected = [("固态电池投产".to_owned(), true), ("固态电池中试".to_owned(), false)];
    assert_eq!(titles(&store, id), expected);
    let topic = store.topic(id).unwrap().unwrap();
    assert_eq!((topic.draft, topic.is_searching), (draft("固态电池"), false));

    // with other words the archive is read again; what fits no more goes
    assert!(store.edit_topic(id, &draft("陶瓷 标题:投产"), "乙", time(11)).unwrap());
    store.search_archive_for_topics().unwrap();
    assert_eq!(titles(&store, id), [("固态电池投产".to_owned(), true), ("陶瓷出口".to_owned(), false)]);
    assert!(store.write(|t| Ok(t.execute("DELETE FROM topic_article", [])?)).unwrap() == 2);
    store.edit_topic(id, &TopicDraft { title: "改名".into(), ..draft("陶瓷 标题:投产") }, "乙", time(12)).unwrap();
    assert!(!store.topic(id).unwrap().unwrap().is_searching, "the same words need no search");
}

#[test]
fn each_editor_has_his_own_news_and_what_is_irrelevant_is_none() {
    let (_dir, store) = opened();
    let id = store.add_topic(&draft("电池"), "甲", time(1)).unwrap();
    store.search_archive_for_topics().unwrap();
    let first = add_article(&store, 1, "电池一", Classification::default(), time(2));
    let unseen = |who: &str| store.topics(who).unwrap()[0].unseen;
    assert_eq!((unseen("甲"), unseen("乙"), store.topics("甲").unwrap()[0].newest), (1, 1, Some(time(2))));
    assert_eq!(store.visit_topic(id, "甲", time(3)).unwrap(), 0);
    assert_eq!((unseen("甲"), unseen("乙")), (0, 1));
    // reloading within the visit keeps the marks; a later visit has seen them
    assert_eq!(store.visit_topic(id, "甲", time(3) + TimeDelta::minutes(5)).unwrap(), 0);
    let number = store.topic_articles(id, 9).unwrap()[0].number;
    assert_eq!(store.visit_topic(id, "甲", time(4)).unwrap(), number);
    assert_eq!(store.visit_topic(id, "没有这个账号", time(4)).unwrap(), 0);

    add_article(&store, 2, "电池二", Classification::default(), time(5));
    let news = |after: i64| store.topic_news(id, after, 9).unwrap().into_iter().map(|a| a.headline.title).collect::<Vec<_>>();
    assert_eq!((news(0).len(), news(number)), (2, vec!["电池二".to_owned()]));
    let all = store.whole_archive().range;
    assert_eq!((store.topics_of(all).unwrap().len(), store.article_topics(first).unwrap()), (2, vec![(id, "固态电池".to_owned())]));
    assert!(store.dismiss_from_topic(id, first, true, "甲", time(5)).unwrap());
    assert_eq!((store.topics_of(all).unwrap().len(), store.article_topics(first).unwrap().len()), (1, 0));
    assert!(!store.dismiss_from_topic(id, ArticleId(99), true, "甲", time(5)).unwrap());
    assert_eq!((unseen("乙"), store.topics("乙").unwrap()[0].articles, news(0).len()), (1, 1, 1));
    assert!(store.topic_articles(id, 9).unwrap().last().unwrap().is_dismissed);
    assert!(store.dismiss_from_topic(id, first, false, "甲", time(5)).unwrap());
    assert_eq!(unseen("乙"), 2);
}

#[test]
fn corrected_labels_move_an_article_and_a_closed_topic_keeps_what_it_has() {
    let (_dir, store) = opened();
    let filter = TopicFilter { industries: vec!["食品".into()], ..TopicFilter::default() };
    let food = store.add_topic(&TopicDraft { filter, ..draft("") }, "甲", time(1)).unwrap();
    let label = Label { name: "食品".into(), score: 1.0, evidence: Vec::new(), p: None };
    let labels = Classification { industries: vec![label], ..Classification::default() };
    let article = add_article(&store, 1, "面粉涨价", labels.clone(), time(2));
    assert_eq!(titles(&store, food).len(), 1);
    store.set_labels(article, &["建材".into()], "行业动态", "甲", time(2)).unwrap();
    assert!(titles(&store, food).is_empty());
    store.set_labels(article, &["食品".into()], "行业动态", "甲", time(2)).unwrap();
    assert_eq!(titles(&store, food), [("面粉涨价".to_owned(), false)]);

    let answer = TopicAnswer { text: "已报".into(), edition: None, article: None };
    assert!(store.close_topic(food, Some(&answer), "甲", time(3)).unwrap());
    let late = add_article(&store, 2, "大米涨价", labels, time(4));
    store.set_labels(article, &["建材".into()], "行业动态", "甲", time(4)).unwrap();
    assert_eq!(titles(&store, food), [("面粉涨价".to_owned(), false)]);
    let closed = store.topic(food).unwrap().unwrap();
    assert_eq!((closed.answer, closed.closed_at), (Some(answer), Some(time(3))));
    assert!(store.reopen_topic(food, "甲", time(5)).unwrap());
    store.search_archive_for_topics().unwrap();
    assert_eq!(store.topic_articles(food, 9).unwrap().iter().map(|a| a.headline.id).collect::<Vec<_>>(), [late]);

    // a deleted article or topic leaves nothing
    store.write(|t| Ok(t.execute("DELETE FROM article WHERE id = ?1", [late.0])?)).unwrap();
    assert!(titles(&store, food).is_empty());
    store.visit_topic(food, "甲", time(5)).unwrap();
    assert!(store.delete_topic(food, "甲", time(6)).unwrap() && !store.delete_topic(food, "甲", time(6)).unwrap());
    assert!(store.topics("甲").unwrap().is_empty());
    assert_eq!(store.audit_log(1).unwrap()[0].action, "delete-topic");
}

#[test]
fn topics_made_while_articles_come_miss_none() {
    let (_dir, store) = opened();
    let writer = {
        let store = store.clone();
        std::thread::spawn(move || {
            for n in 1..=60 {
                add_article(&store, n, &format!("电池{n}"), Classification::default(), time(2));
            }
        })
    };
    let ids: Vec<TopicId> = (0..6).map(|_| store.add_topic(&draft("电池"), "甲", time(2)).unwrap()).collect();
    let searcher = store.clone();
    let other = std::thread::spawn(move || searcher.search_archive_for_topics());
    store.search_archive_for_topics().unwrap();
    other.join().unwrap().unwrap();
    writer.join().unwrap();
    for id in ids {
        assert_eq!(store.topic_articles(id, 100).unwrap().len(), 60);
    }
}
