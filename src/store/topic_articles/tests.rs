use rusqlite::Connection;

use super::*;
use crate::dedup::fingerprint::MinHashSignature;
use crate::model::{EntryId, Extracted, Label, MailAddress, SourceId, TopicAnswer, TopicDraft, TopicKind, WebUrl};
use crate::store::{NewArticle, OrganisationChange, OrganisationResult, Role, TopicClosing, TopicEdit};

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

fn add(store: &Store, draft: &TopicDraft, who: &str, now: DateTime<Utc>) -> TopicId {
    match store.add_topic(draft, who, now).unwrap() {
        TopicEdit::Saved(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Saves as an editor who has seen the topic as it is.
fn edit(store: &Store, id: TopicId, draft: &TopicDraft, now: DateTime<Utc>) -> TopicEdit {
    let seen = store.topic(id).unwrap().unwrap().draft.version();
    store.edit_topic(id, draft, &seen, "乙", now).unwrap()
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

    let id = add(&store, &draft("固态电池"), "甲", time(10));
    assert!(store.topic(id).unwrap().unwrap().is_searching);
    // before the search is done, articles come
    add_article(&store, 4, "固态电池投产", Classification::default(), time(10));
    store.search_archive_for_topics().unwrap();
    let expected = [("固态电池投产".to_owned(), true), ("固态电池中试".to_owned(), false)];
    assert_eq!(titles(&store, id), expected);
    let topic = store.topic(id).unwrap().unwrap();
    assert_eq!((topic.draft, topic.is_searching), (draft("固态电池"), false));

    // with other words the archive is read again; what fits no more goes
    assert_eq!(edit(&store, id, &draft("陶瓷 标题:投产"), time(11)), TopicEdit::Saved(id));
    store.search_archive_for_topics().unwrap();
    assert_eq!(titles(&store, id), [("固态电池投产".to_owned(), true), ("陶瓷出口".to_owned(), false)]);
    assert!(store.write(|t| Ok(t.execute("DELETE FROM topic_article", [])?)).unwrap() == 2);
    edit(&store, id, &TopicDraft { title: "改名".into(), ..draft("陶瓷 标题:投产") }, time(12));
    assert!(!store.topic(id).unwrap().unwrap().is_searching, "the same words need no search");
}

#[test]
fn each_editor_has_his_own_news_and_what_is_irrelevant_is_none() {
    let (_dir, store) = opened();
    let id = add(&store, &draft("电池"), "甲", time(1));
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
    let all = store.whole_archive().range;
    assert_eq!((store.topics_of(all).unwrap().len(), store.article_topics(first).unwrap()), (2, vec![(id, "固态电池".to_owned())]));
    assert!(store.dismiss_from_topic(id, first, true, "甲", time(5)).unwrap());
    assert_eq!((store.topics_of(all).unwrap().len(), store.article_topics(first).unwrap().len()), (1, 0));
    assert!(!store.dismiss_from_topic(id, ArticleId(99), true, "甲", time(5)).unwrap());
    assert_eq!((unseen("乙"), store.topics("乙").unwrap()[0].articles), (1, 1));
    assert!(store.topic_articles(id, 9).unwrap().last().unwrap().is_dismissed);
    assert!(store.dismiss_from_topic(id, first, false, "甲", time(5)).unwrap());
    assert_eq!(unseen("乙"), 2);
}

#[test]
fn corrected_labels_move_an_article_and_a_closed_topic_keeps_what_it_has() {
    let (_dir, store) = opened();
    let filter = TopicFilter { industries: vec!["食品".into()], ..TopicFilter::default() };
    let food = add(&store, &TopicDraft { filter, ..draft("") }, "甲", time(1));
    let label = Label { name: "食品".into(), score: 1.0, evidence: Vec::new(), p: None };
    let labels = Classification { industries: vec![label], ..Classification::default() };
    let article = add_article(&store, 1, "面粉涨价", labels.clone(), time(2));
    assert_eq!(titles(&store, food).len(), 1);
    store.set_labels(article, &["建材".into()], "行业动态", "甲", time(2)).unwrap();
    assert!(titles(&store, food).is_empty());
    store.set_labels(article, &["食品".into()], "行业动态", "甲", time(2)).unwrap();
    assert_eq!(titles(&store, food), [("面粉涨价".to_owned(), false)]);

    let answer = TopicAnswer { text: "已报".into(), edition: None, article: None };
    assert_eq!(store.close_topic(food, Some(&answer), "甲", time(3)).unwrap(), TopicClosing::Closed);
    let late = add_article(&store, 2, "大米涨价", labels, time(4));
    store.set_labels(article, &["建材".into()], "行业动态", "甲", time(4)).unwrap();
    assert_eq!(titles(&store, food), [("面粉涨价".to_owned(), false)]);
    let closed = store.topic(food).unwrap().unwrap();
    assert_eq!((closed.answer, closed.closed_at), (Some(answer), Some(time(3))));
    assert_eq!(store.reopen_topic(food, "甲", time(5)).unwrap(), TopicEdit::Saved(food));
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
fn topics_are_searched_again_when_their_organisations_are_merged_or_split() {
    let (_dir, store) = opened();
    let named = |name: &str| Classification { other_organisations: vec![name.into()], ..Classification::default() };
    add_article(&store, 1, "云鹭股份投产", named("云鹭股份"), time(2));
    add_article(&store, 2, "云鹭化学停产", named("云鹭化学"), time(2));
    let filter = TopicFilter { organisations: vec!["云鹭股份".into()], ..TopicFilter::default() };
    let (asking, other) = (TopicDraft { filter, ..draft("") }, TopicDraft { title: "陶瓷".into(), ..draft("陶瓷") });
    let (asking, other) = (add(&store, &asking, "甲", time(3)), add(&store, &other, "甲", time(3)));
    store.search_archive_for_topics().unwrap();
    assert_eq!(titles(&store, asking).len(), 1);

    let chemistry = store.organisation_named("云鹭化学").unwrap().unwrap();
    let change = |id: i64, change: OrganisationChange| store.change_organisation(id, &change, "乙", time(4)).unwrap();
    let OrganisationResult::Done(firm) = change(chemistry, OrganisationChange::MergeInto("云鹭股份".into())) else { panic!("not merged") };
    let is_searching = |id| store.topic(id).unwrap().unwrap().is_searching;
    assert!(is_searching(asking) && !is_searching(other), "only the topic that asks for it");
    store.search_archive_for_topics().unwrap();
    assert_eq!(titles(&store, asking).len(), 2, "the other name counts, too");

    assert_eq!(change(firm, OrganisationChange::Watch(true)), OrganisationResult::Done(firm));
    assert!(!is_searching(asking), "the names are the same");
    assert_eq!(change(firm, OrganisationChange::SplitOff(chemistry)), OrganisationResult::Done(firm));
    store.search_archive_for_topics().unwrap();
    assert_eq!(titles(&store, asking).len(), 1);
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
    let ids: Vec<TopicId> = (0..6).map(|n| add(&store, &TopicDraft { title: n.to_string(), ..draft("电池") }, "甲", time(2))).collect();
    let searcher = store.clone();
    let other = std::thread::spawn(move || searcher.search_archive_for_topics());
    store.search_archive_for_topics().unwrap();
    other.join().unwrap().unwrap();
    writer.join().unwrap();
    for id in ids {
        assert_eq!(store.topic_articles(id, 100).unwrap().len(), 60);
    }
}

#[test]
fn the_second_of_two_editors_is_told_and_overwrites_nothing() {
    let (_dir, store) = opened();
    let id = add(&store, &draft("电池"), "甲", time(1));
    let seen = store.topic(id).unwrap().unwrap().draft.version();
    let first = TopicDraft { question: "谁在扩产？".into(), ..draft("电池") };
    assert_eq!(store.edit_topic(id, &first, &seen, "甲", time(2)).unwrap(), TopicEdit::Saved(id));
    let second = TopicDraft { due: None, ..draft("电池") };
    let TopicEdit::Conflict(stored) = store.edit_topic(id, &second, &seen, "乙", time(3)).unwrap() else { panic!() };
    assert_eq!((&stored.draft, store.topic(id).unwrap().unwrap().draft), (&first, first.clone()));
    assert_eq!(store.edit_topic(id, &second, &stored.draft.version(), "乙", time(3)).unwrap(), TopicEdit::Saved(id));
    assert_eq!(store.edit_topic(TopicId(99), &second, &seen, "乙", time(3)).unwrap(), TopicEdit::Missing);

    // the answer of a topic that is closed already stays
    let answer = |text: &str, edition, article| TopicAnswer { text: text.into(), edition, article };
    let wrong = answer("已报", Some(EditionId(99)), None);
    assert_eq!(store.close_topic(id, Some(&wrong), "甲", time(4)).unwrap(), TopicClosing::NoSuchPlace);
    let wrong = answer("已报", Some(EditionId(99)), Some(ArticleId(1)));
    assert_eq!(store.close_topic(id, Some(&wrong), "甲", time(4)).unwrap(), TopicClosing::NoSuchPlace);
    assert_eq!(store.close_topic(id, Some(&answer("第一", None, None)), "甲", time(4)).unwrap(), TopicClosing::Closed);
    assert_eq!(store.close_topic(id, Some(&answer("第二", None, None)), "乙", time(5)).unwrap(), TopicClosing::AlreadyClosed);
    assert_eq!(store.topic(id).unwrap().unwrap().answer.map(|a| a.text), Some("第一".to_owned()));
    assert_eq!(store.close_topic(TopicId(99), None, "乙", time(5)).unwrap(), TopicClosing::Missing);
}

#[test]
fn two_open_topics_have_two_titles() {
    let (_dir, store) = opened();
    let id = add(&store, &draft("电池"), "甲", time(1));
    assert_eq!(store.add_topic(&draft("储能"), "乙", time(1)).unwrap(), TopicEdit::SameTitle(id));
    let other = add(&store, &TopicDraft { title: "储能".into(), ..draft("储能") }, "乙", time(1));
    assert_eq!(edit(&store, other, &draft("储能"), time(2)), TopicEdit::SameTitle(id));
    assert_eq!(store.titles_without_topic(&["储能", "陶瓷"]).unwrap(), ["陶瓷"]);
    // a closed topic leaves its title to others, and has to change it before it is open again
    store.close_topic(id, None, "甲", time(2)).unwrap();
    assert_eq!(edit(&store, other, &draft("储能"), time(2)), TopicEdit::Saved(other));
    assert_eq!(store.reopen_topic(id, "甲", time(3)).unwrap(), TopicEdit::SameTitle(other));
    assert_eq!(edit(&store, id, &TopicDraft { title: "旧题".into(), ..draft("电池") }, time(3)), TopicEdit::Saved(id));
    assert_eq!(store.reopen_topic(id, "甲", time(3)).unwrap(), TopicEdit::Saved(id));
}

#[test]
fn an_organisation_is_found_by_each_of_its_names() {
    let (_dir, store) = opened();
    let labels = Classification { other_organisations: vec!["云鹭新材料集团".into()], ..Classification::default() };
    let join = |t: &Connection| {
        t.execute("INSERT OR IGNORE INTO organisation (name) VALUES ('云鹭新材料集团')", [])?;
        t.execute(
            "INSERT INTO organisation (name, main_id, joined_by) SELECT '云鹭', id, 'editor' FROM organisation WHERE name = '云鹭新材料集团'",
            [],
        )?;
        Ok(())
    };
    store.write(join).unwrap();
    add_article(&store, 1, "新厂投产", labels.clone(), time(2));
    let filter = TopicFilter { organisations: vec!["云鹭".into()], ..TopicFilter::default() };
    assert_eq!(store.preview_topic(filter.clone(), time(1), 5).unwrap().matching, 1);
    let id = add(&store, &TopicDraft { filter, ..draft("") }, "甲", time(2));
    store.search_archive_for_topics().unwrap();
    add_article(&store, 2, "新厂扩建", labels, time(3));
    assert_eq!(titles(&store, id).len(), 2);
    assert_eq!(store.unknown_organisations(&["云鹭".into(), "火星公司".into()]).unwrap(), ["火星公司"]);
}

#[test]
fn a_copy_of_a_story_that_an_editor_has_seen_is_not_counted_as_new() {
    let (_dir, store) = opened();
    let id = add(&store, &draft("电池"), "甲", time(1));
    let first = add_article(&store, 1, "电池投产", Classification::default(), time(2));
    store.visit_topic(id, "甲", time(2)).unwrap();
    let copy = add_article(&store, 2, "电池投产了", Classification::default(), time(3));
    let unseen = |who: &str| store.topics(who).unwrap()[0].unseen;
    let put = |story: &str| {
        let sql = format!("UPDATE article SET story_id = {story} WHERE id = ?1");
        store.write(|t| Ok(t.execute(&sql, [copy.0])?)).unwrap();
    };
    put("NULL");
    assert_eq!((unseen("甲"), unseen("乙")), (1, 2));
    put(&format!("(SELECT story_id FROM article WHERE id = {})", first.0));
    assert_eq!((unseen("甲"), unseen("乙")), (0, 2));
}
