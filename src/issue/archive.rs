//! Access to the articles of an edition, in the store or in memory.

use chrono::{DateTime, Utc};

use crate::model::{ArticleId, Figures, GradeMark, Headline};

/// Source of the articles; holds only the chosen ones in full.
pub trait Archive {
    type Error;

    /// Passes every classified article of the window to `take`, one at a time.
    ///
    /// # Errors
    /// If the archive cannot be read.
    fn each(&self, take: &mut dyn FnMut(&Headline)) -> Result<(), Self::Error>;

    /// Returns one of them again.
    ///
    /// # Errors
    /// If the archive cannot be read.
    fn headline(&self, id: ArticleId) -> Result<Headline, Self::Error>;

    /// Returns its text.
    ///
    /// # Errors
    /// If the archive cannot be read.
    fn text(&self, id: ArticleId) -> Result<String, Self::Error>;

    /// Returns its grade (评级); `None` if it has none. This takes time.
    ///
    /// # Errors
    /// If the archive cannot be read.
    fn grade(&self, id: ArticleId, now: DateTime<Utc>) -> Result<Option<GradeMark>, Self::Error>;

    /// Returns the figures over time that it tells; `None` for most articles.
    ///
    /// # Errors
    /// If the archive cannot be read.
    fn figures(&self, _: ArticleId) -> Result<Option<Figures>, Self::Error> {
        Ok(None)
    }
}

/// Articles with their texts, held in memory. They have no grades.
#[derive(Debug, Default)]
pub struct InMemory(pub Vec<(String, Headline)>);

impl InMemory {
    fn find(&self, id: ArticleId) -> Result<&(String, Headline), ArticleId> {
        self.0.iter().find(|a| a.1.id == id).ok_or(id)
    }
}

impl Archive for InMemory {
    /// The missing article.
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

    fn grade(&self, _: ArticleId, _: DateTime<Utc>) -> Result<Option<GradeMark>, ArticleId> {
        Ok(None)
    }
}
