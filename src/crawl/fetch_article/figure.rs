//! Articles that tell a figure of a series.

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::fetch_article::ArticleResult;
use crate::crawl::{Crawler, Result};
use crate::model::{Confidence, Extracted, Source};
use crate::store::PendingEntry;

impl Crawler {
    /// Stores the article of an entry that tells a figure: the entry has all of it.
    pub(super) async fn store_figure(self: &Arc<Self>, entry: &PendingEntry, source: &Arc<Source>) -> Result<ArticleResult> {
        let (now, id) = (Utc::now(), entry.id);
        let told = self.store.run(move |s| s.series_entry(id)).await?;
        let (Some(told), Some(html)) = (told, entry.entry.content_html.as_deref()) else {
            return self.mark_failed(entry, "this entry tells no figure", None, None).await;
        };
        let extracted = Extracted {
            language: Some(std::borrow::Cow::Borrowed("zh")),
            html: ammonia::clean(html),
            text: told.text,
            confidence: Confidence { is_doubtful_figure: told.is_doubtful, ..Confidence::default() },
            ..Extracted::default()
        };
        self.classify_and_store(entry, source, entry.entry.url.clone(), extracted, now, None).await
    }
}
