//! Articles in a script's JSON: `__NEXT_DATA__`, `window.__INITIAL_STATE__ = {…}`, JSON-LD's `articleBody`.
//!
//! Used only if the page itself shows no text. No script runs; the data is parsed as JSON and searched for the one
//! string that reads like an article.

use crate::extract::wechat;
use crate::html::{Attr, Tag, Tree};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Largest script examined, in bytes.
const MAX_SCRIPT: usize = 4 << 20;
/// Most values examined in all scripts.
const MAX_VALUES: usize = 200_000;
/// Fewest letters of an article.
const MIN_LETTERS: usize = 60;
/// Fewest letters of a 公众号 post in a script.
const MIN_POST: usize = 15;
/// Keys that usually contain the article.
const BODY_KEYS: [&str; 9] = ["content", "body", "text", "articlebody", "articlecontent", "contenthtml", "html", "detail", "newscontent"];
const TITLE_KEYS: [&str; 5] = ["title", "headline", "articletitle", "newstitle", "name"];
const SOURCE_KEYS: [&str; 8] = ["source", "sourcename", "source_name", "articlesource", "newssource", "medianame", "media_name", "origin"];
const AUTHOR_KEYS: [&str; 5] = ["author", "authorname", "author_name", "authors", "reporter"];
const DATE_KEYS: [&str; 9] =
    ["publishtime", "publish_time", "publishedat", "published_at", "datepublished", "pubtime", "pubdate", "publishdate", "createtime"];

/// An article as the data describes it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct EmbeddedArticle {
    /// HTML or plain text.
    pub(super) body: String,
    pub(super) title: Option<String>,
    pub(super) date: Option<String>,
    /// 来源 and author.
    pub(super) source: Option<String>,
    pub(super) author: Option<String>,
    rating: usize,
}

/// Returns the best article among all scripts of a page.
pub(super) fn find(tree: &Tree<'_>) -> Option<EmbeddedArticle> {
    let mut search = Search::default();
    let scripts = tree.elements(Tag::Script).filter(|e| e.attr(Attr::Src).is_none());
    for text in scripts.take(200).filter_map(|s| s.texts().next()) {
        if text.len() > MAX_SCRIPT {
            continue;
        }
        if let Some(body) = wechat_text(text) {
            return Some(EmbeddedArticle { body, ..EmbeddedArticle::default() });
        }
        for value in values(text) {
            search.visit(&value, None);
        }
    }
    search.best
}

/// Returns the JSON objects that a script starts with (percent-encoded or not) or assigns.
fn values(script: &str) -> Vec<Value> {
    let trimmed = script.trim_start();
    if trimmed.starts_with("%7B") || trimmed.starts_with("%5B") {
        return percent_decode_str(trimmed).decode_utf8().ok().and_then(|text| first(&text)).into_iter().collect();
    }
    if trimmed.starts_with(['{', '[']) {
        return first(trimmed).into_iter().collect();
    }
    // only `name = {`: other braces are code
    let starts = script.match_indices('=').filter_map(|(i, _)| {
        let rest = script.get(i + 1..)?.trim_start();
        rest.starts_with('{').then_some(rest)
    });
    starts.take(20).filter_map(first).collect()
}

/// Returns the text of a 公众号 post of pictures or of text alone: `content_noencode: JsDecode('…')`.
fn wechat_text(script: &str) -> Option<String> {
    let (_, rest) = script.split_once("content_noencode: JsDecode('")?;
    let (written, _) = rest.split_once('\'')?;
    let out = wechat::decoded(written);
    let letters = out.chars().filter(|c| c.is_alphanumeric()).count();
    (letters >= MIN_POST).then_some(out)
}

fn first(text: &str) -> Option<Value> {
    serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok()
}

#[derive(Default)]
struct Search {
    seen: usize,
    best: Option<EmbeddedArticle>,
}

impl Search {
    /// The JSON parser bounds the depth at 128.
    fn visit(&mut self, value: &Value, within: Option<&Map<String, Value>>) {
        self.seen += 1;
        if self.seen > MAX_VALUES {
            return;
        }
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    if let Value::String(text) = child {
                        self.weigh(key, text, map, within);
                    } else {
                        self.visit(child, Some(map));
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|child| self.visit(child, within)),
            _ => {}
        }
    }

    fn weigh(&mut self, key: &str, text: &str, map: &Map<String, Value>, around: Option<&Map<String, Value>>) {
        if text.len() < MIN_LETTERS {
            return;
        }
        let marks = text.chars().filter(|c| matches!(c, '，' | '。' | '、' | '；')).count() + text.matches(". ").count() + text.matches("<p").count();
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        if letters < MIN_LETTERS || marks < 2 {
            return;
        }
        let named = BODY_KEYS.contains(&key.to_ascii_lowercase().as_str());
        let rating = if named { marks * 4 } else { marks };
        if self.best.as_ref().is_none_or(|b| rating > b.rating) {
            let field = |keys: &[&str]| {
                let of = |m: &Map<String, Value>| {
                    let found = m.iter().find(|(k, v)| keys.contains(&k.to_ascii_lowercase().as_str()) && (v.is_string() || v.is_number()))?;
                    Some(found.1.as_str().map_or_else(|| found.1.to_string(), str::to_owned))
                };
                of(map).or_else(|| around.and_then(of))
            };
            let (title, date, source, author) = (field(&TITLE_KEYS), field(&DATE_KEYS), field(&SOURCE_KEYS), field(&AUTHOR_KEYS));
            self.best = Some(EmbeddedArticle { body: text.to_owned(), title, date, source, author, rating });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "<p>许昌市超硬材料检测中心本月投入使用，可提供一百余项检测服务，检测周期由十天缩短到三天。</p><p>负责人说，明年还将增加设备，覆盖发制品、中药材等产业，企业不必再把样品送到外地。</p>";

    fn run(script: &str) -> Option<EmbeddedArticle> {
        find(&Tree::parse(&format!("<html><body><div id=app></div>{script}</body></html>")))
    }

    #[test]
    fn articles_are_found_in_the_usual_places() {
        let article = serde_json::json!({"title": "检测中心投入使用", "publishTime": "2026-11-20 10:30", "source": "许昌日报", "author": "本报记者 王晓明", "content": BODY});
        let deep = serde_json::json!({"props": {"pageProps": {"menu": [{"name": "首页，新闻，专题。"}], "article": article}}});
        for script in [
            format!("<script id=__NEXT_DATA__ type='application/json'>{deep}</script>"),
            format!("<script>window.__INITIAL_STATE__ = {deep};(function(){{var x={{a:1}}}})()</script>"),
            format!(
                "<script type='application/json'>{}</script>",
                percent_encoding::utf8_percent_encode(&deep.to_string(), percent_encoding::NON_ALPHANUMERIC)
            ),
            format!("<script>var a = 1; var b = {{c: 2}};\nwindow.__NUXT__={article}</script>"),
        ] {
            let found = run(&script).unwrap_or_default();
            assert_eq!(
                [Some(found.body.as_str()), found.title.as_deref(), found.date.as_deref(), found.source.as_deref(), found.author.as_deref()],
                [Some(BODY), Some("检测中心投入使用"), Some("2026-11-20 10:30"), Some("许昌日报"), Some("本报记者 王晓明")],
                "{script}"
            );
        }
    }

    #[test]
    fn a_wechat_post_of_text_alone_is_read() {
        let text = "今年前十个月，许昌发制品出口增长一成。";
        let script = format!("<script>var a = {{ content_noencode: JsDecode('{}'), b: JsDecode('x') }};</script>", format!("{text}\\x0a").repeat(5));
        assert_eq!(run(&script).unwrap_or_default().body.lines().collect::<Vec<_>>(), [text; 5]);
    }

    #[test]
    fn code_and_short_texts_are_no_article() {
        assert_eq!(run("<script>var a = {b: '。。。。。。'}; if (a == 2) {}</script>"), None);
        assert_eq!(run(r#"<script>x = {"content": "短，短。"}</script>"#), None);
        assert_eq!(run(&format!("<script>x = {}1{}</script>", "[".repeat(100_000), "]".repeat(100_000))), None);
        assert_eq!(run(&format!("<script>x = {}</script>", "{\"a\":".repeat(100_000))), None);
    }
}
