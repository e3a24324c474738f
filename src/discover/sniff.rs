//! Detects the kind of a document from its beginning.

use crate::model::SourceKind;

/// Returns the kind of a document.
pub fn sniff(text: &str) -> SourceKind {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if text.starts_with(['{', '[']) {
        return if is_json_feed(text) { SourceKind::Feed } else { SourceKind::Json };
    }
    if is_script_of_value(text) {
        return SourceKind::Json;
    }
    first_tags(text).find_map(|tag| of_root(&tag)).unwrap_or(SourceKind::List)
}

fn of_root(tag: &str) -> Option<SourceKind> {
    Some(match tag {
        "rss" | "rdf" | "feed" | "channel" => SourceKind::Feed,
        "urlset" | "sitemapindex" => SourceKind::Sitemap,
        "html" | "head" | "body" => SourceKind::List,
        _ => return None,
    })
}

/// Returns the lower-case local names of the first tags. Skips comments and processing instructions.
pub(super) fn first_tags(text: &str) -> impl Iterator<Item = String> {
    const MOST: usize = 40;
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            rest = rest.get(memchr::memchr(b'<', rest.as_bytes())?..)?;
            let end = match rest.as_bytes().get(1)? {
                b'!' if rest.starts_with("<!--") => "-->",
                b'?' => "?>",
                b'!' => ">",
                _ => {
                    rest = rest.get(1..)?;
                    let name = rest.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '<')).next()?;
                    return Some(name.rsplit(':').next()?.to_ascii_lowercase());
                }
            };
            rest = rest.get(rest.find(end)? + end.len()..)?;
        }
    })
    .take(MOST)
}

/// Returns whether a JSON document is a JSON Feed. Its version may be anywhere in it.
fn is_json_feed(text: &str) -> bool {
    text.contains("jsonfeed.org/version")
}

/// Returns whether a text is a script that passes a value: `callback({`, `/**/ typeof f === 'function' && f([`, `var x = {`, or JSON
/// behind a guard: `)]}'`.
fn is_script_of_value(text: &str) -> bool {
    let head = text.get(..text.floor_char_boundary(300)).unwrap_or_default();
    let code = head.split('<').next().unwrap_or_default();
    let value = |at: usize| code.get(at + 1..).is_some_and(|rest| rest.trim_start().starts_with(['{', '[']));
    let handed = code.char_indices().filter(|(_, c)| matches!(c, '(' | '=')).any(|(at, _)| value(at));
    !code.starts_with("Warning") && (handed || code.starts_with(")]}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_the_first_bytes() {
        let table = [
            ("\u{feff}<?xml version='1.0'?><rss version='2.0'>", SourceKind::Feed),
            ("<!-- x --><feed xmlns='http://www.w3.org/2005/Atom'>", SourceKind::Feed),
            ("<?xml version='1.0'?><!-- no <html> page --><rss>", SourceKind::Feed),
            ("<a:feed xmlns:a='http://www.w3.org/2005/Atom'>", SourceKind::Feed),
            ("<ns0:urlset xmlns:ns0='x'>", SourceKind::Sitemap),
            ("<!-- never closed <rss>", SourceKind::List),
            ("Warning: x in <b>y</b> <rss>", SourceKind::Feed),
            ("{\"items\":[],\"version\":\"https://jsonfeed.org/version/1\"}", SourceKind::Feed),
            ("/**/cb({\"a\":1})", SourceKind::Json),
            ("try{cb([1])}catch(e){}", SourceKind::Json),
            ("var x = {\"a\":[]};", SourceKind::Json),
            ("/**/ typeof j === 'function' && j([1])", SourceKind::Json),
            (")]}'\n[1]", SourceKind::Json),
            ("f(x)", SourceKind::List),
            ("a plain text (with [brackets])", SourceKind::List),
            ("<rdf:RDF>", SourceKind::Feed),
            ("<!DOCTYPE html><html>", SourceKind::List),
            ("<?xml version='1.0'?><urlset>", SourceKind::Sitemap),
            (" {\"data\":[]}", SourceKind::Json),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\"}", SourceKind::Feed),
        ];
        for (text, kind) in table {
            assert_eq!(sniff(text), kind, "{text}");
        }
    }
}
