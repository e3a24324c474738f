//! A loopback web of many hosts: each address 127.1+.x.y is a site with robots.txt, one feed and some pages of Chinese text.
//!
//! Shared by the crawl tests and the fetch bench. The server notes every request itself, so what is asserted about order,
//! delay and load is what a site owner would have seen.
#![allow(dead_code)] // each user takes the part it needs
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::get;

/// What the farm serves.
#[derive(Debug, Clone, Copy)]
pub struct DemoWorld {
    pub hosts: u32,
    /// Pages of each host.
    pub pages: u32,
    /// Bytes of one page, about.
    pub size: usize,
    /// How long each answer takes.
    pub latency: Duration,
}

/// One request as the server saw it.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub what: What,
    pub begin: Instant,
    pub end: Instant,
    pub status: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Robots,
    Feed,
    Page(u32),
}

/// Requests by host, in order.
pub type Log = HashMap<Ipv4Addr, Vec<Seen>>;

/// A running farm; it ends with its runtime.
pub struct Farm {
    pub port: u16,
    world: DemoWorld,
    log: Arc<Mutex<Log>>,
}

#[derive(Clone)]
struct Shared {
    world: DemoWorld,
    log: Arc<Mutex<Log>>,
}

impl Farm {
    /// Serves a world on a free port of every loopback address.
    pub async fn start(world: DemoWorld) -> Self {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::new()));
        let shared = Shared { world, log: Arc::clone(&log) };
        let app = Router::new().route("/{*path}", get(answer)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { port, world, log }
    }

    /// `sources.toml` with one source per host.
    pub fn sources(&self) -> String {
        let one =
            |n| format!("[[source]]\nid = \"s{n}\"\nname = \"站点{n}\"\nkind = \"feed\"\nurl = \"http://{}:{}/feed.xml\"\n", address(n), self.port);
        format!("[defaults]\nallow_private = true\n\n{}", (0..self.world.hosts).map(one).collect::<Vec<_>>().join("\n"))
    }

    /// Requests answered since the log was taken last.
    pub fn served(&self) -> usize {
        self.log.lock().unwrap().values().map(Vec::len).sum()
    }

    /// What was asked since the log was taken last.
    pub fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }

    /// What was asked since the last call.
    pub fn take_log(&self) -> Log {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

/// Most requests of one host that were answered at once.
pub fn most_in_flight(log: &Log) -> usize {
    let most = |seen: &Vec<Seen>| seen.iter().map(|a| seen.iter().filter(|b| b.begin <= a.begin && a.begin < b.end).count()).max().unwrap_or(0);
    log.values().map(most).max().unwrap_or(0)
}

/// Shortest time between the end of one answer and the next request of the same host.
pub fn shortest_gap(log: &Log) -> Option<Duration> {
    let gap = |pair: &[Seen]| match pair {
        [a, b] => Some(b.begin.saturating_duration_since(a.end)),
        _ => None,
    };
    log.values().flat_map(|seen| seen.windows(2).filter_map(gap).collect::<Vec<_>>()).min()
}

/// Requests of one kind.
pub fn count(log: &Log, wanted: impl Fn(&Seen) -> bool) -> usize {
    log.values().flatten().filter(|s| wanted(s)).count()
}

fn address(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x7F01_0000 + (n / 250) * 256 + n % 250 + 1)
}

async fn answer(State(shared): State<Shared>, Path(path): Path<String>, headers: HeaderMap) -> Response<Body> {
    let begin = Instant::now();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default().to_owned();
    let Some(address) = host.split(':').next().and_then(|h| h.parse::<Ipv4Addr>().ok()) else { return Response::new(Body::empty()) };
    let what = match path.as_str() {
        "robots.txt" => What::Robots,
        "feed.xml" => What::Feed,
        page => page.trim_end_matches(".html").parse().map_or(What::Robots, What::Page),
    };
    let unchanged = what == What::Feed && headers.get(header::IF_NONE_MATCH).is_some_and(|v| v == "\"same\"");
    let response = match what {
        _ if unchanged => status(StatusCode::NOT_MODIFIED),
        What::Feed => {
            let body = Body::from(feed(&host, shared.world.pages));
            Response::builder().header(header::CONTENT_TYPE, "application/rss+xml").header(header::ETAG, "\"same\"").body(body).unwrap()
        }
        What::Page(n) if n < shared.world.pages => {
            let body = Body::from(page(u64::from(u32::from(address)) << 16 | u64::from(n), shared.world.size));
            Response::builder().header(header::CONTENT_TYPE, "text/html; charset=utf-8").body(body).unwrap()
        }
        _ => status(StatusCode::NOT_FOUND),
    };
    if !shared.world.latency.is_zero() {
        tokio::time::sleep(shared.world.latency).await;
    }
    let seen = Seen { what, begin, end: Instant::now(), status: response.status().as_u16() };
    shared.log.lock().unwrap().entry(address).or_default().push(seen);
    response
}

fn status(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn feed(host: &str, pages: u32) -> String {
    let item = |n| format!("<item><title>{host} 第{n}条消息</title><link>http://{host}/{n}.html</link><guid>{host}/{n}</guid></item>");
    format!("<rss version=\"2.0\"><channel><title>{host}</title>{}</channel></rss>", (0..pages).map(item).collect::<String>())
}

/// A page of about `size` bytes, a fifth of it the article; no two seeds give the same text.
pub fn page(seed: u64, size: usize) -> String {
    let mut random = Random::new(seed);
    let title = format!("{}{}{}", random.phrase(), random.phrase(), seed % 1000);
    let mut article = String::new();
    while article.len() < size / 5 {
        let sentences: String = (0..3).map(|_| random.sentence()).collect();
        article.push_str(&format!("<p>　　{sentences}</p>\n"));
    }
    let mut frame = String::new();
    let mut n = 0;
    while frame.len() + article.len() < size {
        n += 1;
        frame.push_str(&format!(
            "<li class=\"item\"><a href=\"/list/{n}.html\" target=\"_blank\" title=\"{0}\">{0}</a><span>11-2{1}</span></li>\n",
            random.phrase(),
            n % 10
        ));
    }
    let (above, below) = frame.split_at(frame.floor_char_boundary(frame.len() / 2));
    let (above, below) = above.rsplit_once("<li").map_or((above, below.to_owned()), |(a, cut)| (a, format!("<li{cut}{below}")));
    format!(
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>{title}_站点新闻</title><style>.a{{color:red}}</style></head><body>\
         <div class=\"nav\"><ul>{above}</ul></div><div class=\"main\"><h1>{title}</h1><div class=\"info\">2026-11-24 09:{:02} 来源：站点日报</div>\
         <div class=\"content\" id=\"zoom\">{article}</div></div><div class=\"sidebar\"><ul>{below}</ul></div><div class=\"footer\">版权所有</div></body></html>",
        seed % 60
    )
}

/// Enough of a random source for sample text (Marsaglia, *Xorshift RNGs*, 2003).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn phrase(&mut self) -> String {
        format!("{}{}{}", self.pick(&WHO), self.pick(&DOES), self.pick(&WHAT))
    }

    fn sentence(&mut self) -> String {
        let figure = self.below(9000) + 100;
        format!(
            "{}，{}在{}{}{}，{figure}万元的投入由{}承担。",
            self.pick(&WHEN),
            self.pick(&WHO),
            self.pick(&WHERE),
            self.pick(&DOES),
            self.pick(&WHAT),
            self.pick(&WHO)
        )
    }
}

const WHO: [&str; 12] = [
    "许继电气",
    "黄河旋风",
    "市工业和信息化局",
    "一家民营企业",
    "省科学院",
    "禹州药商",
    "长葛的再生金属企业",
    "中原银行",
    "发制品协会",
    "高校实验室",
    "海关",
    "行业专家",
];
const DOES: [&str; 12] = ["建成", "发布", "研究", "推广", "签约引进", "验收", "扩建", "出口", "升级", "试运行", "评估", "改造"];
const WHAT: [&str; 14] = [
    "智能电网设备",
    "培育钻石生产线",
    "新能源汽车零部件",
    "中药材交易平台",
    "假发跨境电商仓库",
    "工业机器人车间",
    "再生铝项目",
    "预制菜标准",
    "算力中心",
    "超硬材料检测站",
    "氢能示范工程",
    "水泥窑协同处置",
    "纺织印染园区",
    "尼龙新材料基地",
];
const WHERE: [&str; 10] = ["建安区", "长葛市", "禹州市", "鄢陵县", "襄城县", "魏都区", "郑州航空港", "东莞", "苏州工业园", "成都高新区"];
const WHEN: [&str; 8] = ["今年前十个月", "上周", "十一月中旬", "三季度", "春节以后", "最近两年", "本月初", "去年同期"];
