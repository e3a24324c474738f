//! Fields of a source that need more than a word; each reports its mistakes with their place.

use http::header::{HeaderName, HeaderValue};
use scraper::Selector;

use crate::config::localized::{did_you_mean, localized, nearest};
use crate::config::reader::{Section, Spanned};
use crate::config::source_list::Vocabulary;
use crate::html::Tag;
use crate::model::{ArticleSelectors, IgnoredPart, ListSelectors, PageWatch, SourceId, SourceKind, UrlError, WebUrl};

pub(super) fn required<'a>(s: &Section<'a>, key: &str) -> Option<Spanned<&'a str>> {
    let found = s.text(key);
    if found.is_none() {
        let english = format!("this source has no {key:?}; every source needs id, name and url");
        s.error(None, localized(english, format!("这个来源没有写 {key}；每个来源都要有 id、name 和 url")));
    }
    found
}

pub(super) fn read_id(s: &Section<'_>) -> Option<SourceId> {
    let text = required(s, "id")?;
    let id = SourceId::parse(text.value);
    if id.is_none() {
        let english = format!("id {:?} must be 1 to 64 of the characters a-z, 0-9 and -", text.value);
        s.error(text.span, localized(english, format!("编号“{}”只能用 1 到 64 个 a-z、0-9 和 -", text.value)));
    }
    id
}

pub(super) fn read_url(s: &Section<'_>) -> Option<WebUrl> {
    let text = required(s, "url")?;
    let wrong = |e: UrlError| localized(format!("url {:?}: {e}", text.value), format!("网址“{}”：{}", text.value, e.chinese()));
    WebUrl::parse(text.value).map_err(|e| s.error(text.span.clone(), wrong(e))).ok()
}

pub(super) fn read_word<T>(s: &Section<'_>, key: &str, parse: fn(&str) -> Option<T>, known: &[&str]) -> Option<T> {
    let text = s.text(key)?;
    let value = parse(text.value);
    if value.is_none() {
        s.invalid_value(key, text, known);
    }
    value
}

/// Reads a word of the taxonomy or the publication; `what` names it in both languages.
pub(super) fn known_word(s: &Section<'_>, text: &Spanned<&str>, what: (&str, &str), known: &[String]) -> Option<String> {
    let word = text.value.trim();
    if known.iter().any(|k| k == word) {
        return Some(word.to_owned());
    }
    let listed = || localized(format!("known: {}", known.join("、")), format!("已有的是 {}", known.join("、")));
    let hint = nearest(word, known.iter().map(String::as_str)).map_or_else(listed, did_you_mean);
    let english = format!("{} {word:?} is not known; {hint}", what.0);
    s.error(text.span.clone(), localized(english, format!("没有“{word}”这个{}；{}", what.1, hint.chinese)));
    None
}

pub(super) fn read_industries(s: &Section<'_>, vocabulary: &Vocabulary) -> Vec<String> {
    let words = s.texts("industries").unwrap_or_default();
    words.iter().filter_map(|w| known_word(s, w, ("industry", "行业"), &vocabulary.industries)).collect()
}

pub(super) fn read_charset(s: &Section<'_>) -> Option<&'static encoding_rs::Encoding> {
    let text = s.text("charset")?;
    let encoding = encoding_rs::Encoding::for_label(text.value.trim().as_bytes());
    if encoding.is_none() {
        let english = format!("charset {:?} is not known; write for example utf-8, gb18030 or big5", text.value);
        s.error(text.span, localized(english, format!("没有“{}”这种编码；请写 utf-8、gb18030 或 big5 等", text.value)));
    }
    encoding
}

pub(super) fn read_timezone(s: &Section<'_>) -> Option<chrono_tz::Tz> {
    let text = s.text("timezone")?;
    let zone = text.value.trim().parse::<chrono_tz::Tz>();
    if zone.is_err() {
        // there is no IANA zone Beijing, and everybody tries it first
        let near = if text.value.to_lowercase().contains("beijing") {
            Some("Asia/Shanghai")
        } else {
            nearest(text.value, chrono_tz::TZ_VARIANTS.iter().map(|z| z.name()))
        };
        let hint = near.map_or_else(|| localized("write for example \"Asia/Shanghai\"", "例如写 \"Asia/Shanghai\""), did_you_mean);
        let english = format!("timezone {:?} does not exist; {hint}", text.value);
        s.error(text.span, localized(english, format!("没有“{}”这个时区；{}", text.value, hint.chinese)));
    }
    zone.ok()
}

/// Reads further request headers; refuses those that the client sets itself.
pub(super) fn read_headers(s: &Section<'_>) -> Vec<(String, String)> {
    const OURS: [&str; 13] = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "cookie",
        "accept-encoding",
        "if-none-match",
        "if-modified-since",
        "proxy-authorization",
        "range",
    ];
    let Some(table) = s.section("headers") else { return Vec::new() };
    let mut out = Vec::new();
    for key in table.keys() {
        let Some(value) = table.text(key) else { continue };
        let fits = HeaderName::from_bytes(key.as_bytes()).is_ok_and(|n| !OURS.contains(&n.as_str()));
        if !fits {
            let english = format!("header {key:?} is no header name, or one that the program itself sets");
            table.error(value.span, localized(english, format!("“{key}”不是请求头的名称，或是由程序自己填写的")));
        } else if !value.value.is_ascii() || HeaderValue::from_str(value.value).is_err() {
            let english = format!("the value of header {key:?} may hold visible ASCII characters only");
            table.error(value.span, localized(english, format!("请求头“{key}”的值只能用可见的 ASCII 字符")));
        } else {
            out.push((key.to_owned(), value.value.to_owned()));
        }
    }
    out
}

pub(super) fn read_proxy(s: &Section<'_>) -> Option<String> {
    let text = s.text("proxy")?;
    match WebUrl::parse(text.value) {
        Ok(url) if url.as_url().scheme() == "http" => Some(url.to_string()),
        Ok(_) => {
            let english = "proxy must be http://host:port; pages behind https are reached through it all the same";
            s.error(text.span, localized(english, "proxy 要写成 http://host:port；https 的网页同样可以经它访问"));
            None
        }
        Err(e) => {
            s.error(text.span, localized(format!("proxy {:?}: {e}", text.value), format!("代理“{}”：{}", text.value, e.chinese())));
            None
        }
    }
}

pub(super) fn read_exemption(s: &Section<'_>) -> Option<String> {
    let text = s.text("robots_exempt")?;
    let reason = text.value.trim();
    if reason.chars().count() < 4 {
        let english = "robots_exempt needs a reason in words, for example \"written permission of the site's owner, 2026-03-01\"";
        s.error(text.span, localized(english, "robots_exempt 要写明理由，例如 \"已获网站书面同意，2026-03-01\""));
        return None;
    }
    Some(reason.to_owned())
}

fn read_selector(s: &Section<'_>, key: &str) -> Option<String> {
    let text = s.text(key)?;
    check_selector(s, &text).then(|| text.value.to_owned())
}

fn check_selector(s: &Section<'_>, text: &Spanned<&str>) -> bool {
    let is_selector = Selector::parse(text.value).is_ok();
    if !is_selector {
        let english = format!("selector {:?} is no CSS selector; write it like \"#news li > a\" or \"table.price\"", text.value);
        let chinese = format!("“{}”不是 CSS 选择器，请写成 \"#news li > a\"、\"table.price\" 的样子", text.value);
        s.error(text.span.clone(), localized(english, chinese));
    }
    is_selector
}

/// Reads a selector or path, or the template of an address: `https://…/{id}.html`.
fn read_link(s: &Section<'_>) -> Option<String> {
    let text = s.text("link")?;
    if !text.value.contains(['{', '}']) {
        return read_selector(s, "link");
    }
    let mut open = 0i32;
    let balanced = text.value.chars().all(|c| {
        open += i32::from(c == '{') - i32::from(c == '}');
        (0..=1).contains(&open)
    });
    let sample: String = text.value.split('{').map(|part| part.split_once('}').map_or(part.to_owned(), |(_, rest)| format!("1{rest}"))).collect();
    let address = WebUrl::parse("http://localhost/").and_then(|base| base.join(&sample));
    if let Err(e) = address.as_ref().map(drop).map_err(UrlError::clone) {
        s.error(text.span, localized(format!("link {:?}: {e}", text.value), format!("link“{}”：{}", text.value, e.chinese())));
        return None;
    }
    if open != 0 || !balanced || text.value.contains("{}") {
        let english = format!("link {:?}: write a path of keys in each pair of braces, like \"/news/{{id}}.html\"", text.value);
        s.error(text.span, localized(english, format!("link“{}”：每对花括号里要写一个字段路径，如 \"/news/{{id}}.html\"", text.value)));
        return None;
    }
    Some(text.value.to_owned())
}

pub(super) fn read_list(s: &Section<'_>) -> ListSelectors {
    let Some(list) = s.section("list") else { return ListSelectors::default() };
    list.deny_unknown_keys(&["item", "title", "link", "date"]);
    let read = |key| read_selector(&list, key);
    ListSelectors { item: read("item"), title: read("title"), link: read_link(&list), date: read("date") }
}

pub(super) fn read_article(s: &Section<'_>) -> ArticleSelectors {
    let Some(article) = s.section("article") else { return ArticleSelectors::default() };
    article.deny_unknown_keys(&["body", "remove"]);
    let remove = article.texts("remove").unwrap_or_default();
    ArticleSelectors {
        body: read_selector(&article, "body"),
        remove: remove.iter().filter(|t| check_selector(&article, t)).map(|t| t.value.to_owned()).collect(),
    }
}

/// Keys that only a watched page has, and keys that it has not.
const PAGE_KEYS: [&str; 3] = ["select", "ignore", "min_change"];
const NOT_PAGE_KEYS: [&str; 3] = ["list", "article", "identity"];
/// More characters than this are another page.
const MIN_CHANGES: std::ops::Range<i64> = 1..10_001;

/// Reads what to watch of a page; refuses its keys for other kinds, and theirs for a page.
pub(super) fn read_page(s: &Section<'_>, kind: Option<SourceKind>) -> PageWatch {
    let is_page = kind == Some(SourceKind::Page);
    // `read_series` refuses them for a series
    if kind == Some(SourceKind::Series) {
        return PageWatch::default();
    }
    let foreign = if is_page { NOT_PAGE_KEYS } else { PAGE_KEYS };
    for key in s.keys().into_iter().filter(|k| foreign.contains(k)) {
        let (english, chinese) = if is_page { ("no key", "不能用") } else { ("a key only", "只用于") };
        s.error(s.key_span(key), localized(format!("{key:?} is {english} of kind = \"page\""), format!("“{key}”{chinese} kind = \"page\" 的来源")));
    }
    if !is_page {
        return PageWatch::default();
    }
    PageWatch {
        select: read_selector(s, "select"),
        ignore: s.texts("ignore").unwrap_or_default().iter().filter_map(|t| read_ignored(s, t)).collect(),
        min_change: s.integer("min_change", MIN_CHANGES).and_then(|n| u32::try_from(n).ok()).unwrap_or(PageWatch::default().min_change),
    }
}

/// Reads a selector or words. A selector begins with a mark of CSS or the name of an element: `.ad`, `#hits`, `footer p`.
fn read_ignored(s: &Section<'_>, text: &Spanned<&str>) -> Option<IgnoredPart> {
    let value = text.value.trim();
    let first = value.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let is_selector = value.starts_with(['.', '#', '[', '*', ':']) || (value.is_ascii() && Tag::of(first) != Tag::Other);
    if value.is_empty() {
        let english = "\"ignore\" has an empty text";
        s.error(text.span.clone(), localized(english, "ignore 里有一项是空的"));
        return None;
    }
    if !is_selector {
        return Some(IgnoredPart::Words(value.to_owned()));
    }
    check_selector(s, text).then(|| IgnoredPart::Selector(value.to_owned()))
}
