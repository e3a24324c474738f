//! The console over a large archive: `cargo bench --bench console [-- ARTICLES REQUESTS_A_SECOND SECONDS]`. Fills a database,
//! starts the real service, signs in, and asks page after page at a steady rate.
#![allow(clippy::unwrap_used)] // a set-up that fails must fail the run

mod archive;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use qingbao::store::Store;
use rusqlite::Connection;

const PAGES: [&str; 15] = [
    "/draft/1",
    "/draft/1/pool",
    "/draft/1/pool?late=1",
    "/articles",
    "/articles?q=%E5%8F%91%E5%88%B6%E5%93%81",
    "/articles?q=%E4%BC%81%E4%B8%9A",
    "/articles?industry=%E5%8C%96%E5%B7%A5&column=%E8%A1%8C%E4%B8%9A%E8%B6%8B%E5%8A%BF",
    "/articles?place=%E9%95%BF%E8%91%9B",
    "/articles?organisation=%E7%91%9E%E8%B4%9D%E5%8D%A1",
    "/draft/1/pool?industry=%E5%8C%96%E5%B7%A5",
    "/articles/77",
    "/api/v1/articles?after=400000",
    "/feeds/industry/%E5%8C%96%E5%B7%A5.atom",
    "/overview",
    "/sources",
];

#[tokio::main]
async fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let at = |i: usize, usual| numbers.get(i).copied().unwrap_or(usual);
    let (n, rate, seconds) = (at(0, 20_000), at(1, 50), at(2, 20));
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    drop(Store::open(&data).unwrap());
    let start = Instant::now();
    archive::fill_year(&Connection::open(data.join("qingbao.db")).unwrap(), i64::try_from(n).unwrap());
    println!(
        "{n} articles filled in {:.0} s, {:.1} GB",
        start.elapsed().as_secs_f64(),
        std::fs::metadata(data.join("qingbao.db")).unwrap().len() as f64 / 1e9
    );
    std::fs::write(dir.path().join("sources.toml"), "[[source]]\nid = \"s\"\nname = \"示例网\"\nurl = \"https://s.example/\"\nenabled = false\n")
        .unwrap();
    std::fs::write(dir.path().join("qingbao.toml"), "[publication]\ndays = \"monthly-28\"\ncatch_up = \"0s\"\n[console]\nlisten = \"127.0.0.1:0\"\n")
        .unwrap();
    let command = |args: &[&str]| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_qingbao"));
        c.args(args).current_dir(dir.path());
        c
    };
    assert!(command(&["digest", "build"]).stdout(Stdio::null()).status().unwrap().success());
    let mut user =
        command(&["user", "add", "u", "--role", "admin", "--password-file", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    user.stdin.take().unwrap().write_all(b"a long password").unwrap();
    assert!(user.wait().unwrap().success());
    let mut service = command(&["serve"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(service.stderr.take().unwrap()).lines();
    let line = log.by_ref().map_while(Result::ok).find(|l| l.contains("console on http://")).unwrap();
    std::thread::spawn(move || log.for_each(drop));
    let base = format!("http://{}", line.split("http://").nth(1).unwrap().trim_end_matches('/'));

    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let form = "name=u&password=a+long+password";
    let answer = client.post(format!("{base}/login")).header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    // what is counted once and kept for some minutes is counted at the first look: told apart
    let mut first = Vec::new();
    for page in PAGES {
        let start = Instant::now();
        let answer = client.get(format!("{base}{page}")).header("cookie", &cookie).send().await.unwrap();
        answer.bytes().await.unwrap();
        first.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let times: Arc<Mutex<Vec<(usize, f64)>>> = Arc::default();
    let mut tick = tokio::time::interval(Duration::from_secs_f64(1.0 / rate as f64));
    let mut asked = tokio::task::JoinSet::new();
    for i in 0..usize::try_from(rate * seconds).unwrap() {
        tick.tick().await;
        let (client, cookie, times, url) = (client.clone(), cookie.clone(), Arc::clone(&times), format!("{base}{}", PAGES[i % PAGES.len()]));
        asked.spawn(async move {
            let start = Instant::now();
            let answer = client.get(&url).header("cookie", cookie).send().await.unwrap();
            assert!(answer.status().is_success(), "{url}: {}", answer.status());
            answer.bytes().await.unwrap();
            times.lock().unwrap().push((i % PAGES.len(), start.elapsed().as_secs_f64() * 1000.0));
        });
    }
    while asked.join_next().await.is_some() {}
    service.kill().unwrap();
    service.wait().unwrap();
    let times = times.lock().unwrap();
    println!("{:<60} {:>8} {:>8} {:>8} {:>8}", format!("{rate} requests a second, {seconds} s"), "median", "p99", "worst", "first");
    for (page, name) in PAGES.iter().enumerate() {
        tell(name, times.iter().filter(|t| t.0 == page).map(|t| t.1).collect(), first.get(page).copied());
    }
    tell("all", times.iter().map(|t| t.1).collect(), None);
}

fn tell(name: &str, mut times: Vec<f64>, first: Option<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    let first = first.map(|f| format!("{f:>5.0} ms")).unwrap_or_default();
    println!("{name:<60} {:>5.0} ms {:>5.0} ms {:>5.0} ms {first}", at(50), at(99), at(100));
}
