//! Articles over several pages: fetches and joins the further ones.

use std::collections::HashSet;

use crate::crawl::reader::Reader;
use crate::extract::ExtractError;
use crate::fetch::{DocumentKind, FetchResponse, Fetched};
use crate::model::{Extracted, WebUrl};

/// Most pages of one article.
const MAX_PAGES: usize = 12;

impl Reader<'_> {
    /// Joins an article with its further pages. An unavailable page is left out with a warning, because a first page is better
    /// than none.
    ///
    /// # Errors
    /// Only [`ExtractError::Interrupted`].
    pub(super) async fn append_further_pages(&self, mut article: Extracted, first: Option<WebUrl>) -> Result<Extracted, ExtractError> {
        let mut seen: HashSet<String> = first.iter().map(|url| url.as_str().to_owned()).collect();
        let mut next = article.next.take();
        while let Some(url) = next.take().filter(|n| seen.insert(n.as_str().to_owned())) {
            if seen.len() > MAX_PAGES {
                article.warnings.push(format!("it goes on at {url}, which is not read: an article has at most {MAX_PAGES} pages"));
                break;
            }
            let Some(response) = self.fetch(&url, DocumentKind::Page).await else {
                article.warnings.push(format!("it goes on at {url}, which is not read here"));
                article.next = Some(url);
                break;
            };
            match self.read_further_page(response).await {
                // sites repeat the last page, or the first, after the last one
                Ok(page) if article.text.contains(page.text.as_str()) => break,
                Ok(page) => {
                    article.text = format!("{}\n{}", article.text, page.text);
                    article.html.push_str(&page.html);
                    article.attachments.extend(page.attachments.into_iter().filter(|a| !article.attachments.contains(a)).collect::<Vec<_>>());
                    next = page.next;
                }
                Err(FurtherPageError::Interrupted(reason)) => return Err(ExtractError::Interrupted(reason)),
                Err(FurtherPageError::Missing(reason)) => article.warnings.push(format!("its further page {url} is missing: {reason}")),
            }
        }
        Ok(article)
    }

    async fn read_further_page(&self, response: FetchResponse) -> Result<Extracted, FurtherPageError> {
        let missing = |reason: &str| Err(FurtherPageError::Missing(reason.to_owned()));
        match response.result {
            Ok(Fetched::Page(page)) => self.extract((*page).into()).await.map_err(|e| match e {
                ExtractError::Interrupted(reason) => FurtherPageError::Interrupted(reason),
                e => FurtherPageError::Missing(e.to_string()),
            }),
            Ok(Fetched::NotModified { .. }) => missing("answered 304"),
            Ok(Fetched::CrossHostRedirect(_)) => missing("it is on another host"),
            Err(e) => missing(&e.to_string()),
        }
    }
}

enum FurtherPageError {
    Missing(String),
    /// The parser was killed from outside.
    Interrupted(String),
}
