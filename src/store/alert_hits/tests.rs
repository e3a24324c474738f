use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::alerts::{Hours, Outgoing, digest, plan, single};
use crate::config::settings::AlertSettings;
use crate::dedup::fingerprint::MinHashSignature;
use crate::dedup::stories::dedup_text;
use crate::model::{AlertDraft, EntryId, Extracted, TopicFilter, WebUrl};
use crate::store::{AlertEdit, NewArticle};

fn now() -> DateTime<Utc> {
    "2026-11-30T02:00:00Z".parse().unwrap()
}

/// Stores an article, published a number of days ago.
fn store_article(store: &Store, n: i64, title: &str, text: &str, days: i64) -> ArticleId {
    let url = WebUrl::parse(&format!("https://a.cn/{n}")).unwrap();
    let rows = |t: &Connection| {
        t.execute("INSERT OR IGNORE INTO source (id, name, url) VALUES ('a', '甲网', 'https://a.cn/')", [])?;
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, 'a', ?1, ?2, ?2, '', 'pending', 0)";
        Ok(t.execute(entry, params![n, url.as_str()])?)
    };
    store.write(rows).unwrap();
    let new = NewArticle {
        entry: EntryId(n),
        source: SourceId::parse("a").unwrap(),
        url,
        part: None,
        title: title.to_owned(),
        published_at: Some((now() - TimeDelta::days(days)).fixed_offset()),
        signature: MinHashSignature::new(&dedup_text(title, text)),
        extracted: Extracted { text: text.to_owned(), ..Extracted::default() },
        fetched: now(),
        words: (String::new(), String::new()),
        classification: Classification::default(),
    };
    store.commit_article(&new, None).unwrap().unwrap()
}

fn outlet(name: &str) -> AlertTarget {
    AlertTarget::Outlet(name.to_owned())
}

fn draft(name: &str, words: &str, mode: AlertMode, targets: &[&str]) -> AlertDraft {
    let filter = TopicFilter { expression: words.to_owned(), ..TopicFilter::default() };
    AlertDraft { name: name.to_owned(), condition: AlertCondition::Articles(filter), mode, targets: targets.iter().map(|t| outlet(t)).collect() }
}

fn add(store: &Store, draft: &AlertDraft) -> AlertRuleId {
    match store.add_alert_rule(draft, "甲", now()).unwrap() {
        AlertEdit::Saved(id) => id,
        other => panic!("{other:?}"),
    }
}

/// Raises what is planned for a target, and returns the titles of the messages.
fn told(store: &Store, target: &str, now: DateTime<Utc>) -> Vec<String> {
    let (target, settings) = (outlet(target), AlertSettings::default());
    let hours = Hours { settings: &settings, zone: chrono_tz::Asia::Shanghai };
    let follow_ups = store.alert_follow_ups(&target, hours.last_digest(now), now).unwrap();
    let waiting = store.alerts_waiting(&target).unwrap();
    let sent = store.alerts_told(&target, now - TimeDelta::hours(1)).unwrap();
    let planned = plan(&waiting, &follow_ups, &sent, &hours, now);
    let facts = |ids: &[AlertHitId]| ids.iter().map(|id| store.hit_facts(*id, &target).unwrap()).collect::<Vec<_>>();
    let one = |message: &Outgoing| {
        let (text, ids) = match message {
            Outgoing::Single(id) => (single(&facts(&[*id])[0], None, hours.zone), vec![*id]),
            Outgoing::Digest(ids) => (digest(&facts(ids), 30, None).remove(0), ids.clone()),
        };
        assert!(store.raise_alert(&target, &ids, std::slice::from_ref(&text), now).unwrap());
        let lines = text.paragraphs.iter().map(|p| p.text.clone());
        std::iter::once(text.title).chain(lines).collect::<Vec<_>>().join("|")
    };
    planned.messages.iter().map(one).collect()
}

#[test]
fn an_event_is_told_once_and_its_later_reports_with_the_digest() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    add(&store, &draft("电池", "固态电池", AlertMode::AtOnce, &["群"]));
    add(&store, &draft("投产", "投产", AlertMode::AtOnce, &["群", "另一群"]));
    let first = store_article(&store, 1, "甲县固态电池项目投产", "甲县固态电池项目一期昨日投产，年产五吉瓦时，总投资三十亿元。", 0);
    let titles = told(&store, "群", now());
    assert_eq!(titles.len(), 1, "one message for both rules: {titles:?}");
    assert!(titles[0].contains("【提醒】甲县固态电池项目投产") && titles[0].contains("符合：电池") && titles[0].contains("符合：投产"), "{titles:?}");
    let other = told(&store, "另一群", now());
    assert!(other.len() == 1 && other[0].contains("符合：投产") && !other[0].contains("符合：电池"), "only its own rules: {other:?}");
    assert!(told(&store, "群", now()).is_empty(), "told already");
    // the same article from another source is no news at all
    store_article(&store, 2, "甲县固态电池项目投产", "甲县固态电池项目一期昨日投产，年产五吉瓦时，总投资三十亿元。", 0);
    // another report of the event waits for the digest
    let other = store_article(
        &store,
        3,
        "甲县固态电池项目投产 一期年产五吉瓦时",
        "记者从甲县获悉，甲县固态电池项目一期投产仪式昨日举行，项目总投资三十亿元，年产五吉瓦时。",
        0,
    );
    let event = |id| store.headline(id).unwrap().event.unwrap().event;
    assert_eq!(event(first), event(other), "the sample is one event");
    assert!(told(&store, "群", now() + TimeDelta::hours(1)).is_empty());
    let evening = told(&store, "群", "2026-11-30T09:00:00Z".parse().unwrap());
    assert!(evening.len() == 1 && evening[0].contains("后续：甲县固态电池项目投产（又有 1 篇报道）"), "{evening:?}");
    assert!(told(&store, "群", "2026-12-01T09:00:00Z".parse().unwrap()).is_empty());
}

#[test]
fn old_articles_raise_nothing_and_a_disabled_rule_tells_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let rule = add(&store, &draft("电池", "固态电池", AlertMode::AtOnce, &["群"]));
    store_article(&store, 1, "旧闻：固态电池试制", "固态电池试制完成的旧闻一则，发布在半个月以前。", 15);
    assert!(store.alert_hits(None, 10).unwrap().is_empty());
    store_article(&store, 2, "固态电池中试线开工", "固态电池中试线今日开工，计划明年六月建成。", 0);
    store.enable_alert_rule(rule, false, "甲", now()).unwrap();
    assert!(told(&store, "群", now()).is_empty());
    store.enable_alert_rule(rule, true, "甲", now()).unwrap();
    assert_eq!(told(&store, "群", now()).len(), 1);
    assert_eq!(store.alert_tallies(now()).unwrap().first().map(|t| t.hits), Some(1));
}

#[test]
fn signals_are_told_to_the_rules_that_wait_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let source = SourceId::parse("daily");
    let rule = |name: &str, condition| AlertDraft { name: name.into(), condition, mode: AlertMode::AtOnce, targets: vec![outlet("群")] };
    let signal = AlertSignal {
        subject: "source:daily:2026-11-20".into(),
        title: "来源“日报”没有更新".into(),
        detail: "久无新文章".into(),
        source: source.clone(),
    };
    store.record_signals(std::slice::from_ref(&signal), now()).unwrap();
    assert!(told(&store, "群", now()).is_empty(), "nobody waits for it");
    add(&store, &rule("甲网", AlertCondition::SilentSource(SourceId::parse("other"))));
    add(&store, &rule("热词", AlertCondition::Burst));
    store.record_signals(std::slice::from_ref(&signal), now()).unwrap();
    assert!(told(&store, "群", now()).is_empty(), "another source");
    add(&store, &rule("都要", AlertCondition::SilentSource(None)));
    for _ in 0..2 {
        store.record_signals(std::slice::from_ref(&signal), now()).unwrap();
    }
    assert_eq!(told(&store, "群", now()), ["【提醒】来源“日报”没有更新|久无新文章|符合：都要"]);
    assert_eq!(store.awaited_signals().unwrap(), (true, true));
}

#[test]
fn a_rule_is_changed_by_who_saw_it_and_names_are_unique() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let before = draft("电池", "固态电池", AlertMode::Digest, &["群"]);
    let id = add(&store, &before);
    assert_eq!(store.add_alert_rule(&before, "乙", now()).unwrap(), AlertEdit::NameTaken);
    let after = draft("电池", "电池", AlertMode::AtOnce, &["群"]);
    assert_eq!(store.edit_alert_rule(id, &after, &before.version(), "乙", now()).unwrap(), AlertEdit::Saved(id));
    let late = draft("电池", "储能", AlertMode::AtOnce, &["群"]);
    assert!(matches!(store.edit_alert_rule(id, &late, &before.version(), "丙", now()).unwrap(), AlertEdit::Conflict(_)));
    assert_eq!(store.alert_rule(id).unwrap().unwrap().draft, after);
    assert!(store.delete_alert_rule(id, "甲", now()).unwrap() && !store.delete_alert_rule(id, "甲", now()).unwrap());
}
