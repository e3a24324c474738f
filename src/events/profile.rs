//! What is compared of an article.

use chrono::NaiveDate;
use xxhash_rust::xxh3::xxh3_64;

use crate::events::figures::Figures;
use crate::events::grams::{GramSet, PlacedGrams};
use crate::events::letters::{self, WHOLE};
use crate::events::periods::{Period, series};
use crate::knowledge::EVENTS;
use crate::text::normalize::{is_han, is_letter};

/// Letters read of title and first line, of title and lead, and of title and text.
const OPENING: usize = 60;
const LEAD: usize = 350;
/// Letters that a subject before a colon has.
const SUBJECT: std::ops::RangeInclusive<usize> = 2..=16;
/// Letters of a shingle that compares texts without their figures.
const SHINGLE: usize = 4;
/// Terms of an article that are looked for in the index, and those of them that it keeps.
const TERMS: usize = 40;
pub const INDEXED_TERMS: usize = 24;
/// Headlines of at least this many letters with a separator tell several things.
const LONG_HEADLINE: usize = 18;

/// What is compared of an article: n-grams, figures, dates and periods of its title and the start of its text.
#[derive(Debug, Clone)]
pub struct Profile {
    pub(super) title: Vec<char>,
    /// Title and first lines.
    pub(super) lead: Vec<char>,
    pub(super) title_grams: GramSet,
    pub(super) opening_grams: GramSet,
    pub(super) lead_grams: GramSet,
    pub(super) whole_grams: GramSet,
    /// Shingles of the lead without figures, hashed and sorted.
    pub(super) shingles: Vec<u64>,
    pub(super) title_figures: Figures,
    pub(super) lead_figures: Figures,
    pub(super) whole_figures: Figures,
    pub(super) title_periods: Vec<Period>,
    pub(super) lead_periods: Vec<Period>,
    pub(super) series: Vec<String>,
    /// Numbers of the markets that the title, and the lead, name.
    pub(super) title_markets: Vec<usize>,
    pub(super) lead_markets: Vec<usize>,
    /// Names of documents in 《》, hashed and sorted.
    pub(super) documents: Vec<u64>,
    /// What a title names before its colon.
    pub(super) subject: Option<Vec<char>>,
    pub(super) is_roundup: bool,
    pub(super) text_letters: usize,
    pub(super) day: Option<NaiveDate>,
}

/// An article whose letters are read, before everything that is compared is: enough to see that two have nothing to do with each other.
#[derive(Debug)]
pub struct Draft {
    title: Vec<char>,
    /// Title and text.
    all: Vec<char>,
    grams: PlacedGrams,
    day: Option<NaiveDate>,
}

impl Draft {
    /// Reads an article, given the local day of its publication.
    pub fn new(title: &str, text: &str, day: Option<NaiveDate>) -> Self {
        let all = letters::of_article(title, text);
        let grams = PlacedGrams::new(all.get(..WHOLE).unwrap_or(&all));
        Self { title: letters::of_title(title), all, grams, day }
    }

    /// Whether one of the titles is told in the other text, as [`Profile::tells_title`] says of two profiles.
    pub fn tells_title(&self, other: &Profile) -> bool {
        let title = self.grams.of_first(self.title.len());
        is_told(title.weight_in(&other.whole_grams), title.weight) || is_told(self.grams.weight_of(&other.title_grams), other.title_grams.weight)
    }

    /// Reads everything that is compared.
    pub fn profile(self) -> Profile {
        let Self { title, all, grams, day } = self;
        let grams = grams.sorted();
        let whole = all.get(..WHOLE).unwrap_or(&all);
        let lead = all.get(..LEAD).unwrap_or(&all);
        let (title_text, lead_text): (String, String) = (title.iter().collect(), lead.iter().collect());
        let colon = title.iter().position(|c| *c == ':').filter(|at| SUBJECT.contains(at));
        let has_separator = title.len() >= LONG_HEADLINE && title.iter().any(|c| matches!(c, ';' | '|' | '丨'));
        Profile {
            title_grams: grams.within(title.len()),
            opening_grams: grams.within(OPENING),
            lead_grams: grams.within(LEAD),
            whole_grams: grams.within(WHOLE),
            shingles: shingles(lead),
            title_figures: Figures::new(&title),
            lead_figures: Figures::new(lead),
            whole_figures: Figures::new(whole),
            title_periods: Period::all(&title_text),
            lead_periods: Period::all(&lead_text),
            series: series(&title_text),
            title_markets: markets(&title_text),
            lead_markets: markets(&lead_text),
            documents: documents(lead),
            subject: colon.and_then(|at| title.get(..at)).map(<[char]>::to_vec),
            is_roundup: has_separator || EVENTS.roundup.is_match(&title_text),
            text_letters: all.len() - title.len(),
            lead: lead.to_vec(),
            title,
            day,
        }
    }
}

/// Share of a title's information that the other text tells of one event at least. Of 348 labelled pairs that the index finds, none
/// is below it in both directions.
const LEAST_TOLD: f32 = 0.1;

fn is_told(told: f32, title: f32) -> bool {
    title <= 0.0 || told >= LEAST_TOLD * title
}

impl Profile {
    /// Reads an article, given the local day of its publication.
    pub fn new(title: &str, text: &str, day: Option<NaiveDate>) -> Self {
        Draft::new(title, text, day).profile()
    }

    /// Whether one of the titles is told in the other text, at least in part: otherwise the articles report different events.
    pub fn tells_title(&self, other: &Self) -> bool {
        let tells = |a: &Self, b: &Self| is_told(a.title_grams.weight_in(&b.whole_grams), a.title_grams.weight);
        tells(self, other) || tells(other, self)
    }

    /// Returns the rarest n-grams of title and lead with their information, rarest first: articles on one event share some of them. An
    /// index keeps the first [`INDEXED_TERMS`](super::INDEXED_TERMS) of each article.
    pub fn terms(&self) -> Vec<(u32, f32)> {
        let mut rated: Vec<(f32, u64, f32)> =
            self.lead_grams.iter().map(|(hash, bits)| (bits * if self.title_grams.contains(hash) { TITLE_BONUS } else { 1.0 }, hash, bits)).collect();
        rated.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        rated.truncate(TERMS);
        rated.into_iter().map(|(_, hash, bits)| (u32::try_from(hash >> 32).unwrap_or_default(), bits)).collect()
    }
}

/// How much more an n-gram of the title counts for the index.
const TITLE_BONUS: f32 = 2.0;

fn shingles(lead: &[char]) -> Vec<u64> {
    let letters: String = lead.iter().filter(|c| is_han(**c) || c.is_ascii_alphabetic()).collect();
    let begins = letters.char_indices().map(|(at, _)| at);
    let ends = begins.clone().skip(SHINGLE).chain(std::iter::once(letters.len()));
    let mut out: Vec<u64> = begins.zip(ends).filter_map(|(from, to)| letters.as_bytes().get(from..to).map(xxh3_64)).collect();
    if letters.chars().count() < SHINGLE {
        out.clear();
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn documents(lead: &[char]) -> Vec<u64> {
    let mut out: Vec<u64> = lead.split(|c| *c == '《').skip(1).filter_map(|rest| rest.split(|c| *c == '》').next()).map(hash_all).collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Returns the hash of letters and figures, however many.
fn hash_all(letters: &[char]) -> u64 {
    let text: String = letters.iter().filter(|c| is_letter(**c)).collect();
    xxh3_64(text.as_bytes())
}

fn markets(text: &str) -> Vec<usize> {
    EVENTS.markets.values().enumerate().filter(|(_, words)| words.are_in(text)).map(|(at, _)| at).collect()
}
