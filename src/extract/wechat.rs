//! Articles of `WeChat`'s public accounts: title, account and author stand in the page's script.

use std::sync::LazyLock;

use regex::Regex;

use crate::text::markup;

/// The script's variables: `var msg_title = '…'.html(false);`, `var nickname = htmlDecode("…");`.
fn variable(page: &str, name: &'static str) -> Option<String> {
    static VARIABLES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"\bvar (?P<name>msg_title|nickname|author)\s*=\s*(?:htmlDecode\()?(?:'(?P<a>[^'\n]{1,400})'|"(?P<b>[^"\n]{1,400})")"#).ok()
    });
    if !page.contains("var msg_title") {
        return None;
    }
    let mut found = VARIABLES.iter().flat_map(|r| r.captures_iter(page)).filter(|c| c.name("name").is_some_and(|n| n.as_str() == name));
    let value = found.find_map(|c| c.name("a").or(c.name("b")))?;
    // the script has its marks escaped twice
    let text = markup::strip_tags(&value.as_str().replace("\\x26", "&").replace("\\x22", "\"").replace("&amp;", "&"));
    (!text.is_empty()).then_some(text)
}

/// The headline.
pub(super) fn title(page: &str) -> Option<String> {
    variable(page, "msg_title")
}

/// The account, which is the 来源.
pub(super) fn account(page: &str) -> Option<String> {
    variable(page, "nickname")
}

/// Who wrote it.
pub(super) fn author(page: &str) -> Option<String> {
    variable(page, "author")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_title_and_account() {
        let page = r#"<script>var nickname = htmlDecode("许昌 &amp;amp; 发布"); var msg_title = '“检测中心”投入使用'.html(false); var author = "";</script>"#;
        assert_eq!(title(page).as_deref(), Some("“检测中心”投入使用"));
        assert_eq!(account(page).as_deref(), Some("许昌 & 发布"));
        assert_eq!(author(page), None);
        assert_eq!(title("<script>var nickname = 'x'</script>"), None);
    }
}
