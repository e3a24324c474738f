//! What the fields of an article are read from: the page, its head, what stands out on it, and its visible lines.

use chrono::NaiveDate;

use crate::extract::landmarks::Landmarks;
use crate::extract::meta::Head;
use crate::extract::page_lines::PageLines;
use crate::extract::wechat::Post;
use crate::html::Tree;
use crate::model::WebUrl;
use crate::text::dates::Clock;

/// A page made ready for reading its fields.
pub(super) struct Page<'t> {
    pub(super) tree: &'t Tree<'t>,
    /// The whole markup.
    pub(super) text: &'t str,
    pub(super) head: Head,
    pub(super) landmarks: Landmarks<'t>,
    pub(super) lines: PageLines,
    /// Whether most of its first letters are Chinese.
    pub(super) is_chinese: bool,
    /// Of `WeChat`.
    pub(super) post: Post,
    /// A day that is not looked at: the training asks what a page says without its date.
    pub(super) without_day: Option<NaiveDate>,
    pub(super) url: Option<&'t WebUrl>,
    pub(super) clock: &'t Clock,
}
