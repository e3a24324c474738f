//! Walls: what a site shows in place of a page, such as a captcha or a sign-in form.
//!
//! A wall shows little: a page with a text or a list of links is none, whatever words and widgets stand beside them. So only pages
//! without entries or article are looked at, and only barren ones are told to be walls. A short article is none either:
//! `article.rs` weighs what speaks for one against sign-in boxes and words.

mod article;
mod marks;

use serde::{Deserialize, Serialize};

use crate::html::{Attr, Edge, Tag, Tree};
use article::ArticleSigns;
use marks::{Place, marks};

/// A page that shows so many letters or links is no wall …
const MAX_LETTERS: usize = 500;
const MAX_LINKS: usize = 15;
/// … and one that shows more than these is none by words and widgets that ordinary pages have as well.
const BARREN_LETTERS: usize = 200;
/// A page that shows no more than this has nothing but its scripts.
const EMPTY_LETTERS: usize = 20;
/// Bytes of a page in which marks are looked for: challenges of 300 KB are known.
const MAX_MARKUP: usize = 1 << 20;
/// Statuses that challenges come with: 202 and 412 of 瑞数, 405 of 阿里云, 418 of 华为云, 521 of 加速乐.
const STATUSES: [u16; 12] = [202, 401, 403, 405, 406, 412, 418, 456, 468, 493, 503, 521];

/// What stands in place of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Wall {
    /// A code to be read, a slider to be moved.
    #[error("shows a captcha in place of the page; set render = true or a longer interval, or use another address of the site, such as a feed")]
    Captcha,
    /// A form to sign in.
    #[error("asks to sign in; use a public address, or send what an account sends by headers = {{ Cookie = … }}")]
    Login,
    /// A page that only a browser that runs its scripts gets past.
    #[error("shows its pages only to browsers that run scripts; set render = true for this source")]
    Script,
    /// A refusal by a firewall.
    #[error("its firewall refuses us; set a longer interval or render = true, use another address, or ask the site's owner to let us in")]
    Firewall,
}

impl Wall {
    const ALL: [Self; 4] = [Self::Captcha, Self::Login, Self::Script, Self::Firewall];

    /// A stable word for programs and searches.
    pub fn code(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Login => "login",
            Self::Script => "needs-script",
            Self::Firewall => "firewall",
        }
    }

    /// The wall of a stable word.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.code() == code)
    }

    /// The reason as an editor reads it, and what the admin can do.
    pub fn chinese(self) -> String {
        let words = match self {
            Self::Captcha => "网站要求输入验证码或滑动验证：可改用浏览器打开（render = true）、放慢间隔，或换一个地址（如订阅源）",
            Self::Login => "网站要求登录：请换一个公开的地址，或在 headers 里填写账号的 Cookie",
            Self::Script => "网站只让运行脚本的浏览器打开：请改用浏览器打开（render = true）",
            Self::Firewall => "网站的防火墙拒绝访问：可放慢间隔、改用浏览器打开（render = true）、换一个地址，或请网站放行",
        };
        words.to_owned()
    }

    /// The wall on a page that came with an error status; an ordinary error page is none.
    pub fn of_error(status: u16, page: &str) -> Option<Self> {
        STATUSES.contains(&status).then(|| Self::of_page(page)).flatten()
    }

    /// The wall that a page is, if it is one.
    pub fn of_page(page: &str) -> Option<Self> {
        Self::of_tree(&Tree::parse(page), page)
    }

    /// The same for a page whose tree is there already.
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
        // sign-in forms have captchas of their own
        let login = shown.password.then_some(Self::Login);
        let other = || marks().find(by_mark).map(|m| m.wall);
        let empty = || (shown.scripts && shown.letters <= EMPTY_LETTERS && shown.links == 0).then_some(Self::Script);
        login.or_else(other).or_else(empty)
    }
}

/// What a page shows.
#[derive(Default)]
struct Shown {
    letters: usize,
    links: usize,
    password: bool,
    scripts: bool,
    article: ArticleSigns,
    /// Its texts with title and `<noscript>`, in lower case, as far as a wall may be long.
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
