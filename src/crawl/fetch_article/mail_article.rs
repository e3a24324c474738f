//! Articles of mails. Nothing is fetched: their text came with the mail.

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::fetch_article::ArticleResult;
use crate::crawl::{Crawler, Result};
use crate::extract::ExtractError;
use crate::model::Source;
use crate::store::PendingEntry;

impl Crawler {
    /// Makes the article of a mail's text or file, with the sender as 来源.
    pub(super) async fn store_mail_article(self: &Arc<Self>, entry: &PendingEntry, source: &Arc<Source>) -> Result<ArticleResult> {
        let (id, at) = (entry.id, Utc::now());
        let publisher = self.store.run(move |s| s.mail_publisher(id)).await?;
        match self.page_reader(source).article_from_feed(&entry.entry, at).await {
            Ok(Some(mut extracted)) => {
                extracted.warnings.clear();
                extracted.publisher = publisher;
                self.classify_and_store(entry, source, entry.entry.url.clone(), extracted, at, None).await
            }
            Ok(None) => self.mark_failed(entry, "the mail has too little text for an article", None, None).await,
            Err(ExtractError::Interrupted(_)) => self.interrupted(entry, None).await,
            Err(e) => self.mark_failed(entry, &e.to_string(), None, None).await,
        }
    }
}
