//! A page written out anew: every element closed where the HTML standard closes it, none deeper than a bound, so that a tree builder
//! reads it in linear time.
//!
//! html5ever's tree builder costs the square of its input where elements are nested without end, closed in the wrong order
//! or open formatting again and again. What is written here has none of that. It differs from the standard where that costs
//! nothing to a reader: formatting is not opened again in later blocks; of misnested formatting the blocks in it stay in it; SVG,
//! `MathML` and templates are left out.

use crate::html::minify;
use crate::html::names::Name;
use crate::html::token::{Token, Tokens};

/// Deepest nesting that is written.
const MAX_DEPTH: usize = 256;
/// Most formatting elements open at once.
const MAX_FORMATTING: usize = 32;
/// Longest tag, attributes included, in bytes.
const MAX_TAG: usize = 16 << 10;
/// Most character references of a page: a tree builder makes a piece of text of each. Further ones are written as they are.
const MAX_REFERENCES: usize = 100_000;
/// Most attributes in one tag, as far as blanks tell.
const MAX_ATTRIBUTES: usize = 1_024;

/// What of a page is written, beside what would make it expensive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Everything but comments.
    All,
    /// What a reader sees, and linked data: no styles, scripts, pictures in markup, nor attributes nobody asks for.
    Shown,
}

/// A page written out, and how many of its tags were dropped because of a bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balanced {
    /// The markup.
    pub text: String,
    /// Tags dropped.
    pub dropped: usize,
}

/// Writes a page out balanced, in one pass.
pub fn balance(text: &str, keep: Keep) -> Balanced {
    let mut balancer = Balancer { shown: keep == Keep::Shown, ..Balancer::default() };
    balancer.out.reserve(text.len());
    let mut tokens = Tokens::new(text);
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => balancer.text(text),
            Token::Start { markup, name } => balancer.start(markup, name, &mut tokens),
            Token::End(name) => balancer.end(name),
            Token::Comment(_) => {}
            Token::Doctype(markup) => {
                balancer.doctype |= balancer.out.trim().is_empty();
                balancer.out.push_str(markup);
            }
        }
    }
    balancer.close_to(0);
    Balanced { text: balancer.out, dropped: balancer.dropped }
}

/// An open element.
#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    written: &'a str,
    name: Name,
    /// Its end tag came while blocks in it were open: it is closed after them.
    ended: bool,
}

/// Tags that count once.
#[derive(Debug, Default)]
struct Seen {
    html: bool,
    head: bool,
    body: bool,
}

#[derive(Debug, Default)]
struct Balancer<'a> {
    out: String,
    shown: bool,
    doctype: bool,
    open: Vec<Open<'a>>,
    formatting: usize,
    preformatted: usize,
    /// Start tags dropped for their depth whose end tags are still to come.
    too_deep: usize,
    dropped: usize,
    references: usize,
    seen: Seen,
    /// An end tag was looked for in vain up to the end of the page: no second search.
    unclosed: bool,
}

impl<'a> Balancer<'a> {
    fn text(&mut self, text: &str) {
        let as_is = !self.shown || self.preformatted > 0;
        self.references += text.bytes().filter(|b| *b == b'&').count();
        if self.references > MAX_REFERENCES {
            minify::push_text(&mut self.out, &text.replace('&', "＆"), as_is);
        } else {
            minify::push_text(&mut self.out, text, as_is);
        }
    }

    fn start(&mut self, markup: &'a str, written: &'a str, tokens: &mut Tokens<'a>) {
        let name = Name::new(written);
        if name.is_raw_text() {
            return self.raw_text(markup, written, name, tokens);
        }
        match name.bytes() {
            b"html" if !self.seen.body && !self.seen.head && !std::mem::replace(&mut self.seen.html, true) => self.push_tag(markup),
            b"head" if !self.seen.body && !std::mem::replace(&mut self.seen.head, true) => self.push_tag(markup),
            b"body" if !std::mem::replace(&mut self.seen.body, true) => self.push_tag(markup),
            b"html" | b"head" | b"body" => {}
            b"svg" | b"math" => skip_foreign(written, tokens),
            b"template" => skip_template(tokens),
            b"select" | b"canvas" if self.shown && !self.unclosed => {
                self.unclosed = tokens.raw_text(written).is_none();
                if self.unclosed {
                    self.element(markup, written, name);
                } else {
                    self.push_empty(markup, written);
                }
            }
            _ if is_too_long(markup) => self.dropped += 1,
            _ if name.is_void() => {
                if name.is("hr") {
                    self.close_paragraph();
                }
                self.push_tag(markup);
            }
            _ => self.element(markup, written, name),
        }
    }

    fn push_tag(&mut self, markup: &str) {
        if self.shown {
            minify::push_tag(&mut self.out, markup);
        } else {
            self.out.push_str(markup);
        }
    }

    fn push_end(&mut self, written: &str) {
        self.out.push_str("</");
        self.out.push_str(written);
        self.out.push('>');
    }

    fn push_empty(&mut self, markup: &str, written: &str) {
        self.push_tag(markup);
        self.push_end(written);
    }

    /// An element that holds text only. One that is never closed holds the rest of the page.
    fn raw_text(&mut self, markup: &'a str, written: &'a str, name: Name, tokens: &mut Tokens<'a>) {
        let content = if name.is("plaintext") { tokens.rest() } else { tokens.raw_text(written).unwrap_or_else(|| tokens.rest()) };
        if is_too_long(markup) {
            self.dropped += 1;
            return;
        }
        self.push_tag(markup);
        let hidden = match name.bytes() {
            b"script" => !markup.contains("json"),
            b"style" | b"iframe" | b"noscript" => true,
            _ => false,
        };
        if !(self.shown && hidden) {
            self.out.push_str(content);
        }
        self.push_end(written);
    }

    fn element(&mut self, markup: &'a str, written: &'a str, name: Name) {
        if !self.make_room(name) {
            return;
        }
        let formatting = name.is_formatting();
        if self.open.len() >= MAX_DEPTH || (formatting && self.formatting >= MAX_FORMATTING) {
            self.dropped += 1;
            self.too_deep += usize::from(!formatting);
            return;
        }
        self.push_tag(markup);
        self.formatting += usize::from(formatting);
        self.preformatted += usize::from(name.is("pre"));
        self.open.push(Open { written, name, ended: false });
    }

    /// Closes what a start tag of this name closes; whether the element may stand here.
    fn make_room(&mut self, name: Name) -> bool {
        if name.is_table_part() {
            let Some(table) = self.nearest(|o| o.is("table"), |_| false) else { return false };
            let is_row = name.is("tr") || name.is_cell();
            let section = usize::from(is_row && self.open.get(table + 1).is_some_and(|o| o.name.is_table_section()));
            let row = usize::from(name.is_cell() && self.open.get(table + 1 + section).is_some_and(|o| o.name.is("tr")));
            self.close_to(table + 1 + section + row);
            return true;
        }
        if name.closes_paragraph() || (name.is("table") && self.doctype) {
            self.close_paragraph();
        }
        let top_is = |b: &Self, of: &dyn Fn(&Name) -> bool| b.open.last().is_some_and(|o| of(&o.name));
        match name.bytes() {
            b"form" if self.open.iter().any(|o| o.name.is("form")) => return false,
            b"table" if top_is(self, &|n| n.is("table") || n.is_table_section() || n.is("tr")) => {
                self.close_nearest(|o| o.is("table"), |_| false);
            }
            b"li" => self.close_item(|o| o.is("li")),
            b"dd" | b"dt" => self.close_item(|o| o.is("dd") || o.is("dt")),
            b"option" if top_is(self, &|n| n.is("option")) => self.close_to(self.open.len() - 1),
            b"optgroup" => {
                while top_is(self, &|n| n.is("option") || n.is("optgroup")) {
                    self.close_to(self.open.len() - 1);
                }
            }
            b"button" => self.close_nearest(|o| o.is("button"), Name::is_scope),
            b"a" | b"nobr" => self.end_misnested(name),
            _ if name.is_heading() && top_is(self, &Name::is_heading) => self.close_to(self.open.len() - 1),
            _ => {}
        }
        true
    }

    fn end(&mut self, written: &str) {
        let name = Name::new(written);
        match name.bytes() {
            b"html" | b"body" => {}
            b"head" => {
                if self.seen.head && !self.seen.body {
                    self.push_end(written);
                }
            }
            b"br" => self.out.push_str("<br>"),
            _ if self.too_deep > 0 && !name.is_formatting() && !name.is_void() => self.too_deep -= 1,
            b"p" => self.close_paragraph(),
            b"li" => self.close_nearest(|o| o.is("li"), |o| o.is_scope() || o.is("ol") || o.is("ul")),
            b"table" => self.close_nearest(|o| o.is("table"), |_| false),
            _ if name.is_heading() => self.close_nearest(Name::is_heading, Name::is_scope),
            _ if name.is_formatting() || name.is("form") => self.end_misnested(name),
            _ if name.is_table_part() => self.close_nearest(|o| *o == name, |o| o.is("table")),
            _ if name.is_special() => self.close_nearest(|o| *o == name, Name::is_scope),
            _ => self.close_nearest(|o| *o == name, Name::is_special),
        }
    }

    /// The innermost open element of this kind, not looked for beyond one of that.
    fn nearest(&self, wanted: impl Fn(&Name) -> bool, beyond: impl Fn(&Name) -> bool) -> Option<usize> {
        let at = self.open.iter().rposition(|o| (wanted(&o.name) && !o.ended) || beyond(&o.name))?;
        self.open.get(at).filter(|o| wanted(&o.name) && !o.ended).map(|_| at)
    }

    fn close_nearest(&mut self, wanted: impl Fn(&Name) -> bool, beyond: impl Fn(&Name) -> bool) {
        if let Some(at) = self.nearest(wanted, beyond) {
            self.close_to(at);
        }
    }

    fn close_paragraph(&mut self) {
        self.close_nearest(|o| o.is("p"), |o| o.is_scope() || o.is("button"));
    }

    /// Closes the item of a list that the next one ends, unless a block stands between.
    fn close_item(&mut self, item: impl Fn(&Name) -> bool) {
        self.close_nearest(&item, |o| o.is_special() && !item(o) && !matches!(o.bytes(), b"address" | b"div" | b"p"));
    }

    /// Closes a formatting element or a form; with blocks open in it, after them.
    fn end_misnested(&mut self, name: Name) {
        let Some(at) = self.nearest(|o| *o == name, Name::is_scope) else { return };
        let stays = |n: &Name| n.is_special() && !(name.is("form") && n.ends_with_its_parent());
        if self.open.iter().skip(at + 1).any(|o| stays(&o.name)) {
            if let Some(open) = self.open.get_mut(at) {
                open.ended = true;
            }
        } else {
            self.close_to(at);
        }
    }

    /// Closes the innermost elements until so many are open, and those that only waited for them.
    fn close_to(&mut self, length: usize) {
        while let Some(open) = self.open.pop() {
            if self.open.len() < length && !open.ended {
                self.open.push(open);
                return;
            }
            self.push_end(open.written);
            self.formatting -= usize::from(open.name.is_formatting());
            self.preformatted -= usize::from(open.name.is("pre"));
        }
    }
}

/// Leaves out SVG or `MathML`, up to its end or to an HTML tag that ends it.
fn skip_foreign(written: &str, tokens: &mut Tokens<'_>) {
    let mut depth = 1usize;
    let mut behind = tokens.clone();
    while let Some(token) = tokens.next() {
        match token {
            Token::Start { markup, name } if name.eq_ignore_ascii_case(written) => depth += usize::from(!markup.ends_with("/>")),
            Token::Start { name, .. } if Name::new(name).leaves_foreign() => {
                *tokens = behind;
                return;
            }
            Token::End(name) if name.eq_ignore_ascii_case(written) => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            _ => {}
        }
        behind = tokens.clone();
    }
}

fn skip_template(tokens: &mut Tokens<'_>) {
    let mut depth = 1usize;
    for token in tokens {
        match token {
            Token::Start { name, .. } if name.eq_ignore_ascii_case("template") => depth += 1,
            Token::End(name) if name.eq_ignore_ascii_case("template") => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return;
        }
    }
}

fn is_too_long(markup: &str) -> bool {
    let parts = || markup.bytes().filter(|b| b.is_ascii_whitespace() || *b == b'/').count();
    markup.len() > MAX_TAG || (markup.len() > MAX_ATTRIBUTES && parts() > MAX_ATTRIBUTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> String {
        balance(text, Keep::All).text
    }

    #[test]
    fn ordinary_pages_are_left_alone() {
        let page = "<!DOCTYPE html><html><head><title>a < b</title><script>if (a<b) document.write('</div>')</script></head>\
            <body><div class='x > y'><p>一<br><img src=a.png></p><p><font color=red>红</font></p></div>";
        assert_eq!(balance(page, Keep::All), Balanced { text: page.to_owned(), dropped: 0 });
    }

    #[test]
    fn elements_end_where_the_standard_ends_them() {
        let table = [
            ("<p>一<p>二<div>三", "<p>一</p><p>二</p><div>三</div>"),
            ("<ul><li>一<li>二<ul><li>三</ul>四</ul>五", "<ul><li>一</li><li>二<ul><li>三</li></ul>四</li></ul>五"),
            ("<dl><dt>一<dd>二<dt>三</dl>", "<dl><dt>一</dt><dd>二</dd><dt>三</dt></dl>"),
            ("<table><tr><td>一<td><b>二<tr><td>三</table>四", "<table><tr><td>一</td><td><b>二</b></td></tr><tr><td>三</td></tr></table>四"),
            ("<table><tr><td><table><tr><td>一</table>二</table>", "<table><tr><td><table><tr><td>一</td></tr></table>二</td></tr></table>"),
            ("<tr><td>一</td></tr>", "一"),
            ("<div><span>一</div>二</span>", "<div><span>一</span></div>二"),
            ("<a href=x><div>一</a>二</div>三", "<a href=x><div>一二</div></a>三"),
            ("<a href=x>一<a href=y>二", "<a href=x>一</a><a href=y>二</a>"),
            ("<h2>一<h3>二</h2>三", "<h2>一</h2><h3>二</h3>三"),
            ("<form><form><p>一</form>二", "<form><p>一</p></form>二"),
            ("<select><option>一<option>二</select>", "<select><option>一</option><option>二</option></select>"),
            ("</div></p>一</body>二</html>三", "一二三"),
            ("<body><body a=1><html b=2>一", "<body>一"),
            ("<svg><title><div>一</div></svg>二", "<div>一</div>二"),
            ("<svg><g><svg></svg></g><text>图</text></svg>二", "二"),
            ("<template><p>一</p></template>二<!-- 三 --><!-->四", "二四"),
        ];
        for (page, expected) in table {
            assert_eq!(all(page), expected, "{page}");
        }
    }

    #[test]
    fn what_nobody_sees_is_left_out_on_request() {
        let page = "<style>p{}</style><script>a<b</script><!-- <p>x --><script type='application/ld+json'>{}</script><p onclick=x>一";
        let expected = "<style></style><script></script><script type='application/ld+json'>{}</script><p>一</p>";
        assert_eq!(balance(page, Keep::Shown).text, expected);
    }

    #[test]
    fn depth_and_formatting_are_bounded() {
        let deep = balance(&format!("{}一{}", "<div>".repeat(1_000), "</div>".repeat(1_000)), Keep::All);
        assert_eq!(
            (deep.text.matches("<div>").count(), deep.text.matches("</div>").count(), deep.dropped),
            (MAX_DEPTH, MAX_DEPTH, 1_000 - MAX_DEPTH)
        );
        assert_eq!(all(&"<b>x".repeat(100)).matches("<b>").count(), MAX_FORMATTING);
    }

    proptest::proptest! {
        /// What is written is balanced: writing it out once more changes nothing.
        #[test]
        fn written_once_more_it_stays(page in "(<(div|p|b|a|li|ul|table|tr|td|h1|span|form|svg|object|button)>|</(div|p|b|a|li|ul|table|tr|td|h1|span|form|svg|object|button)>|文){0,40}") {
            let once = all(&page);
            proptest::prop_assert_eq!(all(&once), once);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[<>/a-d=\"' !-]{0,80}") {
            let _ = (balance(&text, Keep::All), balance(&text, Keep::Shown));
        }
    }
}
