//! Chooses the body of a page: the rules pick an element, a model then decides block by block.

use std::sync::LazyLock;

use crate::extract::block_features::features;
use crate::extract::block_model::{BlockModel, Choice, choose};
use crate::extract::blocks::Blocks;
use crate::extract::body::{self, Selection};
use crate::extract::nodes::hidden;
use crate::extract::survey::Facts;
use crate::html::Tree;
use crate::learn::BoostedTrees;
use crate::model::ArticleSelectors;

static MODEL: LazyLock<Option<BlockModel>> = LazyLock::new(|| BoostedTrees::from_bytes(include_bytes!("../data/models/blocks.bin")).map(BlockModel));

/// How strongly headline and date suggest an article page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// Headline and date are both certain: an article page, however short.
    Article,
    /// Headline and date give no evidence.
    Unknown,
    /// No headline: a list, a form or an error page.
    Other,
}

impl Likeness {
    /// Returns the lowest expected F1 of a body. Below it the page has none.
    fn least_expected(self) -> f32 {
        match self {
            Self::Article => 0.3,
            Self::Unknown => 0.55,
            Self::Other => 0.75,
        }
    }
}

/// Below this the body is uncertain; above it 97 of 100 bodies have an F1 of 0.8 or more.
const CERTAIN: f32 = 0.9;

/// The body of a page and its expected F1.
pub(super) struct Body<'t> {
    pub(super) selection: Selection<'t>,
    pub(super) expected: f32,
}

impl Body<'_> {
    /// Returns the warning that editors see if the body may be wrong.
    pub(super) fn warning(&self) -> Option<String> {
        (self.expected < CERTAIN).then(|| format!("uncertain body (expected F1 {:.2})", self.expected))
    }
}

/// Finds the body. A source's own selector overrides rules and model.
pub(super) fn find<'t>(tree: &'t Tree<'_>, facts: &Facts, blocks: &Blocks, selectors: &ArticleSelectors, likeness: Likeness) -> Body<'t> {
    let by_rules = body::find(tree, facts, selectors);
    if by_rules.is_selected {
        return Body { selection: by_rules, expected: 1.0 };
    }
    let Some(model) = MODEL.as_ref() else { return Body { selection: by_rules, expected: 0.0 } };
    let parts = blocks.parts(tree, &by_rules);
    let figures = features(tree, blocks, &parts, by_rules.roots.first().copied());
    let Choice { kept, expected, is_by_rules } = choose(&model.log_odds(&figures), &parts, &blocks.letters());
    if expected < likeness.least_expected() {
        return Body { selection: Selection { roots: Vec::new(), ..by_rules }, expected };
    }
    if is_by_rules {
        return Body { selection: by_rules, expected };
    }
    let (root, mut dropped) = blocks.leave_out(tree, &kept).unzip();
    let roots = root.into_iter().collect();
    dropped.get_or_insert_default().extend(by_rules.removed.iter().copied());
    Body { selection: Selection { roots, dropped: dropped.unwrap_or_default(), skip: hidden, ..by_rules }, expected }
}
