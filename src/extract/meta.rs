//! Title, author, 来源 and time of a page.
//!
//! Trust in this order: `<meta>` and JSON-LD, the visible byline near the title, the address, the rest of the text.

use std::collections::HashMap;
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset};
use regex::Regex;
use scraper::{ElementRef, Html, Selector};

use crate::model::WebUrl;
use crate::text::chars::{cut, line, skeleton};
use crate::text::dates::{self, Clock};

/// Longest title kept, in characters.
pub const MAX_TITLE: usize = 200;
/// Longest heading looked at, in letters.
const LONGEST_HEADING: usize = 120;

/// `<meta>` names of publication times, best first (lower case).
const DATE_NAMES: [&str; 23] = [
    "article:published_time",
    "og:published_time",
    "firstpublishedtime",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publishtime",
    "publish_time",
    "pub_date",
    "datepublished",
    "article:create_at",
    "weibo:article:create_at",
    "weibo: article:create_at",
    "og:release_date",
    "apub:time",
    "dc.date.issued",
    "dc.date",
    "dcterms.created",
    "sailthru.date",
    "parsely-pub-date",
    "createdate",
    "dateupdate",
];
const TITLE_NAMES: [&str; 5] = ["articletitle", "og:title", "twitter:title", "dc.title", "title"];
const PUBLISHER_NAMES: [&str; 6] = ["contentsource", "content-source", "mediaid", "article:source", "source", "originalsource"];
const AUTHOR_NAMES: [&str; 6] = ["author", "article:author", "og:article:author", "dc.creator", "parsely-author", "byl"];

/// Separators between headline and site name in `<title>`.
const TITLE_SEPARATORS: [&str; 12] = ["_", "|", " - ", " – ", " — ", "-", "—", "–", "丨", "｜", " :: ", "»"];

/// What the head of a page says.
pub(super) struct Head {
    meta: HashMap<String, String>,
    ld: Vec<serde_json::Value>,
    title: Option<String>,
}

static META: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("meta[content]").ok());
static TITLE: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("title").ok());
static LD: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("script[type='application/ld+json']").ok());
static SOURCE_ELEMENTS: LazyLock<Option<Selector>> = LazyLock::new(|| {
    Selector::parse("[class~=source],[id=source],[id*=source_baidu],[class*=laiyuan],[class~=ly],[id*=media_name],[class~=media],[class~=from],[class~=origin],[class~=source_name],[class~=article-source],[class~=art_source],a.source,[class~=author-name] .source").ok()
});
static TIME_ELEMENTS: LazyLock<Option<Selector>> = LazyLock::new(|| {
    Selector::parse("time,[class~=time],[class~=date],[class~=pubtime],[class~=pub_time],[class~=pubTime],[id*=pubtime],[class*=publish],[class*=article-time],[class*=post-time],[class~=timer],[id=pubtime_baidu]").ok()
});

fn select<'a>(html: &'a Html, selector: &'static LazyLock<Option<Selector>>) -> impl Iterator<Item = ElementRef<'a>> {
    selector.as_ref().into_iter().flat_map(|s| html.select(s))
}

fn text_of(e: ElementRef<'_>) -> String {
    line(&e.text().take(200).collect::<String>())
}

/// Elements that may hold the headline. Asked of every element of every page, so not by twelve selectors.
fn headings(html: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    const SIGNS: [&str; 3] = ["tit", "headline", "biaoti"];
    let named = |name: Option<&str>, signs: &[&str]| name.is_some_and(|n| signs.iter().any(|s| n.contains(s) || n.contains("Title")));
    html.root_element().descendants().filter_map(ElementRef::wrap).filter(move |e| {
        let e = e.value();
        matches!(e.name(), "h1" | "h2" | "h3" | "strong" | "b" | "font" | "td") || named(e.attr("class"), &SIGNS) || named(e.attr("id"), &["title"])
    })
}

/// The text of an element, unless it is too long for a headline.
fn short_text(e: ElementRef<'_>) -> Option<String> {
    let mut out = String::new();
    for piece in e.text().take(200) {
        out.push_str(piece);
        if out.len() > 4 * LONGEST_HEADING * 2 {
            return None;
        }
    }
    Some(line(&out))
}

impl Head {
    pub(super) fn read(html: &Html) -> Self {
        let mut meta = HashMap::new();
        for e in select(html, &META).take(500) {
            let v = e.value();
            let name = v.attr("name").or_else(|| v.attr("property")).or_else(|| v.attr("itemprop")).or_else(|| v.attr("http-equiv"));
            if let (Some(name), Some(content)) = (name, v.attr("content")) {
                let content = line(content);
                if !content.is_empty() {
                    meta.entry(name.trim().to_ascii_lowercase()).or_insert(content);
                }
            }
        }
        let ld = select(html, &LD)
            .take(8)
            .filter_map(|e| serde_json::from_str::<serde_json::Value>(e.text().collect::<String>().trim()).ok())
            .flat_map(|v| match v {
                serde_json::Value::Array(a) => a,
                serde_json::Value::Object(ref o) => match o.get("@graph") {
                    Some(serde_json::Value::Array(a)) => a.clone(),
                    _ => vec![v],
                },
                _ => Vec::new(),
            })
            .collect();
        let title = select(html, &TITLE).map(text_of).find(|t| !t.is_empty());
        Self { meta, ld, title }
    }

    fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.meta.get(*n)).map(String::as_str)
    }

    fn ld_text(&self, key: &str) -> Option<String> {
        self.ld.iter().find_map(|v| match v.get(key)? {
            serde_json::Value::String(s) => Some(line(s)),
            serde_json::Value::Object(o) => o.get("name").and_then(|n| n.as_str()).map(line),
            serde_json::Value::Array(a) => a.first().and_then(|f| f.get("name").or(Some(f))).and_then(|n| n.as_str()).map(line),
            _ => None,
        })
    }
}

/// The headline: a heading whose words lie in `<title>`, else what `<meta>` says, else the longest part of `<title>`.
pub(super) fn title(html: &Html, head: &Head) -> Option<String> {
    let said = head.meta(&TITLE_NAMES).map(str::to_owned).or_else(|| head.ld_text("headline"));
    let document = head.title.clone();
    let whole = skeleton(&format!("{} {}", document.as_deref().unwrap_or_default(), said.as_deref().unwrap_or_default()));
    let mut best: Option<(f64, String)> = None;
    for e in headings(html).take(400) {
        let Some(text) = short_text(e) else { continue };
        let letters = skeleton(&text);
        let n = letters.chars().count();
        if !(4..=LONGEST_HEADING).contains(&n) || !whole.contains(&letters) {
            continue;
        }
        let weight = match e.value().name() {
            "h1" => 1.5,
            "h2" | "h3" => 1.2,
            "td" | "b" | "strong" | "font" => 0.9,
            _ => 1.0,
        };
        let rated = n as f64 * weight;
        if best.as_ref().is_none_or(|(b, _)| rated > *b) {
            best = Some((rated, text));
        }
    }
    let heading = best.map(|(_, t)| t).filter(|t| !is_site_name(t, document.as_deref()));
    let first_h1 = || html_h1(html);
    heading
        .or_else(|| said.map(|t| headline_part(&t)))
        .or_else(|| document.map(|t| headline_part(&t)))
        .or_else(first_h1)
        .map(|t| cut(&t, MAX_TITLE))
        .filter(|t| !t.is_empty())
}

fn html_h1(html: &Html) -> Option<String> {
    static H1: LazyLock<Option<Selector>> = LazyLock::new(|| Selector::parse("h1").ok());
    select(html, &H1).map(text_of).find(|t| !t.is_empty())
}

/// Whether a heading is only the tail of `<title>`: the site's name, not the headline.
fn is_site_name(heading: &str, document: Option<&str>) -> bool {
    let Some(document) = document else { return false };
    let part = headline_part(document);
    let (h, p) = (skeleton(heading), skeleton(&part));
    !p.contains(&h) && !h.contains(&p)
}

/// `<title>` without the site's name: the longest part between separators, the first of equals.
fn headline_part(text: &str) -> String {
    let mut best = text.to_owned();
    for separator in TITLE_SEPARATORS {
        // a bare hyphen between letters or figures belongs to the headline: 5G-A, C919-2
        if separator == "-" && hyphen_inside_word(&best) {
            continue;
        }
        let parts: Vec<&str> = best.split(separator).map(str::trim).filter(|p| !p.is_empty()).collect();
        if parts.len() < 2 {
            continue;
        }
        let first = parts.first().copied().unwrap_or_default();
        let longest = parts.iter().copied().reduce(|a, b| if b.chars().count() > a.chars().count() { b } else { a }).unwrap_or(first);
        let spread = longest.chars().count();
        // a hyphen inside the headline ("5G-A") must not cut it: the rest must look like a site's name
        let rest_is_short = parts.iter().filter(|p| **p != longest).all(|p| p.chars().count() * 2 <= spread + 12);
        if rest_is_short {
            best = if first.chars().count() * 2 >= spread { first.to_owned() } else { longest.to_owned() };
        }
    }
    best
}

fn hyphen_inside_word(text: &str) -> bool {
    let mut parts = text.split('-').peekable();
    while let Some(part) = parts.next() {
        let before = part.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric());
        if before && parts.peek().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return true;
        }
    }
    false
}

/// When the page was published.
pub(super) fn published(
    html: &Html,
    head: &Head,
    lines: &[String],
    title: Option<&str>,
    url: Option<&WebUrl>,
    clock: &Clock,
) -> Option<DateTime<FixedOffset>> {
    let from_meta = DATE_NAMES.iter().filter_map(|n| head.meta.get(*n)).find_map(|v| dates::parse(v, clock));
    let from_ld = || head.ld_text("datePublished").and_then(|v| dates::parse(&v, clock));
    let said = from_meta.or_else(from_ld);
    if let Some(d) = said.filter(|d| d.has_time) {
        return Some(d.at);
    }
    let shown = shown_date(html, lines, title, clock);
    match (said, shown) {
        // the byline may add the time of day to the day that meta gives
        (Some(m), Some(s)) if s.has_time && s.at.date_naive() == m.at.date_naive() => Some(s.at),
        (Some(m), _) => Some(m.at),
        (None, Some(s)) => Some(s.at),
        (None, None) => {
            let day = url.and_then(|u| dates::in_url(u.as_url().path(), clock))?;
            dates::midnight(day, clock)
        }
    }
}

/// The date a reader sees: near the title first, with a time of day before without.
fn shown_date(html: &Html, lines: &[String], title: Option<&str>, clock: &Clock) -> Option<dates::Found> {
    let at = title_line(lines, title);
    let near = at.map(|i| window(lines, i.saturating_sub(3), i + 12));
    let in_lines = |ls: &[String], timed: bool| {
        ls.iter().filter(|l| l.chars().count() <= 400).flat_map(|l| dates::find_all(l, clock)).find(|d| d.has_time || !timed)
    };
    let in_elements = || {
        select(html, &TIME_ELEMENTS).take(60).find_map(|e| {
            let stamp = e.value().attr("datetime").or_else(|| e.value().attr("title")).and_then(|v| dates::parse(v, clock));
            stamp.filter(|d| d.has_time).or_else(|| dates::find_all(&text_of(e), clock).into_iter().find(|d| d.has_time))
        })
    };
    near.and_then(|l| in_lines(l, true))
        .or_else(in_elements)
        .or_else(|| in_lines(lines, true))
        .or_else(|| near.and_then(|l| in_lines(l, false)))
        .or_else(|| in_lines(lines, false))
        .or_else(|| select(html, &TIME_ELEMENTS).take(60).find_map(|e| dates::parse(&text_of(e), clock).filter(|_| text_of(e).chars().count() < 24)))
}

fn window(lines: &[String], from: usize, to: usize) -> &[String] {
    lines.get(from.min(lines.len())..to.min(lines.len())).unwrap_or_default()
}

fn title_line(lines: &[String], title: Option<&str>) -> Option<usize> {
    let title = skeleton(title?);
    // the last line that is the title: earlier ones are <title> echoes and breadcrumbs
    let exact = lines.iter().take(400).rposition(|l| skeleton(l) == title);
    exact.or_else(|| lines.iter().take(400).position(|l| l.chars().count() < 200 && skeleton(l).contains(&title)))
}

/// 来源, in the site's own words.
pub(super) fn publisher(html: &Html, head: &Head, lines: &[String], title: Option<&str>) -> Option<String> {
    let near = title_line(lines, title).map(|i| window(lines, i.saturating_sub(6), i + 14)).unwrap_or_default();
    let labelled = |ls: &[String]| ls.iter().find_map(|l| labelled_publisher(l));
    labelled(near)
        .or_else(|| select(html, &SOURCE_ELEMENTS).take(20).find_map(|e| clean_publisher(&text_of(e))))
        .or_else(|| beside_date(near))
        .or_else(|| head.meta(&PUBLISHER_NAMES).and_then(clean_publisher))
        .or_else(|| labelled(lines))
}

/// `来源：新华社` inside a line, in any of its spellings.
fn labelled_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:文章来源|信息来源|稿件来源|新闻来源|内容来源|来源于|来源|稿源|出处|来自)\s*[:：丨|]\s*(?P<name>[^|丨\t，。,；;]{2,40})").ok()
    });
    let c = LABEL.as_ref()?.captures(text)?;
    clean_publisher(c.name("name")?.as_str())
}

/// A name without what follows it in the byline.
fn clean_publisher(text: &str) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\s*(?:文章来源|信息来源|来源|稿源|出处|来自)\s*[:：丨|]?\s*").ok());
    static END: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\s*(?:作者|编辑|责编|责任编辑|记者|时间|发布|日期|点击|浏览|阅读|评论|参与|字体|字号|打印|分享|关注|手机|微信|查看|订阅|[\[【（(<>]|(?:19|20)\d\d[-/.年]|\d{1,2}:\d\d|\s\d).*$").ok()
    });
    let text = LABEL.as_ref()?.replace(text, "");
    let text = END.as_ref()?.replace(&text, "");
    let name = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '"' | '“' | '”' | '·' | '|'));
    // two names parted by blanks: the first is the origin, unless it is a foreign name
    let name = match name.split_once(char::is_whitespace) {
        Some((first, _)) if !first.is_ascii() && first.chars().count() >= 2 => first,
        _ => name,
    };
    let n = name.chars().count();
    let sentence = name.contains(['。', '，', '！', '？']);
    ((2..=24).contains(&n) && !sentence && name.chars().any(char::is_alphabetic) && !name.contains("http")).then(|| name.to_owned())
}

/// `2019-09-10 14:05 新京报`: a name alone behind the date of the byline.
fn beside_date(near: &[String]) -> Option<String> {
    static BESIDE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?\s*\d{1,2}:\d{2}(?::\d{2})?\s+(?P<name>[\p{Han}A-Za-z][^\s\d:：]{1,15})(?:\s|$)")
            .ok()
    });
    let r = BESIDE.as_ref()?;
    near.iter().find_map(|l| r.captures(l)).and_then(|c| c.name("name").and_then(|m| clean_publisher(m.as_str())))
}

/// Who wrote it.
pub(super) fn author(head: &Head, lines: &[String], title: Option<&str>) -> Option<String> {
    static LABEL: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?:作者|撰文|文字记者|本报记者|记者|文\s?/|文丨)\s*[:：丨|]?\s*(?P<name>[\p{Han}·]{2,8}(?:[\s、][\p{Han}·]{2,4}){0,3}|[A-Z][\w.]+(?: [A-Z][\w.]+){1,2})").ok()
    });
    static STOP: [&str; 12] = ["来源", "编辑", "时间", "发布", "日期", "点击", "浏览", "阅读", "责编", "摄影", "通讯员", "报道"];
    let at = title_line(lines, title).unwrap_or(0);
    let near = window(lines, at, at + 14);
    let labelled = near.iter().filter(|l| l.chars().count() < 120).find_map(|l| {
        let name = LABEL.as_ref()?.captures(l)?.name("name")?.as_str().to_owned();
        let end = STOP.iter().filter_map(|s| name.find(s)).min().unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default().trim().to_owned();
        (name.chars().count() >= 2).then_some(name)
    });
    let said =
        || head.meta(&AUTHOR_NAMES).map(str::to_owned).or_else(|| head.ld_text("author")).filter(|a| a.chars().count() <= 40 && !a.contains("http"));
    labelled.or_else(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishers_are_cut_out_of_bylines() {
        let table = [
            ("2026-11-24 08:00 来源：许昌日报 作者：张三", Some("许昌日报")),
            ("来源:新华社 | 责任编辑：李四", Some("新华社")),
            ("信息来源：河南省科学技术厅 发布时间：2026-11-24", Some("河南省科学技术厅")),
            ("稿源：中国经济网【打印】", Some("中国经济网")),
            ("来源：", None),
            ("这个说法来源于生活", None),
        ];
        for (text, expected) in table {
            assert_eq!(labelled_publisher(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn site_names_are_cut_off_titles() {
        let table = [
            ("许昌发制品出口增长一成_许昌网", "许昌发制品出口增长一成"),
            ("许昌发制品出口增长一成-新闻频道-许昌网", "许昌发制品出口增长一成"),
            ("5G-A商用加速 河南基站破万 - 大河网", "5G-A商用加速 河南基站破万"),
            ("新华网|工信部：制造业数字化转型提速", "工信部：制造业数字化转型提速"),
            ("无分隔的标题", "无分隔的标题"),
        ];
        for (text, expected) in table {
            assert_eq!(headline_part(text), expected);
        }
    }
}
