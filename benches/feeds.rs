//! Feeds per second with repair always on: `cargo bench --bench feeds`.

use chrono::Utc;
use qingbao::discover::feed;
use qingbao::model::WebUrl;
use qingbao::text::dates::Clock;

fn main() {
    divan::main();
}

fn rss(items: usize, body: usize) -> String {
    let item = |n: usize| {
        format!(
            "<item><title>第{n}条：许昌科技创新 &amp; 产业</title><link>http://a.example/{n}.html</link><guid>{n}</guid>\
             <pubDate>Tue, 24 Nov 2026 08:{:02}:00 +0800</pubDate><description><![CDATA[<p>{}</p>]]></description></item>",
            n % 60,
            "超硬材料企业的订单继续增加，产品销往海外。".repeat(body)
        )
    };
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>示例</title>{}</channel></rss>",
        (0..items).map(item).collect::<String>()
    )
}

/// A sound feed, one that needs repair, and one that only salvage reads.
fn samples() -> [(&'static str, String); 3] {
    let sound = rss(20, 4);
    [("sound", sound.clone()), ("repaired", sound.replace("&amp;", "&")), ("salvaged", sound.replace("</channel></rss>", "<item><title>断"))]
}

#[divan::bench(args = ["sound", "repaired", "salvaged"])]
fn read(bencher: divan::Bencher<'_, '_>, name: &str) {
    let text = samples().into_iter().find(|s| s.0 == name).map(|s| s.1).unwrap_or_default();
    let url = WebUrl::parse("http://a.example/rss.xml").ok();
    let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc::now());
    bencher.bench(|| feed::read(&text, url.as_ref(), &clock));
}
