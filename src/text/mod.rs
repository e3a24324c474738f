//! Text in, facts about text out: folding, dates, sentences, words. Pure functions shared by several stages.

pub mod dates;
pub mod markup;
pub mod normalize;
pub mod references;
pub mod segment;
pub mod work;
