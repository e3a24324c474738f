//! Chooses title, date, 来源 and author of a page among candidates. Keeps the candidates for `--explain`.

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde_json::{Value, json};

use crate::extract::article::Likeness;
use crate::extract::blocks::Blocks;
use crate::extract::candidates::{Candidate, Field, choose};
use crate::extract::landmarks::Landmarks;
use crate::extract::meta::Head;
use crate::extract::page::Page;
use crate::extract::page_lines::PageLines;
use crate::extract::published::Stamp;
use crate::extract::survey::Facts;
use crate::extract::wechat::Post;
use crate::extract::{Context, author, headline, published, publisher};
use crate::html::{NodeId, Tree};
use crate::model::{Confidence, Extracted};
use crate::text::normalize::is_han;

/// The candidates of each field, most probable first.
pub struct Fields {
    pub(super) head: Head,
    pub titles: Vec<Candidate<String>>,
    /// Publication times.
    pub dates: Vec<Candidate<Stamp>>,
    /// 来源.
    pub publishers: Vec<Candidate<String>>,
    pub authors: Vec<Candidate<String>>,
    heading: Option<String>,
}

impl Fields {
    /// Reads the fields of a page; `text` is its whole markup.
    pub fn of(tree: &Tree<'_>, text: &str, context: &Context<'_>) -> Self {
        Self::read(tree, text, context, &Blocks::of(tree, &Facts::of(tree)), None)
    }

    /// Reads the fields as if the page did not name this day. The training learns from such pages what other dates look like alone.
    pub fn without_day(tree: &Tree<'_>, text: &str, context: &Context<'_>, day: NaiveDate) -> Self {
        Self::read(tree, text, context, &Blocks::of(tree, &Facts::of(tree)), Some(day))
    }

    /// Reads the fields of a page that is already split into blocks.
    pub(super) fn read(tree: &Tree<'_>, text: &str, context: &Context<'_>, blocks: &Blocks, without_day: Option<NaiveDate>) -> Self {
        let shown = || blocks.list.iter().filter(|b| !b.text.is_empty());
        let (lines, starts): (Vec<String>, Vec<NodeId>) = shown().map(|b| (b.text.clone(), b.first)).unzip();
        let linked = shown().map(|b| b.links > 0 && b.stats.linked * 2 > b.stats.letters).collect();
        let mut page = Page {
            is_chinese: is_chinese(&lines),
            tree,
            text,
            head: Head::read(tree),
            landmarks: Landmarks::of(tree),
            lines: PageLines::new(lines, starts, linked),
            post: Post::read(text),
            without_day,
            url: context.url,
            clock: &context.clock,
        };
        let titles = headline::candidates(&page);
        let heading = headline::first_h1(&page);
        page.lines.find_headline(choose(&titles, Field::Title).map(|c| c.value.as_str()).or(heading.as_deref()));
        let (dates, publishers, authors) = (published::candidates(&page), publisher::candidates(&page), author::candidates(&page));
        Self { titles, dates, publishers, authors, heading, head: page.head }
    }

    pub(super) fn title(&self) -> Option<String> {
        // a page without a title is useless: the first heading is better than none
        choose(&self.titles, Field::Title).map(|c| c.value.clone()).or_else(|| self.heading.clone())
    }

    pub(super) fn published_at(&self) -> Option<DateTime<FixedOffset>> {
        choose(&self.dates, Field::Date).map(|c| c.value.at)
    }

    pub(super) fn publisher(&self) -> Option<String> {
        choose(&self.publishers, Field::Publisher).map(|c| c.value.clone())
    }

    pub(super) fn author(&self) -> Option<String> {
        choose(&self.authors, Field::Author).map(|c| c.value.clone())
    }

    /// Returns an article with these fields and the expected F1 of its text, but without the text.
    pub(super) fn article(&self, expected: f32) -> Extracted {
        Extracted {
            title: self.title(),
            author: self.author(),
            publisher: self.publisher(),
            published_at: self.published_at(),
            confidence: Confidence { body: Some(expected), ..self.confidence() },
            ..Extracted::default()
        }
    }

    pub(super) fn is_date_sure(&self) -> bool {
        self.confidence().date.is_some_and(|p| p > SURE)
    }

    pub(super) fn likeness(&self) -> Likeness {
        let probability = |of: Option<f32>| of.unwrap_or_default();
        let title = probability(self.titles.first().map(|c| c.probability));
        let date = probability(self.dates.first().map(|c| c.probability));
        match () {
            () if title > SURE && date > SURE => Likeness::Article,
            () if title < NO_HEADLINE && self.heading.is_none() => Likeness::Other,
            () => Likeness::Unknown,
        }
    }

    pub(super) fn confidence(&self) -> Confidence {
        Confidence {
            title: choose(&self.titles, Field::Title).map(|c| c.probability),
            date: choose(&self.dates, Field::Date).map(|c| c.probability),
            publisher: choose(&self.publishers, Field::Publisher).map(|c| c.probability),
            author: choose(&self.authors, Field::Author).map(|c| c.probability),
            body: None,
            is_doubtful_figure: false,
        }
    }

    /// Returns every candidate with probability and evidence, as JSON.
    pub fn explain(&self) -> Value {
        fn each<T>(all: &[Candidate<T>], shown: impl Fn(&T) -> String) -> Value {
            all.iter().map(|c| json!({"value": shown(&c.value), "p": c.probability, "evidence": c.evidence})).collect()
        }
        json!({
            "title": each(&self.titles, Clone::clone), "date": each(&self.dates, |d| d.at.to_rfc3339()),
            "publisher": each(&self.publishers, Clone::clone), "author": each(&self.authors, Clone::clone),
        })
    }
}

/// Values above this are certain; a headline less probable than the second constant counts as missing.
const SURE: f32 = 0.75;
const NO_HEADLINE: f32 = 0.25;

/// Letters from which the page's language is detected.
const FIRST_LETTERS: usize = 4_000;

fn is_chinese(lines: &[String]) -> bool {
    let letters = lines.iter().flat_map(|l| l.chars()).filter(|c| c.is_alphabetic()).take(FIRST_LETTERS);
    let (han, all) = letters.fold((0, 0), |(han, all), c| (han + usize::from(is_han(c)), all + 1));
    han * 3 > all
}
