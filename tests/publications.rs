//! Two publications over one archive: what concerns one stays with its editors and readers.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use qingbao::config::settings::Publication;
use qingbao::config::{Settings, Taxonomy};
use qingbao::issue::edit::{Change, DropReason};
use qingbao::issue::notice::NoticeText;
use qingbao::issue::signing::SigningAction;
use qingbao::model::{
    ArticleId, Classification, Edition, EditionId, Label, MailAddress, PublicationScope, RuleDraft, RuleEffect, RuleKind, SigningStep,
    SubscriberDraft,
};
use qingbao::pipeline::Pipeline;
use qingbao::review::ReviewPeriod;
use qingbao::store::{AccountChange, Announce, EditResult, EditionFilter, LookResult, ReviewRequest, Role, SigningResult, Store};
use rusqlite::{Connection, params};

const SETTINGS: &str = r#"
[[publication]]
name = "甲刊"
window = "3d"
recipients = ["desk@a.example"]
final_recipients = ["reader@a.example"]
sources = ["shared", "a-own"]

[[publication]]
name = "乙刊"
window = "3d"
recipients = ["desk@b.example"]
final_recipients = ["reader@b.example"]
sources = ["shared", "b-own"]
"#;
const MONDAY: &str = "2026-11-23";
const TUESDAY: &str = "2026-11-24";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The time of a day's issues.
fn morning(date: &str) -> DateTime<Utc> {
    day(date).and_hms_opt(0, 0, 0).unwrap().and_utc()
}

struct World {
    dir: tempfile::TempDir,
    pipeline: Arc<Pipeline>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings::parse("qingbao.toml", SETTINGS).unwrap();
        let pipeline = Pipeline::new(Store::open(dir.path()).unwrap(), settings, Taxonomy::load(None).unwrap()).unwrap();
        let world = Self { dir, pipeline };
        for source in ["shared", "a-own", "b-own"] {
            world.sql().execute("INSERT INTO source (id, name, url) VALUES (?1, ?1, 'http://s.example/')", [source]).unwrap();
        }
        for (address, publication) in [("subscriber@a.example", "甲刊"), ("subscriber@b.example", "乙刊")] {
            let subscriber = SubscriberDraft::of_everything(MailAddress::parse(address).unwrap());
            world.store().add_subscriber(publication, &subscriber, "测试", morning(MONDAY)).unwrap();
        }
        world
    }

    fn sql(&self) -> Connection {
        let sql = Connection::open(self.dir.path().join("qingbao.db")).unwrap();
        sql.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        sql
    }

    fn store(&self) -> &Store {
        self.pipeline.store()
    }

    fn publication(&self, name: &str) -> Publication {
        self.pipeline.settings().publication_named(name).unwrap().clone()
    }

    /// Stores an article of a story, which came in the hours before a day's issues.
    fn add(&self, id: i64, source: &str, story: i64, what: &str, date: &str) {
        let (sql, at) = (self.sql(), morning(date) - TimeDelta::hours(3));
        let industry = Label { name: "食品".to_owned(), score: 0.8, evidence: Vec::new(), p: None };
        let labels = Classification { industries: vec![industry], column: "行业动态".to_owned(), ..Classification::default() };
        let (url, title) = (format!("https://news.example/{id}"), format!("{what}今天投产"));
        let text = format!("{what}今天在示例区投产，项目总投资{}亿元，年产值{}万元。", story + 2, story * 700);
        let entry =
            "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?3, ?3, ?3, ?4, 'done', ?5)";
        sql.execute(entry, params![id, source, url, title, at.timestamp()]).unwrap();
        sql.execute(
            "INSERT INTO article (id, entry_id, source_id, canonical, url, title, published_at, effective, fetched, text, html, story_id, judgement)
             VALUES (?1, ?1, ?2, ?3, ?3, ?4, ?5, ?6, ?6, ?7, '', ?8, ?9)",
            params![id, source, url, title, at.to_rfc3339(), at.timestamp(), text, story, serde_json::to_string(&labels).unwrap()],
        )
        .unwrap();
    }

    async fn draft(&self, name: &str, date: &str) -> Edition {
        let p = self.publication(name);
        self.pipeline.issues().draft(&p, day(date), 2, Announce::Yes, morning(date)).await.unwrap()
    }

    fn sign(&self, id: EditionId, action: &SigningAction, at: DateTime<Utc>) -> SigningResult {
        self.sign_as(id, action, "责编", at)
    }

    fn sign_as(&self, id: EditionId, action: &SigningAction, who: &str, at: DateTime<Utc>) -> SigningResult {
        let (edition, version) = self.store().edition_with_version(id).unwrap().unwrap();
        self.store().sign_edition(id, version, action, &self.publication(&edition.publication), who, at).unwrap()
    }

    /// Recipients of mail, which the condition chooses.
    fn recipients(&self, which: &str) -> Vec<String> {
        let sql = self.sql();
        let mut s = sql.prepare(&format!("SELECT recipient FROM outbox WHERE {which} ORDER BY 1")).unwrap();
        s.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

fn articles(e: &Edition) -> Vec<i64> {
    let mut ids: Vec<i64> = e.items().map(|i| i.article.0).collect();
    ids.sort_unstable();
    ids
}

fn rule(text: &str, publication: Option<&str>) -> RuleDraft {
    RuleDraft {
        kind: RuleKind::Words,
        effect: RuleEffect::Exclude,
        text: text.to_owned(),
        source: None,
        column: None,
        publication: publication.map(str::to_owned),
        reason: "测试".to_owned(),
        expires: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_editors_of_one_publication_drop_print_or_forbid_is_nothing_to_the_other() {
    let world = World::new();
    world.add(1, "shared", 1, "云鹭速冻面点厂", MONDAY);
    world.add(2, "shared", 2, "白塔豆制品厂", MONDAY);
    world.add(3, "a-own", 3, "南湖饮料厂", MONDAY);
    world.add(4, "b-own", 4, "北坡调味品厂", MONDAY);
    let first = world.draft("甲刊", MONDAY).await;
    assert_eq!(articles(&first), [1, 2, 3], "no article of the other's own source");
    let drop_one = [Change::Drop { articles: vec![ArticleId(1)], reason: DropReason::OffTopic }];
    assert!(matches!(world.store().change_edition(first.id, &drop_one, "责编", morning(MONDAY)).unwrap(), EditResult::Updated(_)));

    // a copy of what was dropped, and one of what was printed
    world.add(5, "shared", 1, "云鹭速冻面点厂", TUESDAY);
    world.add(6, "shared", 2, "白塔豆制品厂", TUESDAY);
    world.add(7, "shared", 7, "东关罐头厂", TUESDAY);
    world.add(8, "shared", 8, "西街糕点厂", TUESDAY);
    let rules = [rule("罐头", Some("甲刊")), rule("糕点", None)];
    for rule in &rules {
        world.store().add_rule(rule, "责编", morning(MONDAY)).unwrap();
    }
    let second = world.draft("甲刊", TUESDAY).await;
    assert_eq!(second.item_count(), 0, "dropped, printed before, and two rules: {:?}", articles(&second));
    let other = world.draft("乙刊", TUESDAY).await;
    let stories: Vec<i64> = articles(&other).into_iter().map(|id| if id == 5 || id == 6 { id - 4 } else { id }).collect();
    assert_eq!(stories, [1, 2, 4, 7], "all but what the rule for all publications forbids");
    let reasons: Vec<String> = other.items().flat_map(|i| i.reasons.clone()).collect();
    assert!(!reasons.iter().any(|r| r.contains("曾剔除") || r.contains("新情况") || r.contains("期")), "{reasons:?}");
    assert!(world.store().recent_items("乙刊", day(TUESDAY), 30).unwrap().is_empty(), "the other's items are no earlier ones");

    // what was decided teaches only the ranking of its own publication
    let observed = |name: &str| world.store().observed_issues(name, 10).unwrap().len();
    assert!(matches!(world.sign(first.id, &SigningAction::Finalise, morning(MONDAY)), SigningResult::Done(_)));
    assert_eq!((observed("甲刊"), observed("乙刊")), (1, 0));
    let decided = |name: &str| world.store().kept_and_dropped(Some(name), morning(MONDAY) - TimeDelta::days(1)).unwrap();
    assert_eq!((decided("甲刊").0, decided("乙刊")), (2, (0, Vec::new())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drafts_issues_and_notices_go_to_the_readers_of_their_publication() {
    let world = World::new();
    world.add(1, "shared", 1, "云鹭速冻面点厂", MONDAY);
    let (a, b) = (world.draft("甲刊", MONDAY).await, world.draft("乙刊", MONDAY).await);
    assert_eq!((articles(&a), articles(&b)), (vec![1], vec![1]), "both print it");
    let now = morning(MONDAY) + TimeDelta::minutes(5);
    world.pipeline.queue_due(now).await.unwrap();
    for e in [&a, &b] {
        assert!(matches!(world.sign(e.id, &SigningAction::Finalise, now), SigningResult::Done(_)));
    }
    world.pipeline.queue_due(now).await.unwrap();
    for (e, letter) in [(&a, "a"), (&b, "b")] {
        // without signing subscribers get the draft
        let drafts = [format!("desk@{letter}.example"), format!("subscriber@{letter}.example")];
        assert_eq!(world.recipients(&format!("edition_id = {} AND final = 0", e.id)), drafts);
        assert_eq!(world.recipients(&format!("edition_id = {} AND final > 0", e.id)), [format!("reader@{letter}.example")]);
    }

    // 更正 of one and 撤回 of the other, after their mail was sent
    world.sql().execute("UPDATE outbox SET state = 'sent'", []).unwrap();
    let text = NoticeText::Correction { article: Some(ArticleId(1)), wrong: "3亿元".to_owned(), right: "2亿元".to_owned() };
    let version = |id| world.store().edition_with_version(id).unwrap().unwrap().1;
    let corrected = world.store().correct_edition(a.id, version(a.id), (text, None), "责编", day(MONDAY), now).unwrap();
    let withdrawn = world.store().withdraw_edition(b.id, version(b.id), "图片有误", "责编", day(MONDAY), now).unwrap();
    assert!(matches!((&corrected, &withdrawn), (SigningResult::Done(_), SigningResult::Done(_))), "{corrected:?} {withdrawn:?}");
    world.pipeline.queue_due(now).await.unwrap();
    for (e, letter) in [(&a, "a"), (&b, "b")] {
        let of = format!("notice_id IN (SELECT id FROM notice WHERE edition_id = {})", e.id);
        let told = world.recipients(&of);
        assert!(!told.is_empty() && told.iter().all(|r| r.ends_with(&format!("@{letter}.example"))), "{told:?}");
    }
    assert_eq!(world.recipients("notice_id IS NOT NULL"), ["reader@a.example", "reader@b.example"]);

    // the source withdraws the article: the editors of the issue that is printed are told, of the draft nobody
    world.store().plan_rechecks(&[1], now).unwrap();
    for hours in [25, 40] {
        let at = now + TimeDelta::hours(hours);
        let due = world.store().due_rechecks(at, 9).unwrap();
        assert_eq!(due.len(), 1);
        world.store().commit_recheck(&due[0], &LookResult::Gone, &[1], None, at).unwrap();
    }
    let findings = |id| world.store().findings_of(id).unwrap().len();
    assert_eq!((findings(a.id), findings(b.id)), (1, 0));
    world.pipeline.queue_due(now + TimeDelta::hours(41)).await.unwrap();
    assert_eq!(world.recipients("edition_id IS NULL"), ["desk@a.example"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_review_of_a_week_is_of_one_publication() {
    let world = World::new();
    world.add(1, "a-own", 1, "云鹭速冻面点厂", MONDAY);
    world.add(2, "b-own", 2, "白塔豆制品厂", MONDAY);
    for name in ["甲刊", "乙刊"] {
        let e = world.draft(name, MONDAY).await;
        assert!(matches!(world.sign(e.id, &SigningAction::Finalise, morning(MONDAY)), SigningResult::Done(_)));
    }
    let period = ReviewPeriod::week_of(day(MONDAY));
    for (n, name) in (1..).zip(["甲刊", "乙刊"]) {
        let request = ReviewRequest { publication: world.publication(name), period, industries: vec!["食品".to_owned()] };
        let review = world.store().review(&request, morning("2026-11-30")).unwrap().unwrap();
        assert_eq!(review.stories.current, 1, "{name}: the other's source is not counted");
        assert_eq!(review.work.issues.iter().map(|i| i.id).collect::<Vec<_>>(), [n], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_signs_and_sees_only_its_own_publications() {
    let world = World::new();
    let (store, now) = (world.store(), morning(MONDAY));
    world.add(1, "shared", 1, "云鹭速冻面点厂", MONDAY);
    let (a, b) = (world.draft("甲刊", MONDAY).await, world.draft("乙刊", MONDAY).await);
    for (name, role) in [("审稿", Role::Editor), ("主任", Role::Admin)] {
        assert!(store.add_account(name, role, "x", "测试", now).unwrap());
        store.set_duties(name, &[SigningStep::Submit, SigningStep::Sign], "测试", now).unwrap();
    }
    let only = |names: &[&str]| PublicationScope::of_names(names.iter().map(|n| (*n).to_owned()));
    assert_eq!(store.limit_account("没有", &only(&["乙刊"]), "测试", now).unwrap(), AccountChange::Unknown);
    assert_eq!(store.limit_account("主任", &only(&["乙刊"]), "测试", now).unwrap(), AccountChange::NoLimitForAdmins);

    // a session sees the limit with its next request, and loses it again
    let account = store.account("审稿").unwrap().unwrap();
    store.open_session(b"token", &account, "csrf", now, TimeDelta::hours(9)).unwrap();
    let scope = || store.session(b"token", now).unwrap().unwrap().scope;
    assert_eq!(scope(), PublicationScope::All);
    assert_eq!(store.limit_account("审稿", &only(&["乙刊"]), "测试", now).unwrap(), AccountChange::Done);
    assert_eq!(scope(), only(&["乙刊"]));

    // its duties hold within them: the store refuses the other's issues, whatever page asked
    for (id, holders) in [(a.id, vec!["主任"]), (b.id, vec!["主任", "审稿"])] {
        let publication = store.publication_of(id).unwrap().unwrap();
        let mut found = store.holders_of(SigningStep::Sign, &publication).unwrap();
        found.sort_unstable();
        let mut holders: Vec<String> = holders.into_iter().map(str::to_owned).collect();
        holders.sort_unstable();
        assert_eq!(found, holders, "{publication}");
    }
    let signed = world.publication("甲刊");
    let signed = Publication { signing: vec![SigningStep::Sign], ..signed };
    let version = store.edition_with_version(a.id).unwrap().unwrap().1;
    let submit = |who: &str| store.sign_edition(a.id, version, &SigningAction::Submit, &signed, who, now).unwrap();
    assert!(matches!(submit("审稿"), SigningResult::Rejected(_)));
    assert!(matches!(submit("主任"), SigningResult::Done(_)));

    // lists
    let list = |filter: &EditionFilter| store.editions_of(filter, 9).unwrap().into_iter().map(|e| e.publication).collect::<Vec<_>>();
    assert_eq!(list(&(&only(&["乙刊"])).into()), ["乙刊"]);
    assert_eq!(list(&EditionFilter { except: ["乙刊".to_owned()].into(), ..EditionFilter::default() }), ["甲刊"]);
    assert_eq!(list(&(&only(&["改过名的"])).into()).len(), 0, "a name that is gone opens nothing");

    // an admin has no limit, also one who had it as an editor; it comes back with the role
    store.set_role("审稿", Role::Admin, "测试", now).unwrap();
    assert_eq!(scope(), PublicationScope::All);
    store.set_role("审稿", Role::Editor, "测试", now).unwrap();
    assert_eq!(scope(), only(&["乙刊"]));
    store.limit_account("审稿", &PublicationScope::All, "测试", now).unwrap();
    assert_eq!(scope(), PublicationScope::All);
    let log: Vec<String> = store.audit_log(50).unwrap().into_iter().filter(|l| l.action == "limit-publications").map(|l| l.target).collect();
    assert_eq!(log, ["审稿", "审稿 → 乙刊"]);

    // tokens
    store.put_token("阅读器", b"hash", &only(&["乙刊"]), "测试", now).unwrap();
    assert_eq!(store.scope_of_token(b"hash", now).unwrap(), Some(only(&["乙刊"])));
    store.put_token("阅读器", b"other", &PublicationScope::All, "测试", now).unwrap();
    assert_eq!((store.scope_of_token(b"hash", now).unwrap(), store.scope_of_token(b"other", now).unwrap()), (None, Some(PublicationScope::All)));
}

#[test]
fn ids_that_no_source_has_are_warned_of() {
    let dir = tempfile::tempdir().unwrap();
    let source = "[[source]]\nid = \"shared\"\nname = \"日报\"\nurl = \"https://daily.example/\"\n";
    std::fs::write(dir.path().join("sources.toml"), source).unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), SETTINGS).unwrap();
    for args in [&["sources", "check"][..], &["doctor", "--no-network"]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_qingbao")).args(args).current_dir(dir.path()).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        for (publication, id) in [("甲刊", "a-own"), ("乙刊", "b-own")] {
            assert!(told.contains(&format!("{publication}: sources names {id}, which sources.toml does not have")), "{told}");
        }
        assert!(!told.contains("names shared"), "{told}");
    }
}
