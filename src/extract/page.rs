//! The input of the field parsers: the page, its head, its landmarks and its visible lines.

use chrono::NaiveDate;

use crate::extract::landmarks::Landmarks;
use crate::extract::meta::Head;
use crate::extract::page_lines::PageLines;
use crate::extract::wechat::Post;
use crate::html::Tree;
use crate::model::WebUrl;
use crate::text::dates::Clock;

/// A page prepared for the field parsers.
pub(super) struct Page<'t> {
    pub(super) tree: &'t Tree<'t>,
    /// The whole markup.
    pub(super) text: &'t str,
    pub(super) head: Head,
    pub(super) landmarks: Landmarks<'t>,
    pub(super) lines: PageLines,
    /// Whether most of the first letters are Chinese.
    pub(super) is_chinese: bool,
    /// Data of a `WeChat` post.
    pub(super) post: Post,
    /// A day to ignore: the training reads pages as if they had no date.
    pub(super) without_day: Option<NaiveDate>,
    pub(super) url: Option<&'t WebUrl>,
    pub(super) clock: &'t Clock,
}
