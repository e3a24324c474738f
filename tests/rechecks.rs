//! Printed articles are looked at again: 500 articles on a loopback farm, of which 60 change, under a fake clock.
//!
//! The parser processes of the crawl are this program: so it has a `main` of its own.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the test

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};
use qingbao::config::source_list::Vocabulary;
use qingbao::config::{Settings, SourceList, Taxonomy};
use qingbao::crawl::reader::{PARSE_DOCUMENTS, parse_documents};
use qingbao::issue::notice::NoticeText;
use qingbao::issue::signing::SigningAction;
use qingbao::model::{ArticleId, EditionId, Item, Print, Series, WebUrl};
use qingbao::pipeline::Pipeline;
use qingbao::rechecks::{FindingState, Plan, correction};
use qingbao::store::{SigningResult, Store};
use rusqlite::{Connection, params};

const HOSTS: i64 = 10;
const ARTICLES: i64 = 500;
/// Articles of one issue, and so of one day.
const PER_ISSUE: i64 = 50;
/// Requests of the ordinary crawl on a day.
const ORDINARY: i64 = 12_000;
const SETTINGS: &str = r#"
[fetch]
host_delay = "0s"
[mail]
from = "qingbao@a.example"
[[publication]]
name = "甲刊"
recipients = ["desk@a.example"]
final_recipients = ["one@a.example", "two@a.example", "three@a.example"]
[[publication]]
name = "乙刊"
recipients = ["desk@b.example"]
final_recipients = ["one@b.example", "two@b.example"]
"#;

/// How an article changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Withdrawn,
    Headline,
    Figure,
    Text,
    Moved,
    Layout,
    /// A server error, a page of maintenance and a captcha for two days: no change.
    Trouble,
}

/// What the farm serves: the fake time, and the articles that change with their time.
#[derive(Clone)]
struct Farm {
    now: Arc<Mutex<DateTime<Utc>>>,
    changes: Arc<BTreeMap<i64, (Way, DateTime<Utc>)>>,
    requests: Arc<Mutex<u64>>,
}

/// An invented article of four sentences.
fn article(n: i64) -> (String, String) {
    let firm: String = format!(
        "云{}集团",
        n.to_string().chars().map(|d| "鹭帆岭泽桐溪澜岳朔霖".chars().nth(d as usize - '0' as usize).unwrap()).collect::<String>()
    );
    let title = format!("{firm}新生产线投产，年产能{}万套", n + 11);
    let text = format!(
        "{firm}10月28日在许昌举行投产仪式。项目总投资{}亿元，占地{}亩，设计年产能{}万套智能终端。\n集团董事长周明远在仪式上表示，达产后可带动就业{}人。他说，企业将继续加大研发投入，与本地高校共建实验室。\n当地工信部门介绍，该项目从签约到投产用时不足一年，配套企业已有{}家落户产业园，供应链本地化率持续提高。",
        n + 3,
        n + 120,
        n + 11,
        n + 800,
        n % 40 + 5
    );
    (title, text)
}

fn page(title: &str, text: &str, around: &str) -> Response {
    let body: String = text.lines().map(|l| format!("<p>{l}</p>")).collect();
    let html = format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}</title></head><body><div class=\"article\"><h1>{title}</h1>\
         <div class=\"info\">2026-10-28 09:30　来源：云鹭日报</div><div class=\"content\">{body}</div>{around}</div></body></html>"
    );
    let tag = format!("\"{:x}\"", html.bytes().fold(0u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b))));
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::ETAG, tag)], html).into_response()
}

async fn serve(State(farm): State<Farm>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path == "/robots.txt" {
        return StatusCode::NOT_FOUND.into_response();
    }
    *farm.requests.lock().unwrap() += 1;
    let Some(n) = path.rsplit('/').next().and_then(|f| f.strip_suffix(".html")).and_then(|n| n.parse::<i64>().ok()) else {
        return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<html><body><ul><li>首页</li></ul></body></html>").into_response();
    };
    let now = *farm.now.lock().unwrap();
    let (title, text) = article(n);
    let answer = match farm.changes.get(&n).filter(|(way, at)| *at <= now && (*way != Way::Trouble || now < *at + TimeDelta::days(2))) {
        None => page(&title, &text, ""),
        Some((Way::Withdrawn, _)) => match n % 3 {
            0 => StatusCode::NOT_FOUND.into_response(),
            1 => {
                ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<html><body><p>抱歉，您访问的文章已删除。</p></body></html>").into_response()
            }
            _ => Redirect::to("/").into_response(),
        },
        Some((Way::Headline, _)) => page(&title.replace("投产", "推迟投产"), &text, ""),
        Some((Way::Figure, _)) => page(&title, &text.replace(&format!("总投资{}亿元", n + 3), &format!("总投资{}亿元", n + 4)), ""),
        Some((Way::Text, _)) => page(&title, &text.replace("周明远", "周名远").replace("，与本地高校共建实验室", ""), ""),
        Some((Way::Moved, _)) if path.starts_with("/news/") => Redirect::permanent(&format!("/archive/2026/{n}.html")).into_response(),
        Some((Way::Moved, _)) => page(&title, &text, ""),
        Some((Way::Layout, _)) => page(
            &format!("{title}_云鹭新闻网"),
            &text.replace('\n', "").replace('。', "。\n").replace('，', ","),
            &format!("<p>阅读量：{}次</p><p>责任编辑：某某</p><p>相关阅读</p><p><a href=\"/news/1.html\">另一家企业投产</a></p>", now.timestamp()),
        ),
        Some((Way::Trouble, _)) => match n % 3 {
            0 => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            1 => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], "<html><body><p>系统维护中，页面不存在，请稍后再试</p></body></html>")
                .into_response(),
            _ => (
                [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
                "<html><body><form><p>请输入验证码</p><input name=\"captcha\"></form></body></html>",
            )
                .into_response(),
        },
    };
    let asked = request.headers().get(header::IF_NONE_MATCH);
    if asked.is_some() && asked == answer.headers().get(header::ETAG) { StatusCode::NOT_MODIFIED.into_response() } else { answer }
}

fn start() -> DateTime<Utc> {
    "2026-11-02T00:30:00Z".parse().unwrap()
}

/// When an article is printed: ten issues on ten days.
fn printed(n: i64) -> DateTime<Utc> {
    start() + TimeDelta::days((n - 1) / PER_ISSUE)
}

fn changes() -> BTreeMap<i64, (Way, DateTime<Utc>)> {
    let ways = [Way::Withdrawn, Way::Headline, Way::Figure, Way::Text, Way::Moved, Way::Layout];
    let sixty = (0..60).zip(ways.into_iter().cycle()).map(|(i, way)| (i * 8 + 3, (way, i * 37 % 1_000)));
    let trouble = (0..20).map(|i| (i * 24 + 6, (Way::Trouble, i * 53 % 900)));
    sixty.chain(trouble).map(|(n, (way, hours))| (n, (way, printed(n) + TimeDelta::hours(5 + hours)))).collect()
}

struct World {
    dir: tempfile::TempDir,
    farm: Farm,
    pipeline: Arc<Pipeline>,
    sources: SourceList,
}

impl World {
    async fn new(ordinary: i64) -> Self {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let farm = Farm { now: Arc::new(Mutex::new(start())), changes: Arc::new(changes()), requests: Arc::default() };
        let app = Router::new().fallback(serve).with_state(farm.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let host = |h: i64| format!("http://127.1.0.{}:{port}", h + 1);
        let list: String = (0..HOSTS)
            .map(|h| format!("[[source]]\nid = \"s{h}\"\nname = \"来源{h}\"\nurl = \"{}/list/\"\nallow_private = true\n", host(h)))
            .collect();
        let taxonomy = Taxonomy::load(None).unwrap();
        let sources = SourceList::parse("sources.toml", &list, &Vocabulary::default()).unwrap();
        let settings = Settings::parse("qingbao.toml", SETTINGS).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        store.sync_sources(&sources.sources).unwrap();
        let pipeline = Pipeline::new(store, settings, taxonomy).unwrap();
        let world = Self { dir, farm, pipeline, sources };
        world.archive(&host);
        world.log_ordinary(ordinary);
        world
    }

    fn sql(&self) -> Connection {
        sql(self.dir.path())
    }

    /// Stores the articles as the crawl does.
    fn archive(&self, host: &dyn Fn(i64) -> String) {
        let mut c = self.sql();
        let t = c.transaction().unwrap();
        for n in 1..=ARTICLES {
            let ((title, text), source, url) = (article(n), format!("s{}", n % HOSTS), format!("{}/news/{n}.html", host(n % HOSTS)));
            t.execute(
                "INSERT INTO entry (id, source_id, identity, canonical, url, title, state, first_seen) VALUES (?1, ?2, ?3, ?3, ?3, ?4, 'done', 0)",
                params![n, source, url, title],
            )
            .unwrap();
            t.execute(
                "INSERT INTO article (id, entry_id, source_id, canonical, url, title, effective, fetched, text, html, story_id, judgement)
                 VALUES (?1, ?1, ?2, ?3, ?3, ?4, ?5, ?5, ?6, '', ?1, '{}')",
                params![n, source, url, title, printed(n).timestamp(), text],
            )
            .unwrap();
        }
        t.commit().unwrap();
    }

    /// Writes the requests of the ordinary crawl into the log, hour by hour.
    fn log_ordinary(&self, a_day: i64) {
        let mut c = self.sql();
        let t = c.transaction().unwrap();
        for hour in -24..(75 * 24) {
            let at = (start() + TimeDelta::hours(hour)).timestamp();
            let log = "INSERT INTO fetch_log (source_id, url, at, outcome, bytes, millis, conditional, code, requests) VALUES ('s1', '', ?1, 'ok', 0, 0, 0, 'ok', ?2)";
            t.execute(log, params![at, a_day / 24]).unwrap();
        }
        t.commit().unwrap();
    }

    fn set_now(&self, now: DateTime<Utc>) {
        *self.farm.now.lock().unwrap() = now;
    }

    /// Prints ten issues, five of each publication, and queues their letters.
    async fn print(&self) -> Vec<EditionId> {
        let mut out = Vec::new();
        for issue in 0..ARTICLES / PER_ISSUE {
            let publication = self.pipeline.settings().publications().nth(usize::try_from(issue % 2).unwrap()).unwrap().clone();
            let at = printed(issue * PER_ISSUE + 1);
            let mut e = self.pipeline.issues().start(&publication, Series::Extra, "责编".to_owned(), at).await.unwrap();
            let column = e.columns.first_mut().unwrap();
            for n in issue * PER_ISSUE + 1..=(issue + 1) * PER_ISSUE {
                let (title, text) = article(n);
                let url = WebUrl::parse("http://a.example/").ok();
                let item = Item::own(1, e.date, "");
                column.items.push(Item {
                    article: ArticleId(n),
                    title,
                    summary: text,
                    print: Print::Summary,
                    publisher: "云鹭日报".to_owned(),
                    url,
                    ..item
                });
            }
            let c = self.sql();
            c.execute("UPDATE edition SET payload = ?2 WHERE id = ?1", params![e.id.0, serde_json::to_string(&e).unwrap()]).unwrap();
            for n in issue * PER_ISSUE + 1..=(issue + 1) * PER_ISSUE {
                c.execute("INSERT INTO item (edition_id, story_id, article_id) VALUES (?1, ?2, ?2)", params![e.id.0, n]).unwrap();
            }
            let store = self.pipeline.store();
            let signed = store.sign_edition(e.id, 1, &SigningAction::Finalise, &publication, "责编", at).unwrap();
            assert!(matches!(signed, SigningResult::Done(_)), "{signed:?}");
            out.push(e.id);
        }
        self.pipeline.queue_due(printed(ARTICLES)).await.unwrap();
        out
    }

    /// Makes the looks of 62 days, one hour after another; kills some rounds.
    async fn run(&self) {
        let (mut now, mut rounds) = (start(), 0u32);
        while now < start() + TimeDelta::days(72) {
            self.set_now(now);
            let crawler = self.pipeline.crawler();
            let is_due = !self.pipeline.store().due_rechecks(now, 1).unwrap().is_empty();
            // issues are printed on the first ten days
            if is_due || now <= printed(ARTICLES) + TimeDelta::hours(1) {
                rounds += 1;
                if rounds.is_multiple_of(7) {
                    let cut = Duration::from_millis(u64::from(rounds % 40));
                    let _killed = tokio::time::timeout(cut, crawler.recheck_due(&self.sources, now)).await;
                }
                crawler.recheck_due(&self.sources, now).await.unwrap();
            }
            now += TimeDelta::hours(1);
        }
    }

    fn texts(&self, query: &str) -> Vec<String> {
        let c = self.sql();
        let mut s = c.prepare(query).unwrap();
        s.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn count(&self, query: &str) -> i64 {
        self.sql().query_row(query, [], |r| r.get(0)).unwrap()
    }
}

fn sql(dir: &Path) -> Connection {
    let c = Connection::open(dir.join("qingbao.db")).unwrap();
    c.busy_timeout(Duration::from_secs(20)).unwrap();
    c
}

/// What was told of each article, and when.
fn versions(world: &World) -> HashMap<i64, Vec<(DateTime<Utc>, qingbao::rechecks::Difference)>> {
    let c = world.sql();
    let mut s = c.prepare("SELECT article_id, seen, difference FROM article_version ORDER BY id").unwrap();
    let rows = s.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get::<_, String>(2)?))).unwrap();
    let mut out: HashMap<i64, Vec<_>> = HashMap::new();
    for (article, seen, difference) in rows.map(Result::unwrap) {
        out.entry(article).or_default().push((DateTime::from_timestamp(seen, 0).unwrap(), serde_json::from_str(&difference).unwrap()));
    }
    out
}

/// Every change of substance is told in time and once, of the others nothing.
fn every_change_is_told(world: &World) {
    let told = versions(world);
    let days = [1, 3, 7, 14, 30, 50];
    let mut slowest = TimeDelta::zero();
    for n in 1..=ARTICLES {
        let found = told.get(&n).map(Vec::as_slice).unwrap_or_default();
        let Some((way, at)) = world.farm.changes.get(&n) else {
            assert!(found.is_empty(), "{n}: {found:?}");
            continue;
        };
        if matches!(way, Way::Layout | Way::Trouble) {
            assert!(found.is_empty(), "{n} {way:?}: {found:?}");
            continue;
        }
        let Some(due) = (Plan { days: &days, often: false }).next(printed(n), *at - TimeDelta::seconds(1)) else { continue };
        let [(seen, difference)] = found else { panic!("{n} {way:?} changed {at}, printed {}: {found:?}", printed(n)) };
        // withdrawn needs a second look
        let due = if *way == Way::Withdrawn { due + TimeDelta::hours(6) } else { due };
        assert!(*seen >= *at && *seen <= due + TimeDelta::hours(2), "{n} {way:?}: {at}, due {due}, told {seen}");
        slowest = slowest.max(*seen - due);
        let right = match way {
            Way::Withdrawn => difference.is_withdrawn,
            Way::Headline => difference.headline.is_some() && difference.changed.is_empty(),
            Way::Figure => difference.figures && difference.headline.is_none(),
            Way::Text => !difference.changed.is_empty() && !difference.figures,
            _ => difference.moved_to.is_some() && difference.is_empty(),
        };
        assert!(right, "{n} {way:?}: {difference:?}");
    }
    println!("told: {}, latest against the planned look: {} min", told.len(), slowest.num_minutes());
    let notifications = world.count("SELECT count(*) FROM notification WHERE kind = 'recheck'");
    assert_eq!(usize::try_from(notifications).unwrap(), told.len(), "each is told once");
}

/// The looks of any day cost no more than their share.
fn looks_keep_to_their_share(world: &World) {
    let sums = world.sql();
    let mut s = sums.prepare("SELECT at / 3600, sum(requests) FROM fetch_log WHERE recheck = 1 GROUP BY 1").unwrap();
    let hours: BTreeMap<i64, i64> = s.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap();
    let most = hours.keys().map(|h| hours.range(h - 23..=*h).map(|(_, n)| n).sum::<i64>()).max().unwrap();
    let all: i64 = hours.values().sum();
    println!("looks: {all} requests in 62 days, at most {most} in 24 hours, that is {:.1} % of {ORDINARY}", most as f64 * 100.0 / ORDINARY as f64);
    assert!(most * 100 <= ORDINARY * 5, "{most}");
    assert!(i64::try_from(*world.farm.requests.lock().unwrap()).unwrap() >= all * 9 / 10);
}

/// A 更正 goes to exactly the readers of its issue, once, whatever two editors press.
async fn corrections_reach_the_right_readers(world: &World, issues: &[EditionId]) {
    let store = world.pipeline.store();
    let now = start() + TimeDelta::days(73);
    let mut sent = 0;
    for id in issues {
        let edition = store.edition(*id).unwrap().unwrap();
        for finding in store.findings_of(*id).unwrap() {
            let Some((wrong, right)) = correction(&article(finding.article.0).0, "云鹭日报", &finding.difference) else {
                assert!(finding.difference.moved_to.is_some());
                let dismissed = || store.dismiss_finding(*id, finding.id, "只是换了地址", "责编", now).unwrap();
                assert!(dismissed() && !dismissed());
                continue;
            };
            let text = NoticeText::Correction { article: Some(finding.article), wrong, right };
            let press = |version: u32| store.correct_edition(*id, version, (text.clone(), Some(finding.id)), "责编", now.date_naive(), now).unwrap();
            let version = store.edition_with_version(*id).unwrap().unwrap().1;
            let both = std::thread::scope(|s| {
                let editors: Vec<_> = (0..2).map(|_| s.spawn(|| press(version))).collect();
                editors.into_iter().map(|e| e.join().unwrap()).filter(|r| matches!(r, SigningResult::Done(_))).count()
            });
            assert_eq!(both, 1, "two editors at once");
            assert!(matches!(press(version), SigningResult::Conflict), "a second press");
            assert!(matches!(press(version + 1), SigningResult::NotSent(_)), "a press on a page that was loaded again");
            sent += 1;
        }
        assert!(store.findings_of(*id).unwrap().iter().all(|f| f.state != FindingState::Open));
        world.pipeline.queue_due(now).await.unwrap();
        world.pipeline.queue_due(now).await.unwrap();
        let readers: BTreeSet<String> = match edition.publication.as_str() {
            "甲刊" => ["one@a.example", "two@a.example", "three@a.example"].map(str::to_owned).into(),
            _ => ["one@b.example", "two@b.example"].map(str::to_owned).into(),
        };
        let query = format!("SELECT id FROM notice WHERE edition_id = {id}");
        for notice in world.sql().prepare(&query).unwrap().query_map([], |r| r.get::<_, i64>(0)).unwrap().map(Result::unwrap) {
            let letters = world.texts(&format!("SELECT recipient FROM outbox WHERE notice_id = {notice} ORDER BY 1"));
            assert_eq!((letters.len(), letters.into_iter().collect::<BTreeSet<_>>()), (readers.len(), readers.clone()));
        }
    }
    println!("corrections: {sent}, letters: {}", world.count("SELECT count(*) FROM outbox WHERE notice_id IS NOT NULL"));
    assert_eq!(sent, world.count("SELECT count(*) FROM notice"));
    let desk = world.texts("SELECT DISTINCT recipient FROM outbox WHERE edition_id IS NULL ORDER BY 1");
    assert_eq!(desk, ["desk@a.example", "desk@b.example"], "the editors are told by mail");
}

async fn five_hundred_printed_articles() {
    let began = Instant::now();
    let world = World::new(ORDINARY).await;
    let issues = world.print().await;
    println!("printed after {:?}", began.elapsed());
    world.run().await;
    println!("62 days after {:?}", began.elapsed());
    println!("{:?}", world.texts("SELECT code || ' ' || count(*) FROM fetch_log WHERE recheck = 1 GROUP BY code"));
    every_change_is_told(&world);
    looks_keep_to_their_share(&world);
    corrections_reach_the_right_readers(&world, &issues).await;
    println!("all after {:?}", began.elapsed());
}

/// What the budget does not allow waits, the oldest first.
async fn a_small_crawl_pays_for_few_looks() {
    let world = World::new(240).await;
    world.print().await;
    let now = start() + TimeDelta::days(12);
    world.set_now(now);
    // the program is new here: of what was printed the looks to come are made
    for day in 0..4 {
        world.pipeline.crawler().recheck_due(&world.sources, now + TimeDelta::days(day)).await.unwrap();
    }
    let query = "SELECT count(*) FROM fetch_log WHERE recheck = 1 GROUP BY at ORDER BY at";
    let looks: Vec<i64> = world.sql().prepare(query).unwrap().query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(looks.len() > 1 && looks.iter().all(|n| *n <= 12), "{looks:?}");
    println!("a crawl of 240 requests a day: {looks:?} looks");
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some(PARSE_DOCUMENTS) {
        parse_documents().unwrap();
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(five_hundred_printed_articles());
    runtime.block_on(a_small_crawl_pays_for_few_looks());
}
