//! Feeds as real sites write them.

use chrono::TimeZone;

use crate::discover::feed::*;

fn clock() -> Clock {
    Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap())
}

fn rss(items: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='gb2312'?><rss version='2.0'><channel><title>许昌网</title><link>http://a.cn/</link>{items}</channel></rss>"
    )
}

#[test]
fn a_chinese_feed_with_every_common_fault_is_read() {
    let text = rss(
        "<item><title>一 & 二&nbsp;三</title><link>/x.html?a=1&b=2</link><pubDate>2026-11-24 08:00</pubDate><description>&lt;p&gt;摘要&lt;/p&gt;</description></item>",
    );
    let url = WebUrl::parse("http://a.cn/rss.xml").unwrap();
    let feed = read(&text, Some(&url), &clock()).unwrap();
    let e = &feed.entries[0];
    assert_eq!(e.title, "一 & 二 三");
    assert_eq!(e.url.as_ref().unwrap().as_str(), "http://a.cn/x.html?a=1&b=2");
    assert_eq!(e.published_at.unwrap().to_rfc3339(), "2026-11-24T08:00:00+08:00");
    assert_eq!(e.summary.as_deref(), Some("摘要"));
    assert_eq!(feed.repaired, ["bare &", "undefined entities"]);
}

#[test]
fn what_a_feed_holds_too_much_of_is_cut_and_told() {
    let item = |n: usize, rest: &str| format!("<item><title>第{n}条</title><link>http://a.cn/{n}.html</link>{rest}</item>");
    let told = |feed: &Feed| feed.limits.iter().map(LimitReached::chinese).collect::<Vec<_>>();
    let many = read(&rss(&(0..=MAX_ENTRIES).map(|n| item(n, "")).collect::<String>()), None, &clock()).unwrap();
    assert_eq!((many.entries.len(), told(&many)), (MAX_ENTRIES, vec!["共列出 2001 条，只读取 2000 条".to_owned()]));

    let long = format!(
        "<item><title>{}</title><link>http://a.cn/1</link></item>{}",
        "题".repeat(900),
        item(2, &format!("<description>{}</description>", "文".repeat(400_000)))
    );
    let long = read(&rss(&long), None, &clock()).unwrap();
    assert_eq!(long.entries[0].title.chars().count(), MAX_TITLE);
    assert!(long.entries[1].content_html.as_ref().is_some_and(|c| (MAX_CONTENT - 3..=MAX_CONTENT).contains(&c.len())));
    assert_eq!(told(&long), ["1 条标题超过 500 字，已截短", "1 条正文超过 1 MB，已截短"]);

    let deep = rss(&format!("{}{}{}", "<a>".repeat(100_000), item(1, ""), "</a>".repeat(100_000)));
    let deep = read(&deep, None, &clock()).unwrap();
    assert_eq!((deep.entries[0].title.as_str(), told(&deep)), ("第1条", vec!["元素嵌套超过 128 层，已改为逐条读取".to_owned()]));
    let nothing = read(&rss(&"<a xml:base='a/'>".repeat(100_000)), None, &clock()).unwrap_err();
    assert_eq!(nothing.to_string(), "cannot be read as feed: its elements are nested deeper than 128");
}

#[test]
fn entities_are_never_expanded_and_files_never_opened() {
    let bomb = format!(
        "<!DOCTYPE r [<!ENTITY a \"{}\"><!ENTITY b SYSTEM \"file:///etc/passwd\">]>{}",
        "x".repeat(1000),
        rss("<item><title>&a;&b;</title><link>http://a.cn/1</link></item>").replace("<?xml version='1.0' encoding='gb2312'?>", "")
    );
    if let Ok(feed) = read(&bomb, None, &clock()) {
        assert!(feed.entries.iter().all(|e| e.title.len() < 100 && !e.title.contains("root:")));
    }
}

#[test]
fn single_odd_fields_cost_nothing() {
    let one = |text: &str| read(text, Some(&WebUrl::parse("http://a.cn/feed.xml").unwrap()), &clock()).unwrap().entries.remove(0);
    let item = |fields: &str| one(&rss(&format!("<item>{fields}</item>")));
    let link = "<link>http://a.cn/1.html</link>";
    let nameless = item(&format!("{link}<description>许昌市召开会议。会议部署明年的工作。</description>"));
    assert_eq!(nameless.title, "许昌市召开会议");
    assert_eq!(item(&format!("<title>许昌<em>发制品</em>出口</title>{link}")).title, "许昌发制品出口");
    let dated = item(&format!("<title>题</title>{link}<pubDate></pubDate><published>2026-11-23 08:00</published>"));
    assert_eq!(dated.published_at.unwrap().to_rfc3339(), "2026-11-23T08:00:00+08:00");
    let full = item(&format!("<title>题</title>{link}<content:encoded><![CDATA[<p>全文</p>]]></content:encoded>"));
    assert_eq!(full.content_html.as_deref(), Some("<p>全文</p>"), "a namespace that nobody declared");
    assert_eq!(item("<title>题</title><link/>http://a.cn/1.html").url.unwrap().as_str(), "http://a.cn/1.html");
    assert_eq!(item("<title>题</title><link><![CDATA[http://a.cn/?x=1&amp;y=2]]></link>").url.unwrap().as_str(), "http://a.cn/?x=1&y=2");
    let raw = item(&format!("<title>题</title>{link}<description><p>一</p><p>二</p></description>"));
    assert_eq!(raw.summary.as_deref(), Some("一 二"));
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><title>禁止 &lt;col&gt; 出现</title><link href='/1'/><id>x</id></entry></feed>";
    assert_eq!(one(atom).title, "禁止 <col> 出现");
    let json = r#"{"items":[{"id":7,"url":"/7","content_text":"许昌市召开会议。"}],"version":"https://jsonfeed.org/version/1.1"}"#;
    let entry = one(json);
    assert_eq!((entry.id.as_str(), entry.title.as_str()), ("7", "许昌市召开会议"));
    let british = rss(&format!("<language>en-gb</language><item><title>x</title>{link}<pubDate>05/10/2026 12:30</pubDate></item>"));
    assert_eq!(one(&british).published_at.unwrap().to_rfc3339(), "2026-10-05T12:30:00+08:00");
}

#[test]
fn a_page_instead_of_a_feed_is_named() {
    let got = read("<html><title>请开启JavaScript</title></html>", None, &clock()).unwrap_err();
    assert!(matches!(got, DiscoverError::WrongKind { .. }), "{got}");
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "(<(item|title|link|/item|rss|feed|entry|!\\[CDATA\\[)>|[a-z&; 中]){0,40}") {
        let _ = read(&rss(&text), None, &clock());
    }
}
