//! Articles split over several pages: the further ones are fetched and joined.

use std::collections::HashSet;

use chrono::Utc;

use crate::crawl::executor::{NoArticle, Task, TaskExecutor};
use crate::fetch::{DocumentKind, Fetched};
use crate::model::{Extracted, StoredPage, WebUrl};

/// Most pages of one article.
const MAX_PARTS: usize = 12;

impl TaskExecutor {
    /// The article with what stands on its further pages. What cannot be had is left out with a warning: a first page is
    /// better than none.
    pub(super) async fn append_parts(&self, task: &Task, mut article: Extracted, url: &WebUrl) -> Result<Extracted, NoArticle> {
        let mut seen = HashSet::from([url.as_str().to_owned()]);
        let mut next = article.next.take();
        while let Some(address) = next.take().filter(|n| seen.len() < MAX_PARTS && seen.insert(n.as_str().to_owned())) {
            match self.fetch_part(task, &address).await {
                // sites repeat the last page, or the first, where there is no further one
                Ok(part) if article.text.contains(part.text.as_str()) => break,
                Ok(part) => {
                    article.text = format!("{}\n{}", article.text, part.text);
                    article.html.push_str(&part.html);
                    article.attachments.extend(part.attachments.into_iter().filter(|a| !article.attachments.contains(a)).collect::<Vec<_>>());
                    next = part.next;
                }
                Err(NoArticle::Interrupted) => return Err(NoArticle::Interrupted),
                Err(NoArticle::Reason(reason)) => article.warnings.push(format!("its further page {address} is missing: {reason}")),
            }
        }
        Ok(article)
    }

    async fn fetch_part(&self, task: &Task, url: &WebUrl) -> Result<Extracted, NoArticle> {
        match self.fetch_related(task, url, DocumentKind::Page).await.result {
            Ok(Fetched::Page(page)) => {
                let page = StoredPage { url: page.url, content_type: page.content_type, body: page.body, fetched: Utc::now() };
                self.extract(task, page).await
            }
            Ok(Fetched::NotModified { .. }) => Err(NoArticle::Reason("answered 304".to_owned())),
            Ok(Fetched::CrossHostRedirect(_)) => Err(NoArticle::Reason("it is on another host".to_owned())),
            Err(e) => Err(NoArticle::Reason(e.to_string())),
        }
    }
}
