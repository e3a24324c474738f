//! Items that editors dropped from an issue, with the rules (不再报道) offered for those that are 无关.

use axum::response::Response;

use crate::issue::edit::DropReason;
use crate::model::{ArticleId, Edition, EditionId};
use crate::web::AppState;
use crate::web::response::stored;
use crate::web::rule_offers::{Offer, offers};

/// Dropped items listed.
const MAX_LISTED: usize = 30;

/// A dropped item on the page of its issue.
pub(super) struct DroppedView {
    pub(super) article: i64,
    pub(super) title: String,
    pub(super) reason: &'static str,
    pub(super) offers: Vec<Offer>,
}

pub(super) async fn views(console: &AppState, e: &Edition) -> Result<Vec<DroppedView>, Response> {
    if e.is_frozen() {
        return Ok(Vec::new());
    }
    let (id, publication, base) = (e.id, e.publication.clone(), console.settings.base_path.clone());
    let found = console.store.run(move |s| {
        let mut out = Vec::new();
        for d in s.dropped_items(id)?.into_iter().take(MAX_LISTED) {
            let offers = if d.reason == DropReason::OffTopic {
                offers(&base, &s.headline(d.article)?, &s.text(d.article)?, &publication, 1)
            } else {
                Vec::new()
            };
            out.push(DroppedView { article: d.article.0, title: d.title, reason: d.reason.chinese(), offers });
        }
        Ok(out)
    });
    stored(found.await)
}

/// Returns the rules offered for an item that was just dropped as 无关.
pub(super) async fn offered(console: &AppState, id: EditionId, article: Option<ArticleId>) -> Result<Vec<Offer>, Response> {
    let Some(article) = article else { return Ok(Vec::new()) };
    let base = console.settings.base_path.clone();
    let found = console.store.run(move |s| {
        // an item that an editor wrote is no article
        let (Some(e), Some(_)) = (s.edition(id)?, s.article(article)?) else { return Ok(Vec::new()) };
        Ok(offers(&base, &s.headline(article)?, &s.text(article)?, &e.publication, 1))
    });
    stored(found.await)
}
