//! Walls: pages that a site shows instead of the requested one, such as a captcha or a sign-in form.
//!
//! A wall shows little: a page with a text or a list of links is no wall, whatever words and widgets accompany them. So this module only
//! looks at pages without entries or article, and only nearly empty ones can be walls. A short article is no wall either:
//! `article.rs` weighs the evidence for one against sign-in boxes and words.

mod article;
mod marks;

use serde::{Deserialize, Serialize};

use crate::html::{Attr, Edge, Tag, Tree};
use article::ArticleSigns;
use marks::{Place, marks};

/// A page with this many letters or links is no wall.
const MAX_LETTERS: usize = 500;
const MAX_LINKS: usize = 15;
/// Above this, words and widgets that ordinary pages also contain do not make a page a wall.
const BARREN_LETTERS: usize = 200;
/// A page with no more than this has only scripts.
const EMPTY_LETTERS: usize = 20;
/// Bytes of a page searched for marks. Challenges of 300 KB exist.
const MAX_MARKUP: usize = 1 << 20;
/// Status codes of challenges: 202 and 412 of 瑞数, 405 of 阿里云, 418 of 华为云, 521 of 加速乐.
const STATUSES: [u16; 12] = [202, 401, 403, 405, 406, 412, 418, 456, 468, 493, 503, 521];

/// The kind of wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Wall {
    /// A code to read, a slider to move.
    #[error("shows a captcha in place of the page; set render = true or a longer interval, or use another address of the site, such as a feed")]
    Captcha,
    /// A sign-in form.
    #[error("asks to sign in; use a public address, or send what an account sends by headers = {{ Cookie = … }}")]
    Login,
    /// A challenge that requires a browser with scripts.
    #[error("shows its pages only to browsers that run scripts; set render = true for this source")]
    Script,
    /// A refusal by a firewall.
    #[error("its firewall refuses us; set a longer interval or render = true, use another address, or ask the site's owner to let us in")]
    Firewall,
}

impl Wall {
    const ALL: [Self; 4] = [Self::Captcha, Self::Login, Self::Script, Self::Firewall];

    /// Returns a stable code for programs and searches.
    pub fn code(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Login => "login",
            Self::Script => "needs-script",
            Self::Firewall => "firewall",
        }
    }

    /// Returns the wall with a stable code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.code() == code)
    }

    /// Returns the reason in Chinese for editors, and a remedy for the admin.
    pub fn chinese(self) -> String {
        let words = match self {
            Self::Captcha => "网站要求输入验证码或滑动验证：可改用浏览器打开（render = true）、放慢间隔，或换一个地址（如订阅源）",
            Self::Login => "网站要求登录：请换一个公开的地址，或在 headers 里填写账号的 Cookie",
            Self::Script => "网站只让运行脚本的浏览器打开：请改用浏览器打开（render = true）",
            Self::Firewall => "网站的防火墙拒绝访问：可放慢间隔、改用浏览器打开（render = true）、换一个地址，或请网站放行",
        };
        words.to_owned()
    }

    /// Returns the wall on a page with an error status, or `None` for an ordinary error page.
    pub fn of_error(status: u16, page: &str) -> Option<Self> {
        STATUSES.contains(&status).then(|| Self::of_page(page)).flatten()
    }

    /// Returns the wall, if the page is one.
    pub fn of_page(page: &str) -> Option<Self> {
        Self::of_tree(&Tree::parse(page), page)
    }

    /// Returns the wall of a page that is already parsed.
    pub fn of_tree(tree: &Tree<'_>, page: &str) -> Option<Self> {
        if matches!(page.trim_start().get(..5), Some("<?xml" | "%PDF-")) || page.trim_start().starts_with(['{', '[']) {
            return None;
        }
        let shown = Shown::of(tree);
        if shown.letters > MAX_LETTERS || shown.links > MAX_LINKS {
            return None;
        }
        let markup = page.get(..page.floor_char_boundary(MAX_MARKUP)).unwrap_or_default().to_ascii_lowercase();
        let barren = shown.letters <= BARREN_LETTERS;
        let found = |place| match place {
            Place::Challenge => Some(&markup),
            Place::Widget => Some(&markup).filter(|_| barren),
            Place::Words => Some(&shown.words).filter(|_| barren),
        };
        let by_mark = |m: &marks::Mark| found(m.place).is_some_and(|text| text.contains(m.text));
        let challenge = marks().filter(|m| m.place == Place::Challenge).find(by_mark).map(|m| m.wall);
        if challenge.is_some() || shown.article.is_found() {
            return challenge;
        }
        // sign-in forms also contain captchas
        let login = shown.password.then_some(Self::Login);
        let other = || marks().find(by_mark).map(|m| m.wall);
        let empty = || (shown.scripts && shown.letters <= EMPTY_LETTERS && shown.links == 0).then_some(Self::Script);
        login.or_else(other).or_else(empty)
    }
}

/// The visible content of a page.
#[derive(Default)]
struct Shown {
    letters: usize,
    links: usize,
    password: bool,
    scripts: bool,
    article: ArticleSigns,
    /// Lower-case text with title and `<noscript>`, up to the length that a wall may have.
    words: String,
}

impl Shown {
    fn of(tree: &Tree<'_>) -> Self {
        let mut shown = Self::default();
        let mut unseen = 0usize;
        let hidden = |tag| matches!(tag, Tag::Script | Tag::Style | Tag::Noscript | Tag::Template | Tag::Title | Tag::Option);
        let mut inside = Vec::new();
        for edge in tree.root().walk() {
            shown.article.note(edge);
            match edge {
                Edge::Open(e, tag) => {
                    if hidden(tag) {
                        unseen += 1;
                        inside.push(tag);
                    }
                    shown.scripts |= tag == Tag::Script;
                    shown.links += usize::from(tag == Tag::A && e.attr(Attr::Href).is_some());
                    shown.password |= tag == Tag::Input && e.attr(Attr::Type).is_some_and(|t| t.eq_ignore_ascii_case("password"));
                }
                Edge::Close(_, tag) if hidden(tag) => {
                    unseen = unseen.saturating_sub(1);
                    inside.pop();
                }
                Edge::Close(..) => {}
                Edge::Text(_, text) => {
                    if unseen == 0 {
                        shown.letters += text.chars().filter(|c| !c.is_whitespace()).count();
                    }
                    if inside.last().is_none_or(|t| matches!(t, Tag::Title | Tag::Noscript)) && shown.words.len() < 8 * MAX_LETTERS {
                        shown.words.extend(text.chars().filter(|c| *c != '\u{a0}').take(2 * MAX_LETTERS).flat_map(char::to_lowercase));
                        shown.words.push('\n');
                    }
                }
            }
            if shown.letters > MAX_LETTERS || shown.links > MAX_LINKS {
                break;
            }
        }
        shown.article.end_block();
        shown
    }
}

#[cfg(test)]
mod tests;
