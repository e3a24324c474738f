//! What the training of the block model sees of a page: `examples/train_blocks`.

use crate::extract::block_features::features;
use crate::extract::blocks::Blocks;
use crate::extract::survey::Facts;
use crate::extract::{body, boilerplate};
use crate::html::Tree;
use crate::model::ArticleSelectors;

pub use crate::extract::block_features::{WIDTH, is_asked};
pub use crate::extract::block_model::{BlockModel, DecisionTree, LEAF, Question, choose};

/// A page as the model sees it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The blocks' texts.
    pub lines: Vec<String>,
    /// [`WIDTH`] figures of each.
    pub figures: Vec<f32>,
    /// Letters of each, and those of them in links.
    pub letters: Vec<(u32, u32)>,
    /// Which of them the rules take for the article.
    pub chosen: Vec<bool>,
}

/// Reads a page.
pub fn sample(page: &str) -> Sample {
    let tree = Tree::parse(page);
    let facts = Facts::of(&tree);
    let chosen = body::find(&tree, &facts, &ArticleSelectors::default());
    let blocks = Blocks::of(&tree, &facts);
    let figures = features(&tree, &blocks, &chosen);
    let letters = blocks.list.iter().map(|b| (b.stats.letters, b.stats.linked)).collect();
    let chosen = figures.chunks_exact(WIDTH).map(|row| row.get(crate::extract::block_features::CHOSEN).is_some_and(|c| *c > 0.5)).collect();
    Sample { lines: blocks.list.into_iter().map(|b| b.text).collect(), figures, letters, chosen }
}

/// The text of the kept blocks, without the lines that are never part of a body.
pub fn text(sample: &Sample, kept: &[bool]) -> String {
    let lines = sample.lines.iter().zip(kept).filter(|(_, k)| **k).map(|(l, _)| l.clone()).collect();
    boilerplate::remove_boilerplate(lines, None).join("\n")
}
