//! 关注课题: which articles belong to which topic, the questions that editors follow. Pure.
//!
//! `classify/topics.rs` is something else: it assigns the taxonomy's industries and themes. A topic here is made by an editor in
//! the console, has an expression of words of his own, and may ask for labels that the classifier assigned.
//!
//! `expression.rs` parses an expression, `fold.rs` makes spellings comparable, `matcher.rs` tries all topics on an article,
//! `timeline.rs` groups a topic's articles for its page.

pub mod expression;
mod fold;
pub mod matcher;
pub mod timeline;

pub use expression::{Expression, ExpressionError};
pub use matcher::{Matcher, TopicError, TopicMatch, check, is_same_place};

#[cfg(test)]
mod tests;
