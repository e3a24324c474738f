//! Causes of pages without a list, and remedies.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::knowledge::LISTS;
use crate::model::WebUrl;

/// A page with a frame and more characters than this has content of its own.
const MAX_TEXT: usize = 400;
/// A page with more characters than this is not just a shell for scripts.
const MAX_SHELL_TEXT: usize = 200;

/// Cause of a page without entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoEntries {
    /// The list is in another page, shown in a frame.
    Frame(WebUrl),
    /// A script redirects to an address that it computes.
    ScriptRedirect,
    /// A script sets a cookie and reloads the page: a browser check.
    ScriptCheck,
    /// Scripts render the content.
    Script,
    /// The page says that its list is empty.
    SaysNone,
    /// No known cause.
    Unknown,
}

impl fmt::Display for NoEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(url) => write!(f, "its list stands in a frame; use the frame's own address: {url}"),
            Self::ScriptRedirect => f.write_str("a script leads on to another address; use the address that a browser ends at, or set render = true"),
            Self::ScriptCheck => f.write_str("a script checks for a browser before it shows the page; set render = true"),
            Self::Script => f.write_str("its list is made by a script; set render = true, or use the address the script loads its data from"),
            Self::SaysNone => f.write_str("the page itself says that there are none; other links on it are of other columns"),
            Self::Unknown => f.write_str("if the page shows some in a browser, give selectors: list = { item = …, link = … }"),
        }
    }
}

impl NoEntries {
    /// Returns the Chinese text for editors.
    pub fn chinese(&self) -> String {
        match self {
            Self::Frame(url) => format!("列表在框架页里，请改用框架页的网址：{url}"),
            Self::ScriptRedirect => "网页由脚本跳转到别处，请改用浏览器最后打开的网址，或设置 render = true".to_owned(),
            Self::ScriptCheck => "网页先用脚本检查浏览器，请设置 render = true".to_owned(),
            Self::Script => "列表由脚本生成，请设置 render = true".to_owned(),
            Self::SaysNone => "网页写明暂无内容".to_owned(),
            Self::Unknown => "没有找到任何条目，版式可能已变".to_owned(),
        }
    }

    /// Determines the cause from the content of a page without entries.
    pub(super) fn of(page: &Tree<'_>, base: &WebUrl) -> Self {
        let scripts: String =
            page.elements(Tag::Script).flat_map(NodeRef::texts).chain(page.elements(Tag::Body).filter_map(|b| b.attr(Attr::Onload))).collect();
        let shown = page.shown_length();
        let sends_on = scripts.contains("location");
        if shown < MAX_SHELL_TEXT && sends_on && scripts.contains("cookie") {
            return Self::ScriptCheck;
        }
        if shown < MAX_TEXT
            && let Some(url) = frame(page, base)
        {
            return Self::Frame(url);
        }
        if shown < MAX_SHELL_TEXT && sends_on {
            return Self::ScriptRedirect;
        }
        let has_scripts = page.elements(Tag::Script).next().is_some();
        if shown < MAX_SHELL_TEXT && has_scripts { Self::Script } else { Self::Unknown }
    }
}

/// Returns whether a page says that its list is empty.
pub(super) fn is_marked_empty(page: &Tree<'_>) -> bool {
    page.root().descendants().filter_map(NodeRef::text).any(|t| t.len() < 120 && LISTS.page.empty.are_in(t))
}

/// Returns the largest frame of a page, ignoring advertisements and counters.
fn frame(page: &Tree<'_>, base: &WebUrl) -> Option<WebUrl> {
    let hidden =
        |e: &NodeRef<'_>| [Attr::Width, Attr::Height].iter().any(|a| e.attr(*a).is_some_and(|v| matches!(v.trim_end_matches("px"), "0" | "1")));
    let size = |e: &NodeRef<'_>| e.attr(Attr::Height).map_or(0, |h| h.trim_end_matches("px").trim().parse::<u32>().unwrap_or(u32::MAX));
    let frames = page.root().descendants().filter(|e| matches!(e.tag(), Some(Tag::Iframe | Tag::Frame)) && !hidden(e));
    let named = |e: &NodeRef<'_>| {
        e.attr(Attr::Name).or(e.attr(Attr::Id)).is_some_and(|n| ["main", "list", "content"].iter().any(|w| n.to_ascii_lowercase().contains(w)))
    };
    let sourced = frames.filter_map(|e| Some((named(&e), size(&e), base.join(e.attr(Attr::Src)?.trim()).ok().filter(|u| u != base)?)));
    sourced.max_by_key(|(named, size, _)| (*named, *size)).map(|(.., url)| url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_named() {
        let base = WebUrl::parse("http://a.cn/xw/").unwrap();
        let of = |html: &str| NoEntries::of(&Tree::parse(html), &base).to_string();
        for (html, words) in [
            ("<frameset rows='80,*'><frame src=top.html name=top><frame src=list.html name=main></frameset>", "http://a.cn/xw/list.html"),
            ("<body><iframe src=count.html width=0></iframe><iframe src='/l/?p=1' height=800></iframe></body>", "http://a.cn/l/?p=1"),
            ("<script>document.cookie='a=1';location.href=location.pathname</script>", "checks for a browser"),
            ("<script>location.href = base + '/x'</script>", "leads on"),
            ("<div id=app></div><script src=app.js></script>", "made by a script"),
            ("<p>没有链接</p>", "give selectors"),
        ] {
            assert!(of(html).contains(words), "{html}: {}", of(html));
        }
    }
}
