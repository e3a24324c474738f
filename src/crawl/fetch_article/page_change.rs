//! Articles that tell a change of a watched page.

use std::sync::Arc;

use chrono::Utc;

use crate::crawl::fetch_article::ArticleResult;
use crate::crawl::{Crawler, Result};
use crate::model::{Extracted, Source};
use crate::page_watch::text_of;
use crate::store::PendingEntry;
use crate::text::normalize;

impl Crawler {
    /// Stores the article of an entry that tells a change: the entry has all of it.
    pub(super) async fn store_page_change(self: &Arc<Self>, entry: &PendingEntry, source: &Arc<Source>) -> Result<ArticleResult> {
        let now = Utc::now();
        let Some(html) = entry.entry.content_html.as_deref() else {
            return self.mark_failed(entry, "this entry tells no change", None, None).await;
        };
        let text = text_of(html);
        let extracted = Extracted {
            language: normalize::language(&text).map(std::borrow::Cow::Borrowed),
            html: ammonia::clean(html),
            text,
            ..Extracted::default()
        };
        self.classify_and_store(entry, source, entry.entry.url.clone(), extracted, now, None).await
    }
}
