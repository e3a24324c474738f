//! Whether the statements of an issue have support in their article: where each sentence, figure, name and date comes from, and what
//! the article does not say.
//!
//! A statement is aligned with the article (`align.rs`). What both have word for word is supported. Where they differ, figures, dates,
//! directions of change, names, negations and speakers of both are compared: a paraphrase says the same of them. Words are in
//! `src/data/evidence.toml`.

mod align;
mod check;
mod days;
mod figures;
mod folded;
mod marks;
mod names;
mod statements;

use std::ops::Range;

use chrono::NaiveDate;

use align::Index;
use days::Day;
use figures::Figure;
use folded::Folded;
use marks::{Direction, Speaker};
use serde::Serialize;
pub use statements::{Checked, ItemTexts, check_item};

/// Longest article that is read, in bytes; the rest supports nothing.
const MAX_ARTICLE: usize = 200_000;

/// What a statement is, which tells how freely it may be worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    Title,
    Summary,
    /// The full text, if an editor changed it.
    Text,
    /// 按语: the editor's own words. Only its figures are checked.
    Note,
}

/// A part of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Title,
    Text,
}

/// Where a part of a statement has its support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Anchor {
    /// Bytes of the statement.
    pub statement: Range<usize>,
    pub field: Field,
    /// Bytes of that field of the article.
    pub article: Range<usize>,
}

/// What has no support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    Figure,
    /// The digits are right, the measure or scale is not.
    Measure,
    Direction,
    Name,
    Date,
    Negation,
    Speaker,
    /// The article does not say the sentence.
    Foreign,
}

/// A part of a statement without support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unsupported {
    pub fault: Fault,
    /// Bytes of the statement.
    pub statement: Range<usize>,
    /// The words of the statement.
    pub said: String,
    /// The words of the article in their place.
    pub article_says: Option<String>,
}

impl Unsupported {
    /// Returns the reason for editors: 原文没有 12.5亿元；原文是 12.3亿元.
    pub fn chinese(&self) -> String {
        let said = &self.said;
        let is = self.article_says.as_ref().map(|a| format!("；原文是 {a}")).unwrap_or_default();
        match self.fault {
            Fault::Figure => format!("原文没有 {said}{is}"),
            Fault::Measure => format!("单位与原文不同：{said}{is}"),
            Fault::Direction => format!("增减与原文不同：{said}{is}"),
            Fault::Name => format!("原文没有“{said}”这个名称{is}"),
            Fault::Date => format!("原文没有 {said} 这个时间{is}"),
            Fault::Negation => match &self.article_says {
                Some(words) => format!("原文是“{words}”，这里少了否定"),
                None => format!("这里的否定“{said}”原文没有"),
            },
            Fault::Speaker => format!("原文没有说是“{said}”讲的{is}"),
            Fault::Foreign => "这句话在原文里找不到".to_owned(),
        }
    }
}

/// A sentence with its support.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    pub kind: StatementKind,
    /// Bytes of the checked text.
    pub range: Range<usize>,
    /// The longest common part with the article first, then figures and dates.
    pub anchors: Vec<Anchor>,
    pub unsupported: Vec<Unsupported>,
}

/// An article, prepared for checks.
pub struct Article {
    folded: Folded,
    index: Index,
    figures: Vec<Figure>,
    days: Vec<Day>,
    directions: Vec<(Range<usize>, Direction)>,
    negations: Vec<Range<usize>>,
    speakers: Vec<Speaker>,
    publisher: String,
    published: Option<NaiveDate>,
    /// Bytes of the title and the line end behind it.
    title_bytes: usize,
}

impl Article {
    /// Prepares an article.
    pub fn new(title: &str, text: &str, publisher: &str, published: Option<NaiveDate>) -> Self {
        let end = (0..=MAX_ARTICLE.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
        let folded = Folded::new(&format!("{title}\n{}", text.get(..end).unwrap_or_default()));
        let facts = Facts::new(&folded, published);
        Self {
            index: Index::new(&folded),
            figures: facts.figures,
            days: facts.days,
            directions: marks::directions(&folded),
            negations: marks::negations(&folded),
            speakers: marks::speakers(&folded),
            publisher: Folded::new(publisher).text,
            published,
            title_bytes: title.len() + 1,
            folded,
        }
    }

    /// Returns the sentences of a text with their support.
    pub fn check(&self, kind: StatementKind, text: &str) -> Vec<Statement> {
        statements::sentences(text).into_iter().map(|range| check::check(self, kind, text, range)).collect()
    }

    /// Returns the field and its bytes that letters of the article come from.
    fn place(&self, letters: &Range<usize>) -> (Field, Range<usize>) {
        let bytes = self.folded.origin(letters);
        if bytes.start < self.title_bytes {
            (Field::Title, bytes.start..bytes.end.min(self.title_bytes - 1))
        } else {
            (Field::Text, bytes.start - self.title_bytes..bytes.end - self.title_bytes)
        }
    }
}

/// Figures and dates of a text.
struct Facts {
    figures: Vec<Figure>,
    days: Vec<Day>,
}

impl Facts {
    fn new(text: &Folded, published: Option<NaiveDate>) -> Self {
        let days = days::days(text, published);
        let ranges: Vec<Range<usize>> = days.iter().map(|d| d.letters.clone()).collect();
        Self { figures: figures::figures(text, &ranges), days }
    }
}
