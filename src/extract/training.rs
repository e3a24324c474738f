//! Samples for training the block model: `examples/train_blocks`.

use crate::extract::block_features::features;
use crate::extract::blocks::Blocks;
use crate::extract::survey::Facts;
use crate::extract::{body, boilerplate};
use crate::html::{self, Tree};
use crate::model::ArticleSelectors;

pub use crate::extract::block_features::{WIDTH, is_asked};
pub use crate::extract::block_model::{BlockModel, choose};
pub use crate::extract::blocks::Part;

/// A page as the model sees it.
#[derive(Debug, Clone)]
pub struct Sample {
    pub lines: Vec<String>,
    /// [`WIDTH`] features per block.
    pub figures: Vec<f32>,
    pub letters: Vec<u32>,
    /// The rules' verdicts.
    pub parts: Vec<Part>,
}

/// Reads a page. `change` alters the rules' verdicts, so that the model learns not to trust them blindly.
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

/// Returns the markup of a page with only the kept blocks, or `None` if no block is kept.
pub fn shortened(page: &str, kept: &[bool]) -> Option<String> {
    let tree = Tree::parse(page);
    let (_, dropped) = Blocks::of(&tree, &Facts::of(&tree)).leave_out(&tree, kept)?;
    Some(html::without(&tree, |node| dropped.contains(node.id())))
}

/// Returns the text of the kept blocks, without lines that never belong to a body.
pub fn text(sample: &Sample, kept: &[bool]) -> String {
    let lines = sample.lines.iter().zip(kept).filter(|(_, k)| **k).map(|(l, _)| l.clone()).collect();
    boilerplate::remove_boilerplate(lines, None).join("\n")
}
