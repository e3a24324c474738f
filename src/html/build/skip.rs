//! Skips what is not shown as HTML: SVG, `MathML` and templates.

use crate::html::build::{Builder, MAX_DEPTH};
use crate::html::names::Tag;
use crate::html::token::{Token, Tokens};
use crate::text::work;

impl<'a> Builder<'a> {
    /// Skips SVG or `MathML`, up to its end or to an HTML tag that ends it (13.2.6.5); its titles and descriptions may hold HTML.
    pub(super) fn skip_foreign(&self, written: &'a str, tokens: &mut Tokens<'a>) {
        let holds_html = |name: &&str| ["title", "desc", "foreignobject"].iter().any(|n| n.eq_ignore_ascii_case(name));
        let mut open = vec![written];
        let mut before = tokens.offset();
        while let Some(token) = tokens.next() {
            match token {
                Token::Start { name, .. } if Tag::of(name).leaves_foreign() && !open.iter().any(holds_html) => return tokens.back_to(before),
                Token::Start { markup, name } if open.len() < MAX_DEPTH && !markup.ends_with("/>") => open.push(name),
                Token::End(name) => match open.iter().rposition(|o| o.eq_ignore_ascii_case(name)) {
                    Some(at) => open.truncate(at),
                    None if !open.iter().any(holds_html) && self.open.iter().any(|o| o.is(Tag::of(name), name)) => return tokens.back_to(before),
                    None => {}
                },
                _ => {}
            }
            work::add(open.len());
            if open.is_empty() {
                return;
            }
            before = tokens.offset();
        }
    }
}

/// Skips a template, up to its end tag.
pub(super) fn skip_template(tokens: &mut Tokens<'_>) {
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
