//! List layouts of real sites.

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

/// Returns three rows between `open` and `close`; `row` renders each from number and title.
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

/// Rows of pages at `/xw/index.html`: path, title, day of November 2026 or the given date.
type Rows = &'static [(&'static str, &'static str, &'static str)];

const A: &str = "许昌市召开科技创新大会";
const B: &str = "发制品产业集群获评国家级";
const C: &str = "我市新增专精特新企业二十家";
const DATED: Rows = &[("/xw/t1.html", A, "2026-11-23"), ("/xw/t2.html", B, "2026-11-22"), ("/xw/t3.html", C, "2026-11-21")];
const UNDATED: Rows = &[("/xw/t1.html", A, ""), ("/xw/t2.html", B, ""), ("/xw/t3.html", C, "")];

/// Returns a page with a list of three rows; `row` renders each from number, title and day.
fn page(open: &str, row: impl Fn(usize, &str, usize) -> String, close: &str) -> String {
    let rows: String = [A, B, C].iter().enumerate().map(|(n, t)| row(n + 1, t, 23 - n)).collect();
    layout(&format!("{open}{rows}{close}"))
}

fn check(name: &str, html: &str, expected: Rows) {
    let expected: Vec<_> = expected.iter().map(|(p, t, d)| ((*p).to_owned(), (*t).to_owned(), (*d).to_owned())).collect();
    assert_eq!(run(html, &ListSelectors::default()), expected, "{name}");
}

#[test]
fn other_links_of_a_row_are_no_entries() {
    let pop = |i: usize| match i {
        1 => String::new(),
        _ => format!(
            "<div class=pop><h3>相关解读</h3><ul><li><a href=/jd/{i}.html>有关负责同志就《关于印发若干措施的通知》第{i}号答记者问</a></li></ul></div>"
        ),
    };
    let li = |inner: String| format!("<li>{inner}</li>");
    let pages = [
        ("explanations", page("<ul class=u>", |i, t, d| li(format!("<a href=t{i}.html>{t}</a>{}<span>2026-11-{d}</span>", pop(i))), "</ul>")),
        (
            "files",
            page("<ul>", |i, t, d| li(format!("<a href=t{i}.html>{t}</a> <a href=/f/{i}.pdf>附件下载：{t}</a><span>2026-11-{d}</span>")), "</ul>"),
        ),
        (
            "tags",
            page(
                "<div>",
                |i, t, d| {
                    format!(
                        "<div class=item><h2><a href=t{i}.html>{t}</a></h2><div class=b><span>2026-11-{d}</span>标签：<a href=/tag/a{i}/>新能源汽车</a><a href=/tag/b{i}/>智能制造装备</a></div></div>"
                    )
                },
                "</div>",
            ),
        ),
        (
            "authors",
            page(
                "<ul>",
                |i, t, d| {
                    li(format!(
                        "<div><a href=t{i}.html>{t}</a></div><div class=i><span><a href=/author/{i}>许昌日报记者</a></span><span>2026-11-{d}</span></div>"
                    ))
                },
                "</ul>",
            ),
        ),
        (
            "a row's own click",
            page("<ul>", |i, t, d| format!("<li onclick=\"location.href='t{i}.html'\"><p>{t}</p><span>2026-11-{d}</span></li>"), "</ul>"),
        ),
        (
            "an address in data",
            page("<ul>", |i, t, d| li(format!("<a href='javascript:open({i})' data-url=t{i}.html>{t}</a><span>2026-11-{d}</span>")), "</ul>"),
        ),
    ];
    for (name, html) in pages {
        check(name, &html, DATED);
    }
}

#[test]
fn marks_and_kinds_are_no_part_of_a_title() {
    let li = |inner: String| format!("<li>{inner}</li>");
    let pages = [
        ("pinned", page("<ul>", |i, t, d| li(format!("<a href=t{i}.html><i>置顶</i>{t}</a><span>2026-11-{d}</span>")), "</ul>")),
        ("in brackets", page("<ul>", |i, t, d| li(format!("<a href=t{i}.html>[置顶]{t}<b>NEW</b></a><span>2026-11-{d}</span>")), "</ul>")),
        ("kinds", page("<ul>", |i, t, d| li(format!("<a href=t{i}.html><font>[公开招标]</font>{t}</a><span>2026-11-{d}</span>")), "</ul>")),
        (
            "the whole title on the row",
            page(
                "<ul>",
                |i, t, d| format!("<li title={t}><a href=t{i}.html>{}...</a><span>2026-11-{d}</span></li>", t.chars().take(7).collect::<String>()),
                "</ul>",
            ),
        ),
    ];
    for (name, html) in pages {
        check(name, &html, DATED);
    }
}

#[test]
fn dates_stand_above_rows_or_in_pieces() {
    let row = |i: usize, t: &str| format!("<li><a href=t{i}.html>{t}</a></li>");
    let pages = [
        ("days as headings", page("<div>", |i, t, d| format!("<h4>2026年11月{d}日 星期一</h4><ul>{}</ul>", row(i, t)), "</div>")),
        ("one month above", page("<h3>2026年11月</h3><ul>", |i, t, d| format!("<li><b>{d}日</b><a href=t{i}.html>{t}</a></li>"), "</ul>")),
        ("day above month", page("<ul>", |i, t, d| format!("<li><div><b>{d}</b><i>11月</i></div><a href=t{i}.html>{t}</a></li>"), "</ul>")),
        (
            "days in rows of a table",
            page(
                "<table>",
                |i, t, d| format!("<tr>\n<td colspan=2>11月{d}日</td>\n</tr><tr><td><a href=t{i}.html>{t}</a></td><td>本局</td></tr>"),
                "</table>",
            ),
        ),
        ("years above", page("<h3>2026年</h3><ul>", |i, t, d| format!("<li><i>11-{d}</i><a href=t{i}.html>{t}</a></li>"), "</ul>")),
        ("days in pieces above", page("<div>", |i, t, d| format!("<div class=d><b>{d}</b><i>2026.11</i></div><ul>{}</ul>", row(i, t)), "</div>")),
        (
            "days in bold in a table",
            page("<table>", |i, t, d| format!("<tr><td><b>2026-11-{d}</b></td></tr><tr><td>·<a href=t{i}.html>{t}</a></td></tr>"), "</table>"),
        ),
        ("below a bar with the day", {
            let days = page("<div>", |i, t, d| format!("<h4>2026年11月{d}日</h4><ul>{}</ul>", row(i, t)), "</div>");
            format!("<div class=top><a href=/w/>无障碍版</a> <span>2026年11月24日 星期二</span></div><p><a href=./>工作动态</a></p>{days}")
        }),
        ("in the link", page("<ul>", |i, t, d| format!("<li><a href=t{i}.html>{t} (2026-11-{d})</a></li>"), "</ul>")),
        ("days in a definition list", page("<dl>", |i, t, d| format!("<dt>2026-11-{d}</dt><dd><a href=t{i}.html>{t}</a></dd>"), "</dl>")),
        (
            "the last reply beside",
            page(
                "<table>",
                |i, t, d| {
                    format!(
                        "<tr><th><a href=t{i}.html>{t}</a></th><td><a href=/u/{i}>许昌网友甲乙</a><em>2026-11-{d}</em></td><td><a href=/u/9{i}>最后回复的网友</a><a href=t{i}.html#l>2026-11-24 10:00</a></td></tr>"
                    )
                },
                "</table>",
            ),
        ),
        (
            "deadlines beside",
            page(
                "<ul>",
                |i, t, d| format!("<li><a href=t{i}.html>{t}</a><span>截止时间：2026-11-24 09:00</span><span>发布时间：2026-11-{d}</span></li>"),
                "</ul>",
            ),
        ),
        ("moments in scripts", {
            page(
                "<ul>",
                |i, t, d| format!("<li><a href=t{i}.html>{t}</a><script>document.write(show('{}'))</script></li>", 1_795_392_000 - 86_400 * (23 - d)),
                "</ul>",
            )
        }),
    ];
    for (name, html) in pages {
        check(name, &html, DATED);
    }
    // the page's own date belongs to no row
    let today = format!("<div class=top>2026年11月24日 星期二</div>{}", page("<ul>", |i, t, _| row(i, t), "</ul>"));
    check("today", &today, UNDATED);
}

#[test]
fn short_titles_count_where_the_row_has_a_date() {
    let li = |i: usize, t: &str| format!("<li><a href=c{i}.html>{t}</a><span>2026-11-2{i}</span></li>");
    let html = layout(&format!(
        "<ul class=d>{}{}{}{}</ul><div class=page><a href=2.html>2</a><a href=2.html>下一页</a></div>",
        li(3, "一线探访"),
        li(2, "钧瓷走向世界"),
        li(1, "要闻"),
        li(0, "数据看许昌")
    ));
    let titles: Vec<String> = run(&html, &ListSelectors::default()).into_iter().map(|r| r.1).collect();
    assert_eq!(titles, ["一线探访", "钧瓷走向世界", "要闻", "数据看许昌"]);
}

#[test]
fn the_pages_own_list_is_told_from_the_boxes_beside_it() {
    let own = |dated: bool| {
        move |i: usize, t: &str, d: usize| {
            format!("<li><a href=/xw/t{i}.html>{t}</a>{}</li>", if dated { format!("<i>2026-11-{d}</i>") } else { String::new() })
        }
    };
    let aside = |n: usize| -> String {
        let row = |i: usize| format!("<li><a href=/tz/{i}.html>关于第{i}号事项办理情况的通知</a><i>2026-11-2{}</i></li>", i % 4);
        (0..n).map(row).collect()
    };
    let pager = "<div class=p><a href=/xw/index_2.html>下一页</a></div>";
    let pages: [(&str, String, Rows); 6] = [
        (
            "an undated list, a dated box",
            page("<ul>", own(false), &format!("</ul>{pager}<div class=r><h3>通知公告</h3><ul>{}</ul></div>", aside(4))),
            UNDATED,
        ),
        ("boxes of the same markup", page("<div><ul>", own(true), &format!("</ul></div><div><ul>{}</ul></div>", aside(7))), DATED),
        (
            "a longer box with a link to more",
            page("<ul>", own(true), &format!("</ul>{pager}<div class=r><div>通知公告<a href=/tz/>更多</a></div><ul>{}</ul></div>", aside(7))),
            DATED,
        ),
        ("one dated link", page("<p><a href=/top/1.html>许昌市今日要闻头条的标题</a> 2026-11-23</p><ul>", own(false), "</ul>"), UNDATED),
        ("an empty column", layout("<p>该栏目暂无内容</p>"), &[]),
        ("a hot list only", layout("<p>正在加载</p>"), &[]),
    ];
    for (name, html, expected) in pages {
        check(name, &html, expected);
    }
}

#[test]
fn rows_that_scripts_hold_are_read() {
    let li = |i: usize, t: &str, d: usize| format!("<li><a href='t{i}.html'>{t}</a><span>2026-11-{d}</span></li>");
    let escaped = |text: String| text.replace('<', "&lt;").replace('>', "&gt;");
    let store = |rows: &str| format!("<script type=text/xml><datastore><recordset>{rows}</recordset></datastore></script>");
    let small: String = (1..4).map(|i| format!("<record><![CDATA[<li><a href=/zt/{i}.html>专题里的第{i}条内容说明</a></li>]]></record>")).collect();
    let object = |i: usize, t: &str, d: usize| format!("{{\"title\":\"{t}\",\"url\":\"t{i}.html\",\"publishTime\":\"2026-11-{d} 09:00\"}},");
    let literal = |i: usize, t: &str, d: usize| format!("{{aT: '{t}', aU: 't{i}.html', aPd: '2026-11-{d}',}},");
    let columns =
        |i: usize, t: &str, d: usize| format!("urls[{i}]='t{i}.html';heads[{i}]=\"{t}\";year[{i}]='2026';month[{i}]='11';day[{i}]='{d}';\n");
    let trimmed = |text: String| text.replace("},]", "}]");
    let pages = [
        (
            "two stores",
            page(
                &store(&small)
                    .replace("</recordset></datastore></script>", "</recordset></datastore></script><div id=2><script type=text/xml><datastore>"),
                |i, t, d| format!("<record><![CDATA[{}]]></record>", li(i, t, d)),
                "</datastore></script></div>",
            ),
        ),
        (
            "escaped records",
            page("<script type=text/xml><datastore>", |i, t, d| format!("<record>{}</record>", escaped(li(i, t, d))), "</datastore></script>"),
        ),
        ("strings", page("<script>var rows = [", |i, t, d| format!("{:?},", li(i, t, d)), "];</script>")),
        (
            "document.write of names",
            page(
                "",
                |i, t, d| format!("<script>var t='{t}';document.write(\"<li><a href=t{i}.html>\"+t+\"</a><span>2026-11-{d}</span></li>\");</script>"),
                "",
            ),
        ),
        ("an array", trimmed(page("<script>var list = [", object, "]; render(list)</script>"))),
        ("a state", trimmed(page("<script>window.__INITIAL_STATE__={\"a\":{\"list\":[", object, "]}};</script>"))),
        ("data of a framework", trimmed(page("<script id=__NEXT_DATA__ type=application/json>{\"props\":{\"list\":[", object, "]}}</script>"))),
        ("names that nobody knows", page("<script>show([", literal, "])</script>")),
        ("columns", page("<script>var urls=[],heads=[];", columns, "</script>")),
    ];
    for (name, html) in pages {
        check(name, &html, DATED);
    }
    let own = page(
        "<script>var hot = [{title:'热点里的一条内容说明',url:'/h/9.html'},{title:'热点里的二条内容说明',url:'/h/8.html'},{title:'热点里的三条内容说明',url:'/h/7.html'}]</script><ul>",
        li,
        "</ul>",
    );
    check("a list beside data", &own, DATED);
}

#[test]
fn a_larger_list_that_is_left_out_is_told() {
    let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).unwrap());
    let url = WebUrl::parse("http://www.a.gov.cn/xw/index.html").unwrap();
    let links: String = (0..20).map(|i| format!("<li><a href=/dw/{i}.html>第{i}个单位的信息公开目录</a></li>")).collect();
    let html = page(
        "<ul>",
        |i, t, d| format!("<li><a href=t{i}.html>{t}</a><i>2026-11-{d}</i></li>"),
        &format!("</ul><div class=dw><ul>{links}</ul></div>"),
    );
    let found = read(&html, &url, &ListSelectors::default(), None, &clock).unwrap();
    assert_eq!((found.entries.len(), found.limits), (3, vec![LimitReached::LargerList(20)]));
}
