//! Knowledge about pages: layouts, labels, names and dates.
//!
//! Knowledge is data: the files of `src/data` are built into the program, and each is parsed once into words and compiled patterns.
//! An error names file, line and text of the broken row. A test reports it, and so does [`check`] when the service, a worker or
//! `doctor` starts. Other commands read a file when they first use it, and end with the same words if it is broken; a rule is
//! never dropped silently.

mod boilerplate;
mod byline;
mod changed_defaults;
mod classify;
mod dates;
mod events;
mod evidence;
mod fields;
mod file;
pub(crate) mod gazetteer;
mod grades;
mod home;
mod inbox;
mod lists;
mod names;
mod news;
mod old_issues;
mod page_watch;
mod pattern;
mod rechecks;
mod series;
mod settings;
mod texts;
mod trends;
mod words;

use std::collections::BTreeMap;

pub(crate) use boilerplate::LineRules;
pub(crate) use byline::{Meaning, Rank};
pub(crate) use file::{BrokenFile, EXIT_CODE};
use file::{Checked, File};
pub(crate) use pattern::{Fixed, Pattern};
pub(crate) use settings::{Setting, SettingGroup, SettingKind};
pub(crate) use words::{Letters, Words, automaton};

/// Lists each file with its type.
macro_rules! files {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $file:literal;)+) => {
        $($(#[$doc])* pub(crate) static $name: File<$kind> = File::new($file, include_str!(concat!("../data/", $file)));)+
        const ALL: &[&'static dyn Checked] = &[$(&$name),+];
    };
}

files! {
    /// Parts that patterns use as `{year}`. Patterns depend on the first three files.
    PARTS: BTreeMap<String, String> = "parts.toml";
    /// Labels of bylines.
    BYLINE: byline::Byline = "byline.toml";
    /// Names of outlets.
    OUTLETS: names::Outlets = "outlets.toml";
    /// Names of persons.
    NAMES: names::Names = "names.toml";
    /// Markup names of an article's fields.
    FIELDS: fields::Fields = "fields.toml";
    /// Boilerplate around an article.
    BOILERPLATE: boilerplate::Boilerplate = "boilerplate.toml";
    /// Lists of articles.
    LISTS: lists::Lists = "lists.toml";
    /// Pages shown instead of articles.
    WALLS: lists::Walls = "walls.toml";
    /// Sentences of summaries.
    SENTENCES: texts::Sentences = "sentences.toml";
    /// Words in which copies of a text differ.
    STORIES: texts::Stories = "stories.toml";
    /// Knowledge of the classifier beside the taxonomy.
    CLASSIFY: classify::Classify = "classify.toml";
    /// Signs of events.
    EVENTS: events::Events = "events.toml";
    /// What a fact is.
    NEWS: news::News = "news.toml";
    /// What statements of an issue are checked for.
    EVIDENCE: evidence::Evidence = "evidence.toml";
    /// What tells how far a report can be trusted.
    GRADES: grades::Grades = "grades.toml";
    /// Parts of old issues.
    OLD_ISSUES: old_issues::OldIssues = "old_issues.toml";
    /// Keys of the settings.
    SETTINGS: settings::SettingTable = "settings.toml";
    /// Defaults of the settings that changed.
    CHANGED_DEFAULTS: changed_defaults::ChangedDefaults = "changed_defaults.toml";
    /// The institute of the default settings.
    HOME: home::Home = "home.toml";
    /// Furniture of mails.
    INBOX: inbox::InboxWords = "inbox.toml";
    /// Rising terms.
    TRENDS: trends::Trends = "trends.toml";
    /// Furniture of watched pages.
    PAGE_WATCH: page_watch::PageWatchWords = "page_watch.toml";
    /// How tables write periods, values and units.
    SERIES: series::SeriesWords = "series.toml";
    /// What of a printed article is no change.
    RECHECKS: rechecks::RecheckWords = "rechecks.toml";
    /// Date formats.
    DATES: dates::Dates = "dates.toml";
}

/// Parses every file, so that a long-running program refuses to start with a broken one.
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
