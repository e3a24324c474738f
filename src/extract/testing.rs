//! Reads the fields of small pages, for tests.

use chrono::{TimeZone as _, Utc};

use crate::extract::Context;
use crate::extract::fields::Fields;
use crate::html::Tree;
use crate::model::ArticleSelectors;
use crate::text::dates::Clock;

/// Reads a page as of 24 November 2026.
pub(super) fn with_fields<T>(page: &str, read: impl FnOnce(&Fields) -> T) -> T {
    let clock = Clock::new(chrono_tz::Asia::Shanghai, Utc.with_ymd_and_hms(2026, 11, 24, 4, 0, 0).single().unwrap_or_default());
    read(&Fields::of(&Tree::parse(page), page, &Context { url: None, selectors: &ArticleSelectors::default(), clock }))
}
