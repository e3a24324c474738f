//! Office documents: their HTML → the article.

use crate::extract::pdf::{HEAD_LINES, title_and_date};
use crate::extract::{Context, ExtractError, MAX_TEXT, from_fragment, publisher, visible_lines};
use crate::html::Tree;
use crate::model::Extracted;
use crate::text::{markup, normalize};

/// Builds an article from the HTML of a document, as `documents` writes it.
///
/// # Errors
/// It has hardly any text.
pub fn article(html: &str, context: &Context<'_>) -> Result<Extracted, ExtractError> {
    let Some(mut article) = from_fragment(html, context) else {
        return Err(ExtractError::NoContent { letters: markup::strip_tags(html).chars().count() });
    };
    let marked = html.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>")).map(|(title, _)| markup::strip_tags(title));
    // the byline is no part of the text
    let lines = visible_lines(&Tree::parse(html));
    let (first, published_at) = title_and_date(lines.iter().map(String::as_str), context);
    article.published_at = published_at;
    article.publisher = lines.iter().take(HEAD_LINES).find_map(|line| publisher::in_line(line));
    article.title = marked.map(|t| normalize::truncate(&t, crate::extract::headline::MAX_TITLE)).filter(|t| !t.is_empty()).or(first);
    let is_title = |line: &&str| article.title.as_deref() == Some(line.trim());
    article.text = article.text.lines().filter(|l| !is_title(l)).collect::<Vec<_>>().join("\n").chars().take(MAX_TEXT).collect();
    "document".clone_into(&mut article.charset);
    Ok(article)
}
