//! Where the articles of an edition come from: the store, or memory.

use crate::model::{ArticleId, Headline};

/// Where the articles are: only those that were chosen are held whole.
pub trait Archive {
    /// What can go wrong.
    type Error;

    /// Hands over every judged article of the window, one at a time.
    ///
    /// # Errors
    /// Those of the archive.
    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<(), Self::Error>;

    /// One of them again.
    ///
    /// # Errors
    /// Those of the archive.
    fn headline(&self, id: ArticleId) -> Result<Headline, Self::Error>;

    /// Its text.
    ///
    /// # Errors
    /// Those of the archive.
    fn text(&self, id: ArticleId) -> Result<String, Self::Error>;
}

/// Articles with their texts, held in memory.
#[derive(Debug, Default)]
pub struct InMemory(pub Vec<(String, Headline)>);

impl InMemory {
    fn find(&self, id: ArticleId) -> Result<&(String, Headline), ArticleId> {
        self.0.iter().find(|a| a.1.id == id).ok_or(id)
    }
}

impl Archive for InMemory {
    /// The article that is not there.
    type Error = ArticleId;

    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<(), ArticleId> {
        self.0.iter().for_each(|a| take(&a.1));
        Ok(())
    }

    fn headline(&self, id: ArticleId) -> Result<Headline, ArticleId> {
        self.find(id).map(|a| a.1.clone())
    }

    fn text(&self, id: ArticleId) -> Result<String, ArticleId> {
        self.find(id).map(|a| a.0.clone())
    }
}
