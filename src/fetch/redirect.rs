//! The redirects of one request: limited, loops detected, permanent moves remembered.

use regex::bytes;
use serde::{Deserialize, Serialize};

use crate::fetch::error::FetchError;
use crate::html::{Attr, NodeRef, Tag, Tree};
use crate::knowledge::Fixed;
use crate::model::WebUrl;

const MAX_REDIRECTS: usize = 5;
/// Largest page that can be a mere redirect, and most characters that it shows.
const REFRESH_PAGE: usize = 16 << 10;
const REFRESH_TEXT: usize = 60;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The target.
    pub to: WebUrl,
    /// 301 or 308.
    pub permanent: bool,
}

/// The addresses so far.
#[derive(Debug)]
pub(super) struct RedirectChain {
    redirects: Vec<WebUrl>,
    only_permanent: bool,
    may_return: bool,
}

impl RedirectChain {
    /// Starts at an address. With cookies a site may redirect back to an address once it has set one.
    pub(super) fn new(start: WebUrl, may_return: bool) -> Self {
        Self { redirects: vec![start], only_permanent: true, may_return }
    }

    /// Follows one redirect.
    pub(super) fn follow(&mut self, to: &WebUrl, permanent: bool) -> Result<(), FetchError> {
        self.only_permanent &= permanent;
        let known = self.redirects.contains(to);
        self.redirects.push(to.clone());
        if (known && !self.may_return) || self.redirects.len() > MAX_REDIRECTS + 1 {
            return Err(FetchError::RedirectLoop(self.redirects.iter().map(WebUrl::as_str).collect::<Vec<_>>().join(" → ")));
        }
        Ok(())
    }

    /// Returns the new address if all redirects were permanent (301, 308).
    pub(super) fn permanent_target(&self) -> Option<WebUrl> {
        self.redirects.last().filter(|_| self.only_permanent && self.redirects.len() > 1).cloned()
    }
}

/// Returns the target of a page that only redirects, by a meta refresh or by a script that does nothing else. A refresh in a
/// comment is ignored; one in `<noscript>` counts only if the page has hardly any text of its own.
pub(super) fn page_redirect(body: &[u8], from: &WebUrl) -> Option<WebUrl> {
    static SIGNS: Fixed<bytes::Regex> = Fixed::new(r"(?i-u)http-equiv|location");
    if body.len() > REFRESH_PAGE || !SIGNS.is_match(body) {
        return None;
    }
    let text = String::from_utf8_lossy(body);
    let page = Tree::parse(&text);
    let bare = || page.shown_length() < REFRESH_TEXT;
    let for_no_script = || {
        let mut texts = page.elements(Tag::Noscript).flat_map(NodeRef::texts);
        if bare() { texts.find_map(|text| refresh_content(&Tree::parse(text))) } else { None }
    };
    let by_meta = refresh_content(&page).or_else(for_no_script).and_then(|content| refresh_address(&content, from));
    by_meta.or_else(|| if bare() { script_redirect(&page, from) } else { None })
}

/// Returns the target of `5; url=/list.html`. A page that reloads itself every minute or more slowly is an ordinary page.
pub(super) fn refresh_address(content: &str, from: &WebUrl) -> Option<WebUrl> {
    static CONTENT: Fixed = Fixed::new(r#"(?i)^\s*([0-9]{1,2})(?:\.[0-9]*)?\s*[;,]\s*(?:url\s*=\s*)?['"]?([^"'>\s]{1,2000})"#);
    let found = CONTENT.captures(content)?;
    let delay: u32 = found.get(1)?.as_str().parse().ok()?;
    from.join(found.get(2)?.as_str()).ok().filter(|to| delay <= 10 && to != from)
}

/// Returns the target of a page's only script: `location.href = "/list.html"`, `location.replace('/list.html')`. A script that
/// sets a cookie first needs a browser.
fn script_redirect(page: &Tree<'_>, from: &WebUrl) -> Option<WebUrl> {
    let code = script_of(page);
    if code.contains("cookie") {
        return None;
    }
    script_target(&code, from)
}

/// Returns the scripts of a page, including those that run on load.
fn script_of(page: &Tree<'_>) -> String {
    let onload = page.elements(Tag::Body).filter_map(|b| b.attr(Attr::Onload));
    page.elements(Tag::Script).flat_map(NodeRef::texts).chain(onload).collect::<Vec<_>>().join("\n")
}

fn script_target(code: &str, from: &WebUrl) -> Option<WebUrl> {
    static TARGET: Fixed =
        Fixed::new(r#"\blocation(?:\.href)?\s*=\s*["']([^"'<>\s]{1,2000})["']|\blocation\.(?:replace|assign)\(\s*["']([^"'<>\s]{1,2000})["']\s*\)"#);
    let mut found = TARGET.captures_iter(code).filter_map(|c| c.get(1).or(c.get(2))).map(|m| m.as_str());
    let target = found.next()?;
    // a script that chooses between several targets is not followed
    if found.any(|other| other != target) {
        return None;
    }
    from.join(target).ok().filter(|to| to != from)
}

/// Returns the first `<meta http-equiv=refresh>` of a page; the tree keeps the content of `<noscript>` as text.
fn refresh_content(page: &Tree<'_>) -> Option<String> {
    let is_refresh = |e: &NodeRef<'_>| e.attr(Attr::HttpEquiv).is_some_and(|h| h.trim().eq_ignore_ascii_case("refresh"));
    page.elements(Tag::Meta).find(is_refresh)?.attr(Attr::Content).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> WebUrl {
        WebUrl::parse(text).unwrap()
    }

    #[test]
    fn loops_are_named_and_long_ways_end() {
        let mut t = RedirectChain::new(url("http://a.cn/1"), false);
        t.follow(&url("http://a.cn/2"), true).unwrap();
        let e = t.follow(&url("http://a.cn/1"), true).unwrap_err();
        assert_eq!(e.to_string(), "redirects lead in a circle: http://a.cn/1 → http://a.cn/2 → http://a.cn/1");
        let mut t = RedirectChain::new(url("http://a.cn/"), false);
        for i in 0..5 {
            t.follow(&url(&format!("http://a.cn/{i}")), true).unwrap();
        }
        assert!(t.follow(&url("http://a.cn/5"), true).is_err());
        let mut t = RedirectChain::new(url("http://a.cn/"), true);
        assert!((0..5).all(|_| t.follow(&url("http://a.cn/"), false).is_ok()) && t.follow(&url("http://a.cn/"), false).is_err());
    }

    #[test]
    fn only_permanent_moves_are_proposed() {
        let mut t = RedirectChain::new(url("http://a.cn/"), false);
        assert_eq!(t.permanent_target(), None);
        t.follow(&url("https://a.cn/"), true).unwrap();
        assert_eq!(t.permanent_target(), Some(url("https://a.cn/")));
        t.follow(&url("https://a.cn/x"), false).unwrap();
        assert_eq!(t.permanent_target(), None);
    }

    #[test]
    fn pages_that_only_send_on_are_followed() {
        let from = url("http://a.cn/x/");
        let to = |html: &str| page_redirect(html.as_bytes(), &from).map(|u| u.to_string());
        assert_eq!(
            to("<html><head><META HTTP-EQUIV=\"Refresh\" CONTENT=\"0; URL=index.html\"></head></html>").as_deref(),
            Some("http://a.cn/x/index.html")
        );
        assert_eq!(to("<meta http-equiv='refresh' content='1;url=//b.cn/'>").as_deref(), Some("http://b.cn/"));
        assert_eq!(to("<meta http-equiv=refresh content=\"0;/y\">").as_deref(), Some("http://a.cn/y"));
        assert_eq!(to("<meta http-equiv=refresh content=\"60;url=/y\">"), None, "reloads later");
        assert_eq!(to("<meta http-equiv=refresh content=\"0;url=http://a.cn/x/\">"), None, "leads to itself");
        assert_eq!(to("<meta http-equiv=refresh content=\"0;url=file:///etc/passwd\">"), None);
        assert_eq!(to(&format!("<meta http-equiv=refresh content=\"0;url=/y\">{}", "正文".repeat(10_000))), None, "a page with text");
    }

    #[test]
    fn scripts_that_only_send_on_are_followed() {
        let from = url("http://a.cn/x/");
        let to = |html: &str| page_redirect(html.as_bytes(), &from).map(|u| u.to_string());
        for page in [
            "<html><script>location.href=\"/y\";</script></html>",
            "<script type=text/javascript>window.location.replace('/y')</script><body></body>",
            "<body onload=\"window.location='/y'\"></body>",
            "<script>setTimeout(function(){ top.location = '/y' }, 100)</script>正在跳转",
        ] {
            assert_eq!(to(page).as_deref(), Some("http://a.cn/y"), "{page}");
        }
        for page in [
            "<script>document.cookie='a=1';location.href='/y'</script>",
            "<script>if (phone) location.href='/m'; else location.href='/y'</script>",
            "<script>location.href = base + '/y'</script>",
            "<script>location.href = 'javascript:x'</script>",
        ] {
            assert_eq!(to(page), None, "{page}");
        }
        let text = "许昌市有关部门介绍，本市今年前十个月出口额同比增长，企业订单充足。".repeat(3);
        assert_eq!(to(&format!("<script>if (top != self) location.href='/y'</script><p>{text}</p>")), None);
    }

    #[test]
    fn what_is_meant_for_other_browsers_is_not_followed() {
        let from = url("http://a.cn/x/");
        let to = |html: &str| page_redirect(html.as_bytes(), &from).map(|u| u.to_string());
        let refresh = "<meta http-equiv=\"refresh\" content=\"0; url=/old.html\">";
        let text = "许昌市有关部门介绍，本市今年前十个月出口额同比增长，企业订单充足。".repeat(3);
        assert_eq!(to(&format!("<head><!--[if lt IE 9]>{refresh}<![endif]--></head><p>正文</p>")), None);
        assert_eq!(to(&format!("<head><!-- {refresh} --></head>")), None);
        assert_eq!(to(&format!("<head><noscript>{refresh}</noscript></head><body><p>{text}</p></body>")), None);
        assert_eq!(to(&format!("<body><noscript>{refresh}</noscript><p>{text}</p></body>")), None);
        assert_eq!(to(&format!("<script>var x = '{refresh}';</script><p>{text}</p>")), None);
        let shell = format!("<head><noscript>{refresh}</noscript></head><body><noscript>{text}</noscript><div id=app></div></body>");
        assert_eq!(to(&shell).as_deref(), Some("http://a.cn/old.html"), "a page without text of its own");
        assert_eq!(to(&format!("<!-- 旧版 --><head>{refresh}</head>")).as_deref(), Some("http://a.cn/old.html"));
    }
}
