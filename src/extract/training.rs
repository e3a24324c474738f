//! What the training of the block model sees of a page: `examples/train_blocks`.

use crate::extract::block_features::features;
use crate::extract::blocks::Blocks;
use crate::extract::survey::Facts;
use crate::extract::{body, boilerplate};
use crate::html::{self, Tree};
use crate::model::ArticleSelectors;

pub use crate::extract::block_features::{WIDTH, is_asked};
pub use crate::extract::block_model::{BlockModel, DecisionTree, LEAF, Question, choose};
pub use crate::extract::blocks::Part;

/// A page as the model sees it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The blocks' texts.
    pub lines: Vec<String>,
    /// [`WIDTH`] figures of each.
    pub figures: Vec<f32>,
    /// Letters of each.
    pub letters: Vec<u32>,
    /// What the rules say of each.
    pub parts: Vec<Part>,
}

/// Reads a page; `change` alters what the rules choose, so that the model learns not to trust them blindly.
pub fn sample(page: &str, change: impl Fn(&mut Vec<Part>)) -> Sample {
    let tree = Tree::parse(page);
    let facts = Facts::of(&tree);
    let by_rules = body::find(&tree, &facts, &ArticleSelectors::default());
    let blocks = Blocks::of(&tree, &facts);
    let mut parts = blocks.parts(&tree, &by_rules);
    change(&mut parts);
    let figures = features(&tree, &blocks, &parts, by_rules.roots.first().copied());
    let letters = blocks.letters();
    Sample { lines: blocks.list.into_iter().map(|b| b.text).collect(), figures, letters, parts }
}

/// The markup of a page without the blocks that are not kept; `None` where nothing is kept.
pub fn shortened(page: &str, kept: &[bool]) -> Option<String> {
    let tree = Tree::parse(page);
    let (_, dropped) = Blocks::of(&tree, &Facts::of(&tree)).leave_out(&tree, kept)?;
    Some(html::without(&tree, |node| dropped.contains(node.id())))
}

/// The text of the kept blocks, without the lines that are never part of a body.
pub fn text(sample: &Sample, kept: &[bool]) -> String {
    let lines = sample.lines.iter().zip(kept).filter(|(_, k)| **k).map(|(l, _)| l.clone()).collect();
    boilerplate::remove_boilerplate(lines, None).join("\n")
}
