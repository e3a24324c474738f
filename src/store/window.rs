//! The articles of one edition's window, as the choice of its items reads them.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::{Result, Store};
use crate::digest::Archive;
use crate::model::{ArticleId, Headline};

/// The judged articles that came or were published since a moment.
#[derive(Clone, Copy)]
pub struct Window<'a> {
    /// Where they are.
    pub store: &'a Store,
    /// The moment.
    pub since: DateTime<Utc>,
}

impl Archive for Window<'_> {
    type Error = super::StoreError;

    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<()> {
        let rest = "WHERE a.effective >= ?1 AND a.judgement IS NOT NULL ORDER BY a.effective DESC, a.id";
        self.store.each_headline(rest, params![self.since.timestamp()], |h| {
            take(&h);
            Ok(())
        })
    }

    fn headline(&self, id: ArticleId) -> Result<Headline> {
        self.store.headline(id)
    }

    fn text(&self, id: ArticleId) -> Result<String> {
        self.store.text(id)
    }
}
