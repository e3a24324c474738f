//! What is known of the world: how pages are written, what labels, names and dates look like.
//!
//! Knowledge is data: the files of `src/data` are built into the program, and each is read once into its type. Out come words and
//! compiled patterns. A broken row is named with its file, line and text: by a test, by [`check`] when the program starts, and at the
//! latest by a panic where the table is used; never is a rule left out in silence.

mod boilerplate;
mod byline;
mod classify;
mod dates;
mod fields;
mod file;
mod lists;
mod names;
mod pattern;
mod texts;
mod words;

use std::collections::BTreeMap;

pub(crate) use boilerplate::LineRules;
pub(crate) use byline::{Meaning, Rank};
pub(crate) use file::BrokenFile;
use file::{Checked, File};
pub(crate) use pattern::{Fixed, Pattern};
pub(crate) use words::{Letters, Words, automaton};

/// Names each file with the type it is read into.
macro_rules! files {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $file:literal;)+) => {
        $($(#[$doc])* pub(crate) static $name: File<$kind> = File::new($file, include_str!(concat!("../data/", $file)));)+
        const ALL: &[&'static dyn Checked] = &[$(&$name),+];
    };
}

files! {
    /// Parts that patterns name as `{year}`: the first three files, for patterns are made of them.
    PARTS: BTreeMap<String, String> = "parts.toml";
    /// The labels of bylines.
    BYLINE: byline::Byline = "byline.toml";
    /// What outlets are called.
    OUTLETS: names::Outlets = "outlets.toml";
    /// Names of persons.
    NAMES: names::Names = "names.toml";
    /// What names the fields of an article.
    FIELDS: fields::Fields = "fields.toml";
    /// What sites put around an article.
    BOILERPLATE: boilerplate::Boilerplate = "boilerplate.toml";
    /// Lists of articles.
    LISTS: lists::Lists = "lists.toml";
    /// What stands in the place of a page.
    WALLS: lists::Walls = "walls.toml";
    /// Sentences of summaries.
    SENTENCES: texts::Sentences = "sentences.toml";
    /// What copies of a text exchange.
    STORIES: texts::Stories = "stories.toml";
    /// What the classifier knows beside the taxonomy.
    CLASSIFY: classify::Classify = "classify.toml";
    /// How dates are written.
    DATES: dates::Dates = "dates.toml";
}

/// Reads every file, for the program to refuse its start where one is broken.
pub(crate) fn check() -> Result<(), BrokenFile> {
    ALL.iter().try_for_each(|file| file.check())
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_file_of_knowledge_is_read() {
        if let Err(e) = super::check() {
            panic!("{e}");
        }
    }
}
