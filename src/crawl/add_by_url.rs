//! Adds one article by its address: fetches, extracts, classifies and stores it at once.

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::{Crawler, MANUAL_SOURCE, preview};
use crate::model::{ArticleId, Source, SourceId, WebUrl};

impl Crawler {
    /// Returns the article at an address, from the archive if it is already there. The address may be private if the source list
    /// allows that for all.
    ///
    /// # Errors
    /// The reason, for editors.
    pub async fn add_by_url(self: &Arc<Self>, url: WebUrl, allow_private: bool) -> Result<ArticleId, String> {
        let failed = |e: &dyn std::fmt::Display| format!("没有加入：{e}");
        let known = url.clone();
        if let Some(id) = self.store.run(move |s| s.article_at(&known)).await.map_err(|e| failed(&e))? {
            return Ok(id);
        }
        let id = SourceId::parse(MANUAL_SOURCE.0).ok_or("没有加入")?;
        let source = Source { allow_private, ..Source::plain(id, MANUAL_SOURCE.1.to_owned(), url.clone()) };
        let reader = self.reader(Arc::new(source.clone()));
        let extracted = preview::article(&reader, &url).await.map_err(|e| format!("读不到这篇文章：{}", e.chinese()))?;
        let (now, by_hand, address) = (Utc::now(), source.clone(), url.clone());
        let entry = self.store.run(move |s| s.manual_entry(&by_hand, &address, now)).await.map_err(|e| failed(&e))?;
        let (this, page) = (Arc::clone(self), url.clone());
        let article = self.cpu(move || this.prepare(&entry, &source, page, extracted, now)).await.ok_or("没有加入：文章无法处理")?;
        let stored = self.store.run(move |s| s.commit_article(&article, None)).await.map_err(|e| failed(&e))?;
        match stored {
            Some(id) => Ok(id),
            None => {
                self.store.run(move |s| s.article_at(&url)).await.map_err(|e| failed(&e))?.ok_or_else(|| "没有加入：这篇文章已在处理中".to_owned())
            }
        }
    }
}
