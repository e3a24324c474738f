//! Office documents: their HTML → the article.

use crate::extract::pdf::title_and_date;
use crate::extract::{Context, ExtractError, MAX_TEXT, from_fragment};
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
    let (first, published_at) = title_and_date(article.text.lines(), context);
    article.published_at = published_at;
    article.title = marked.map(|t| normalize::truncate(&t, crate::extract::headline::MAX_TITLE)).filter(|t| !t.is_empty()).or(first);
    let is_title = |line: &&str| article.title.as_deref() == Some(line.trim());
    article.text = article.text.lines().filter(|l| !is_title(l)).collect::<Vec<_>>().join("\n").chars().take(MAX_TEXT).collect();
    "document".clone_into(&mut article.charset);
    Ok(article)
}
