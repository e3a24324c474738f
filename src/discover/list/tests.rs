//! Lists as sites lay them out.

use chrono::{TimeZone, Utc};

use crate::discover::list::*;

fn run(html: &str, selectors: &ListSelectors) -> Vec<(String, String, String)> {
    let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
    let url = WebUrl::parse("http://www.a.gov.cn/xw/index.html").unwrap();
    let found = read(html, &url, selectors, None, &clock).map(|d| d.entries).unwrap_or_default();
    found
        .into_iter()
        .map(|e| (e.url.as_url().path().to_owned(), e.title, e.published_at.map(|d| d.date_naive().to_string()).unwrap_or_default()))
        .collect()
}

fn layout(list: &str) -> String {
    format!(
        "<div class='nav'><ul><li><a href='/zwgk/'>政务公开栏目</a></li><li><a href='/hd/'>互动交流栏目</a></li><li><a href='/fw/'>办事服务栏目</a></li></ul></div>\
         <div class='main'>{list}</div><div class='hot'><ul><li><a href='/h/1.html'>热点排行里的一条很长的旧闻标题</a></li><li><a href='/h/2.html'>热点排行里的另一条很长的旧闻</a></li>\
         <li><a href='/h/3.html'>热点排行里的第三条很长的旧闻</a></li></ul></div><div class='footer'><a href='/about.html'>关于我们网站</a><a href='/law.html'>法律声明页面</a></div>"
    )
}

#[test]
fn six_layouts_are_found_without_selectors() {
    let titles = ["许昌市召开科技创新大会", "发制品产业集群获评国家级", "我市新增专精特新企业二十家"];
    let rows = |f: &dyn Fn(usize, &str) -> String| titles.iter().enumerate().map(|(i, t)| f(i + 1, t)).collect::<String>();
    let pages = [
        (
            "list with spans",
            format!(
                "<ul class='newslist'>{}</ul>",
                rows(&|i, t| format!("<li><a href='./t{i}.html' title='{t}'>{t}</a><span>[2026-11-2{i}]</span></li>"))
            ),
        ),
        ("table rows", format!("<table>{}</table>", rows(&|i, t| format!("<tr><td>·<a href='t{i}.html'>{t}</a></td><td>2026-11-2{i}</td></tr>")))),
        (
            "jpage",
            format!(
                "<script type=text/xml><datastore><nextgroup><![CDATA[<a href=x>下组</a>]]></nextgroup><recordset>{}</recordset></datastore></script>",
                rows(&|i, t| format!("<record><![CDATA[<li><a href='t{i}.html' title='{t}'>{t}</a><span>2026-11-2{i}</span></li>]]></record>"))
            ),
        ),
        ("definition list", format!("<dl>{}</dl>", rows(&|i, t| format!("<dd><em>2026/11/2{i}</em><a href='t{i}.html'>{t}</a></dd>")))),
        ("month and day", format!("<ul>{}</ul>", rows(&|i, t| format!("<li><a href='t{i}.html'>{t}</a><i>11-2{i}</i></li>")))),
        (
            "cards",
            rows(&|i, t| {
                format!(
                    "<div class='item'><a href='t{i}.html'><img src=a.png></a><h3><a href='t{i}.html'>{t}</a></h3><p>简介文字，说说这篇文章的大意。</p><span class='time'>2026年11月2{i}日</span></div>"
                )
            }),
        ),
        (
            "cut titles",
            format!(
                "<ul>{}</ul>",
                rows(&|i, t| format!("<li><span>2026-11-2{i} 08:0{i}</span><a href='t{i}.html' title='{t}'>{}…</a></li>", &t[..18]))
            ),
        ),
    ];
    for (name, list) in pages {
        let got = run(&layout(&list), &ListSelectors::default());
        let expected: Vec<_> =
            titles.iter().enumerate().map(|(i, t)| (format!("/xw/t{}.html", i + 1), (*t).to_owned(), format!("2026-11-2{}", i + 1))).collect();
        assert_eq!(got, expected, "{name}");
    }
}

/// Three rows, each made by `row` of its number and title, between `open` and `close`.
fn three(open: &str, row: &dyn Fn(usize, &str) -> String, close: &str) -> Vec<(String, String, String)> {
    let titles = ["许昌市召开科技创新大会", "发制品产业集群获评国家级", "我市新增专精特新企业二十家"];
    let rows: String = titles.iter().enumerate().map(|(i, t)| row(i + 1, t)).collect();
    run(&layout(&format!("{open}{rows}{close}")), &ListSelectors::default())
}

#[test]
fn rows_with_more_than_a_title_and_a_date_are_read() {
    type Row = fn(usize, &str) -> String;
    let table: [(&str, &str, Row, &str); 10] = [
        (
            "whole cards are links",
            "<div class=cards>",
            |i, t| format!("<a href='t{i}.html'><h4>{t}</h4><p>这是摘要，说明文章的主要内容，供读者了解。</p><span>2026-11-2{i}</span></a>"),
            "</div>",
        ),
        (
            "day and month as blocks",
            "<ul>",
            |i, t| format!("<li><a href='t{i}.html'><div class=date><span>11-2{i}</span><em>2026</em></div><div class=t>{t}</div></a></li>"),
            "</ul>",
        ),
        ("days above months", "<ul>", |i, t| format!("<li><div><b>2{i}</b><i>2026-11</i></div><div><a href='t{i}.html'>{t}</a></div></li>"), "</ul>"),
        (
            "several dates",
            "<table><tr><th>标题</th><th>成文日期</th><th>发布日期</th></tr>",
            |i, t| format!("<tr><td><a href='t{i}.html'>{t}</a></td><td>2026-10-01</td><td>2026-11-2{i}</td></tr>"),
            "</table>",
        ),
        (
            "dates in parts of their own",
            "<dl>",
            |i, t| format!("<dt><a href='t{i}.html'>{t}</a></dt><dd>2026-11-2{i} 10:20　来源：本局</dd>"),
            "</dl>",
        ),
        (
            "columns before titles",
            "<div>",
            |i, t| format!("<p><a href='/xw/dt/'>[工作动态]</a><a href='t{i}.html'>{t}</a><span>2026-11-2{i}</span></p>"),
            "</div>",
        ),
        (
            "columns without brackets",
            "<div>",
            |i, t| format!("<p><a href='/xw/dt/'>科技工作动态</a><a href='t{i}.html'>{t}</a><span>2026-11-2{i}</span></p>"),
            "</div>",
        ),
        (
            "addresses in scripts",
            "<div>",
            |i, t| format!("<p><a href='javascript:;' onclick=\"window.open('t{i}.html')\">{t}</a><span>2026-11-2{i}</span></p>"),
            "</div>",
        ),
        (
            "a menu at the left",
            "<div class='main right'><ul>",
            |i, t| format!("<li><a href='t{i}.html'>{t}</a><span>2026-11-2{i}</span></li>"),
            "</ul></div><div class=side><ul><li><a href=/r/1.html>点击排行里的一条旧闻标题</a><i>11-01</i></li><li><a href=/r/2.html>点击排行里的又一条旧闻</a><i>11-02</i></li><li><a href=/r/3.html>点击排行里的第三条旧闻</a><i>11-03</i></li></ul></div>",
        ),
        ("the date in the link", "<ul>", |i, t| format!("<li><a href='t{i}.html'><span>{t}</span><span>2026-11-2{i}</span></a></li>"), "</ul>"),
    ];
    for (name, open, row, close) in table {
        let got = three(open, &row, close);
        let dated: Vec<_> = got.iter().map(|(path, title, date)| (path.as_str(), title.chars().count(), date.as_str())).collect();
        let expected = [("/xw/t1.html", 11, "2026-11-21"), ("/xw/t2.html", 12, "2026-11-22"), ("/xw/t3.html", 13, "2026-11-23")];
        assert_eq!(dated, expected, "{name}: {got:?}");
    }
}

#[test]
fn rows_parted_by_breaks_have_the_date_beside_them() {
    type Row = fn(usize, &str) -> String;
    let older = "<div class=box><h3>通知公告</h3><ul><li><a href=/o/1.html>关于工作时间的第一条公告</a><i>2026-10-11</i></li>\
         <li><a href=/o/2.html>关于工作时间的第二条公告</a><i>2026-10-12</i></li></ul></div>";
    let table: [(&str, Row); 4] = [
        ("behind", |i, t| format!("·<a href='t{i}.html'>{t}</a> [2026-11-2{i}]<br>")),
        ("behind, in an element", |i, t| format!("<a href='t{i}.html'>{t}</a><span class=d>2026-11-2{i}</span><br/>")),
        ("before", |i, t| format!("[2026-11-2{i}] <a href='t{i}.html'>{t}</a><br>")),
        ("before, in an element", |i, t| format!("<font color=gray>2026-11-2{i}</font> <a href='t{i}.html'>{t}</a><br>")),
    ];
    for (name, row) in table {
        let got = three(&format!("{older}<div class=content>"), &row, "</div>");
        let dated: Vec<_> = got.iter().map(|(path, _, date)| (path.as_str(), date.as_str())).collect();
        assert_eq!(dated, [("/xw/t1.html", "2026-11-21"), ("/xw/t2.html", "2026-11-22"), ("/xw/t3.html", "2026-11-23")], "{name}");
    }
}

#[test]
fn a_list_that_a_script_writes_is_read() {
    let rows: String =
        (1..4).map(|i| format!("document.write(\"<li><a href='t{i}.html'>许昌市的第{i}条科技消息</a><span>2026-11-2{i}</span></li>\");\n")).collect();
    let got = run(&format!("<ul><script>{rows}</script></ul>"), &ListSelectors::default());
    assert_eq!(got.first(), Some(&("/xw/t1.html".to_owned(), "许昌市的第1条科技消息".to_owned(), "2026-11-21".to_owned())));
    assert_eq!(got.len(), 3);
}

#[test]
fn selectors_are_followed_to_the_letter() {
    let html = layout("<p class='r'><b>2026-11-20</b><a href='x.html'>更多</a><a class='t' href='y.html'>这一条才是标题</a></p>");
    let selectors = ListSelectors { item: Some("p.r".into()), link: Some("a.t".into()), title: None, date: Some("b".into()) };
    assert_eq!(run(&html, &selectors), [("/xw/y.html".to_owned(), "这一条才是标题".to_owned(), "2026-11-20".to_owned())]);
}

#[test]
fn a_page_without_a_list_yields_nothing() {
    assert!(run("<p>没有链接</p>", &ListSelectors::default()).is_empty());
    assert!(run("<a href='javascript:alert(1)'>很长很长的链接标题文字</a>", &ListSelectors::default()).is_empty());
}
