//! Chooses the body of a page: the rules find an element, a model says of each block whether it belongs.

use std::sync::LazyLock;

use crate::extract::block_features::{CHOSEN, WIDTH, features};
use crate::extract::block_model::{BlockModel, choose};
use crate::extract::blocks::Blocks;
use crate::extract::body::{self, Selection};
use crate::extract::nodes::hidden;
use crate::extract::survey::Facts;
use crate::html::Tree;
use crate::model::ArticleSelectors;

static MODEL: LazyLock<Option<BlockModel>> = LazyLock::new(|| BlockModel::from_bytes(include_bytes!("../data/models/blocks.bin")));

/// Least expected F1 of a body: below, a page has none.
const LEAST_EXPECTED: f32 = 0.55;

/// Below this the body is uncertain; above it 97 of 100 have an F1 of 0.8 or more.
const CERTAIN: f32 = 0.9;

/// The rules' choice stays where its expected F1 is at most so much less.
const AS_GOOD: f32 = 0.02;

/// The body of a page, and the F1 it is expected to have.
pub(super) struct Body<'t> {
    pub(super) selection: Selection<'t>,
    pub(super) expected: f32,
}

impl Body<'_> {
    /// What editors are told of a body that may be wrong.
    pub(super) fn warning(&self) -> Option<String> {
        (self.expected < CERTAIN).then(|| format!("uncertain body (expected F1 {:.2})", self.expected))
    }
}

/// Finds the body; a source's own selector is taken as it is.
pub(super) fn find<'t>(tree: &'t Tree<'_>, selectors: &ArticleSelectors) -> Body<'t> {
    let facts = Facts::of(tree);
    let by_rules = body::find(tree, &facts, selectors);
    if by_rules.is_selected {
        return Body { selection: by_rules, expected: 1.0 };
    }
    let Some(model) = MODEL.as_ref() else { return Body { selection: by_rules, expected: 0.0 } };
    let blocks = Blocks::of(tree, &facts);
    let letters = || blocks.list.iter().map(|b| b.stats.letters);
    let figures = features(tree, &blocks, &by_rules);
    let choice = choose(&model.log_odds(&figures), letters());
    let chosen: Vec<bool> = figures.chunks_exact(WIDTH).map(|row| row.get(CHOSEN).is_some_and(|c| *c > 0.0)).collect();
    let expected = choice.expected_of(&chosen, letters());
    if expected >= LEAST_EXPECTED && expected + AS_GOOD >= choice.expected {
        return Body { selection: by_rules, expected };
    }
    let (roots, mut dropped) = match blocks.leave_out(tree, &choice.kept) {
        Some((root, dropped)) if choice.expected >= LEAST_EXPECTED => (vec![root], dropped),
        _ => Default::default(),
    };
    dropped.extend(by_rules.removed.iter().copied());
    Body { selection: Selection { roots, dropped, skip: hidden, ..by_rules }, expected: choice.expected }
}
