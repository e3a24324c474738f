//! Sanitises HTML for storage, display and e-mail.

use std::cell::RefCell;

use crate::html::{Tree, balanced};
use crate::model::WebUrl;

/// The allowed elements of an article.
pub(super) const TAGS: [&str; 35] = [
    "p",
    "br",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "td",
    "th",
    "caption",
    "tfoot",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "pre",
    "strong",
    "b",
    "em",
    "i",
    "sub",
    "sup",
    "a",
    "img",
    "figure",
    "figcaption",
    "div",
];

thread_local! {
    // the lists are the same for every page; only the base address changes
    static SANITISER: RefCell<ammonia::Builder<'static>> = RefCell::new(sanitiser());
}

fn sanitiser() -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::empty();
    builder
        .tags(TAGS.into())
        .clean_content_tags(["script", "style", "iframe", "object", "svg", "math", "noscript", "template", "title"].into())
        .add_tag_attributes("a", ["href"])
        .add_tag_attributes("img", ["src", "alt"])
        .add_tag_attributes("td", ["colspan", "rowspan"])
        .add_tag_attributes("th", ["colspan", "rowspan"])
        .url_schemes(["http", "https"].into())
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
}

/// Returns HTML that is safe to store, show and mail: a short list of harmless elements, http(s) links only, no styles.
pub fn sanitise(html: &str, base: Option<&WebUrl>) -> String {
    clean(&balanced(&Tree::parse(html)), base)
}

/// Sanitises markup serialised from our own tree: it is balanced and bounded, which keeps ammonia linear.
pub(super) fn clean(written: &str, base: Option<&WebUrl>) -> String {
    SANITISER.with_borrow_mut(|builder| {
        builder.url_relative(base.map_or(ammonia::UrlRelative::PassThrough, |b| ammonia::UrlRelative::RewriteWithBase(b.as_url().clone())));
        builder.clean(written).to_string()
    })
}
